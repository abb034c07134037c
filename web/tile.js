/** A stream in the list: a link to its page, with a small picture that plays while it may. */

import { Player, PlayerState } from './player.js';
import { briefly, initialFacts, stateOf, wordsFor } from './player-state.js';

/** The last picture is kept no wider than this. */
const STILL_WIDTH = 640;

/** What is said of a stream that does not play here, but for its troubles: those have the player's words. */
const AT_REST = { idle: 'Ready', starting: 'Starting', [PlayerState.LIVE]: 'Live' };

/**
 * @typedef {object} Stream as /api/status has it
 * @property {string} name
 * @property {string} [title]
 * @property {string} [state]
 * @property {string} [detail]
 * @property {number} [viewers]
 */

/** @param {Stream} stream */
function saidOf({ state = '', detail = '' }) {
  if (AT_REST[state]) return { state, words: AT_REST[state], detail: state === 'live' ? detail : '' };
  const facts = { ...initialFacts(), link: 'open', stream: state, detail };
  const said = stateOf(facts);
  return { ...said, words: wordsFor(said.state, facts) };
}

/** Events: `asked`: somebody wants this one to play. */
export class Tile extends EventTarget {
  #name;
  /** @type {Stream} */
  #stream;
  /** @type {Player | null} while it plays, or tries to */
  #player = null;
  #waits = false;

  /** @type {HTMLLIElement} */ element;
  #link;
  #button;
  #screen;
  #still;

  /** @param {Stream} stream */
  constructor(stream) {
    super();
    this.#name = stream.name;
    this.#stream = stream;
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById('tile'));
    this.element = template.content.cloneNode(true).querySelector('li');
    this.#link = this.element.querySelector('a');
    this.#button = this.element.querySelector('button');
    this.#screen = this.element.querySelector('.screen');
    this.#still = this.element.querySelector('canvas');
    this.#link.href = new URL(`watch/${encodeURIComponent(this.#name)}`, import.meta.url).href;
    this.#button.setAttribute('aria-label', `Play ${this.#name}`);
    this.#button.addEventListener('click', () => this.#onTap());
    this.#write('strong', this.#name);
    this.#show();
  }

  /** @param {Stream} stream what the server says now; its player, while there is one, knows better */
  update(stream) {
    this.#stream = this.#player ? { ...stream, viewers: this.#stream.viewers } : stream;
    this.#show();
  }

  /** @param {boolean} waits it plays only when it is asked to */
  set waits(waits) {
    this.#waits = waits;
    this.#show();
  }

  play() {
    if (this.#player) return;
    const player = new Player(this.#link.href);
    this.#player = player;
    const on = (type, handle) => player.addEventListener(type, ({ detail }) => {
      if (this.#player === player) handle(detail);
    });
    on('state', () => this.#show());
    on('title', ({ title }) => this.#know({ title }));
    // The server counts this page, too; said is how many others there are, whether it plays here or not.
    on('viewers', ({ count }) => this.#know({ viewers: count - 1 }));
    on('video-added', ({ video }) => {
      video.tabIndex = -1; // Firefox stops at each
      this.#screen.append(video);
    });
    on('video-shown', ({ video }) => video.classList.add('shown'));
    on('video-removed', ({ video }) => video.remove());
    player.start();
  }

  /** Nothing of it is left on the server; here, its last picture. */
  stop() {
    const player = this.#player;
    if (!player) return;
    this.#keep(player.video);
    this.#player = null;
    player.stop();
    this.#screen.replaceChildren(this.#still);
    this.#show();
  }

  #onTap() {
    // The button goes, and the focus would with it.
    this.#link.focus();
    if (this.#player) this.#player.play();
    else this.dispatchEvent(new Event('asked'));
  }

  /** @param {HTMLVideoElement | null} video */
  #keep(video) {
    if (!video?.videoWidth) return;
    this.#still.width = Math.min(STILL_WIDTH, video.videoWidth);
    this.#still.height = Math.round((this.#still.width * video.videoHeight) / video.videoWidth);
    this.#still.getContext('2d').drawImage(video, 0, 0, this.#still.width, this.#still.height);
  }

  /** @param {Partial<Stream>} news */
  #know(news) {
    this.#stream = { ...this.#stream, ...news };
    this.#show();
  }

  #show() {
    const { title, viewers = 0 } = this.#stream;
    const said = this.#player ?? saidOf(this.#stream);
    const calm = said.state in AT_REST;
    this.element.dataset.state = this.#player ? said.state : 'rest';
    this.#write('.title', title !== this.#name ? title : ''); // two cameras of one make have the same title
    this.#write('.state', [briefly(said), calm && said.detail].filter(Boolean).join(' · '));
    this.#write('.viewers', viewers > 0 ? `${viewers} watching` : '');
    this.#write('.words', calm ? '' : said.words);
    this.#write('.detail', calm ? '' : said.detail);
    this.#button.hidden = this.#player ? said.state !== PlayerState.TAP_TO_PLAY : !this.#waits;
  }

  /**
   * @param {string} selector
   * @param {string} [text]
   */
  #write(selector, text = '') {
    const place = this.element.querySelector(selector);
    if (place.textContent !== text) place.textContent = text;
  }
}
