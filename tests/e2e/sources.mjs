// What is watched: files, an RTSP camera, descriptions, settings. sources.mjs chromium|firefox

import { createServer } from 'node:net';

import { Browser } from './lib/browser.mjs';
import { temporaryFolder } from './lib/folders.mjs';
import { makeFile, RtspCamera } from './lib/media.mjs';
import { peerCount, playing, playsAt, says, showsPicture } from './lib/player.mjs';
import { freeTcpPort } from './lib/ports.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Suite, until } from './lib/tap.mjs';
import { Signalling } from './lib/viewer.mjs';

const name = process.argv[2];
const suite = new Suite();

let browser;
const theBrowser = async () => (browser ??= await Browser.launch(suite.scope, name));

suite.test('a 4:3 file of 25 frames a second keeps its shape and rate, and goes on past its end', async (t) => {
  const seconds = 3;
  const uri = await makeFile(temporaryFolder(t), { width: 640, height: 480, framerate: 25, seconds });
  const server = await Server.start(t, [uri]);
  const page = await (await theBrowser()).open(t, server.link);
  await playing(page);
  const measured = await playsAt(page, 25, { timeoutMs: 120000 });
  expectEqual([measured.width, measured.height], [640, 480], 'size');
  const beyond = await playsAt(page, 25, { seconds: 2 * seconds, timeoutMs: 120000 });
  t.note(`${measured.shown.toFixed(1)} frames a second, ${beyond.shown.toFixed(1)} over two ends of the file`);
  expectEqual(await peerCount(page), 1, 'peer connections');
}, { timeoutMs: 240000 });

suite.test('an RTSP camera: plays, is lost, comes back to the same connection', async (t) => {
  const camera = await RtspCamera.start(t, await freeTcpPort());
  // What it sends is H.264, which Debian's Firefox lacks.
  const server = await Server.start(t, [camera.uri, ...name === 'firefox' ? ['--pipeline', 'vp8'] : []]);
  const page = await (await theBrowser()).open(t, server.link);
  await playing(page);
  await playsAt(page, 25);
  await camera.kill();
  let began = Date.now();
  await says(page, /Camera lost, waiting for it.*The camera can't be reached/s);
  await server.state('camera-lost');
  const lostMs = Date.now() - began;
  expect(await showsPicture(page), 'the last picture is gone');
  await camera.comeBack();
  began = Date.now();
  await playing(page, { timeoutMs: 45000 });
  t.note(`said to be lost after ${lostMs} ms, plays ${Date.now() - began} ms after it is back`);
  await says(page, /\bLive\b/);
  await server.state('live');
  expectEqual(await peerCount(page), 1, 'peer connections');
}, { timeoutMs: 120000 });

suite.test('faults that take turns are in the log once each', async (t) => {
  let asked = 0;
  const camera = createServer((socket) => {
    socket.on('error', () => {});
    const answer = ['404 Not Found', '454 Session Not Found'][asked++ % 2];
    socket.once('data', (data) => socket.end(`RTSP/1.0 ${answer}\r\nCSeq: ${/CSeq: (\d+)/.exec(data)[1]}\r\n\r\n`));
  });
  await new Promise((resolve) => { camera.listen(0, '127.0.0.1', resolve); });
  t.after(() => camera.close());
  const server = await Server.start(t, [`rtsp://127.0.0.1:${camera.address().port}/`]);
  const viewer = await Signalling.open(server.webSocket('/ws/camera'));
  t.after(() => viewer.close());
  viewer.hello();
  await until('the camera to be asked four times', () => asked >= 4, { timeoutMs: 60000 });
  const said = server.child.stderr.split('\n').filter((line) => line.startsWith('Warning:'));
  t.note(said.join('\n'));
  expectEqual(said.length, 2, 'lines');
}, { timeoutMs: 90000 });

suite.test('a microphone that is not there: silence, one line that says so, and the picture plays', async (t) => {
  const server = await Server.start(t, ['test', '--pipeline', 'vp8-audio', '--audio', 'no-such-microphone']);
  const page = await (await theBrowser()).open(t, server.link);
  await playing(page);
  await server.state('live');
  await until('the line', () => /microphone no-such-microphone/.test(server.child.stderr));
  const said = server.child.stderr.split('\n').filter((line) => /silence instead/.test(line));
  t.note(said.join('\n'));
  expectEqual(said.length, 1, 'lines');
});

suite.test('an encoder for each viewer: --pipeline vp8-per-viewer', async (t) => {
  const server = await Server.start(t, ['test', '--pipeline', 'vp8-per-viewer', '--set', 'width=320']);
  const pages = [await (await theBrowser()).open(t, server.link), await browser.open(t, server.link)];
  for (const page of pages)
    await playing(page);
  await playsAt(pages[0], 30);
});

suite.test('--set width=320 makes it 320 wide and keeps the shape', async (t) => {
  const server = await Server.start(t, ['test', '--set', 'width=320']);
  const page = await (await theBrowser()).open(t, server.link);
  const { width, height } = await playing(page);
  expectEqual([width, height], [320, 180], 'size');
});

await suite.run();
