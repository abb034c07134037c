// Players that know nothing of Sightline watch by WHEP: browsers in pages of other sites and of ours, libwebrtc in Node, aiortc,
// GStreamer's webrtcbin.

import { makeLibrary } from './lib/balls.mjs';
import { Browser } from './lib/browser.mjs';
import { openDoor, PROGRAM_KINDS, startSite } from './lib/doors.mjs';
import { settled, total } from './lib/leftovers.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Suite, until } from './lib/tap.mjs';

const SMALL = ['test', '--set', 'width=320'];
const SOUND = [...SMALL, '--pipeline', 'vp8-audio'];
const CHANNEL = 'chat:camera';
const suite = new Suite();

const browsers = {};
const theBrowser = async (name) => (browsers[name] ??= await Browser.launch(suite.scope, name));

/** A page of the server's own, and of another site. */
const home = async (name, server) => ({ browser: await theBrowser(name), page: server.address('/player.js') });

const watch = (t, who, server, options) => openDoor(t, who, { url: server.address('/whep/camera'), ...options });

/** Decodes both kinds, hears of what it says itself, and leaves without a trace. */
async function watchAndTalk(t, who, server) {
  const client = await watch(t, who, server, { audio: true, relay: true });
  const { width, height } = await client.decodes(30);
  expectEqual([width, height], [320, 180], 'size');
  await until('sound', async () => (await client.stats()).sound > 20);
  expectEqual((await server.stream()).viewers, 1, 'viewers');

  await client.hears('welcome');
  await client.say({ type: 'subscribe', id: 1, channel: CHANNEL });
  await client.hears('subscribed');
  await client.say({ type: 'publish', id: 2, channel: CHANNEL, data: { text: `from ${client.kind}` } });
  await client.hears('message', ({ data }) => data.text === `from ${client.kind}`);

  const stats = await client.stats();
  t.note(`${stats.decoded} frames decoded, ${stats.sound} packets or frames of sound, the first picture ${Math.round(client.firstFrameMs)} ms after the POST`);
  expectEqual(await client.leave(), 200, 'answer to DELETE');
  await server.viewers(0);
}

for (const name of ['chromium', 'firefox']) {
  suite.test(`${name}, in a page of another site: picture, sound and the relay`, async (t) => {
    const site = await startSite(t);
    const server = await Server.start(t, [...SOUND, '--allow-origin', new URL(site).origin]);
    await watchAndTalk(t, { browser: await theBrowser(name), page: site }, server);
  });
}

for (const kind of PROGRAM_KINDS) {
  suite.test(`${kind}: picture, sound and the relay`, async (t) => {
    await watchAndTalk(t, kind, await Server.start(t, SOUND));
  });
}

suite.test('a page of a site that is not allowed gets nothing', async (t) => {
  const server = await Server.start(t, SMALL);
  const who = { browser: await theBrowser('chromium'), page: await startSite(t) };
  const outcome = await watch(t, who, server, { mayComplain: /CORS|ERR_FAILED|403/ }).then(() => 'it watches', (error) => error.message);
  expectEqual(outcome, 'Failed to fetch', 'what the page sees');
  expectEqual((await server.status()).sessions, 0, 'sessions');
});

suite.test('candidates that come by PATCH are enough; after DELETE there is nothing', async (t) => {
  const server = await Server.start(t, SMALL);
  for (const who of [await home('chromium', server), await home('firefox', server), ...PROGRAM_KINDS]) {
    const client = await watch(t, who, server, { trickle: true });
    await client.decodes(10);
    expect(/^"[^"]+"$/.test(client.etag), `the ETag is ${client.etag}`);
    expectEqual(await client.leave(), 200, 'answer to DELETE');
    const again = await fetch(client.location, { method: 'DELETE', headers: { Connection: 'close' } });
    expectEqual(again.status, 404, 'answer to another DELETE');
    t.note(`${client.kind}: ${Math.round(client.firstFrameMs)} ms`);
  }
  await server.viewers(0);
}, { timeoutMs: 90000 });

