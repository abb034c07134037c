// Clients that are no browsers: libwebrtc in Node.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child } from './lib/child.mjs';
import { temporaryFolder } from './lib/folders.mjs';
import { settled, total } from './lib/leftovers.mjs';
import { freeUdpPort } from './lib/ports.mjs';
import { threads } from './lib/proc.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Suite, until } from './lib/tap.mjs';
import { openRelay, Signalling, Viewer } from './lib/viewer.mjs';

const SMALL = ['test', '--set', 'width=320'];
const viewersChild = path.join(path.dirname(fileURLToPath(import.meta.url)), 'lib', 'viewers-child.mjs');
const suite = new Suite();

async function join(t, server, options) {
  const viewer = await Viewer.join(server.webSocket('/ws/camera'), options);
  t.after(() => viewer.leave());
  return viewer;
}

function joinElsewhere(t, server, count = 1) {
  const child = new Child(process.execPath, [viewersChild, server.webSocket('/ws/camera'), String(count)], { stdin: 'pipe' });
  t.after(() => child.stop('SIGKILL'));
  return child;
}

suite.test('libwebrtc watches, talks over the data channel, and leaves', async (t) => {
  const server = await Server.start(t, SMALL);
  const viewer = await join(t, server);
  await viewer.playing();
  expectEqual(viewer.size, [320, 180], 'size');

  const { channels, version, stream } = await viewer.signalling.next('welcome');
  expectEqual([version, stream, channels[0]], [1, 'camera', 'chat:camera'], 'welcome');
  const relay = await viewer.talking();
  const subscribed = await relay.request({ type: 'subscribe', channel: channels[0] });
  expectEqual([subscribed.type, subscribed.offset, subscribed.recovered], ['subscribed', 0, true], 'subscribed');
  const published = await relay.request({ type: 'publish', channel: channels[0], data: { text: 'from Node' }, key: 'one' });
  expectEqual([published.type, published.offset], ['published', 1], 'published');
  const again = await relay.request({ type: 'publish', channel: channels[0], data: { text: 'again' }, key: 'one' });
  expectEqual([again.type, again.offset], ['published', 1], 'published with the same key');

  // The other way to the same channel: what was said over the data channel is there.
  const other = await openRelay(server.webSocket('/relay'));
  t.after(() => other.signalling.close());
  await other.request({ type: 'subscribe', channel: channels[0] });
  await until('the message over the WebSocket', () => other.messages.length === 1);
  expectEqual([other.messages[0].data, other.messages[0].from], [{ text: 'from Node' }, relay.welcome.client], 'message');
  await other.request({ type: 'publish', channel: channels[0], data: 'back' });
  await until('the answer over the data channel', () => relay.messages.length === 2);
  expectEqual(relay.messages.map(({ offset }) => offset), [1, 2], 'offsets');

  viewer.signalling.send({ type: 'bye', peer: viewer.peerNumber });
  await until('no more frames after bye', async () => {
    const before = viewer.frames;
    await new Promise((resolve) => setTimeout(resolve, 500));
    return viewer.frames === before;
  });
  viewer.signalling.send({ type: 'restart' });
  await viewer.playing();
  viewer.leave();
  await server.viewers(0);
});

