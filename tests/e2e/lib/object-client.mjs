// A client of docs/relay.md's objects, over anything that sends texts and chunks; and what the others count about it.

import { createHash, randomBytes } from 'node:crypto';

import { loadWebSocket, Viewer } from './viewer.mjs';
import { until } from './tap.mjs';

export const CHUNK_BYTES = 16384;
const HEAD_BYTES = 12;

export const hashOf = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Bytes that nobody has had before, and their hash. */
export function newFile(size) {
  const bytes = randomBytes(size);
  return { bytes, hash: hashOf(bytes) };
}

/** A chunk as it goes over the wire; each part may be told to be wrong. */
export function chunkOf(id, offset, data) {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(id, 0);
  head.writeBigUInt64BE(BigInt(offset), 4);
  return Buffer.concat([head, data]);
}

/** What the server says about a transfer, or why there is no way to it (`closed`). */
export class ObjectError extends Error {
  constructor(code, message) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/** One transfer: settled with its last answer, or with the bytes of a `get`. */
class Transfer {
  constructor(fields) {
    Object.assign(this, fields);
    this.done = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    this.done.catch(() => {}); // whoever started it may not want to know
  }
}

export class ObjectClient {
  welcome = null;
  #send;
  #transfers = new Map();
  #lastId = 0;

  /** `send` takes a string or bytes. */
  constructor(send) {
    this.#send = send;
  }

  say(message) {
    this.#send(JSON.stringify(message));
  }

  /** Feed it what comes in: a string, or a Buffer. */
  take(data) {
    if (typeof data === 'string')
      this.#takeText(JSON.parse(data));
    else
      this.#takeChunk(data);
  }

  #takeText(message) {
    if (message.type === 'welcome') {
      this.welcome = message;
      return;
    }
    const transfer = this.#transfers.get(message.id);
    if (!transfer)
      return;
    if (message.type === 'putting' || message.type === 'ack') {
      transfer.from ??= message.offset;
      transfer.taken = message.offset;
      this.#pump(transfer);
    } else if (message.type === 'getting') {
      Object.assign(transfer, { bytes: Buffer.alloc(message.size), received: message.offset, acknowledged: message.offset, size: message.size });
      transfer.onStart?.(message);
      if (message.size === message.offset)
        this.#end(transfer).resolve(transfer.bytes);
    } else if (message.type === 'stored' || message.type === 'stopped') {
      this.#end(transfer).resolve(message);
    } else if (message.type === 'error') {
      this.#end(transfer).reject(new ObjectError(message.code, message.message));
    }
  }

  #end(transfer) {
    this.#transfers.delete(transfer.id);
    return transfer;
  }

  #pump(transfer) {
    transfer.sent ??= transfer.from;
    while (transfer.sent < transfer.data.length && transfer.sent < transfer.limit) {
      const room = transfer.taken + this.welcome.window - transfer.sent;
      const size = Math.min(CHUNK_BYTES, transfer.data.length - transfer.sent, transfer.limit - transfer.sent);
      if (room < size)
        return;
      this.#send(chunkOf(transfer.id, transfer.sent, transfer.data.subarray(transfer.sent, transfer.sent + size)));
      transfer.sent += size;
    }
  }

  #takeChunk(chunk) {
    const transfer = this.#transfers.get(chunk.readUInt32BE(0));
    if (!transfer)
      return;
    const offset = Number(chunk.readBigUInt64BE(4));
    const data = chunk.subarray(HEAD_BYTES);
    if (offset !== transfer.received || data.length < 1 || data.length > CHUNK_BYTES)
      throw new Error(`${data.length} bytes came for ${offset}, expected those of ${transfer.received}`);
    data.copy(transfer.bytes, offset);
    transfer.received += data.length;
    transfer.onChunk?.(transfer);
    if (!transfer.paced)
      this.acknowledge(transfer, transfer.received);
  }

  /** Of a `get` that is `paced`, what came before `offset` has arrived. */
  acknowledge(transfer, offset) {
    transfer.acknowledged = offset;
    this.say({ type: 'ack', id: transfer.id, offset });
    if (offset === transfer.size)
      this.#end(transfer).resolve(transfer.bytes);
  }

  #begin(fields) {
    const transfer = new Transfer({ id: ++this.#lastId, ...fields });
    this.#transfers.set(transfer.id, transfer);
    return transfer;
  }

  /** Its `done` gives `stored`; `limit`: no more than so many bytes are sent. */
  put(hash, data, { key = 'test', size = data.length, limit = Infinity } = {}) {
    const transfer = this.#begin({ data, limit, taken: 0 });
    this.say({ type: 'put', id: transfer.id, hash, size, key });
    return transfer;
  }

  /** Its `done` gives the bytes. `paced`: who asks acknowledges. */
  get(hash, { offset, paced = false, onChunk, onStart } = {}) {
    const transfer = this.#begin({ paced, onChunk, onStart });
    this.say({ type: 'get', id: transfer.id, hash, offset });
    return transfer;
  }

  stop({ id }) {
    this.say({ type: 'stop', id });
  }

  /** The connection has ended. */
  lost(why) {
    for (const transfer of this.#transfers.values())
      transfer.reject(new ObjectError('closed', why));
    this.#transfers.clear();
  }
}

/** By the WebSocket `/objects`, welcomed. */
async function openSocket(server) {
  const WebSocket = await loadWebSocket();
  const socket = new WebSocket(server.webSocket('/objects'));
  const client = new ObjectClient((data) => socket.readyState === WebSocket.OPEN && socket.send(data));
  let failed = null;
  socket.on('message', (data, isBinary) => client.take(isBinary ? data : data.toString()));
  socket.on('error', (error) => { failed = error; });
  socket.on('close', (code, reason) => client.lost(`${code} ${reason}`));
  await until('the welcome', () => {
    if (failed)
      throw failed;
    return client.welcome;
  });
  return Object.assign(client, { cut: () => socket.terminate(), leave: () => socket.close() });
}

/** The data channel `objects` of somebody who watches. */
export function overChannel(channel) {
  const client = new ObjectClient((data) => channel.readyState === 'open' && channel.send(data));
  channel.binaryType = 'arraybuffer';
  channel.onmessage = ({ data }) => client.take(typeof data === 'string' ? data : Buffer.from(data));
  channel.onclose = () => client.lost('the data channel is closed');
  return client;
}

async function openChannel(server) {
  const viewer = await Viewer.join(server.webSocket('/ws/camera'), { sink: false });
  await viewer.talking();
  const client = overChannel(viewer.peer.createDataChannel('objects'));
  await until('the welcome', () => client.welcome);
  return Object.assign(client, { viewer, cut: () => viewer.leave(), leave: () => viewer.leave() });
}

export const OPEN = { 'data channel': openChannel, WebSocket: openSocket };
