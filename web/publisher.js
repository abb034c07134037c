/** Publishes for as long as it is wanted: comes back after a loss, and stays away once another one has taken over. No user interface. */

import { sentence } from './settings.js';
import { WhipClient, WhipState } from './whip.js';

const RETURN_BASE_MS = 1_000;
const RETURN_MAX_MS = 15_000;
/** On air for so long, trouble counts as over. */
const SETTLED_MS = 10_000;

/** @enum {string} */
export const Phase = Object.freeze({ OFF: 'off', STARTING: 'starting', ON_AIR: 'on-air', RETURNING: 'returning' });

/** Events: `change`, of any of phase, words and isBad. */
export class Publisher extends EventTarget {
  #endpoints;
  /** @type {MediaStream} */
  #stream = new MediaStream();
  /** @type {WhipClient | null} */
  #client = null;
  #phase = Phase.OFF;
  #words = '';
  #isBad = false;
  #attempt = 0;
  #timer = 0;
  #onAirSince = 0;

  /** @param {{whip: string, status: string, stream: string}} endpoints */
  constructor(endpoints) {
    super();
    this.#endpoints = endpoints;
  }

  get phase() {
    return this.#phase;
  }

  /** Something is sent, or will be as soon as that is possible. */
  get isWanted() {
    return this.#phase !== Phase.OFF;
  }

  /** What there is to say beside the phase; '' for nothing. */
  get words() {
    return this.#words;
  }

  get isBad() {
    return this.#isBad;
  }

  /** @returns {RTCPeerConnection | null} */
  get connection() {
    return this.#client?.connection ?? null;
  }

  /** @param {MediaStream} stream whose tracks are sent, those that it has at each beginning */
  start(stream) {
    this.#stream = stream;
    this.#attempt = 0;
    this.#begin(Phase.STARTING);
  }

  /** Takes back what was said, too. */
  async stop() {
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = null;
    this.#set(Phase.OFF);
    await client?.stop();
  }

  /** With the tracks that the stream has now. */
  async restart() {
    const client = this.#client;
    this.#client = null;
    await client?.stop();
    // Meanwhile it may have been stopped, and started again.
    if (this.isWanted && !this.#client) this.#begin(Phase.STARTING);
  }

  /**
   * @param {MediaStreamTrack} track in place of the one of its kind
   * @returns {Promise<boolean>} false: that takes a restart
   */
  async replaceTrack(track) {
    return this.#client ? this.#client.replaceTrack(track) : true;
  }

  /** @param {string} phase */
  async #begin(phase) {
    clearTimeout(this.#timer);
    const client = new WhipClient(this.#endpoints.whip);
    this.#client = client;
    client.addEventListener('state', ({ detail }) => this.#client === client && this.#onState(detail));
    client.addEventListener('ended', ({ detail }) => this.#client === client && this.#onLost(client, detail.error));
    this.#set(phase);
    try {
      await client.start(this.#stream);
      if (this.#client !== client) return;
      this.#onAirSince = performance.now();
      this.#set(Phase.ON_AIR);
    } catch (error) {
      if (this.#client === client) this.#onRefused(error);
    }
  }

  /** @param {{state: string, retryAfterS?: number}} detail */
  #onState({ state, retryAfterS }) {
    if (state === WhipState.WAITING) this.#set(this.#phase, `The server asks for patience; trying again in ${Math.ceil(retryAfterS)} s.`);
    else if (state === WhipState.DISCONNECTED) this.#set(this.#phase, 'Nothing gets through at present.', true);
    else if (state === WhipState.CONNECTED && this.#phase === Phase.ON_AIR) this.#set(this.#phase);
  }

  /** @param {import('./whip.js').WhipError} error */
  #onRefused(error) {
    if (this.#phase === Phase.RETURNING && error.code !== 'refused') this.#returnLater(error);
    else this.#giveUp(sentence(error.message));
  }

  /**
   * Who was replaced must not replace in turn; anything else is tried again.
   * @param {WhipClient} client
   * @param {import('./whip.js').WhipError} error
   */
  async #onLost(client, error) {
    if (performance.now() - this.#onAirSince > SETTLED_MS) this.#attempt = 0;
    this.#set(Phase.RETURNING, error.message, true);
    const isReplaced = error.code === 'ended' && await this.#isPublishedByAnother();
    if (this.#client !== client) return;
    if (isReplaced) this.#giveUp('Somebody else publishes now, in place of this device.');
    else this.#returnLater(error);
  }

  /** @param {import('./whip.js').WhipError} error */
  #returnLater(error) {
    this.#client = null;
    const delay = (0.5 + Math.random() / 2) * Math.min(RETURN_MAX_MS, RETURN_BASE_MS * 2 ** this.#attempt++);
    this.#set(Phase.RETURNING, `${error.message} Trying again…`, true);
    this.#timer = setTimeout(() => this.#begin(Phase.RETURNING), delay);
  }

  async #isPublishedByAnother() {
    const response = await fetch(this.#endpoints.status, { cache: 'no-store' }).catch(() => null);
    const status = await response?.json().catch(() => null);
    return status?.streams?.find(({ name }) => name === this.#endpoints.stream)?.source === 'publisher';
  }

  /** @param {string} words */
  #giveUp(words) {
    this.#client = null;
    this.#set(Phase.OFF, words, true);
  }

  /**
   * @param {string} phase
   * @param {string} [words]
   * @param {boolean} [isBad]
   */
  #set(phase, words = '', isBad = false) {
    this.#phase = phase;
    this.#words = words;
    this.#isBad = isBad;
    this.dispatchEvent(new CustomEvent('change'));
  }
}
