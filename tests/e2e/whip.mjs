// Publishers that know nothing of Sightline, by WHIP: browsers with a camera, libwebrtc in Node, aiortc, GStreamer's webrtcbin;
// each seen in Chromium and Firefox.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { Browser } from './lib/browser.mjs';
import { openDoor, PROGRAM_KINDS } from './lib/doors.mjs';
import { temporaryFolder } from './lib/folders.mjs';
import { settled, total } from './lib/leftovers.mjs';
import { playing, says } from './lib/player.mjs';
import { threads, threadTimes } from './lib/proc.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, sleep, Suite, until } from './lib/tap.mjs';
import { Viewer } from './lib/viewer.mjs';

/** The stream's own picture, narrower than what any publisher sends at its worst. */
const OWN_WIDTH = 128;
const OWN = ['test', '--set', `width=${OWN_WIDTH}`];
const suite = new Suite();

const browsers = {};
const theBrowser = async (name) => (browsers[name] ??= await Browser.launch(suite.scope, name, { camera: true }));

const publish = (t, who, server, options = {}) =>
  openDoor(t, who, { url: server.address('/whip/camera'), publish: true, width: 640, height: 360, ...options });
const inPage = async (name, server) => ({ browser: await theBrowser(name), page: server.address('/player.js') });

/** The page plays a publisher's picture, or the stream's own. */
const shows = (page, published, what) => until(`${what} to show ${published ? 'the publisher' : 'the stream\'s own picture'}`, async () => {
  const { width } = await playing(page, { frames: 10 });
  expect(published === width > OWN_WIDTH, `it is ${width} wide`);
  return true;
}, { timeoutMs: 30000 });

/** One server, with a page in each browser, for all publishers. */
let stage = null;
async function theStage() {
  if (stage)
    return stage;
  const server = await Server.start(suite.scope, [...OWN, '--pipeline', 'vp8-audio']);
  const pages = {};
  for (const name of ['chromium', 'firefox'])
    pages[name] = await (await theBrowser(name)).open(suite.scope, server.link, { width: 640, height: 480 });
  return (stage = { server, pages });
}

/** Whoever plays it, and who comes later, see and hear what is published; then the stream's own again. */
async function isSeen(t, who, { sound = true, viewers = ['chromium', 'firefox'], meanwhile = null, ...options } = {}) {
  const { server, pages } = await theStage();
  const client = await publish(t, typeof who === 'function' ? await who(server) : who, server, { audio: sound, ...options });
  for (const name of viewers)
    await shows(pages[name], true, name);
  expectEqual((await server.stream()).source, 'publisher', 'source');
  await meanwhile?.();
  const late = await openDoor(t, options.codec === 'H264' ? 'webrtcbin' : 'node',
                              { url: server.address('/whep/camera'), audio: sound, codec: options.codec });
  await late.decodes(15);
  if (sound)
    await until('sound', async () => (await late.stats()).sound > 10);
  await late.leave();
  const { sent, keyframes, state } = await client.stats();
  t.note(`${client.kind} sent ${sent} frames${keyframes === undefined ? '' : `, was asked for ${keyframes} keyframes`}; who came later saw the first ${
    Math.round(late.firstFrameMs)} ms after the POST`);
  expectEqual(state, 'connected', 'state of the publisher\'s connection');
  expectEqual(await client.leave(), 200, 'answer to DELETE');
  for (const name of viewers)
    await shows(pages[name], false, name);
  expect((await server.stream()).source !== 'publisher', 'the publisher is still the source');
}

for (const name of ['chromium', 'firefox'])
  suite.test(`${name}'s camera is seen and heard`, (t) => isSeen(t, (server) => inPage(name, server)), { timeoutMs: 90000 });
for (const kind of PROGRAM_KINDS)
  suite.test(`${kind} is seen and heard`, (t) => isSeen(t, kind), { timeoutMs: 90000 });

suite.test('VP9 of Chromium\'s camera is seen', (t) =>
  isSeen(t, (server) => inPage('chromium', server), { codec: 'VP9', sound: false }), { timeoutMs: 90000 });
