/** A file that is being sent: read for its hash, put to the server, and then announced by a message. */

import { safeName, sizeInWords } from './announced.js';
import { FileCard } from './file-card.js';
import { faultInWords, tooLargeInWords } from './file-words.js';
import { drawPicture } from './picture.js';

/** @typedef {'queued' | 'hashing' | 'waiting' | 'sending' | 'announcing' | 'failed'} Phase */

/**
 * Events: `ended`: nothing is going on with it any more, whether it arrived or can be tried again; `announced` {hash};
 * `removed`: it is to leave the page; `told` {words}: worth being read out.
 */
export class OutgoingFile extends EventTarget {
  #objects;
  #announce;
  #blob;
  #card;
  /** @type {Phase} */
  #phase = 'queued';
  #taken = 0;
  /** @type {AbortController | null} */
  #aborter = null;
  /** @type {import('./object-transfer.js').Transfer<string> | null} */
  #transfer = null;
  #paused = false;

  /**
   * @param {import('./objects.js').Objects} objects
   * @param {(data: object) => Promise<unknown>} announce
   * @param {File} blob
   */
  constructor(objects, announce, blob) {
    super();
    this.#objects = objects;
    this.#announce = announce;
    this.#blob = blob;
    this.#card = new FileCard({ name: safeName(blob.name), size: blob.size, type: blob.type });
    this.#show();
    drawPicture(blob).then((drawing) => this.#card.draw(drawing));
  }

  get element() {
    return this.#card.element;
  }

  get blob() {
    return this.#blob;
  }

  /** In its turn. */
  async start() {
    const aborter = new AbortController();
    this.#aborter = aborter;
    this.#paused = false;
    this.#turn('hashing');
    try {
      this.#transfer = this.#objects.put(this.#blob, {
        signal: aborter.signal,
        onprogress: (progress) => aborter.signal.aborted || this.#onProgress(progress),
      });
      const hash = await this.#transfer;
      this.#turn('announcing');
      await this.#announce({ object: { hash, size: this.#blob.size, name: this.#card.name, ...(this.#blob.type ? { type: this.#blob.type } : {}) } });
      this.#tell(this.#transfer.already ? 'sent; the server had it already' : 'sent');
      this.dispatchEvent(new CustomEvent('announced', { detail: { hash } }));
      this.#remove();
    } catch (error) {
      if (!aborter.signal.aborted) this.#fail(error);
    } finally {
      this.#aborter = null;
      this.#transfer = null;
      this.dispatchEvent(new CustomEvent('ended'));
    }
  }

  /** @param {import('./object-transfer.js').Progress} progress */
  #onProgress({ state, done }) {
    if (state === 'hashing' || state === 'waiting' || state === 'sending') this.#phase = state;
    this.#taken = done;
    this.#show();
  }

  /** @param {Error & {code?: string}} error */
  #fail(error) {
    this.#phase = 'failed';
    const most = this.#objects.limits?.maxObjectBytes;
    const words = error.code === 'too-large' && this.#blob.size > most ? tooLargeInWords(this.#blob.size, most) : faultInWords(error, 'put');
    const retry = () => {
      this.#turn('queued');
      this.dispatchEvent(new CustomEvent('again'));
    };
    this.#card.show({ words, bad: true, actions: { retry, cancel: () => this.#remove() } });
    this.#tell(words);
  }

  /** Whatever is going on ends. */
  #cancel() {
    this.#aborter?.abort();
    this.#remove();
  }

  #remove() {
    this.dispatchEvent(new CustomEvent('removed'));
  }

  /** @param {boolean} paused */
  #toggle(paused) {
    this.#paused = paused;
    if (paused) this.#transfer?.pause();
    else this.#transfer?.resume();
    this.#show();
  }

  /** @param {Phase} phase */
  #turn(phase) {
    this.#phase = phase;
    this.#taken = 0;
    this.#show();
  }

  /** @param {string} words */
  #tell(words) {
    this.dispatchEvent(new CustomEvent('told', { detail: { words: `${this.#card.name}: ${words}` } }));
  }

  #show() {
    const { size } = this.#blob;
    const cancel = () => this.#cancel();
    const share = size > 0 ? this.#taken / size : 0;
    const [pause, resume] = [() => this.#toggle(true), () => this.#toggle(false)];
    const now = (words) => ({ words, share, actions: { ...(this.#paused ? { resume } : { pause }), cancel } });
    switch (this.#phase) {
      case 'queued':
        this.#card.show({ words: 'waits', actions: { cancel } });
        break;
      case 'hashing':
        this.#card.show({ words: `being read: ${Math.floor(100 * share)} %`, share, actions: { cancel } });
        break;
      case 'announcing':
        this.#card.show({ words: 'all sent', share: 1 });
        break;
      default: {
        const words = this.#phase === 'waiting' ? 'waits for the server' : `${sizeInWords(this.#taken)} sent`;
        this.#card.show(now(this.#paused ? `paused at ${sizeInWords(this.#taken)}` : words));
      }
    }
  }
}
