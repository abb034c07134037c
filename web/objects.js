/**
 * A client of the server's objects (docs/relay.md): puts what is large there and gets it from there, each byte once as far as
 * that can be, over as many connections as it takes. Uses data channels of the peers that it is given, and a WebSocket while
 * there is none; both only while something is to be sent. Depends on nothing of a page.
 */

import { Hasher } from './hasher.js';
import { ObjectLink } from './object-link.js';
import { GetJob, ObjectError, PutJob, Transfer } from './object-transfer.js';

export { ObjectError };

/** Where data channels are to come, the first has so long before the WebSocket is opened instead. */
const FIRST_CHANNEL_MS = 3_000;
/** And so long, up to half as much again, before it stands in for one that was lost. */
const LOST_CHANNEL_MS = 1_000;
const RECONNECT_BASE_MS = 500;
const RECONNECT_MAX_MS = 15_000;
/** A WebSocket with nothing to do is closed. */
const IDLE_MS = 10_000;
const CHECK_MS = 2_000;
/** A connection that answers others but not this is left after so long, or twice as long each time: the server may have to look through a large file first. */
const UNANSWERED_MS = 10_000;
/** Of each kind, at once: fewer than the server allows. Others wait. */
const MAX_AT_ONCE = { put: 2, get: 3 };
/** What the server has no place or no time for is asked for again after so long. */
const LATER_MS = 1_000;
/** Connections that end, one after the other, without bringing a transfer on: it may be what ends them. And so often it is asked for again. */
const MAX_TRIES = 8;
const HASH = /^[0-9a-f]{64}$/;

/** What may be over soon. */
const LATER = new Set(['too-many', 'too-fast']);
/** The transfer has ended, but it may go on from where it is. */
const AGAIN = new Set(['stalled', 'expired']);

/** @typedef {PutJob | GetJob} Job */
/** @typedef {import('./object-transfer.js').Progress} Progress */

export class Objects {
  #url;
  #WebSocket;
  /** Until when, by performance.now(), the WebSocket waits for the first data channel. */
  #patience;
  #hasher;
  /** @type {ObjectLink | null} the one that is used */
  #active = null;
  /** @type {ObjectLink | null} being opened, or the active one */
  #socket = null;
  /** @type {ObjectLink | null} a data channel that is being opened */
  #candidate = null;
  /** @type {(() => RTCDataChannel) | null} of the newest peer, not made use of yet */
  #makeChannel = null;
  #socketTimer = 0;
  #idleTimer = 0;
  #laterTimer = 0;
  #checkTimer = 0;
  #attempt = 0;
  /** @type {AbortController | null} */
  #listeners = null;