suite.test('what an offer has no codec for is said in words', async (t) => {
  const server = await Server.start(t, SMALL);
  const outcome = await watch(t, 'node', server, { codec: 'VP9' }).then(() => 'it watches', (error) => error.message);
  expect(/^406 .*VP8.*VP9/.test(outcome), outcome);
  expectEqual((await server.status()).sessions, 0, 'sessions');
});

suite.test('another pipeline of the same codec goes on in the same connection, of another codec ends it', async (t) => {
  const library = makeLibrary(t);
  const server = await Server.start(t, ['test', '--pipeline', 'ball-vp8'], { env: library.env });
  const clients = [];
  for (const who of [...PROGRAM_KINDS, await home('chromium', server), await home('firefox', server)])
    clients.push(await watch(t, who, server, { mayComplain: /favicon\.ico|404/ })); // DELETE of what has ended
  await Promise.all(clients.map((client) => client.decodes(10)));
  expectEqual((await server.put('pipeline', { name: 'ball-vp8', variables: { width: 480, height: 270 } })).status, 200, 'answer to PUT');
  for (const client of clients) {
    await until(`${client.kind} to decode the larger picture`, async () => (await client.stats()).width === 480);
    await client.decodes(10);
  }
  const put = server.put('pipeline', { name: 'ball-h264' });
  await server.viewers(0);
  const began = Date.now();
  expectEqual((await put).status, 200, 'answer to PUT');
  // webrtcbin says nothing of it.
  const told = await Promise.all(clients.filter(({ kind }) => kind !== 'webrtcbin').map(async (client) => {
    await until(`${client.kind} to be told`, async () => (await client.stats()).isClosed, { everyMs: 20 });
    return `${client.kind} ${Date.now() - began}`;
  }));
  t.note(`ms until they are told: ${told.join(', ')}`);
  for (const client of clients)
    expectEqual(await client.leave(), 404, `answer to DELETE of ${client.kind}`);
  const again = await watch(t, 'webrtcbin', server, { codec: 'H264' });
  await again.decodes(10);
  await again.leave();
}, { timeoutMs: 90000 });

const LONG = process.env.SIGHTLINE_TEST_LONG === '1';
const CROWD = LONG ? 20 : 10;
suite.test(`${CROWD} of mixed kinds at once play and go; nothing of them is left`, async (t) => {
  const server = await Server.start(t, SMALL);
  const one = await watch(t, 'node', server);
  await one.decodes(10);
  await one.leave();
  const before = await settled(server);

  const [chromium, firefox] = [await home('chromium', server), await home('firefox', server)];
  const kinds = [chromium, chromium, firefox, 'node', 'node', 'aiortc', 'aiortc', 'webrtcbin', 'webrtcbin', 'node'];
  const crowd = Array.from({ length: CROWD }, (_, i) => kinds[i % kinds.length]);
  // While somebody watches, there is a picture for those who come, however slowly they all start.
  const first = await watch(t, 'node', server);
  await first.decodes(10);
  const clients = await Promise.all(crowd.map((who) => watch(t, who, server)));
  await first.leave();
  await server.viewers(CROWD);
  const played = await Promise.all(clients.map((client) => client.decodes(60, { timeoutMs: 60000 })));
  t.note(clients.map(({ kind }, i) => `${kind} ${played[i].decoded}`).join(', '));

  const killed = clients.filter((client, i) => client.kill && i % 2);
  const leaving = clients.filter((client) => !killed.includes(client));
  const began = Date.now();
  await Promise.all([...killed.map((client) => client.kill()),
                     ...leaving.map(async (client) => expectEqual(await client.leave(), 200, `answer to DELETE of ${client.kind}`))]);
  await server.viewers(0, { timeoutMs: 60000 });
  t.note(`all, ${killed.length} that were killed among them, are gone after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  const after = await settled(server, before);
  t.note(`${total(after.threads)} threads, ${total(after.descriptors)} descriptors, as after the first`);
}, { timeoutMs: 180000 });

await suite.run();
