// What the message relay's channels keep, count and allow, as the config file says.

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { temporaryFolder } from './lib/folders.mjs';
import { Server } from './lib/server.mjs';
import { expectEqual, Suite, until } from './lib/tap.mjs';
import { openRelay } from './lib/viewer.mjs';

const suite = new Suite();

async function start(t, settings) {
  const config = path.join(temporaryFolder(t), 'sightline.conf');
  writeFileSync(config, `[stream camera]\ndevice=test\n${settings}`);
  return Server.start(t, ['--config', config]);
}

async function join(t, server) {
  const client = await openRelay(server.webSocket('/relay'));
  t.after(() => client.signalling.close());
  return client;
}

async function figures(server, name) {
  const response = await fetch(server.address('/api/relay'), { headers: { Connection: 'close' } });
  expectEqual(response.status, 200, 'status of /api/relay');
  const { channels, ...others } = await response.json();
  return { ...others, names: channels.map(({ channel }) => channel), ...channels.find(({ channel }) => channel === name) };
}

const publish = (client, channel, data, key) => client.request({ type: 'publish', channel, data, key });
const subscribe = (client, channel, more = {}) => client.request({ type: 'subscribe', channel, ...more });

suite.test('who comes later gets the newest value of telemetry, and who was away what changed', async (t) => {
  const server = await start(t, '');
  const [probe, early] = [await join(t, server), await join(t, server)];
  await subscribe(early, 'telemetry:camera.battery');
  for (const data of [12.1, 12, 11.9])
    await publish(probe, 'telemetry:camera.battery', data);
  await until('the newest value', () => early.messages.at(-1)?.data === 11.9);

  const late = await join(t, server);
  const { epoch, offset } = await subscribe(late, 'telemetry:camera.battery');
  await until('the value', () => late.messages.length === 1);
  expectEqual([offset, late.messages[0].data, late.messages[0].offset], [3, 11.9, 3], 'the newest, and what came');
  const back = await join(t, server);
  const again = await subscribe(back, 'telemetry:camera.battery', { epoch, offset });
  expectEqual([again.recovered, again.epoch], [true, epoch], 'recovered, where nothing was missed');
  await publish(probe, 'telemetry:camera.battery', 11.8);
  await until('the next value', () => back.messages.length === 1);
  expectEqual(back.messages.map(({ data }) => data), [11.8], 'what came back');
});

suite.test('what is said twice counts two, what is repeated with its key counts once; operators see the figures', async (t) => {
  const server = await start(t, '');
  const client = await join(t, server);
  await subscribe(client, 'chat:camera');
  for (const [data, key] of [['hi', 'a'], ['hi', 'b'], ['hi', 'b'], ['ho', 'c'], ['hi', 'd'], ['ho', 'a']])
    await publish(client, 'chat:camera', data, key);
  expectEqual((await publish(client, 'chat:camera', 'x'.repeat(20000))).code, 'too-large', 'error');
  await until('four messages', () => client.messages.length === 4);
  expectEqual(client.messages.map(({ data, count }) => `${data} ${count}`), ['hi 1', 'hi 2', 'ho 1', 'hi 3'], 'counts');

  const found = await figures(server, 'chat:camera');
  const { bytes } = found.published;
  expectEqual([found.clients, found.transports, found.names], [1, { channel: 0, websocket: 1, local: 0 }, ['chat:camera', 'control:camera']], 'who is there');
  expectEqual([found.offset, found.subscribers, found.kept.messages, found.repeated, found.refused], [4, 1, 4, 2, 1], 'figures');
  expectEqual([found.published.messages, found.delivered], [4, { messages: 4, bytes }], 'published and delivered');
  expectEqual(found.contents, [{ count: 3, data: 'hi' }, { count: 1, data: 'ho' }], 'contents');
  const { relay } = await server.status();
  expectEqual(relay, { channels: 2, published: { messages: 4, bytes }, delivered: { messages: 4, bytes } }, 'totals');
});

suite.test('a namespace of one\'s own: how much it keeps, for how long, and how many channels it has', async (t) => {
  const server = await start(t, '[namespace notes]\nhistory-messages=2\nhistory-seconds=8\nmax-channels=2\nmax-message-bytes=10\n');
  const [writer, reader] = [await join(t, server), await join(t, server)];
  for (const data of [1, 2, 3])
    await publish(writer, 'notes:a', data);
  const { recovered } = await subscribe(reader, 'notes:a');
  await until('what is kept', () => reader.messages.length === 2);
  expectEqual([recovered, reader.messages.map(({ data }) => data)], [false, [2, 3]], 'what there is of it');
  expectEqual((await publish(writer, 'notes:a', '12345678+')).code, 'too-large', 'error for 11 bytes');
  expectEqual((await publish(writer, 'notices:a', 1)).code, 'unknown-channel', 'error in no namespace');

  // The second place is somebody's who only listens: he has to give it to who writes.
  expectEqual((await subscribe(reader, 'notes:b')).type, 'subscribed', 'the answer');
  expectEqual((await subscribe(writer, 'notes:c')).code, 'too-many', 'error for a third channel');
  expectEqual((await publish(writer, 'notes:c', 1)).type, 'published', 'the answer');
  await until('who listened to be told', () => reader.errors.some(({ code, channel, id }) => code === 'unknown-channel' && channel === 'notes:b' && id === undefined));
  expectEqual((await figures(server)).names, ['chat:camera', 'control:camera', 'notes:a', 'notes:c'], 'channels');

  // Nobody reads them: their memory is given back all the same.
  await until('the messages to be too old', async () => (await server.objects()).objects.SlMessage === 0, { timeoutMs: 40000 });
  expectEqual((await figures(server, 'notes:a')).kept, { messages: 0, bytes: 0 }, 'what is kept');
  const late = await join(t, server);
  const answer = await subscribe(late, 'notes:a');
  expectEqual([answer.offset, answer.recovered], [3, false], 'the newest, and whether that is all');
  await publish(writer, 'notes:a', 4);
  await until('a new one', () => late.messages.length === 1);
  expectEqual(late.messages.map(({ data, offset }) => [data, offset]), [[4, 4]], 'what came');
});

suite.test('operators see who holds a channel', async (t) => {
  const server = await start(t, '[namespace control]\nholder-silence-ms=60000\n');
  const client = await join(t, server);
  expectEqual((await figures(server, 'control:camera')).holder, null, 'holder');
  expectEqual((await figures(server, 'chat:camera')).holder, undefined, 'holder where there are none');
  await client.request({ type: 'name', name: 'Anna' });
  expectEqual((await client.request({ type: 'take', channel: 'control:camera' })).type, 'taken', 'answer');
  expectEqual((await figures(server, 'control:camera')).holder, { client: client.welcome.client, name: 'Anna' }, 'holder');
});

await suite.run();
