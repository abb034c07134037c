/**
 * How much may be under way at once, so that what is sent waits in no queue on its path, and nobody else waits behind it:
 * LEDBAT (RFC 6817), by the round trips of acknowledgements, with a start that doubles.
 */

/** What a queue may add to the quickest round trip. */
const TARGET_MS = 50;
const MIN_WINDOW = 16 * 1024;
const START_WINDOW = 16 * 1024;
const MAX_WINDOW = 1024 * 1024;
const MIN_CHUNK = 1024;
const MAX_CHUNK = 16 * 1024;
/** The quickest of so many minutes, so that another path's is forgotten. */
const BASE_MINUTES = 10;
/** The quickest of so many last ones, of a window's at most: others waited for something else. */
const RECENT = 8;
/** A queue is there to stay when so many windows in a row met it. */
const LASTING_WINDOWS = 2;

export class Ledbat {
  #window = START_WINDOW;
  /** Until a queue shows for the first time. */
  #starts = true;
  /** Bytes, one after the other, that took longer than they should. */
  #late = 0;
  /** @type {{minute: number, ms: number}[]} the quickest of each minute */
  #bases = [];
  /** @type {number[]} */
  #recent = [];

  /** Bytes. */
  get window() {
    return this.#window;
  }

  /** Bytes to send in one piece: less where one would be long under way, with others behind it. */
  get chunk() {
    return Math.min(MAX_CHUNK, Math.max(MIN_CHUNK, this.#window >>> 2));
  }

  /**
   * @param {number} bytes that were acknowledged
   * @param {number} ms how long that took
   * @param {number} underWay bytes, with these
   * @param {number} [now] ms
   */
  acknowledged(bytes, ms, underWay, now = performance.now()) {
    const queued = this.#queued(ms, now);
    const off = Math.max(-1, (TARGET_MS - queued) / TARGET_MS);
    if (off < 0.5) this.#starts = false;
    this.#late = off < 0 ? this.#late + bytes : 0;
    const step = this.#starts ? bytes : this.#step(off, bytes);
    // What is not made use of does not grow (section 2.4.2).
    const most = Math.max(this.#window, underWay + (this.#starts ? underWay : this.chunk));
    this.#window = Math.round(Math.max(MIN_WINDOW, Math.min(MAX_WINDOW, most, this.#window + step)));
  }

  /**
   * @param {number} off from -1 to 1
   * @param {number} bytes
   */
  #step(off, bytes) {
    // A packet that is lost holds back what follows it, for about a round trip; a path that became narrow keeps everything back.
    if (this.#late > LASTING_WINDOWS * this.#window) return (off * bytes) / 2;
    return (Math.max(-0.3, off) * bytes * this.chunk) / this.#window;
  }

  /**
   * @param {number} ms
   * @param {number} now
   */
  #queued(ms, now) {
    const minute = Math.floor(now / 60_000);
    const bases = this.#bases;
    const last = bases.at(-1);
    if (last?.minute === minute) last.ms = Math.min(last.ms, ms);
    else bases.push({ minute, ms });
    while (bases[0].minute <= minute - BASE_MINUTES) bases.shift();
    this.#recent.push(ms);
    const recent = this.#starts ? 1 : Math.min(RECENT, this.#window / this.chunk);
    while (this.#recent.length > recent) this.#recent.shift();
    return Math.min(...this.#recent) - Math.min(...bases.map((base) => base.ms));
  }
}
