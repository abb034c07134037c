/** What goes on about one object: the transfers that somebody asked for, and the job that does what they ask. */

/** Progress is told so often at most. */
const TELL_MS = 50;
/** Of what is sent, read at once; and twice as much at most is in memory. */
const READ_BYTES = 256 * 1024;
/** Chunks of less that are not an object's last count as requests. */
const SHORT_BYTES = 1024;
/** Of what came, kept in pieces of so much: browsers put those elsewhere than in memory. */
const PIECE_BYTES = 1024 * 1024;

/** `code` is one of docs/relay.md, or `unreadable`, `no-answer` or `stopped`. */
export class ObjectError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = 'ObjectError';
    this.code = code;
  }
}

/**
 * `hashing` (of a put; `done` are the bytes that are), `waiting` (for a connection, or its turn), `sending`, `receiving`, `checking`
 * (of a get: whether it is what was asked for), `paused`, `done`, `failed`
 * @typedef {'hashing' | 'waiting' | 'sending' | 'receiving' | 'checking' | 'paused' | 'done' | 'failed'} TransferState
 */

/** @typedef {{state: TransferState, done: number, size: number}} Progress `size` is 0 while it is not known */

/**
 * What put() and get() give: a promise of the hash or the Blob, and what can be done with it meanwhile.
 * @template T
 */
export class Transfer {
  /** @type {TransferState} */ state = 'waiting';
  /** Bytes: of a put, those that need not be sent again. */
  done = 0;
  size = 0;
  /** A put: it was there already. */
  already = false;
  paused = false;
  /** @type {Job | null} once its hash is known */ job = null;
  /** @type {{cancel: () => void} | null} a put, before that */ hashing = null;
  /** A get: more is not wanted. */
  maxSize = Infinity;
  #onprogress;
  #onpause;
  #toldAt = 0;
  #listening = new AbortController();
  /** @type {Promise<T>} */ #promise;
  #resolve;
  #reject;

  /**
   * @param {{signal?: AbortSignal, onprogress?: (progress: Progress) => void}} options
   * @param {(transfer: Transfer<T>) => void} onpause what to do when it is paused, goes on or has ended
   */
  constructor({ signal, onprogress = () => {} }, onpause) {
    this.#onprogress = onprogress;
    this.#onpause = onpause;
    this.#promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const abort = () => this.fail(signal.reason);
    // Not before put() or get() has given it.
    if (signal?.aborted) queueMicrotask(abort);
    else signal?.addEventListener('abort', abort, { signal: this.#listening.signal });
  }

  get ended() {
    return this.state === 'done' || this.state === 'failed';
  }

  then(resolved, rejected) {
    return this.#promise.then(resolved, rejected);
  }

  catch(rejected) {
    return this.#promise.catch(rejected);
  }

  finally(settled) {
    return this.#promise.finally(settled);
  }

  /** Nothing more is sent; what the server has of an upload stays there for a while. */
  pause() {
    this.#setPaused(true);
  }

  resume() {
    this.#setPaused(false);
  }

  /** @param {boolean} paused */
  #setPaused(paused) {
    if (this.paused === paused || this.ended) return;
    this.paused = paused;
    this.#onpause(this);
  }

  /**
   * @param {TransferState} state
   * @param {number} done
   * @param {number} size
   */
  tell(state, done, size) {
    if (this.ended) return;
    const now = performance.now();
    const soon = state === this.state && done < size && now - this.#toldAt < TELL_MS;
    Object.assign(this, { state, done, size });
    if (soon) return;
    this.#toldAt = now;
    this.#onprogress({ state, done, size });
  }

  /** @param {T} result */
  succeed(result) {
    if (this.ended) return;
    this.tell('done', this.size, this.size);
    this.#end();
    this.#resolve(result);
  }

  /** @param {unknown} error */
  fail(error) {
    if (this.ended) return;
    this.tell('failed', this.done, this.size);
    this.#end();
    this.#reject(error);
  }

  #end() {
    this.#listening.abort();
    this.#onpause(this);
  }
}

/** One object on its way, for everybody here who wants that. */
class Job {
  /** @type {Set<Transfer<any>>} */ transfers = new Set();
  /** On the connection in use; 0: it is not asked for there. */
  id = 0;
  /** The server has answered. */
  going = false;
  /** What came or was taken, from the beginning. */
  offset = 0;
  /** Connections that ended, one after the other, without anything. */
  tries = 0;
  /** When it was last asked for, what had come. */
  askedFrom = 0;
  /** And when that was, by performance.now(). */
  askedAt = 0;
  /** It is not to be asked for before that. */
  notBefore = 0;

  /**
   * @param {string} hash
   * @param {number} size 0: not known
   */
  constructor(hash, size) {
    this.hash = hash;
    this.size = size;
  }

  get paused() {
    return [...this.transfers].every(({ paused }) => paused);
  }

  /** @param {Transfer<any>} transfer */
  join(transfer) {
    this.transfers.add(transfer);
    transfer.job = this;
    this.tell();
  }

  /** @returns {TransferState} */
  get state() {
    return this.going ? this.moving : 'waiting';
  }

  tell() {
    for (const transfer of this.transfers) transfer.tell(transfer.paused ? 'paused' : this.state, this.offset, this.size);
  }

  /** @param {any} result */
  succeed(result) {
    for (const transfer of [...this.transfers]) transfer.succeed(result);
  }

  /** @param {unknown} error */
  fail(error) {
    for (const transfer of [...this.transfers]) transfer.fail(error);
  }

