// A server's end of docs/relay.md, "Objects", in this process: what it keeps, and the ends of data channels and WebSockets to it.

import { createHash } from 'node:crypto';

const CHUNK_BYTES = 16 * 1024;
const HEADER_BYTES = 12;

export const hashOf = (bytes) => createHash('sha256').update(bytes).digest('hex');

export class ObjectServer {
  window = 1024 * 1024;
  maxObjectBytes = 1e9;
  put = true;
  /** Answers the next requests of a type by an error: {type: code}. */
  refusals = {};
  /** How long a chunk and its acknowledgement are under way. */
  delayMs = 0;
  /** Of a get, unacknowledged at most. */
  getWindow = 64 * 1024;
  objects = new Map();
  partials = new Map();
  /** Of one client, at once. */
  mostTransfers = 0;
  /** Bytes of chunks that came, that were sent. */
  received = 0;
  served = 0;
  /** Chunks of less than 1 KiB that were not an object's last. */
  shortChunks = 0;

  add(bytes) {
    const hash = hashOf(bytes);
    this.objects.set(hash, bytes);
    return hash;
  }

  /** Another connection, open and welcomed. */
  link(Type = ObjectServerLink) {
    return new Type(this);
  }
}

/** What a client has: a data channel, or a WebSocket. */
export class ObjectServerLink {
  readyState = 'open';
  bufferedAmount = 0;
  /** All that was said to it but chunks, and when (`at`). */
  said = [];
  acknowledged = 0;
  /** Silent: nothing arrives, nothing is said. */
  dead = false;
  /** Requests of this type are never answered. */
  deafTo = '';
  #server;
  #transfers = new Map();

  constructor(server, welcome = true) {
    this.#server = server;
    if (welcome)
      setTimeout(() => this.welcome());
  }

  welcome() {
    const { window, maxObjectBytes, put } = this.#server;
    this.say({ type: 'welcome', version: 1, window, 'max-object-bytes': maxObjectBytes, put });
  }

  send(data) {
    if (this.readyState !== 'open')
      throw new Error('closed');
    setTimeout(() => this.readyState === 'open' && !this.dead && this.#receive(data), this.#server.delayMs);
  }

  say(message) {
    this.#give(JSON.stringify(message));
  }

  close() {
    if (this.readyState === 'closed')
      return;
    this.readyState = 'closed';
    this.onclose?.();
  }

  #give(data) {
    if (this.readyState === 'open' && !this.dead)
      this.onmessage?.({ data });
  }

  #receive(data) {
    if (typeof data !== 'string') {
      this.#receiveChunk(data);
      return;
    }
    const message = JSON.parse(data);
    this.said.push({ ...message, at: performance.now() });
    if (message.type === this.deafTo)
      return;
    const code = this.#server.refusals[message.type];
    if (code) {
      delete this.#server.refusals[message.type];
      this.say({ type: 'error', id: message.id, code, message: `said ${code}` });
      return;
    }
    this[`on${message.type}`](message);
    this.#server.mostTransfers = Math.max(this.#server.mostTransfers, this.#transfers.size);
  }

  onput({ id, hash, size, key }) {
    const server = this.#server;
    if (size === 0)
      server.objects.set(hash, Buffer.alloc(0));
    if (server.objects.has(hash)) {
      this.say({ type: 'stored', id, hash });
      return;
    }
    const name = `${hash} ${key}`;
    const partial = server.partials.get(name) ?? { bytes: Buffer.alloc(size), offset: 0 };
    server.partials.set(name, partial);
    this.#transfers.set(id, { partial, hash, size });
    this.say({ type: 'putting', id, offset: partial.offset });
  }

  onget({ id, hash, offset }) {
    const bytes = this.#server.objects.get(hash);
    if (!bytes) {
      this.say({ type: 'error', id, code: 'unknown-object', message: 'it is not here' });
      return;
    }
    this.#transfers.set(id, { bytes, offset, acknowledged: offset });
    this.say({ type: 'getting', id, size: bytes.length, offset });
    this.#serve(id);
  }

  onack({ id, offset }) {
    const get = this.#transfers.get(id);
    if (!get)
      return;
    this.acknowledged += offset - get.acknowledged;
    get.acknowledged = offset;
    if (offset === get.bytes.length)
      this.#transfers.delete(id);
    this.#serve(id);
  }

  onstop({ id }) {
    this.say(this.#transfers.delete(id) ? { type: 'stopped', id } : { type: 'error', id, code: 'unknown-transfer', message: 'no' });
  }

  #serve(id) {
    const get = this.#transfers.get(id);
    const server = this.#server;
    while (get && this.#transfers.get(id) === get && get.offset < get.bytes.length && get.offset - get.acknowledged < server.getWindow) {
      const bytes = get.bytes.subarray(get.offset, get.offset + CHUNK_BYTES);
      const chunk = new Uint8Array(HEADER_BYTES + bytes.length);
      const view = new DataView(chunk.buffer);
      view.setUint32(0, id);
      view.setUint32(8, get.offset);
      chunk.set(bytes, HEADER_BYTES);
      get.offset += bytes.length;
      server.served += bytes.length;
      setTimeout(() => this.#give(chunk.buffer), server.delayMs);
    }
  }

  #receiveChunk(data) {
    const server = this.#server;
    const chunk = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const [id, offset, bytes] = [chunk.readUInt32BE(0), Number(chunk.readBigUInt64BE(4)), chunk.subarray(HEADER_BYTES)];
    const put = this.#transfers.get(id);
    if (!put)
      return;
    server.received += bytes.length;
    server.shortChunks += bytes.length < 1024 && offset + bytes.length < put.size;
    if (offset !== put.partial.offset || bytes.length > CHUNK_BYTES)
      throw new Error(`a chunk of ${bytes.length} bytes at ${offset} instead of ${put.partial.offset}`);
    bytes.copy(put.partial.bytes, offset);
    put.partial.offset += bytes.length;
    this.say({ type: 'ack', id, offset: put.partial.offset });
    if (put.partial.offset === put.size) {
      this.#transfers.delete(id);
      server.objects.set(put.hash, put.partial.bytes);
      this.say({ type: 'stored', id, hash: put.hash });
    }
  }
}
