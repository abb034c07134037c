// Each description that comes with Sightline, watched: library.mjs chromium|firefox

import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { Browser } from './lib/browser.mjs';
import { Child, run } from './lib/child.mjs';
import { root, temporaryFolder } from './lib/folders.mjs';
import { RtspCamera } from './lib/media.mjs';
import { peerCount, playing, playsAt, says } from './lib/player.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Skip, sleep, Suite, until } from './lib/tap.mjs';

const name = process.argv[2];
const suite = new Suite();

let browser;
const theBrowser = async () => (browser ??= await Browser.launch(suite.scope, name));

/** Watches the input with a description; `settings` are its variables. Gives server, page, and the size that is shown. */
async function watch(t, pipeline, { input = 'test', settings = {} } = {}) {
  const set = Object.entries(settings).flatMap(([variable, value]) => ['--set', `${variable}=${value}`]);
  const server = await Server.start(t, [input, '--pipeline', pipeline, ...set]);
  const page = await (await theBrowser()).open(t, server.link);
  const { width, height } = await playing(page);
  return { server, page, size: { width, height } };
}

/** What the browser receives: the codec's name, and the stream's statistics. */
const received = (page, kind) => page.evaluate(async (wanted) => {
  const stats = [...(await window.seen.stats(window.seen.peers.at(-1))).values()];
  const stream = stats.find((stat) => stat.type === 'inbound-rtp' && stat.kind === wanted);
  return stream && { ...stream, codec: stats.find((stat) => stat.id === stream.codecId)?.mimeType };
}, kind);

/** Mean red, green and blue of a part of the picture, in fractions of its edges, and how much of it is white. */
const look = (page, [left, top, right, bottom]) => page.evaluate((x0, y0, x1, y1) => {
  const video = window.seen.video();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0);
  const { data } = context.getImageData(x0 * canvas.width, y0 * canvas.height, (x1 - x0) * canvas.width, (y1 - y0) * canvas.height);
  const [sums, pixels] = [[0, 0, 0], data.length / 4];
  let white = 0;
  for (let i = 0; i < data.length; i += 4) {
    sums.forEach((_, channel) => { sums[channel] += data[i + channel]; });
    white += data[i] > 220 && data[i + 1] > 220 && data[i + 2] > 220;
  }
  return { colour: sums.map((sum) => sum / pixels), white: white / pixels };
}, left, top, right, bottom);

/** [description, codec] */
const PICTURES = [
  ['vp8', 'video/VP8'],
  ['vp8-per-viewer', 'video/VP8'],
  ['vp9', 'video/VP9'],
  ['h264', 'video/H264'],
  ['h264-openh264', 'video/H264'],
  ['lowest-latency', 'video/VP8'],
];

for (const [pipeline, codec] of PICTURES) {
  if (codec === 'video/H264' && name === 'firefox')
    continue; // Debian's has none
  suite.test(`${pipeline}: ${codec}, no larger than it is to be`, async (t) => {
    const { page, size } = await watch(t, pipeline, { settings: { width: 480, height: 280 } });
    expect(size.width <= 480 && size.height <= 280 && Math.abs(size.width / size.height - 16 / 9) < 0.02,
           `it is ${size.width}x${size.height}`);
    expectEqual((await received(page, 'video')).codec, codec, 'codec');
  });
}

suite.test('low-bandwidth: a small picture, 15 times a second, for 150 kbit/s', async (t) => {
  const { page, size } = await watch(t, 'low-bandwidth');
  expectEqual(size, { width: 640, height: 360 }, 'size');
  await playsAt(page, 15);
  // Not in each window: a source that stood still catches up.
  await until('it to take less than 200 kbit/s', async () => {
    const [before, after] = [await received(page, 'video'), await sleep(6000) ?? await received(page, 'video')];
    const rate = (after.bytesReceived - before.bytesReceived) * 8 / (after.timestamp - before.timestamp);
    t.note(`${rate.toFixed(0)} kbit/s`);
    expect(rate < 200, `it takes ${rate.toFixed(0)} kbit/s`);
    return true;
  }, { timeoutMs: 24000 });
}, { timeoutMs: 180000 });

// Debian's Firefox has no H.264.
if (name !== 'firefox') suite.test('an H.264 encoder gets even edges of a size that has none', async (t) => {
  const { size } = await watch(t, 'h264', { settings: { width: 321, height: 241 } });
  expectEqual(size, { width: 320, height: 180 }, 'size');
});