// Debian's Firefox receives no H.264.
suite.test('H.264 of webrtcbin is seen where there is a decoder; where there is none it is said', async (t) => {
  const { pages } = await theStage();
  await isSeen(t, 'webrtcbin', { codec: 'H264', sound: false, viewers: ['chromium'], meanwhile: () => says(pages.firefox, /H\.?264/) });
  await shows(pages.firefox, false, 'firefox');
}, { timeoutMs: 120000 });

suite.test('a publisher that is killed: viewers are told within 10 s, and the stream\'s own picture plays', async (t) => {
  const server = await Server.start(t, OWN);
  const viewer = await Viewer.join(server.webSocket('/ws/camera'));
  t.after(() => viewer.leave());
  await viewer.playing();
  /** Gives how long it took until they were told. */
  const killOne = async (kind) => {
    const client = await publish(t, kind, server);
    await until('the publisher\'s picture', () => viewer.size[0] > OWN_WIDTH);
    const told = viewer.signalling.received.length;
    const began = Date.now();
    await client.kill();
    const words = await until('word of it', () => viewer.signalling.received.slice(told)
      .find(({ type, detail }) => type === 'state' && /publisher/.test(detail ?? '')), { timeoutMs: 60000 });
    const toldMs = Date.now() - began;
    await until('the stream\'s own picture', () => viewer.size[0] === OWN_WIDTH);
    await viewer.playing();
    t.note(`${kind}: “${words.detail}” after ${toldMs} ms, the stream's own picture after ${Date.now() - began} ms`);
    return toldMs;
  };
  // What else runs on this machine may take its time: one of three times has to keep the bound.
  for (const kind of process.env.SIGHTLINE_TEST_LONG ? PROGRAM_KINDS : ['aiortc', 'node'])
    for (let rounds = 3, toldMs; (toldMs = await killOne(kind)) > 10000; rounds--)
      expect(rounds > 1, `told after ${toldMs} ms`);
}, { timeoutMs: 240000 });

/** The connection is gone on this side, too. */
const ended = (client) => until(`${client.kind} to have been let go`, async () =>
  ['closed', 'failed', 'disconnected'].includes((await client.stats()).state), { timeoutMs: 60000 });

suite.test('a second publisher takes the place of the first; with publish = refuse or off it is told 409', async (t) => {
  const config = path.join(temporaryFolder(t), 'sightline.conf');
  writeFileSync(config, ['camera', 'one', 'none'].map((name, i) =>
    `[stream ${name}]\ndevice=test\nset=width=${OWN_WIDTH}\npublish=${['replace', 'refuse', 'off'][i]}\n`).join(''));
  const server = await Server.start(t, ['--config', config]);
  const viewer = await Viewer.join(server.webSocket('/ws/camera'));
  t.after(() => viewer.leave());
  await viewer.playing();
  const first = await publish(t, 'node', server);
  await until('the first', () => viewer.size[0] > OWN_WIDTH);
  // No width that the first one's encoder goes down to.
  const second = await publish(t, 'aiortc', server, { width: 400, height: 224 });
  await until('the second', () => viewer.size[0] === 400);
  await ended(first);
  expectEqual(await first.leave(), 404, 'answer to the first one\'s DELETE');
  expectEqual(await second.leave(), 200, 'answer to the second one\'s DELETE');
  await until('the stream\'s own picture', () => viewer.size[0] === OWN_WIDTH);

  const alone = await publish(t, 'node', server, { url: server.address('/whip/one') });
  const watching = await openDoor(t, 'node', { url: server.address('/whep/one') });
  await until('its picture', async () => (await watching.stats()).width > OWN_WIDTH);
  const refused = (name) => publish(t, 'aiortc', server, { url: server.address(`/whip/${name}`) }).then(() => 'it publishes', ({ message }) => message);
  const told = [await refused('one'), await refused('none')];
  t.note(told.join('\n'));
  expect(told[0].startsWith('409 '), told[0]);
  expect(told[1].startsWith('409 '), told[1]);
  await watching.decodes(15);
  await alone.leave();
}, { timeoutMs: 90000 });

suite.test('a stream that has no picture of its own waits for somebody to publish, again and again', async (t) => {
  const server = await Server.start(t, ['publish']);
  const page = await (await theBrowser('chromium')).open(t, server.link);
  await says(page, /Waiting for somebody to publish/i);
  for (let i = 0; i < 2; i++) {
    const client = await publish(t, 'node', server);
    await playing(page);
    await client.leave();
    await says(page, /Waiting for somebody to publish|publisher has left/i);
  }
}, { timeoutMs: 60000 });

