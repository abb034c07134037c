// A program on the Unix socket of docs/relay.md that comes back when it is cut off: the events and calls of web/relay.js
// that a test needs. What the server says it passes on as it comes, twice or out of order as it may be.

import { randomUUID } from 'node:crypto';
import net from 'node:net';

import { sleep } from './tap.mjs';

export class LineClient extends EventTarget {
  #path;
  #running = false;
  #socket = null;
  #requests = new Map(); // of this connection: ID → what to do with the answer
  #lastId = 0;
  #subscriptions = new Map(); // channel → { epoch, offset }
  #pending = new Map(); // key → { channel, data, resolve, reject }
  error = null;

  constructor(path) {
    super();
    this.#path = path;
  }

  start() {
    this.#running = true;
    this.#connect();
  }

  stop() {
    this.#running = false;
    this.#socket?.destroy();
  }

  subscribe(channel) {
    this.#subscriptions.set(channel, {});
    if (this.#socket)
      this.#sendSubscribe(channel);
  }

  publish(channel, data) {
    const key = randomUUID();
    return new Promise((resolve, reject) => {
      this.#pending.set(key, { channel, data, resolve, reject });
      if (this.#socket)
        this.#sendPublish(key);
    });
  }

  #connect() {
    const socket = net.connect({ path: this.#path });
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      lines.forEach((line) => this.#take(socket, JSON.parse(line)));
    });
    socket.on('error', () => {});
    socket.on('close', async () => {
      if (this.#socket === socket)
        this.#socket = null;
      this.#requests.clear();
      await sleep(Math.random() * 200);
      if (this.#running)
        this.#connect();
    });
  }

  #request(message, answered) {
    const id = ++this.#lastId;
    this.#requests.set(id, answered);
    this.#socket.write(`${JSON.stringify({ ...message, id })}\n`);
  }

  #sendSubscribe(channel) {
    const { epoch, offset } = this.#subscriptions.get(channel);
    this.#request({ type: 'subscribe', channel, ...(epoch && { epoch, offset }) }, (answer) => {
      if (answer.type === 'error')
        this.#fail(answer);
      else
        this.#subscribed(answer);
    });
  }

  #sendPublish(key) {
    const { channel, data, resolve, reject } = this.#pending.get(key);
    this.#request({ type: 'publish', channel, data, key }, ({ type, code, message, offset }) => {
      if (code === 'too-fast') {
        setTimeout(() => this.#socket && this.#pending.has(key) && this.#sendPublish(key), 1000);
        return;
      }
      this.#pending.delete(key);
      if (type === 'published')
        resolve(offset);
      else
        reject(new Error(`${code}: ${message}`));
    });
  }

  #take(socket, message) {
    if (message.type === 'welcome') {
      this.#socket = socket;
      for (const channel of this.#subscriptions.keys())
        this.#sendSubscribe(channel);
      for (const key of this.#pending.keys())
        this.#sendPublish(key);
    } else if (message.type === 'message' || message.type === 'gap') {
      this.#subscriptions.get(message.channel).offset = message.offset ?? message.to;
      this.#emit(message.type, message);
    } else if (this.#requests.has(message.id)) {
      this.#requests.get(message.id)(message);
      this.#requests.delete(message.id);
    } else {
      this.#fail(message);
    }
  }

  #subscribed(answer) {
    const subscription = this.#subscriptions.get(answer.channel);
    if (subscription.epoch && subscription.epoch !== answer.epoch) {
      subscription.offset = 0;
      this.#emit('reset', answer);
    }
    subscription.epoch = answer.epoch;
    subscription.offset ??= 0;
    this.#emit('subscribed', answer);
  }

  #fail(message) {
    this.error ??= new Error(`not expected: ${JSON.stringify(message)}`);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