/** Sound is decoded, and it is not silence. */
const hears = (page) => until('sound', async () => {
  const sound = await received(page, 'audio');
  expect(sound?.totalAudioEnergy > 0, `the energy is ${sound?.totalAudioEnergy}, ${sound?.packetsReceived} packets came`);
  return sound;
});

for (const [pipeline, codec] of [['vp8-audio', 'video/VP8'], ['h264-audio', 'video/H264']]) {
  if (codec === 'video/H264' && name === 'firefox')
    continue;
  suite.test(`${pipeline}: picture and sound`, async (t) => {
    const { page } = await watch(t, pipeline, { settings: { width: 640, height: 360 } });
    expectEqual((await received(page, 'video')).codec, codec, 'codec');
    await page.keyboard.press('m'); // muted, Chromium decodes none
    expectEqual((await hears(page)).codec.toLowerCase(), 'audio/opus', "the sound's codec");
  });
}

for (const pipeline of name === 'firefox' ? [] : ['h264-rtsp', 'h264-camera']) {
  suite.test(`${pipeline}: H.264 that is encoded elsewhere`, async (t) => {
    const input = pipeline === 'h264-rtsp' ? (await RtspCamera.start(t)).uri : 'test';
    const { page, size } = await watch(t, pipeline, { input });
    expectEqual(size, input === 'test' ? { width: 1280, height: 720 } : { width: 640, height: 360 }, 'size');
    expectEqual((await received(page, 'video')).codec, 'video/H264', 'codec');
  });
}

suite.test('overlay: text and clock stand in the picture, and change at once', async (t) => {
  const corners = [[0.01, 0.01, 0.25, 0.12], [0.6, 0.01, 0.99, 0.12]];
  const { server, page } = await watch(t, 'overlay', { settings: { width: 640, height: 360, text: 'Front door' } });
  for (const corner of corners)
    await until('white letters', async () => (await look(page, corner)).white > 0.02);
  const answer = await fetch(server.address('/api/streams/camera/variables'),
                             { method: 'PUT', headers: { 'Content-Type': 'application/json' },
                               body: JSON.stringify({ text: '', 'time-format': '' }) });
  expectEqual(answer.status, 200, 'status');
  for (const corner of corners)
    await until('them to be gone', async () => (await look(page, corner)).white < 0.001);
  expectEqual(await peerCount(page), 1, 'peer connections');
});

/** The sender's background, as examples/send-frames.py draws it. */
async function showsSent(page) {
  const { colour: [, green, blue] } = await look(page, [0.5, 0.5, 0.95, 0.95]);
  expect(Math.abs(green - 90) < 15 && Math.abs(blue - 60) < 15, `green is ${green.toFixed(0)}, blue is ${blue.toFixed(0)}`);
  return true;
}

suite.test('from-program: waits for a program, shows what it sends, and again when it is back', async (t) => {
  const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
  await run(python, ['-c', 'import cv2']).catch(() => { throw new Skip('python3-opencv is not installed'); });
  const socket = path.join(temporaryFolder(t), 'frames');
  const send = () => new Child(python, [path.join(root, 'examples', 'send-frames.py'), socket, 'no camera']);

  const server = await Server.start(t, ['test', '--pipeline', 'from-program', '--set', `socket=${socket}`]);
  const page = await (await theBrowser()).open(t, server.link);
  await says(page, /The program that makes the picture is not running, waiting for it/);
  const sender = send();
  t.after(() => sender.stop());
  const { width, height } = await playing(page);
  expectEqual([width, height], [1280, 720], 'size');
  await until("the sender's picture", () => showsSent(page));
  const second = await browser.open(t, server.link);
  await playing(second);

  await sender.stop('SIGKILL');
  await server.state('camera-lost');
  const next = send();
  t.after(() => next.stop());
  await server.state('live', { timeoutMs: 30000 });
  for (const viewer of [page, second]) {
    await playing(viewer);
    expectEqual(await peerCount(viewer), 1, 'peer connections');
  }
}, { timeoutMs: 90000 });

suite.test('no description is left out here', () => {
  const tested = [...PICTURES.map(([pipeline]) => pipeline), 'low-bandwidth', 'overlay', 'from-program', 'vp8-audio', 'h264-audio', 'h264-rtsp', 'h264-camera'];
  const shipped = readdirSync(path.join(root, 'pipelines')).filter((file) => file.endsWith('.pipeline')).map((file) => path.basename(file, '.pipeline'));
  expectEqual(shipped.sort(), tested.sort(), 'descriptions');
});

await suite.run();
