// Somebody who reads, in a process of his own, to be stopped: by what, addresses as JSON, channels.
// Prints "reading" once he has subscribed; on a line of standard input, what he was told of each of them, as JSON.

import { createInterface } from 'node:readline';

import { TRANSPORTS } from './relay-people.mjs';
import { Story } from './relay-story.mjs';

const [kind, addresses, ...channels] = process.argv.slice(2);
const { sockets, url, ...rest } = JSON.parse(addresses);
const server = { ...rest, url: new URL(url), webSocket: (route) => sockets[route] };
const { client } = await TRANSPORTS[kind](server, { after: () => {} });
const stories = channels.map((channel) => new Story(client, channel, ({ number }) => number));
client.addEventListener('subscribed', () => {
  if (stories.every((story) => story.count('subscribed') === 1))
    console.log('reading');
});
createInterface({ input: process.stdin }).on('line', () => console.log(`told ${JSON.stringify(stories.map(({ told }) => told))}`));
