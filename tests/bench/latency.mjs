// How old a picture is when it is shown: script/bench latency [SECONDS [DESCRIPTION…]]
// An element (tests/bench/clock) burns the wall clock into each frame in front of the encoder of vp8, in two sizes, or of the descriptions
// that are named, each in the size and at the rate that it has by itself; the page's
// video is read back in Chromium, in the callback of the frame that is being shown. Loopback, so that both read one clock; what the
// page's clock is off by, is found out and taken away. Capture and the screen itself are not in it.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { Browser } from '../e2e/lib/browser.mjs';
import { measure, quantile, report } from '../e2e/lib/figures.mjs';
import { buildRoot, root, temporaryFolder } from '../e2e/lib/folders.mjs';
import { playing } from '../e2e/lib/player.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { expect, sleep } from '../e2e/lib/tap.mjs';

const seconds = Number(process.argv[2] ?? 40);
const named = process.argv.slice(3);
/** [description, settings] */
const WATCHED = named.length > 0 ? named.map((name) => [name, []])
  : [['vp8', ['width=640', 'height=360']], ['vp8', ['width=1280', 'height=720']]];

/** The description as it is shipped, with the clock in front of its encoder. */
function writeDescription(folder, name) {
  const text = readFileSync(path.join(root, 'pipelines', `${name}.pipeline`), 'utf8');
  const burning = text.replace(/! (vp8enc|vp9enc|x264enc|openh264enc)\b/, '! burnclock ! $1');
  expect(burning !== text, `pipelines/${name}.pipeline has no encoder to put the clock in front of`);
  const file = path.join(folder, `${name}.pipeline`);
  writeFileSync(file, burning);
  return file;
}

/** Runs in the page: by how many milliseconds `performance` is behind the wall clock, which ticks once in one of them. */
function findClockOffset() {
  const offsets = [];
  for (let i = 0; i < 25; i++) {
    const before = Date.now();
    let now;
    while ((now = Date.now()) === before);
    offsets.push(now - (performance.timeOrigin + performance.now()));
  }
  return offsets.sort((a, b) => a - b)[12];
}

/** Runs in the page: reads the clock out of every frame that is shown for so long. */
function readClocks(ms, offset) {
  const SQUARES = 32;
  const SPAN = 2 ** 24; // tenths of a millisecond
  return new Promise((resolve) => {
    const video = window.seen.video();
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const [frames, until] = [[], performance.now() + ms];
    let [unreadable, first, last] = [0, null, 0];

    const readCode = () => {
      const size = Math.floor(video.videoWidth / SQUARES);
      if (canvas.width !== size * SQUARES)
        [canvas.width, canvas.height] = [size * SQUARES, size];
      context.drawImage(video, 0, 0, canvas.width, size, 0, 0, canvas.width, size);
      const row = context.getImageData(0, size >> 1, canvas.width, 1).data;
      let code = 0;
      for (let i = 0; i < SQUARES; i++)
        code = (code << 1 | (row[4 * (i * size + (size >> 1)) + 1] > 127 ? 1 : 0)) >>> 0;
      const time = code >>> 8;
      return ((time >> 16) + (time >> 8) + time & 0xff) === (code & 0xff) ? time : null;
    };
    const age = (performanceMs, time) => {
      const tenths = Math.round((performance.timeOrigin + offset + performanceMs) * 10) % SPAN;
      return ((tenths - time + SPAN + SPAN / 2) % SPAN - SPAN / 2) / 10;
    };
    const onFrame = (_, { presentedFrames, receiveTime }) => {
      const now = performance.now();
      const time = readCode();
      if (time === null)
        unreadable++;
      else
        frames.push({ shown: age(now, time), received: receiveTime === undefined ? null : age(receiveTime, time) });
      [first, last] = [first ?? presentedFrames, presentedFrames];
      if (now < until)
        video.requestVideoFrameCallback(onFrame);
      else
        resolve({ frames, unreadable, unseen: last - first + 1 - frames.length - unreadable });
    };
    video.requestVideoFrameCallback(onFrame);
  });
}

/** Runs in the page: totals of the browser's own statistics. */
async function readStats() {
  for (const stat of (await window.seen.peers.at(-1).getStats()).values())
    if (stat.type === 'inbound-rtp' && stat.kind === 'video')
      return stat;
  return null;
}

async function observe(scope, browser, folder, [description, settings]) {
  const server = await Server.start(scope, ['test', '--pipeline', writeDescription(folder, description),
                                            ...settings.flatMap((setting) => ['--set', setting])]);
  const page = await browser.open(scope, server.link);
  const { width, height } = await playing(page);
  await sleep(5000); // the browser's jitter buffer finds its length
  const [offset, before] = [await page.evaluate(findClockOffset), await page.evaluate(readStats)];
  const { frames, unreadable, unseen } = await page.evaluate(readClocks, seconds * 1000, offset);
  const [offsetAfter, after] = [await page.evaluate(findClockOffset), await page.evaluate(readStats)];
  await page.leave();
  await server.stop();

  const mean = (total, count) => (after[total] - before[total]) / (after[count] - before[count]) * 1000;
  return { description, size: `${width}x${height}`, frames, unreadable, unseen, offsets: [offset, offsetAfter],
           buffered: mean('jitterBufferDelay', 'jitterBufferEmittedCount'), decoding: mean('totalDecodeTime', 'framesDecoded') };
}

await measure(async (scope) => {
  process.env.GST_PLUGIN_PATH = path.join(buildRoot, 'tests', 'bench');
  const folder = temporaryFolder(scope);
  const browser = await Browser.launch(scope, 'chromium');
  const observed = [];
  for (const watched of WATCHED)
    observed.push(await observe(scope, browser, folder, watched));

  const rows = observed.map(({ description, size, frames, unreadable, unseen, buffered, decoding }) => {
    const shown = frames.map((frame) => frame.shown);
    return {
      description, size, 'frames a second': shown.length / seconds, 'median, ms': quantile(shown, 0.5), 'p95, ms': quantile(shown, 0.95), 'p99, ms': quantile(shown, 0.99),
      'max, ms': quantile(shown, 1), 'of it to the browser (median)': quantile(frames.map((frame) => frame.received), 0.5),
      'in its buffer (mean)': buffered, 'decoding (mean)': decoding, 'not read': unreadable, 'not seen': unseen,
    };
  });
  const offsets = observed.flatMap((one) => one.offsets);
  await report('latency', `Age of the picture when Chromium shows it, from the encoder's input, loopback; the `
    + `clock is read in tenths of a millisecond, the page's was ${Math.min(...offsets).toFixed(1)} to ${Math.max(...offsets).toFixed(1)} ms off `
    + 'and is corrected by that', rows, { digits: 1, extra: { observed } });
  for (const { description, size, frames, unreadable } of observed)
    expect(frames.length > seconds * 24 && unreadable < frames.length / 100,
           `${description}, ${size}: only ${frames.length} frames were read, ${unreadable} could not be`);
});
