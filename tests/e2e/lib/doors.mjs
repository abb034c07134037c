// Foreign clients of WHEP and WHIP, each kind driven in the same way: browsers with a page of our own, and programs.
//
// Programs (../clients) take their options as JSON: url, token, publish, codec, video, audio, relay, trickle; for what is published width,
// height, framerate, yuv (a colour). They print events as JSON: answered, refused {reason}, first {ms since the POST}, heard {text},
// stats, left {status}, skip {reason}; and read commands: stats, say TEXT, leave.

import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { makeRtcClient } from '../clients/rtc-client.mjs';
import { Child } from './child.mjs';
import { Failure, Skip, until } from './tap.mjs';

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), '../clients');
// The system's Python first: another one in front of it in PATH has no GObject bindings.
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
const PROGRAMS = {
  node: [process.execPath, 'node-client.mjs'],
  aiortc: [python, 'aiortc-client.py'],
  webrtcbin: [python, 'webrtcbin-client.py'],
};

/** Kinds of programs. */
export const PROGRAM_KINDS = Object.keys(PROGRAMS);

class Client {
  firstFrameMs = null; // since the POST

  constructor(kind) {
    this.kind = kind;
  }

  /** Decodes so many more frames than now. Gives its stats. */
  async decodes(frames = 30, options = {}) {
    const before = (await this.stats()).decoded;
    return until(`${frames} frames in ${this.kind}`, async () => {
      const stats = await this.stats();
      if (stats.decoded - before < frames)
        throw new Error(JSON.stringify(stats));
      return stats;
    }, { timeoutMs: 20000, everyMs: 100, ...options });
  }

  /** What the relay said so far that is of this type. */
  hears(type, matches = () => true, options = {}) {
    return until(`${this.kind} to hear "${type}"`, async () => (await this.heard()).flatMap((text) => text.split('\n'))
      .map((line) => JSON.parse(line)).find((message) => message.type === type && matches(message)), options);
  }

  say(message) {
    return this.sayText(JSON.stringify(message));
  }
}

class Program extends Client {
  #child;
  #heard = [];
  #stats = [];
  #outcome;
  location = null;
  etag = null;

  constructor(kind, options) {
    super(kind);
    const [command, script] = PROGRAMS[kind];
    const env = { ...process.env };
    delete env.G_DEBUG; // their own criticals are not our business
    this.#outcome = new Promise((resolve) => {
      this.#child = new Child(command, [path.join(folder, script), JSON.stringify(options)],
                              { stdin: 'pipe', env, onLine: (line) => this.#take(JSON.parse(line), resolve) });
      this.#child.ended().then(() => resolve({ event: 'ended', reason: this.#child.stderr.trim().slice(-1000) }));
    });
  }

  static async open(scope, kind, options) {
    const self = new Program(kind, options);
    scope.after(() => self.kill());
    scope.onFailure(() => `${kind}: ${self.#child.stdout.slice(-500)}${self.#child.stderr.slice(-2000)}`);
    const { event, reason, location, etag } = await self.#outcome;
    if (event === 'skip')
      throw new Skip(reason);
    if (event !== 'answered')
      throw new Failure(reason);
    return Object.assign(self, { location, etag });
  }

  #take(message, resolve) {
    if (message.event === 'first')
      this.firstFrameMs = message.ms;
    else if (message.event === 'heard')
      this.#heard.push(message.text);
    else if (message.event === 'stats')
      this.#stats.shift()?.(message);
    else
      resolve(message);
  }

  stats() {
    return new Promise((resolve, reject) => {
      this.#stats.push(resolve);
      this.#child.ended().then(() => reject(new Failure(`${this.kind} has ended: ${this.#child.stderr.trim().slice(-500)}`)));
      this.#child.write('stats\n');
    });
  }

  async heard() {
    return this.#heard;
  }

  async sayText(text) {
    this.#child.write(`say ${text}\n`);
  }

  /** Gives the status that DELETE is answered with. */
  async leave() {
    this.#child.write('leave\n');
    return JSON.parse((await this.#child.line(/^(.*"left".*)$/))[1]).status;
  }

  kill() {
    return this.#child.stop('SIGKILL');
  }

  /** What is left after leave(). */
  async close() {
    await this.#child.ended();
  }
}

/** Runs in a page before its own scripts do. */
const IN_PAGE = `window.RtcClient = (${makeRtcClient})({ RTCPeerConnection });`;

class InPage extends Client {
  static async open(scope, browser, page, options) {
    const self = new InPage(browser.name);
    const mayComplain = options.mayComplain ?? /favicon\.ico/; // the page may be a script's
    // Who publishes has a window of its own: a tab may come in front of another page.
    self.page = await browser.open(scope, page, { width: 640, height: 480, tab: !options.publish, before: [IN_PAGE], mayComplain });
    const told = await self.page.evaluate(async (wanted) => {
      const client = (window.client = new window.RtcClient(wanted.url, wanted));
      try {
        if (wanted.publish) {
          const size = { width: wanted.width ?? 640, height: wanted.height ?? 360, frameRate: wanted.framerate ?? 30 };
          const stream = await navigator.mediaDevices.getUserMedia({ video: size, audio: wanted.audio ?? false });
          await client.publish(stream.getTracks(), wanted);
        } else {
          client.onTrack = (track) => {
            if (track.kind !== 'video')
              return;
            const video = document.body.appendChild(document.createElement('video'));
            video.muted = true;
            video.srcObject = new MediaStream([track]);
            video.requestVideoFrameCallback(() => { window.firstFrameMs = performance.now() - client.postedAt; });
            video.play();
          };
          await client.watch(wanted);
        }
        return { location: client.location, etag: client.etag };
      } catch (error) {
        return { reason: error.message };
      }
    }, options);
    if (told.reason)
      throw new Failure(told.reason);
    return Object.assign(self, told);
  }

  async stats() {
    const { firstFrameMs, ...stats } = await this.page.evaluate(async () =>
      ({ ...await window.client.stats(), firstFrameMs: window.firstFrameMs ?? null }));
    this.firstFrameMs = firstFrameMs;
    return stats;
  }

  heard() {
    return this.page.evaluate(() => window.client.heard);
  }

  sayText(text) {
    return this.page.evaluate((words) => window.client.say(words), text);
  }

  leave() {
    return this.page.evaluate(() => window.client.leave());
  }

  close() {
    return this.page.leave();
  }
}

/** A site of our own, which has one empty page; gives its address. */
export async function startSite(scope) {
  const site = createServer((request, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Elsewhere</title>'));
  await new Promise((resolve) => { site.listen(0, '127.0.0.1', resolve); });
  scope.after(() => site.close());
  return `http://127.0.0.1:${site.address().port}/`;
}

/** Watches at `options.url`. `who` is a kind of program, or { browser, page }: the address of the page that it is in. */
export const openDoor = (scope, who, options) => (typeof who === 'string' ? Program.open(scope, who, options)
  : InPage.open(scope, who.browser, who.page, options));