const CODECS = /Gst\w*?(?:VP[89]|26[45]|Opus|AV1)\w*?(?:Enc|Dec)\b|\bavdec_\w+/gi;
const cpuSeconds = (server) => [...threadTimes(server.pid).values()].reduce((sum, { seconds }) => sum + seconds, 0);

/** The server's CPU for a frame of the stream, in ms, over some seconds. */
async function costOfFrame(server, seconds) {
  const counted = async () => (await server.stream()).tracks.find(({ name }) => name === 'video').frames;
  const [cpu, before] = [cpuSeconds(server), await counted()];
  await sleep(seconds * 1000);
  const [used, frames] = [cpuSeconds(server) - cpu, await counted() - before];
  expect(frames > 0, `no frame in ${seconds} s`);
  return { ms: used * 1000 / frames, frames };
}

/** The encoders and decoders in the pipelines that GStreamer has drawn of this kind. */
function codecsDrawn(folder, kind) {
  const files = readdirSync(folder).filter((name) => name.endsWith(`-${kind}.dot`) || name.endsWith(`.${kind}.dot`));
  expect(files.length > 0, `no pipeline of a ${kind} was drawn: ${readdirSync(folder)}`);
  return [...new Set(files.flatMap((name) => readFileSync(path.join(folder, name), 'utf8').match(CODECS) ?? []))];
}

suite.test('what is published is not encoded again', async (t) => {
  const drawings = temporaryFolder(t);
  const server = await Server.start(t, ['test', '--set', 'width=640', '--set', 'height=360'], { env: { GST_DEBUG_DUMP_DOT_DIR: drawings } });
  const viewer = await openDoor(t, 'node', { url: server.address('/whep/camera') });
  await viewer.decodes(30);
  const own = await costOfFrame(server, 5);
  const client = await publish(t, 'node', server);
  await until('the publisher to be the source', async () => (await server.stream()).source === 'publisher');
  await until('the encoder to be gone', () => !threads(server.pid).some((name) => name.startsWith('videotestsrc')), { timeoutMs: 30000 });
  await viewer.decodes(30);
  let published = await costOfFrame(server, 5);
  for (let again = 2; again > 0 && published.ms >= own.ms; again--)
    published = await costOfFrame(server, 5);
  t.note(`${own.ms.toFixed(2)} ms of CPU for each of ${own.frames} frames that the server encodes, ${published.ms.toFixed(2)} ms for each of ${
    published.frames} that are published: ${(published.ms / own.ms).toFixed(2)} times as much`);
  expect(published.ms < own.ms, 'a frame that only passes costs as much as one that is encoded');
  expect(codecsDrawn(drawings, 'source').includes('GstVP8Enc'), 'the stream\'s own pipeline was drawn without its encoder');
  for (const kind of ['publisher', 'viewer'])
    expectEqual(codecsDrawn(drawings, kind), [], `encoders and decoders of a ${kind}`);
  await client.leave();
  await viewer.leave();
});

suite.test('publishers come and go, some are killed, nothing of them is left', async (t) => {
  const server = await Server.start(t, OWN);
  const kinds = process.env.SIGHTLINE_TEST_LONG ? Array.from({ length: 60 }, (_, i) => PROGRAM_KINDS[i % 3]) : ['webrtcbin', 'aiortc'];
  const once = async (kind, i) => {
    const client = await publish(t, kind, server, { audio: true });
    // Who comes before it is seen watches the stream's own picture, and is sent away.
    await until('it to be seen', async () => (await server.stream()).source === 'publisher');
    const viewer = await openDoor(t, 'node', { url: server.address('/whep/camera'), audio: true });
    await viewer.decodes(5);
    await (i % 2 ? client.kill() : client.leave());
    await viewer.leave();
    await until('nobody to publish', async () => (await server.stream()).source !== 'publisher');
  };
  await once('node', 0);
  const before = await settled(server);
  for (const [i, kind] of kinds.entries())
    await once(kind, i);
  const after = await settled(server, before);
  t.note(`${total(after.threads)} threads, ${total(after.descriptors)} descriptors, as after the first`);
}, { timeoutMs: 150000 });

await suite.run();