  /** @type {Set<Transfer<string>>} puts whose hash is not known yet */
  #hashing = new Set();
  /** @type {Map<string, Job>} by kind and hash, in the order they were asked for */
  #jobs = new Map();
  /** @type {Map<number, Job>} of the active connection */
  #byId = new Map();
  #owner = {
    message: (link, message) => this.#onMessage(link, message),
    chunk: (link, id, offset, bytes) => this.#onChunk(link, id, offset, bytes),
    lost: (link) => this.#onLost(link),
  };

  /**
   * @param {string} url of `/objects`, ws: or wss:; '' for data channels only
   * @param {{channels?: boolean, WebSocket?: typeof WebSocket, Worker?: typeof Worker | null}} [options] `channels`: data channels are
   *   to come by adopt(), so the WebSocket waits a while; `WebSocket`, `Worker`: where there is no global one; `Worker: null` hashes here
   */
  constructor(url, options = {}) {
    this.#url = url;
    this.#WebSocket = options.WebSocket ?? globalThis.WebSocket;
    if (url && !this.#WebSocket) throw new TypeError('there is no WebSocket here: give one as the option WebSocket');
    this.#patience = options.channels ? performance.now() + FIRST_CHANNEL_MS : 0;
    this.#hasher = new Hasher(options.Worker);
  }

  /** @returns {'channel' | 'websocket' | 'offline'} by what objects go now; offline also while there is nothing to do */
  get via() {
    return this.#active?.kind ?? 'offline';
  }

  /** @returns {{window: number, maxObjectBytes: number, put: boolean} | null} what the server said it allows; null while there is no connection */
  get limits() {
    return this.#active?.welcome ?? null;
  }

  /**
   * @param {() => RTCDataChannel} makeChannel makes the data channel `objects` of a new peer (ordered, reliable); called at most once, when
   *   something is to go that way. The newest peer is used.
   */
  adopt(makeChannel) {
    this.#makeChannel = makeChannel;
    this.#schedule();
  }

  /**
   * Puts an object there. Several of the same are one.
   * @param {Blob} blob
   * @param {{key?: string, signal?: AbortSignal, onprogress?: (progress: Progress) => void}} [options] `key`: 1 to 64 characters, a secret; who
   *   names it again goes on. Without it there is one for each object and tab, so that a page that was reloaded goes on.
   * @returns {Transfer<string>} its hash, when the server has it; rejected with an {@link ObjectError}, or the signal's reason
   */
  put(blob, { key, ...options } = {}) {
    const transfer = new Transfer(options, (changed) => this.#onChanged(changed));
    this.#put(transfer, blob, key);
    return transfer;
  }

  /**
   * Gets an object, of which each byte is checked. Several of the same are one.
   * @param {string} hash
   * @param {{parts?: Blob, maxSize?: number, signal?: AbortSignal, onprogress?: (progress: Progress) => void}} [options] `parts`: its beginning, which is here
   *   already; `maxSize`: more is refused, with `too-large`
   * @returns {Transfer<Blob>} of no type; rejected with an {@link ObjectError}, or the signal's reason
   */
  get(hash, { parts = new Blob(), maxSize = Infinity, ...options } = {}) {
    const transfer = new Transfer(options, (changed) => this.#onChanged(changed));
    transfer.maxSize = maxSize;
    if (HASH.test(hash)) this.#join(transfer, 'get', hash, () => new GetJob(hash, parts, this.#hasher));
    else transfer.fail(new ObjectError('bad-message', 'this is no SHA-256: 64 lower-case hexadecimal digits'));
    return transfer;
  }

  /** Ends everything that goes on; what is asked for from then on begins anew. */
  stop() {
    const error = new ObjectError('stopped', 'the client was stopped');
    for (const transfer of [...this.#hashing]) transfer.fail(error);
    for (const job of [...this.#jobs.values()]) job.fail(error);
    for (const link of [this.#active, this.#socket, this.#candidate]) link?.release();
    this.#active = this.#socket = this.#candidate = this.#makeChannel = null;
    this.#rest();
  }

  /**
   * @param {Transfer<string>} transfer
   * @param {Blob} blob
   * @param {string} [key]
   */
  async #put(transfer, blob, key) {
    transfer.tell('hashing', 0, blob.size);
    this.#hashing.add(transfer);
    transfer.hashing = this.#hasher.begin((read) => transfer.tell(transfer.paused ? 'paused' : 'hashing', read, blob.size));
    transfer.hashing.add(blob);
    this.#schedule();
    if (this.limits) this.#refuse(transfer);
    try {
      const hash = await transfer.hashing.digest();
      this.#hashing.delete(transfer);
      if (transfer.ended) return;
      this.#join(transfer, 'put', hash, () => new PutJob(hash, blob, key ?? keyOf(hash), key === undefined, () => this.#pump()));
    } catch (error) {
      transfer.fail(new ObjectError('unreadable', `the file can't be read: ${error.message}`));
    }
  }

  /**
   * @param {Transfer<any>} transfer
   * @param {'put' | 'get'} kind
   * @param {string} hash
   * @param {() => Job} make
   */
  #join(transfer, kind, hash, make) {
    const name = `${kind}:${hash}`;
    const job = this.#jobs.get(name) ?? make();
    this.#jobs.set(name, job);
    job.join(transfer);
    this.#checkSize(job);
    this.#schedule();
  }

  /** @param {Transfer<any>} transfer was paused, goes on, or has ended */
  #onChanged(transfer) {
    const { job } = transfer;
    if (transfer.ended) {
      if (this.#hashing.delete(transfer)) transfer.hashing.cancel();
      if (job?.transfers.delete(transfer) && job.transfers.size === 0) {
        this.#leave(job);
        job.end();
        this.#jobs.delete(`${job.kind}:${job.hash}`);
      }
    } else if (job) {
      if (job.paused) this.#leave(job);
      job.tell();
    }
    this.#schedule();
  }

  /** @param {Job} job that is not to go on for now */
  #leave(job) {
    if (job.id > 0) this.#active?.send({ type: 'stop', id: job.id });
    this.#detach(job);
  }

  /** @param {Job} job that has no transfer on the connection any more */
  #detach(job) {
    this.#byId.delete(job.id);
    this.#active?.forget(job.id);
    job.id = 0;
    job.going = false;
  }

  /** Looks at what there is to do, and does what can be done. */
  #schedule() {
    if (this.#jobs.size === 0 && this.#hashing.size === 0) {
      this.#rest();
      return;
    }
    this.#wake();
    this.#makeCandidate();
    if (this.#active) this.#ask();
    else this.#openSocketIn(this.#candidate ? FIRST_CHANNEL_MS : Math.max(0, this.#patience - performance.now()));
    this.#pump();
  }

  /** There is something to do. */
  #wake() {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = 0;
    if (this.#listeners) return;
    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    const hurry = () => this.#hurry();
    globalThis.document?.addEventListener('visibilitychange', () => document.hidden || hurry(), { signal });
    globalThis.addEventListener?.('online', hurry, { signal });
    this.#checkTimer = setInterval(() => this.#check(), CHECK_MS);
  }

  /** Something is expected from the server: whether it says anything, and about each. */
  #check() {
    const jobs = [...this.#byId.values()];
    const now = performance.now();
    if (jobs.some(({ going, askedAt, tries }) => !going && now - askedAt >= UNANSWERED_MS * 2 ** tries)) this.#active.lost();
    else if (jobs.length > 0) this.#active.check();
  }

  /** There is nothing to do. */
  #rest() {
    this.#listeners?.abort();
    this.#listeners = null;
    clearInterval(this.#checkTimer);
    clearTimeout(this.#socketTimer);
    clearTimeout(this.#laterTimer);
    this.#socketTimer = this.#laterTimer = 0;
    if (!this.#socket) return;
    this.#idleTimer ||= setTimeout(() => {
      this.#idleTimer = 0;
      const socket = this.#socket;
      this.#socket = null;
      if (socket === this.#active) this.#active = null;
      socket?.release();
    }, IDLE_MS);
  }

  /** Somebody looks, or the network is back: this is no time to wait out a delay. */
  #hurry() {
    if (this.#active) {
      this.#active.probe();
    } else if (!this.#socket) {
      clearTimeout(this.#socketTimer);
      this.#socketTimer = 0;
      this.#openSocketIn(0);
    }
  }

  #makeCandidate() {
    const make = this.#makeChannel;
    if (!make) return;
    this.#makeChannel = null;
    this.#candidate?.release();
    this.#candidate = null;
    try {
      this.#candidate = new ObjectLink('channel', make(), this.#owner);
    } catch {
      // its peer has ended
    }
  }

  /** @param {number} delay */
  #openSocketIn(delay) {
    if (!this.#url || this.#socket || this.#socketTimer) return;
    this.#socketTimer = setTimeout(() => {
      this.#socketTimer = 0;
      this.#socket = new ObjectLink('websocket', new this.#WebSocket(this.#url), this.#owner);
    }, delay);
  }

  /**
   * From here on everything goes this way. A data channel is better than the WebSocket, a new one better than
   * an old one, which is about to end.
   * @param {ObjectLink} link
   */
  #use(link) {
    if (link.kind === 'websocket' && this.#active) return;
    clearTimeout(this.#socketTimer);
    this.#socketTimer = 0;
    this.#attempt = 0;
    for (const job of [...this.#byId.values()]) this.#leave(job);
    this.#active?.release();
    this.#active = link;
    if (link === this.#candidate) this.#candidate = null;
    if (link !== this.#socket) {
      this.#socket?.release();
      this.#socket = null;
    }
    for (const transfer of [...this.#hashing]) this.#refuse(transfer);
    this.#schedule();
  }

  /** @param {Transfer<string>} transfer whose hash need not be made if the server does not take it */
  #refuse(transfer) {
    const { put, maxObjectBytes } = this.limits;
    if (!put) transfer.fail(new ObjectError('not-allowed', 'this link does not allow it'));
    else if (transfer.size > maxObjectBytes) transfer.fail(new ObjectError('too-large', `an object has at most ${maxObjectBytes} bytes`));
  }

  /** @param {ObjectLink} link */
  #onLost(link) {
    if (link === this.#candidate) this.#candidate = null;
    if (link === this.#active) {
      this.#active = null;
      for (const job of [...this.#byId.values()]) this.#onCut(job);
    }
    if (link === this.#socket) {
      this.#socket = null;
      if (this.#listeners) this.#openSocketIn(Math.random() * Math.min(RECONNECT_MAX_MS, RECONNECT_BASE_MS * 2 ** this.#attempt++));
    } else if (this.#listeners && !this.#active) {
      this.#openSocketIn(LOST_CHANNEL_MS * (1 + Math.random() / 2));
    }
    this.#schedule();
  }

  /** @param {Job} job whose connection ended */
  #onCut(job) {
    this.#detach(job);
    this.#onTried(job, new ObjectError('no-answer', 'the server did not answer'));
  }

  /**
   * @param {Job} job that was not brought to its end
   * @param {ObjectError} error in case that this was once too often
   */
  #onTried(job, error) {
    job.tries = job.offset > job.askedFrom ? 0 : job.tries + 1;
    if (job.tries >= MAX_TRIES) job.fail(error);
    else job.tell();
  }

  /** Asks for those that wait, as many as may go at once. */
  #ask() {
    const now = performance.now();
    const going = { put: 0, get: 0 };
    for (const { kind } of this.#byId.values()) going[kind]++;
    for (const job of this.#jobs.values()) {
      if (job.id > 0 || job.paused || job.whole || going[job.kind] >= MAX_AT_ONCE[job.kind]) continue;
      if (job.notBefore > now) {
        this.#askIn(job.notBefore - now);
        continue;
      }
      going[job.kind]++;
      job.id = this.#active.takeId();
      job.askedFrom = job.offset;
      job.askedAt = now;
      this.#byId.set(job.id, job);
      const { kind, id, hash, size, offset } = job;
      this.#active.send(kind === 'put' ? { type: kind, id, hash, size, key: job.key } : { type: kind, id, hash, offset });
    }
  }

  /** @param {number} delay */
  #askIn(delay) {
    this.#laterTimer ||= setTimeout(() => {
      this.#laterTimer = 0;
      this.#schedule();
    }, delay);
  }

  /** Sends what the path takes: of each upload a chunk in turn. */
  #pump() {
    const link = this.#active;
    if (!link) return;
    const { chunk } = link.pace;
    const window = Math.min(link.pace.window, link.welcome.window);
    const puts = this.#puts;
    let underWay = this.#underWay;
    for (let sent = true; sent;) {
      sent = false;
      for (const put of puts) {
        // A whole chunk or nothing, as long as an acknowledgement is to come.
        if (underWay > 0 && window - underWay < chunk) return;
        const { sent: offset } = put;
        const bytes = put.take(Math.min(chunk, window));
        if (!bytes) continue;
        link.sendChunk(put.id, offset, bytes);
        underWay += bytes.length;
        sent = true;
      }
    }
  }

  /** @returns {PutJob[]} those that may send */
  get #puts() {
    return [...this.#byId.values()].filter(({ kind, going }) => kind === 'put' && going);
  }

  /** Bytes that were sent and are not acknowledged. */
  get #underWay() {
    return this.#puts.reduce((sum, put) => sum + put.underWay, 0);
  }

  /**
   * @param {ObjectLink} link
   * @param {any} message
   */
  #onMessage(link, message) {
    if (message.type === 'welcome' && link !== this.#active) this.#use(link);
    if (link !== this.#active) return;
    const job = this.#byId.get(message.id);
    if (message.type === 'error') this.#onError(job, message);
    else if (job?.kind === 'put') this.#onPutMessage(job, message);
    else if (job?.kind === 'get' && message.type === 'getting') this.#onGetting(job, message);
  }

  /**
   * @param {PutJob} job
   * @param {any} message
   */
  #onPutMessage(job, { type, offset }) {
    if (type === 'putting' && Number.isInteger(offset) && offset >= 0 && offset <= job.size) {
      job.begin(offset);
      this.#pump();
    } else if (type === 'ack') {
      const underWay = this.#underWay;
      const taken = job.acknowledged(offset);
      if (taken) this.#active.pace.acknowledged(taken.bytes, taken.ms, underWay);
      this.#pump();
    } else if (type === 'stored') {
      for (const transfer of job.transfers) transfer.already = !job.going;
      this.#detach(job);
      job.offset = job.size;
      job.tell();
      forgetKey(job.hash);
      job.succeed(job.hash);
    }
  }

  /**
   * @param {GetJob} job
   * @param {any} message
   */
  #onGetting(job, { size, offset }) {
    if (offset !== job.offset || !Number.isSafeInteger(size) || size < offset) {
      this.#active.lost(); // this is no server that speaks this
      return;
    }
    job.going = true;
    job.size = size;
    job.tell();
    this.#checkSize(job);
    if (job.id > 0) this.#checkWhole(job);
  }

  /** @param {Job} job whose size may be known now: those who do not want that much leave */
  #checkSize(job) {
    for (const transfer of [...job.transfers]) {
      if (job.size > transfer.maxSize) transfer.fail(new ObjectError('too-large', `this object has ${job.size} bytes`));
    }
  }

  /**
   * @param {ObjectLink} link
   * @param {number} id
   * @param {number} offset
   * @param {Uint8Array} bytes
   */
  #onChunk(link, id, offset, bytes) {
    const job = this.#byId.get(id);
    // Of one that has ended, some may still be under way.
    if (link !== this.#active || job?.kind !== 'get') return;
    if (!job.going || offset !== job.offset || offset + bytes.length > job.size) {
      link.lost();
      return;
    }
    job.received(bytes);
    link.acknowledge(id, job.offset, bytes.length, job.offset === job.size);
    this.#checkWhole(job);
  }

  /** @param {GetJob} job */
  #checkWhole(job) {
    if (!job.whole) return;
    this.#detach(job);
    job.check();
    this.#schedule();
  }

  /**
   * @param {Job | undefined} job
   * @param {{id?: number, code: string, message: string}} error
   */
  #onError(job, { id, code, message }) {
    const error = new ObjectError(code, message);
    if (job) this.#onRefused(job, error);
    else if (code === 'not-allowed' && id === undefined) for (const one of [...this.#jobs.values()]) one.fail(error);
    // The server closes it: a data channel by reading it no more.
    if (code === 'bad-message') this.#active?.lost();
    this.#schedule();
  }

  /**
   * @param {Job} job
   * @param {ObjectError} error
   */
  #onRefused(job, error) {
    const { code } = error;
    this.#detach(job);
    // A tab that was duplicated has the same keys.
    const taken = code === 'taken-over' && job.ownKey;
    if (taken) {
      job.key = randomKey();
      job.ownKey = false;
    }
    if (LATER.has(code)) job.notBefore = performance.now() + LATER_MS;
    if (taken || LATER.has(code) || AGAIN.has(code) || code === 'bad-message') this.#onTried(job, error);
    else job.fail(error);
  }
}

/**
 * The secret by which an upload is known again, in this tab, even when the page was loaded anew.
 * @param {string} hash
 */
function keyOf(hash) {
  const key = randomKey();
  try {
    const kept = sessionStorage.getItem(nameOf(hash));
    if (!kept) sessionStorage.setItem(nameOf(hash), key);
    return kept ?? key;
  } catch {
    return key; // no storage here, or it is full
  }
}

/** @param {string} hash */
function forgetKey(hash) {
  try {
    sessionStorage.removeItem(nameOf(hash));
  } catch {
    // no storage here
  }
}

/** @param {string} hash */
function nameOf(hash) {
  return `sightline-upload-${hash}`;
}

function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
