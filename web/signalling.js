/**
 * The viewer's end of the signalling WebSocket (docs/signalling.md). It has no opinion about when to
 * reconnect: whoever made it decides that, and makes another one.
 */

const VERSION = 1;
/** From the first byte sent to `welcome`: a server that is reached but silent is no server. */
const WELCOME_DEADLINE_MS = 10_000;
const TYPES = new Set(['welcome', 'state', 'viewers', 'offer', 'candidate', 'bye', 'error', 'pipeline']);

/**
 * @typedef {object} Closed
 * @property {number} code what the WebSocket was closed with; 1006 where nobody said
 * @property {boolean} opened whether it had been open at all
 */

/**
 * Events: each message of the server under its `type`, with the message as `detail`; and, once and last
 * of all, `closed` with a {@link Closed}, unless close() was called.
 */
export class Signalling extends EventTarget {
  /** @type {WebSocket | null} */
  #socket;
  #deadline = 0;
  #opened = false;
  #heardAt = 0;

  /**
   * @param {string} url of `/ws/STREAM`
   * @param {string} page the page's ID: random, kept in memory only
   */
  constructor(url, page) {
    super();
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.#deadline = setTimeout(() => this.#end({ code: 1006, opened: this.#opened }), WELCOME_DEADLINE_MS);
    socket.onopen = () => {
      this.#opened = true;
      this.send({ type: 'hello', version: VERSION, page });
    };
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => this.#end({ code: event.code, opened: this.#opened });
  }

  /** When the server was last heard, on performance.now()'s clock; 0 if never. */
  get heardAt() {
    return this.#heardAt;
  }

  /** @param {object} message dropped if the WebSocket is not open */
  send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  close() {
    clearTimeout(this.#deadline);
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /** @param {Closed} closed */
  #end(closed) {
    if (!this.#socket) return;
    // Not waiting for the closing handshake: over a dead connection it takes a minute.
    this.close();
    this.dispatchEvent(new CustomEvent('closed', { detail: closed }));
  }

  /** @param {unknown} text */
  #receive(text) {
    this.#heardAt = performance.now();
    const message = parse(text);
    if (!message || !TYPES.has(message.type)) return;
    if (message.type === 'welcome') clearTimeout(this.#deadline);
    this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
  }
}

/**
 * @param {unknown} text
 * @returns {{type: string} | null}
 */
function parse(text) {
  try {
    const message = JSON.parse(String(text));
    return typeof message?.type === 'string' ? message : null;
  } catch {
    return null;
  }
}
