// Who looks on while the pipeline is swapped: what is seen, since when, in which connection; pages and libwebrtc in Node alike.

import { COLOURS } from './balls.mjs';
import { Failure, until } from './tap.mjs';
import { Viewer } from './viewer.mjs';

/** Frames of the new picture that count as playing. */
const ENOUGH = 8;
const PATIENCE_MS = 20000;

/** What is told of frames {at, digest, width, height, colour}: whether those of now are as wanted, and move. */
function judge(frames, wanted, enough, since) {
  const same = (frame) => Boolean(frame) && Object.entries(wanted).every(([key, value]) => frame[key] === value);
  const there = frames.filter((frame) => frame.at >= since && same(frame));
  const last = frames.at(-1);
  let gap = 0;
  for (let i = 1; i < frames.length; i++)
    gap = Math.max(gap, frames[i].at - frames[i - 1].at);
  return { good: there.length >= enough && same(last) && new Set(there.map(({ digest }) => digest)).size > 1, gap,
           said: `${there.length} of ${frames.length} frames are new and as wanted; the last one is ${JSON.stringify(last ?? null)}` };
}

/** How many packets of sound came by it, of getStats(). */
function soundOf(stats) {
  return [...stats.values()].find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio')?.packetsReceived ?? 0;
}

/** Which of these colours it is; an index. */
function nearest(colours, rgb) {
  const distances = colours.map((colour) => Math.hypot(...colour.map((part, i) => part - rgb[i])));
  return distances.indexOf(Math.min(...distances));
}

/** Runs in the page before its own scripts do: remembers each frame that is on top, with the colour of its ground. */
function remember(colours) {
  const shown = (window.seen.shown = []);
  Object.assign(window.seen, { judge, soundOf });
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [32, 18];
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const look = (video, at, { width, height }) => {
    context.drawImage(video, 0, 0, 32, 18);
    const digest = context.getImageData(0, 0, 32, 18).data.reduce((hash, byte) => (Math.imul(hash, 31) + byte) | 0, 7);
    context.drawImage(video, 0, 0, 4, 4, 0, 0, 1, 1);
    shown.push({ at, digest, width, height, colour: nearest(colours, context.getImageData(0, 0, 1, 1).data) });
    if (shown.length > 1000)
      shown.splice(0, 500);
  };
  const known = new WeakSet();
  const source = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject');
  Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {
    ...source,
    set(stream) {
      if (stream && !known.has(this)) {
        known.add(this);
        const frame = (now, metadata) => {
          if (window.seen.visible('video.shown').includes(this))
            look(this, now, metadata);
          this.requestVideoFrameCallback(frame);
        };
        this.requestVideoFrameCallback(frame);
      }
      source.set.call(this, stream);
    },
  });
}

const IN_PAGE = `${[judge, soundOf, nearest].join('\n')}\n(${remember})(${JSON.stringify(COLOURS)})`;

export class Page {
  static async open(scope, browser, url, options = {}) {
    const self = new Page();
    self.name = browser.name;
    self.page = await browser.open(scope, url, { width: 640, height: 480, before: [IN_PAGE], ...options });
    return self;
  }

  /** From now on: the frame that is shown now is the first that counts. */
  begin() {
    return this.page.evaluate(() => { window.seen.shown.splice(0, window.seen.shown.length - 1); });
  }

  /** Until such a picture plays, from now on. Gives the longest time between two frames since begin(). */
  async shows(wanted, { enough = ENOUGH, patienceMs = PATIENCE_MS } = {}) {
    const told = await this.page.evaluate((picture, count, timeoutMs) => new Promise((resolve) => {
      const now = performance.now();
      const timer = setInterval(() => {
        const found = window.seen.judge(window.seen.shown, picture, count, now);
        if (!found.good && performance.now() < now + timeoutMs)
          return;
        clearInterval(timer);
        resolve(found);
      }, 25);
    }), wanted, enough, patienceMs);
    if (!told.good)
      throw new Failure(`${this.name} does not show ${JSON.stringify(wanted)}: ${told.said}`);
    return told.gap;
  }

  /**
   * What its pictures come by: which peer connection, of how many, `open` of them not closed. ICE may find a better pair of
   * candidates at any time: of that nothing is said.
   */
  connection() {
    return this.page.evaluate(() => {
      const { peers } = window.seen;
      const { connection } = document.querySelector('sightline-player').player;
      return { peer: peers.indexOf(connection), made: peers.length,
               open: peers.filter(({ connectionState }) => connectionState !== 'closed').length };
    });
  }

  sound() {
    return this.page.evaluate(async () =>
      window.seen.soundOf(await window.seen.stats(document.querySelector('sightline-player').player.connection)));
  }
}

const clamp = (value) => Math.min(255, Math.max(0, value));

/** The colour of an I420 picture's corner, as BT.601 has it. */
function cornerOf({ data, width, height }) {
  const [y, u, v] = [data[width + 1] - 16, data[width * height] - 128, data[width * height * 5 / 4] - 128];
  return nearest(COLOURS, [1.164 * y + 1.596 * v, 1.164 * y - 0.392 * u - 0.813 * v, 1.164 * y + 2.017 * u].map(clamp));
}

export class NodeViewer {
  name = 'libwebrtc';
  #frames = [];

  static async join(scope, url) {
    const self = new NodeViewer();
    self.viewer = await Viewer.join(url);
    self.viewer.onShown = (frame) => self.#look(frame);
    scope.after(() => self.viewer.leave());
    return self;
  }

  #look(frame) {
    const { width, height, data } = frame;
    let digest = 7;
    for (let i = 0; i < width * height; i += 97)
      digest = (Math.imul(digest, 31) + data[i]) | 0;
    this.#frames.push({ at: performance.now(), digest, width, height, colour: cornerOf(frame) });
    if (this.#frames.length > 1000)
      this.#frames.splice(0, 500);
  }

  async begin() {
    this.#frames.splice(0, this.#frames.length - 1);
  }

  async shows(wanted, { enough = ENOUGH, patienceMs = PATIENCE_MS } = {}) {
    const now = performance.now();
    return (await until(`libwebrtc to show ${JSON.stringify(wanted)}`, () => {
      if (this.viewer.error)
        throw this.viewer.error;
      const told = judge(this.#frames, wanted, enough, now);
      if (!told.good)
        throw new Failure(told.said);
      return told;
    }, { timeoutMs: patienceMs, everyMs: 25 })).gap;
  }

  async connection() {
    const { peerNumber, peers } = this.viewer;
    return { peer: peerNumber, made: peerNumber, open: peers.size };
  }

  async sound() {
    return soundOf(await this.viewer.peer.getStats());
  }
}
