// What a person would say of the page: it plays, at such a rate; it says this; somebody wrote that.

import { expect, Failure, until } from './tap.mjs';

/**
 * The next `count` frames that are shown: when, and a digest of the first and the last one's pixels. Null if they don't come.
 */
function collectFrames(page, count, timeoutMs) {
  return page.evaluate((wanted, ms) => new Promise((resolve) => {
    const video = window.seen.video();
    if (!video?.requestVideoFrameCallback)
      return resolve(null);
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [64, 36];
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const digest = () => {
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      return context.getImageData(0, 0, canvas.width, canvas.height).data
        .reduce((hash, byte) => (Math.imul(hash, 31) + byte) | 0, 7);
    };
    const frames = [];
    const digests = new Set();
    const timer = setTimeout(() => resolve(null), ms);
    const onFrame = (now, metadata) => {
      frames.push({ ms: metadata.presentationTime, rtp: metadata.rtpTimestamp ?? null, n: metadata.presentedFrames,
                    width: metadata.width, height: metadata.height });
      if (frames.length % 5 === 1)
        digests.add(digest());
      if (frames.length < wanted)
        return video.requestVideoFrameCallback(onFrame);
      clearTimeout(timer);
      resolve({ frames, pictures: digests.size });
    };
    video.requestVideoFrameCallback(onFrame);
  }), count, timeoutMs);
}

/** Frames are shown and they are not all the same picture. Gives the last one's size. */
export async function playing(page, { timeoutMs = 30000, frames = 15 } = {}) {
  return until('the picture to move', async () => {
    const shown = await collectFrames(page, frames, 5000);
    if (!shown || shown.pictures < 2)
      throw new Error(shown ? 'frames come but the picture stands still' : 'no frames come');
    return shown.frames.at(-1);
  }, { timeoutMs });
}

/** No frame for `ms`. */
export async function standsStill(page, ms = 1000) {
  return await collectFrames(page, 1, ms) === null;
}

/**
 * Frames a second over some seconds: { shown, sent }. `sent` comes from the frames' RTP timestamps where the browser
 * tells them (Chromium), as the median distance of neighbours; otherwise it is null.
 */
export async function rate(page, seconds = 4, expected = 30) {
  const shown = await collectFrames(page, Math.round(seconds * expected), seconds * 3000);
  if (!shown)
    throw new Failure(`fewer than ${Math.round(seconds * expected)} frames in ${seconds * 3} s`);
  const { frames } = shown;
  const [first, last] = [frames[0], frames.at(-1)];
  const distances = frames.slice(1).map((frame, i) => (frame.rtp - frames[i].rtp) / (frame.n - frames[i].n))
    .sort((a, b) => a - b);
  return {
    shown: (last.n - first.n) / (last.ms - first.ms) * 1000,
    sent: first.rtp === null ? null : 90000 / distances[distances.length >> 1],
    width: last.width,
    height: last.height,
  };
}

/** Measured again where the machine was busy: what counts is that it can. */
export async function playsAt(page, expected, { share = 0.8, attempts = 3 } = {}) {
  let measured;
  for (let i = 0; i < attempts; i++) {
    measured = await rate(page, 3, expected);
    if (measured.shown >= share * expected && measured.shown <= expected * 1.1)
      break;
  }
  expect(measured.shown >= share * expected && measured.shown <= expected * 1.1,
         `shows ${measured.shown.toFixed(1)} frames a second, expected ${expected}`);
  if (measured.sent !== null)
    expect(Math.abs(measured.sent - expected) < 0.5, `is sent ${measured.sent.toFixed(2)} frames a second, expected ${expected}`);
  return measured;
}

export const text = (page) => page.evaluate(() => window.seen.text().replace(/\s+/g, ' '));

export function says(page, pattern, options = {}) {
  return until(`the page to say ${pattern}`, async () => {
    const shown = await text(page);
    if (!pattern.test(shown))
      throw new Error(`it says ${JSON.stringify(shown.slice(0, 300))}`);
    return shown;
  }, { timeoutMs: 20000, ...options });
}

/** Types into the page's one text box, as a person would. */
export async function write(page, message) {
  const box = await until('a box to write in', async () => {
    const handle = await page.evaluateHandle(() => window.seen.visible(
      'textarea, input:not([type]), input[type=text]').find((element) => !element.disabled) ?? null);
    return handle.asElement();
  });
  await box.focus();
  await page.keyboard.type(message);
  await page.keyboard.press('Enter');
}

/** All of `messages` are there, in this order, each once. */
export async function reads(page, messages, options) {
  await says(page, new RegExp(messages.map((message) => message.replace(/[^\w ]/g, '\\$&')).join('.*')), options);
  const shown = await text(page);
  for (const message of messages)
    expect(shown.split(message).length === 2, `${JSON.stringify(message)} is there more than once`);
}

export const peerCount = (page) => page.evaluate(() => window.seen.peers.length);
