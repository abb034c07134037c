/** A file that somebody announced, for this page: whether it is here, on its way, or only with the server. */

import { sizeInWords } from './announced.js';
import { faultInWords, savedAs } from './file-words.js';
import { drawPicture } from './picture.js';

const STEPS = { waiting: 'waits for the server', checking: 'being checked' };

/** @typedef {'away' | 'coming' | 'here' | 'failed'} Phase */

/** Several messages may tell of the same one: each has its card. Events: `here`: it has come; `paused`; `told` {words}: worth being read out. */
export class IncomingFile extends EventTarget {
  #objects;
  #file;
  /** @type {Set<import('./file-card.js').FileCard>} */
  #cards = new Set();
  /** @type {Phase} */
  #phase = 'away';
  #note = '';
  /** @type {Blob | null} */
  #blob = null;
  /** @type {Promise<HTMLCanvasElement | null> | null} */
  #drawing = null;
  /** @type {AbortController | null} */
  #aborter = null;
  /** @type {import('./object-transfer.js').Transfer<Blob> | null} */
  #transfer = null;
  /** @type {import('./object-transfer.js').TransferState} */
  #step = 'waiting';
  #paused = false;
  #taken = 0;
  /** Somebody asked for it: it is saved when it is here, and what goes wrong is said. */
  #wanted = false;

  /**
   * @param {import('./objects.js').Objects} objects
   * @param {import('./announced.js').Announced} file
   */
  constructor(objects, file) {
    super();
    this.#objects = objects;
    this.#file = file;
  }

  get phase() {
    return this.#phase;
  }

  get file() {
    return this.#file;
  }

  /** @returns {number} bytes that this page holds of it; what is a file of this device costs it none */
  get held() {
    return this.#blob && !(this.#blob instanceof File) ? this.#blob.size : 0;
  }

  get isShown() {
    return this.#cards.size > 0;
  }

  /** @param {import('./file-card.js').FileCard} card */
  attach(card) {
    this.#cards.add(card);
    this.#show();
    this.#draw();
  }

  /** @param {import('./file-card.js').FileCard} card */
  detach(card) {
    this.#cards.delete(card);
    if (this.#cards.size === 0) this.#aborter?.abort();
  }

  /** @param {Blob} blob it is here without having come */
  keep(blob) {
    if (this.#phase === 'here' || blob.size !== this.#file.size) return;
    const aborter = this.#aborter;
    this.#end();
    aborter?.abort();
    this.#blob = blob;
    this.#note = '';
    this.#turn('here');
    this.#draw();
  }

  /** Others need its place; the drawing stays. */
  forget() {
    if (this.#phase !== 'here') return;
    this.#blob = null;
    this.#note = '';
    this.#turn('away');
  }

  /** @returns {Promise<void>} once it is here, or not to be had */
  async fetch() {
    if (this.#phase === 'here' || this.#phase === 'coming') return;
    const aborter = new AbortController();
    this.#aborter = aborter;
    this.#step = 'waiting';
    this.#taken = 0;
    this.#paused = false;
    this.#turn('coming');
    try {
      this.#transfer = this.#objects.get(this.#file.hash, {
        signal: aborter.signal,
        maxSize: this.#file.size,
        onprogress: (progress) => this.#aborter === aborter && this.#onProgress(progress),
      });
      const blob = await this.#transfer;
      if (this.#aborter === aborter) this.#arrive(blob);
    } catch (error) {
      if (this.#aborter === aborter) this.#fail(error);
    }
  }

  /** @param {import('./object-transfer.js').Progress} progress */
  #onProgress({ state, done, size }) {
    // Whoever was told of something else is not given this.
    if (size > 0 && size !== this.#file.size) {
      const aborter = this.#aborter;
      this.#fail(mismatch(size));
      aborter?.abort();
      return;
    }
    this.#step = state;
    this.#taken = done;
    this.#show();
  }

  /** @param {Blob} blob */
  #arrive(blob) {
    this.#end();
    if (blob.size !== this.#file.size) {
      this.#fail(mismatch(blob.size));
      return;
    }
    this.#blob = blob;
    this.#note = 'here already';
    this.#turn('here');
    this.dispatchEvent(new CustomEvent('here'));
    this.#draw();
    if (this.#wanted) this.#save();
  }

  /** @param {Error & {code?: string}} error */
  #fail(error) {
    const cancelled = error.name === 'AbortError';
    const wanted = this.#wanted;
    this.#end();
    this.#wanted = false;
    this.#note = cancelled ? '' : faultInWords(error, 'get');
    // What came of itself does not complain, unless it will never come.
    this.#turn(cancelled || !(wanted || error.code === 'unknown-object' || error.code === 'mismatch') ? 'away' : 'failed');
    if (wanted && !cancelled) this.#tell(this.#note);
  }

  #end() {
    this.#aborter = null;
    this.#transfer = null;
    this.#paused = false;
  }

  #save() {
    this.#wanted = false;
    const url = URL.createObjectURL(savedAs(this.#blob));
    const link = document.createElement('a');
    link.href = url;
    link.download = this.#file.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    this.#tell('saved');
    this.#show();
  }

  #want() {
    this.#wanted = true;
    if (this.#phase === 'here') {
      this.#save();
      return;
    }
    if (this.#paused) this.#toggle(false);
    this.#show();
    this.fetch();
  }

  /** @param {boolean} paused */
  #toggle(paused) {
    this.#paused = paused;
    if (paused) this.#transfer?.pause();
    else this.#transfer?.resume();
    this.#show();
    if (paused) this.dispatchEvent(new CustomEvent('paused'));
  }

  /** @param {Phase} phase */
  #turn(phase) {
    this.#phase = phase;
    this.#show();
  }

  /** @param {string} words */
  #tell(words) {
    this.dispatchEvent(new CustomEvent('told', { detail: { words: `${this.#file.name}: ${words}` } }));
  }

  #show() {
    const now = this.#now();
    for (const card of this.#cards) card.show(now);
  }

  /** @returns {Parameters<import('./file-card.js').FileCard['show']>[0]} */
  #now() {
    const save = () => this.#want();
    switch (this.#phase) {
      case 'coming': {
        const { size } = this.#file;
        const [pause, resume] = [() => this.#toggle(true), () => this.#toggle(false)];
        return {
          words: this.#paused ? `paused at ${sizeInWords(this.#taken)}` : STEPS[this.#step] ?? `${sizeInWords(this.#taken)} here`,
          share: size > 0 ? this.#taken / size : 0,
          actions: { ...(this.#paused ? { resume } : { pause }), ...(this.#wanted ? {} : { save }), cancel: () => this.#aborter?.abort() },
        };
      }
      case 'failed':
        return { words: this.#note, bad: true, actions: { retry: save } };
      default:
        return { words: this.#note, actions: { save } };
    }
  }

  async #draw() {
    if (!this.#blob && !this.#drawing) return;
    this.#drawing ??= drawPicture(this.#blob);
    const drawing = await this.#drawing;
    for (const card of this.#cards) card.draw(drawing);
  }
}

/** @param {number} size */
function mismatch(size) {
  return Object.assign(new Error(`It has ${sizeInWords(size)}, and not what was announced.`), { code: 'mismatch' });
}