  /** There is nobody any more who wants it. */
  end() {}
}

/** An upload. */
export class PutJob extends Job {
  kind = 'put';
  moving = /** @type {TransferState} */ ('sending');
  /** What was given to the connection. */
  sent = 0;
  /** @type {{end: number, at: number}[]} what is not acknowledged, and when it was sent */
  #marks = [];
  /** @type {{at: number, bytes: Uint8Array} | null} */ #block = null;
  /** @type {{at: number, bytes: Uint8Array | null} | null} the next, which may be being read */ #next = null;

  /**
   * @param {string} hash
   * @param {Blob} blob
   * @param {string} key
   * @param {boolean} ownKey whether the key may be another one
   * @param {() => void} onread there is more to send
   */
  constructor(hash, blob, key, ownKey, onread) {
    super(hash, blob.size);
    this.blob = blob;
    this.key = key;
    this.ownKey = ownKey;
    this.onread = onread;
  }

  /** @param {number} offset from here on, over this connection */
  begin(offset) {
    this.going = true;
    this.offset = this.sent = offset;
    this.#marks = [];
    this.tell();
  }

  get underWay() {
    return this.sent - this.offset;
  }

  /**
   * @param {number} most
   * @returns {Uint8Array | null} the next bytes to send; null where there are none, or none yet
   */
  take(most) {
    if (this.sent >= this.size) return null;
    if (!covers(this.#block, this.sent)) this.#block = covers(this.#next, this.sent) ? this.#next : null;
    if (!this.#block) {
      this.#read(this.sent);
      return null;
    }
    const { at, bytes } = this.#block;
    this.#read(at + bytes.length);
    const left = at + bytes.length - this.sent;
    // What is left of the block after that had better be no short chunk.
    const size = left > most && left < most + SHORT_BYTES ? left >>> 1 : most;
    const taken = bytes.subarray(this.sent - at, this.sent - at + size);
    this.sent += taken.length;
    this.#marks.push({ end: this.sent, at: performance.now() });
    return taken;
  }

  /**
   * @param {number} offset what comes before it is taken
   * @returns {{bytes: number, ms: number} | null} how much is new, and how long it took; null if that is not known
   */
  acknowledged(offset) {
    if (!(offset > this.offset && offset <= this.sent)) return null;
    const bytes = offset - this.offset;
    let mark = null;
    while (this.#marks[0]?.end <= offset) mark = this.#marks.shift();
    this.offset = offset;
    this.tell();
    return mark && { bytes, ms: performance.now() - mark.at };
  }

  /** @param {number} at */
  async #read(at) {
    if (at >= this.size || this.#next?.at === at) return;
    const next = { at, bytes: null };
    this.#next = next;
    try {
      const end = Math.min(this.size, at + READ_BYTES);
      const bytes = new Uint8Array(await this.blob.slice(at, end).arrayBuffer());
      if (bytes.length < end - at) throw new Error('it has fewer bytes than before');
      next.bytes = bytes;
    } catch (error) {
      this.fail(new ObjectError('unreadable', `the file can't be read: ${error.message}`));
    }
    if (this.#next === next) this.onread();
  }

  end() {
    this.#block = this.#next = null;
  }
}

/**
 * @param {{at: number, bytes: Uint8Array | null} | null} block
 * @param {number} offset
 */
function covers(block, offset) {
  return Boolean(block?.bytes) && offset >= block.at && offset < block.at + block.bytes.length;
}

/** A download. */
export class GetJob extends Job {
  kind = 'get';
  moving = /** @type {TransferState} */ ('receiving');
  /** @type {Blob[]} what came before */ #pieces = [];
  /** @type {Uint8Array[]} */ #chunks = [];
  #chunkBytes = 0;
  #hashing;
  #checking = false;

  /**
   * @param {string} hash
   * @param {Blob} parts what is here already, from the beginning
   * @param {import('./hasher.js').Hasher} hasher
   */
  constructor(hash, parts, hasher) {
    super(hash, 0);
    this.#hashing = hasher.begin();
    if (parts.size > 0) this.#keep(parts);
    this.offset = parts.size;
  }

  get state() {
    return this.#checking ? 'checking' : super.state;
  }

  /** What has come. */
  get parts() {
    return new Blob([...this.#pieces, ...this.#chunks]);
  }

  /** All of it has come. */
  get whole() {
    return this.#checking || (this.going && this.offset === this.size);
  }

  /** @param {Uint8Array} bytes */
  received(bytes) {
    this.#chunks.push(bytes);
    this.#chunkBytes += bytes.length;
    this.offset += bytes.length;
    if (this.#chunkBytes >= PIECE_BYTES) this.#keepChunks();
    this.tell();
  }

  /** When it is whole: whether it is what was asked for. */
  async check() {
    this.#checking = true;
    this.#keepChunks();
    this.tell();
    try {
      const hash = await this.#hashing.digest();
      if (hash !== this.hash) throw new ObjectError('hash-mismatch', 'what came is not what was asked for');
      this.succeed(new Blob(this.#pieces));
    } catch (error) {
      this.fail(error instanceof ObjectError ? error : new ObjectError('unreadable', `what came can't be read again: ${error.message}`));
    }
  }

  end() {
    this.#hashing.cancel();
  }

  #keepChunks() {
    if (this.#chunkBytes > 0) this.#keep(new Blob(this.#chunks));
    this.#chunks = [];
    this.#chunkBytes = 0;
  }

  /** @param {Blob} piece */
  #keep(piece) {
    this.#pieces.push(piece);
    this.#hashing.add(piece);
  }
}
