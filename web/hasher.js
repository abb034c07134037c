/** Hashes what may be large without holding up the page: in a worker, or here in small pieces, where none is to be had (on a page of another site, in Node). */

import { Sha256, readInto } from './sha256.js';

const WORKER = new URL('hash-worker.js', import.meta.url);

/** One hash that is being made. */
class Hashing {
  /** @type {Blob[]} kept in case the worker can't be had */
  pieces = [];
  ended = false;
  /** Taken from the pieces. */
  read = 0;
  cancelled = new AbortController();
  /** Ends the wait for the next piece, where it is hashed here. */
  wake = () => {};

  /**
   * @param {(read: number) => void} onread
   */
  constructor(onread) {
    this.onread = onread;
    /** @type {Promise<string>} */
    this.promise = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    this.promise.catch(() => {}); // whoever does not ask for it does not want to know
  }
}

export class Hasher {
  #Worker;
  /** @type {Worker | null} while something is to be hashed */
  #worker = null;
  /** @type {Map<number, Hashing>} */
  #running = new Map();
  #nextId = 1;

  /** @param {typeof Worker | null} [WorkerType] null: hashes here */
  constructor(WorkerType = globalThis.Worker ?? null) {
    this.#Worker = WorkerType;
  }

  /**
   * @param {(read: number) => void} [onread] how many bytes are hashed so far
   * @returns {{add: (blob: Blob) => void, digest: () => Promise<string>, cancel: () => void}} pieces are added in order; `digest()` is
   *   called once, after the last of them, and fails where one can't be read
   */
  begin(onread = () => {}) {
    const id = this.#nextId++;
    const hashing = new Hashing(onread);
    this.#running.set(id, hashing);
    if (!this.#open()) this.#hashHere(id, hashing);
    return {
      add: (blob) => {
        hashing.pieces.push(blob);
        this.#tell(id, { blob });
      },
      digest: () => {
        hashing.ended = true;
        this.#tell(id, { end: true });
        return hashing.promise;
      },
      cancel: () => {
        this.#tell(id, { cancel: true });
        this.#end(id);
      },
    };
  }

  /** @returns {boolean} whether there is a worker */
  #open() {
    if (this.#worker || !this.#Worker) return Boolean(this.#worker);
    try {
      this.#worker = new this.#Worker(WORKER, { type: 'module' });
    } catch {
      this.#Worker = null; // another site's page
      return false;
    }
    this.#worker.onmessage = ({ data }) => this.#onMessage(data);
    this.#worker.onerror = (event) => {
      event.preventDefault?.();
      this.#onNoWorker();
    };
    return true;
  }

  /**
   * @param {number} id
   * @param {object} message
   */
  #tell(id, message) {
    const hashing = this.#running.get(id);
    if (this.#worker) this.#worker.postMessage({ id, ...message });
    else hashing?.wake();
  }

  #onMessage({ id, bytes, hash, error }) {
    const hashing = this.#running.get(id);
    if (!hashing) return;
    if (bytes !== undefined) {
      hashing.read += bytes;
      hashing.onread(hashing.read);
      return;
    }
    this.#end(id);
    if (error === undefined) hashing.resolve(hash);
    else hashing.reject(new Error(error));
  }

  /** A browser that knows no module workers says so only now. */
  #onNoWorker() {
    this.#worker?.terminate();
    this.#worker = this.#Worker = null;
    for (const [id, hashing] of this.#running) this.#hashHere(id, hashing);
  }

  /**
   * @param {number} id
   * @param {Hashing} hashing
   */
  async #hashHere(id, hashing) {
    const hash = new Sha256();
    const { signal } = hashing.cancelled;
    hashing.read = 0;
    try {
      for (let n = 0; !signal.aborted && (n < hashing.pieces.length || !hashing.ended);) {
        if (n < hashing.pieces.length) await readInto(hash, hashing.pieces[n++], (bytes) => this.#onMessage({ id, bytes }), signal);
        else await new Promise((resolve) => { hashing.wake = resolve; });
      }
      this.#onMessage({ id, hash: hash.digest() });
    } catch (error) {
      this.#onMessage({ id, error: error.message });
    }
  }

  /** @param {number} id */
  #end(id) {
    const hashing = this.#running.get(id);
    hashing?.cancelled.abort();
    hashing?.wake();
    this.#running.delete(id);
    if (this.#running.size > 0) return;
    this.#worker?.terminate();
    this.#worker = null;
  }
}
