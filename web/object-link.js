/** One way to the server's objects (docs/relay.md, "Objects"): a data channel or a WebSocket, which have the same shape. */

import { Ledbat } from './ledbat.js';

const WELCOME_DEADLINE_MS = 5_000;
/** A chunk's header: id, offset. */
const HEADER_BYTES = 12;
const OFFSET_AT = 4;
/** A way on which nothing comes for so long is asked whether it is one, and left when nothing comes for as long again. */
const SILENCE_MS = 10_000;
/** What comes fast is acknowledged by so many bytes together, or after so long. */
const ACK_BYTES = 64 * 1024;
const ACK_MS = 5;

/**
 * @typedef {object} Owner
 * @property {(link: ObjectLink, message: any) => void} message
 * @property {(link: ObjectLink, id: number, offset: number, bytes: Uint8Array) => void} chunk
 * @property {(link: ObjectLink) => void} lost
 */

export class ObjectLink {
  /** @type {{window: number, maxObjectBytes: number, put: boolean} | null} what the server said at first */
  welcome = null;
  pace = new Ledbat();
  /** @type {RTCDataChannel | WebSocket | null} */
  #link;
  #owner;
  #deadline = 0;
  #heardAt = 0;
  #asked = false;
  #nextId = 1;
  /** @type {Map<number, {offset: number, bytes: number, at: number, timer: number}>} what is not acknowledged, by transfer */
  #received = new Map();

  /**
   * @param {'channel' | 'websocket'} kind
   * @param {RTCDataChannel | WebSocket} link
   * @param {Owner} owner
   */
  constructor(kind, link, owner) {
    this.kind = kind;
    this.#link = link;
    this.#owner = owner;
    link.binaryType = 'arraybuffer';
    /** @type {unknown[]} In Chromium a data channel's first messages may come before it can send: nobody is to answer them yet. */
    const early = [];
    const opened = () => {
      clearTimeout(this.#deadline);
      if (!this.welcome) this.#deadline = setTimeout(() => this.lost(), WELCOME_DEADLINE_MS);
      for (const data of early.splice(0)) if (this.#link) this.#receive(data);
    };
    link.onmessage = ({ data }) => {
      if (link.readyState === 'connecting') early.push(data);
      else if (this.#link) this.#receive(data);
    };
    link.onclose = () => this.lost();
    link.onerror = () => {}; // `close` follows; some implementations throw what nobody listens to
    link.onopen = opened;
    // How long a data channel takes to open is its peer's affair; a WebSocket that hangs is ours.
    if (kind === 'websocket' || link.readyState === 'open') opened();
  }

  /** For the next transfer. */
  takeId() {
    return this.#nextId++;
  }

  /** @param {object} message */
  send(message) {
    this.#sendBy(JSON.stringify(message));
  }

  /**
   * @param {number} id
   * @param {number} offset
   * @param {Uint8Array} bytes
   */
  sendChunk(id, offset, bytes) {
    const chunk = new Uint8Array(HEADER_BYTES + bytes.length);
    const view = new DataView(chunk.buffer);
    view.setUint32(0, id);
    view.setBigUint64(OFFSET_AT, BigInt(offset));
    chunk.set(bytes, HEADER_BYTES);
    this.#sendBy(chunk);
  }

  /**
   * At once, where nothing came a moment ago: the server paces by it.
   * @param {number} id
   * @param {number} offset what comes before it has arrived
   * @param {number} bytes those that are new
   * @param {boolean} last
   */
  acknowledge(id, offset, bytes, last) {
    const state = this.#received.get(id) ?? { offset: 0, bytes: 0, at: 0, timer: 0 };
    this.#received.set(id, state);
    state.offset = offset;
    state.bytes += bytes;
    // In a page that is not seen timers come late.
    const now = last || state.bytes >= ACK_BYTES || performance.now() - state.at >= ACK_MS || globalThis.document?.hidden;
    if (now) this.#acknowledge(id);
    else state.timer ||= setTimeout(() => this.#acknowledge(id), ACK_MS);
    if (last) this.forget(id);
  }

  /** @param {number} id of a transfer that has ended */
  forget(id) {
    clearTimeout(this.#received.get(id)?.timer);
    this.#received.delete(id);
  }

  /** Something is expected from the server: to be called now and then. */
  check() {
    if (performance.now() - this.#heardAt < SILENCE_MS) return;
    if (this.#asked) this.lost();
    else this.probe();
  }

  /** Whether it is still a way: it is left by check() if nothing comes. */
  probe() {
    this.#asked = true;
    this.#heardAt = performance.now();
    this.send({ type: 'stop', id: this.takeId() }); // there is no such transfer, which it will say
  }

  lost() {
    if (this.release()) this.#owner.lost(this);
  }

  /** @returns {boolean} false if it was released before */
  release() {
    const link = this.#link;
    if (!link) return false;
    this.#link = null;
    clearTimeout(this.#deadline);
    for (const id of [...this.#received.keys()]) this.forget(id);
    link.onmessage = link.onclose = link.onopen = null;
    // Data channels end with their peer.
    if (this.kind === 'websocket') closeQuietly(link);
    return true;
  }

  /** @param {number} id */
  #acknowledge(id) {
    const state = this.#received.get(id);
    clearTimeout(state.timer);
    Object.assign(state, { bytes: 0, at: performance.now(), timer: 0 });
    this.send({ type: 'ack', id, offset: state.offset });
  }

  /** @param {unknown} data */
  #receive(data) {
    this.#heardAt = performance.now();
    this.#asked = false;
    if (typeof data !== 'string') {
      this.#receiveChunk(data);
      return;
    }
    const message = parse(data);
    if (message?.type === 'welcome' && !this.welcome) {
      clearTimeout(this.#deadline);
      this.welcome = { window: Number(message.window), maxObjectBytes: Number(message['max-object-bytes']), put: message.put === true };
    }
    if (message) this.#owner.message(this, message);
  }

  /** @param {unknown} data */
  #receiveChunk(data) {
    if (!(data instanceof ArrayBuffer) || data.byteLength <= HEADER_BYTES) return;
    const view = new DataView(data);
    this.#owner.chunk(this, view.getUint32(0), Number(view.getBigUint64(OFFSET_AT)), new Uint8Array(data, HEADER_BYTES));
  }

  /** @param {string | Uint8Array} data */
  #sendBy(data) {
    try {
      this.#link?.send(data);
    } catch {
      // it closed since; `close` follows
    }
  }
}

/**
 * Browsers complain on the page's console of a WebSocket that is closed while it is being made.
 * @param {WebSocket} socket
 */
function closeQuietly(socket) {
  const close = () => socket.close();
  if (socket.readyState !== 0) {
    close();
    return;
  }
  socket.onopen = close;
  setTimeout(close, WELCOME_DEADLINE_MS);
}

/**
 * @param {string} text
 * @returns {any} null if it is no message
 */
function parse(text) {
  try {
    const message = JSON.parse(text);
    return typeof message?.type === 'string' ? message : null;
  } catch {
    return null;
  }
}