suite.test('who is killed is gone at once, who says nothing after 10 s, who vanishes after 12 s', async (t) => {
  const server = await Server.start(t, SMALL);
  const silent = await Signalling.open(server.webSocket('/ws/camera'));
  t.after(() => silent.close());
  const silence = until('the silent WebSocket to be closed', () => silent.closed !== null, { timeoutMs: 30000 });
  silence.catch(() => {}); // until it is awaited
  const [frozen, killed] = [joinElsewhere(t, server), joinElsewhere(t, server)];
  await Promise.all([frozen.line(/^playing$/), killed.line(/^playing$/)]);
  await server.viewers(2);
  frozen.kill('SIGSTOP');
  const began = Date.now();
  killed.kill('SIGKILL');
  await server.viewers(1, { timeoutMs: 10000 });
  await silence;
  expectEqual([silent.received.map(({ code }) => code), silent.closed], [['hello-expected'], 1008], 'what came of silence');
  await server.viewers(0, { timeoutMs: 30000 });
  t.note(`gone after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  const { limits } = await server.status();
  expectEqual(['hello-timeout-ms', 'pong-timeout-ms'].map((name) => [limits[name].limit, limits[name].refused]), [[10000, 1], [12000, 1]],
              'the server\'s limits, and how often each was reached');
});

suite.test('a viewer that takes none of our codecs is told so', async (t) => {
  const server = await Server.start(t, SMALL);
  const viewer = await join(t, server, {
    mangleAnswer: (sdp) => sdp.replace(/m=video \d+/, 'm=video 0').replace(/(a=group:BUNDLE) \S+/, '$1'),
  });
  const error = await viewer.signalling.next('error');
  expectEqual(error.code, 'codec-unsupported', 'code');
  expectEqual(viewer.signalling.closed, null, 'close code');
});

suite.test('where all of --media-ports are in use, viewer and terminal are told; the next has the port of who leaves', async (t) => {
  const port = await freeUdpPort();
  const server = await Server.start(t, [...SMALL, '--media-ports', `${port}-${port}`]);
  const first = await join(t, server, { sink: false });
  await first.playing();
  const second = await join(t, server, { sink: false });
  const { code, message } = await second.signalling.next('error');
  expectEqual([code, message], ['no-port', 'The server has no UDP port left for the picture'], 'error');
  await until('a line in the terminal', () => server.child.stderr.includes(
    `gets no picture: all of --media-ports ${port}-${port} are in use; name more, each viewer takes one\n`));
  first.leave();
  await server.viewers(1);
  // Ports are free again once the first one's pipeline is gone, which nothing tells.
  await until('the second to play', async () => {
    second.signalling.send({ type: 'restart' });
    return second.playing({ timeoutMs: 8000 }).then(() => true);
  }, { timeoutMs: 60000 });
});

suite.test('a viewer that no path leads to is in the log, with what to do; the next adds no line', async (t) => {
  const config = path.join(temporaryFolder(t), 'sightline.conf');
  writeFileSync(config, '[limits]\nice-timeout-ms=3000\n[stream camera]\ndevice=test\nset=width=320\n');
  const server = await Server.start(t, ['--config', config]);
  for (let i = 0; i < 2; i++) {
    const viewer = await join(t, server, { trickles: false, sink: false });
    const { reason } = await viewer.signalling.next('bye');
    expectEqual(reason, 'No path for the picture was found', 'reason');
  }
  const said = server.child.stderr.split('\n').filter((line) => line.startsWith('Warning:'));
  expectEqual(said, ['Warning: A viewer gets no picture: no path was found; let UDP in (--media-ports 50000-50100 makes it a ' +
    'range), and for viewers in other networks name an --ice-server'], 'lines');
});

suite.test('the name of an ICE server that is not known is said once, in words', async (t) => {
  const server = await Server.start(t, [...SMALL, '--ice-server', 'stun:nowhere.invalid', '--ice-server', 'turn:user:geheim@elsewhere.invalid']);
  for (let i = 0; i < 2; i++)
    await (await join(t, server, { sink: false })).playing();
  const unresolved = () => server.child.stderr.split('\n').filter((line) => line.includes("can't be resolved")).map((line) => line.split(';')[0]).sort();
  await until('both to be said', () => unresolved().length >= 2, { timeoutMs: 60000 });
  expectEqual(unresolved(), ["Warning: stun:nowhere.invalid: the name nowhere.invalid can't be resolved",
                             "Warning: turn:elsewhere.invalid: the name elsewhere.invalid can't be resolved"], 'lines');
}, { timeoutMs: 90000 });

suite.test('connections that break off in the middle of something hurt nobody', async (t) => {
  const server = await Server.start(t, SMALL);
  const viewer = await join(t, server);
  await viewer.playing();
  for (let i = 0; i < 60; i++) {
    const signalling = await Signalling.open(server.webSocket('/ws/camera'));
    signalling.hello();
    if (i % 3 > 0)
      await signalling.next('offer');
    if (i % 3 > 1) {
      for (let n = 0; n < 3; n++)
        signalling.send({ type: 'restart' });
    }
    // With the end of the stream, or with a reset: neither says a word in WebSocket.
    signalling.socket._socket[i % 2 ? 'resetAndDestroy' : 'destroy']();
  }
  await server.viewers(1);
  await viewer.playing();
}, { timeoutMs: 90000 });

suite.test('a viewer makes few data channels: each costs threads', async (t) => {
  const server = await Server.start(t, SMALL);
  const viewer = await join(t, server);
  const rude = await join(t, server);
  await Promise.all([viewer.playing(), rude.playing()]);
  for (let i = 0; i < 5; i++)
    rude.peer.createDataChannel(`mine${i}`);
  const { code } = await rude.signalling.next('error');
  expectEqual(code, 'too-many', 'code');
  await until('its end', () => rude.signalling.closed !== null);
  expectEqual(rude.signalling.closed, 1008, 'close code');
  await viewer.playing();
}, { timeoutMs: 60000 });

const ROUNDS = process.env.SIGHTLINE_TEST_LONG === '1' ? 5 : 2;
suite.test(`after ${ROUNDS * 6} viewers, half of them killed, nothing of them is left`, async (t) => {
  const server = await Server.start(t, SMALL);
  const first = await Viewer.join(server.webSocket('/ws/camera'));
  await first.playing();
  const running = threads(server.pid).length;
  first.leave();
  const before = await settled(server);
  expect(total(before.threads) < running - 5, `${total(before.threads)} threads of ${running} are left without a viewer`);

  for (let round = 0; round < ROUNDS; round++) {
    const doomed = joinElsewhere(t, server, 3);
    const polite = [];
    for (let i = 0; i < 3; i++)
      polite.push(await Viewer.join(server.webSocket('/ws/camera'), { sink: false }));
    await Promise.all([doomed.line(/^playing$/, 40000), ...polite.map((viewer) => viewer.playing({ frames: 2 }))]);
    doomed.kill('SIGKILL');
    for (const viewer of polite)
      viewer.leave();
  }
  await server.viewers(0);
  const after = await settled(server, before);
  t.note(`${total(after.threads)} threads (${Object.keys(after.threads).join(', ')}), ${total(after.descriptors)} descriptors, as after the first`);
}, { timeoutMs: 150000 });

/** Snow, which takes whatever bit rate it is given. */
const SNOW = `[about]
title = Snow

[variables]
bitrate = 1500000

[source]
videotestsrc is-live=true pattern=snow ! video/x-raw,width=160,height=90,framerate=30/1
  ! vp8enc deadline=1 cpu-used=8 lag-in-frames=0 end-usage=cbr target-bitrate=\${bitrate} keyframe-max-dist=2000
  ! appsink name=video

[viewer video]
rtpvp8pay picture-id-mode=15-bit mtu=1200
`;

async function measureBitrate(viewer) {
  const received = async () => [...(await viewer.peer.getStats()).values()].find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
  const before = await received();
  const after = await until('60 frames', async () => {
    const now = await received();
    return now.framesReceived >= before.framesReceived + 60 && now;
  });
  return (after.bytesReceived - before.bytesReceived) * 8 / (after.framesReceived - before.framesReceived);
}

suite.test('a description of one\'s own, and --set bitrate, do what they say', async (t) => {
  const file = path.join(temporaryFolder(t), 'snow.pipeline');
  writeFileSync(file, SNOW);
  const measured = {};
  for (const bitrate of [1500000, 500000]) {
    const server = await Server.start(t, ['test', '--pipeline', file, '--set', `bitrate=${bitrate}`]);
    const viewer = await join(t, server);
    await viewer.playing({ frames: 30 });
    expectEqual(viewer.size, [160, 90], 'size');
    measured[bitrate] = await measureBitrate(viewer);
    t.note(`bitrate=${bitrate}: ${Math.round(measured[bitrate])} bits a frame`);
  }
  expect(measured[1500000] > 2 * measured[500000], 'the bit rate is not what --set says');
}, { timeoutMs: 90000 });

await suite.run();
