// What a person would say of the page: it plays, at such a rate; it says this; somebody wrote that.

import { expect, Failure, until } from './tap.mjs';

/**
 * The frames that are shown until there are `count` or `ms` have passed: when, and how many different pictures were among
 * some of them. Of the page's last video, or of the one within an element like `within`.
 */
function collectFrames(page, count, ms, within) {
  return page.evaluate((wanted, timeoutMs, place) => new Promise((resolve) => {
    const frames = [];
    const digests = new Set();
    const done = () => resolve({ frames, pictures: digests.size });
    const video = window.seen.video(place);
    if (!video?.requestVideoFrameCallback)
      return done();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [64, 36];
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const digest = () => {
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      return context.getImageData(0, 0, canvas.width, canvas.height).data
        .reduce((hash, byte) => (Math.imul(hash, 31) + byte) | 0, 7);
    };
    const timer = setTimeout(done, timeoutMs);
    const onFrame = (now, metadata) => {
      frames.push({ ms: metadata.presentationTime, rtp: metadata.rtpTimestamp ?? null, n: metadata.presentedFrames,
                    width: metadata.width, height: metadata.height });
      if (frames.length % 5 === 1 && digests.size < 2)
        digests.add(digest());
      if (frames.length < wanted)
        return video.requestVideoFrameCallback(onFrame);
      clearTimeout(timer);
      done();
    };
    video.requestVideoFrameCallback(onFrame);
  }), count, ms, within);
}

/** Frames are shown and they are not all the same picture. Gives the last one's size. */
export async function playing(page, { timeoutMs = 30000, frames = 15, within } = {}) {
  return until('the picture to move', async () => {
    const shown = await collectFrames(page, frames, 10000, within);
    if (shown.frames.length < frames || shown.pictures < 2)
      throw new Error(`${shown.frames.length} frames came, ${shown.pictures} pictures of those looked at differed`);
    return shown.frames.at(-1);
  }, { timeoutMs });
}

/** No frame for `ms`. */
export async function standsStill(page, ms = 1000) {
  return (await collectFrames(page, 1, ms)).frames.length === 0;
}

/** A picture is there, moving or not, and whatever stands over it lets it through. */
export function showsPicture(page) {
  return page.evaluate(() => {
    const video = window.seen.video();
    const veil = window.seen.all('.veil')[0];
    if (!video?.videoWidth || !veil)
      return false;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0);
    const bright = context.getImageData(0, 0, canvas.width, canvas.height).data.some((byte, i) => i % 4 < 3 && byte > 100);
    const alpha = Number(/[\d.]+(?=\)$)/.exec(getComputedStyle(veil).backgroundColor)[0]);
    return bright && alpha < 1;
  });
}

/**
 * Frames a second over some seconds: { shown, sent }. `sent` comes from the frames' RTP timestamps, as the median distance
 * of neighbours; it is null where the browser does not tell them.
 */
export async function rate(page, seconds) {
  const { frames } = await collectFrames(page, Infinity, seconds * 1000);
  if (frames.length < 2)
    throw new Failure(`${frames.length} frames in ${seconds} s`);
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

/** Shows `expected` frames a second, less a fifth, within some seconds: right after joining, or on a busy machine, it may not yet. */
export function playsAt(page, expected, { seconds = 3, timeoutMs = 60000 } = {}) {
  return until(`${expected} frames a second`, async () => {
    const measured = await rate(page, seconds);
    const { shown, sent } = measured;
    expect(shown >= 0.8 * expected && shown <= 1.1 * expected, `${shown.toFixed(1)} are shown`);
    expect(sent === null || Math.abs(sent - expected) < 0.5, `${sent?.toFixed(2)} are sent`);
    return measured;
  }, { timeoutMs });
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
  // Before the relay has welcomed it, the page keeps what is written in the box.
  await until('the box to be empty', async () => {
    await page.keyboard.press('Enter');
    return box.evaluate((element) => element.value === '');
  });
}

/** All of `messages` are there, in this order, each once. */
export async function reads(page, messages, options) {
  await says(page, new RegExp(messages.map((message) => message.replace(/[^\w ]/g, '\\$&')).join('.*')), options);
  const shown = await text(page);
  for (const message of messages)
    expect(shown.split(message).length === 2, `${JSON.stringify(message)} is there more than once`);
}

export const peerCount = (page) => page.evaluate(() => window.seen.peers.length);
