// Somebody who drives, with web/relay.js as it is served, and the program that is driven, on the Unix socket.

import net from 'node:net';
import path from 'node:path';

import { temporaryFolder } from './folders.mjs';
import { startRelay } from './relay-script.mjs';
import { Server } from './server.mjs';
import { until } from './tap.mjs';
import { Viewer } from './viewer.mjs';

export const CHANNEL = 'control:camera';
export const EVERY_MS = 50;

/** A server with a `relaySocket`. */
export async function startServer(scope, args = [], options = {}) {
  const relaySocket = path.join(temporaryFolder(scope), 'relay');
  const server = await Server.start(scope, ['test', '--set', 'width=320', '--relay-socket', relaySocket, ...args], options);
  return Object.assign(server, { relaySocket });
}

/** Sends commands {n, ms}, `ms` by this process's clock, from start() on; takes hold of the channel again where it lost it. */
export class Driver {
  #timer = null;
  #lastMs = 0;
  sent = 0;
  refused = 0; // by this side: those before them had not left
  answers = {}; // how many by code, '' for those that got through
  gapMs = 0; // the longest between two: this machine may have had something else to do
  taken = 0; // how often it took hold of the channel

  /** `signalling` for one that watches and has data channels; `relay` for one with a WebSocket alone. */
  static async open(scope, { signalling = null, relay = '' }) {
    const self = new Driver();
    self.relay = await startRelay(relay);
    scope.after(() => self.leave());
    self.relay.addEventListener('command', ({ detail }) => {
      self.answers[detail.code] = (self.answers[detail.code] ?? 0) + 1;
    });
    if (signalling)
      self.viewer = await Viewer.join(signalling, { sink: false, adopt: (channel, makeUnreliable) => {
        self.relay.adopt(channel, { unreliable: () => (self.unreliable = makeUnreliable()) });
      } });
    self.relay.subscribe(CHANNEL);
    await until('a way to the relay', () => self.relay.via !== 'offline', { timeoutMs: 20000 });
    return self;
  }

  async start() {
    await this.#take();
    if (this.viewer)
      await until('the unreliable channel', () => this.unreliable?.readyState === 'open');
    this.relay.addEventListener('holder', ({ detail }) => detail.holder === null && this.#timer && this.#take().catch(() => {}));
    this.#timer = setInterval(() => this.#command(), EVERY_MS);
  }

  async #take() {
    await this.relay.take(CHANNEL);
    this.taken++;
  }

  #command() {
    const ms = performance.now();
    if (this.#lastMs)
      this.gapMs = Math.max(this.gapMs, ms - this.#lastMs);
    this.#lastMs = ms;
    if (!this.relay.command(CHANNEL, { n: this.sent++, ms }))
      this.refused++;
  }

  stop() {
    this.stoppedMs ??= performance.now();
    clearInterval(this.#timer);
    this.#timer = null;
  }

  async leave() {
    this.stop();
    this.relay.stop();
    await this.viewer?.leave();
  }
}

/** What the program hears: `messages` with the time that each came at in `cameMs`, `holders` likewise. */
export class Driven {
  messages = [];
  holders = [];

  static async open(scope, path) {
    const self = new Driven();
    const socket = net.connect({ path });
    let rest = '';
    scope.after(() => socket.destroy());
    socket.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines)
        self.#take({ ...JSON.parse(line), cameMs: performance.now() });
    });
    socket.on('error', (error) => { self.error = error; });
    socket.write(`${JSON.stringify({ type: 'subscribe', id: 1, channel: CHANNEL })}\n`);
    await until('the program to have subscribed', () => self.subscribed);
    return self;
  }

  #take(message) {
    if (message.type === 'message')
      this.messages.push(message);
    else if (message.type === 'holder')
      this.holders.push(message);
    else if (message.type === 'subscribed')
      this.subscribed = message;
    else if (message.type === 'error')
      this.error = new Error(`${message.code}: ${message.message}`);
  }
}
