/** <sightline-player>: a stream of Sightline on any page. See docs/player.md. */

import { icon, iconButton, make } from './elements.js';
import { figuresOf } from './figures.js';
import { Player, PlayerState } from './player.js';
import { Relay } from './relay.js';
import { StatsReader } from './stats.js';

/** The server that this came from, with the key in the path if there was one. */
const SERVER = new URL('.', import.meta.url);

const STATS_EVERY_MS = 1_000;
/** Controls go away when the pointer has rested for so long over a live picture. */
const QUIET_AFTER_MS = 2_500;
/** Short trouble is not worth covering a picture that still shows. */
const BUSY = new Set([PlayerState.CONNECTING, PlayerState.RECONNECTING, PlayerState.WAITING]);

const VIA = { channel: 'data channel', websocket: 'WebSocket', offline: 'offline' };

const ICONS = {
  play: 'M8 5.2v13.6L19 12z',
  sound: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 8.5a5 5 0 0 1 0 7M18 6a8.5 8.5 0 0 1 0 12',
  muted: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5',
  snapshot: 'M4 8h3l1.6-2.5h6.8L17 8h3v11H4zM12 16.5a3.25 3.25 0 1 0 0-6.5 3.25 3.25 0 0 0 0 6.5z',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.5M12 7.6v.2',
  fullscreen: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  close: 'M6 6l12 12M18 6L6 18',
};

/** On some devices only their own buttons can do that. */
const VOLUME_CAN_BE_SET = (() => {
  const video = make('video');
  video.volume = 0.5;
  return video.volume === 0.5;
})();

/**
 * @param {keyof typeof ICONS} name
 * @param {string} label
 * @param {() => void} act
 */
const button = (name, label, act) => iconButton(name, ICONS[name], label, act);

/**
 * Attributes: `src`, else `stream`, else the only stream of the server that this came from; `controls`; `keys="page"` takes the keys F, S, I and M from the whole page rather than only
 * while the player has the focus. `state` reflects the player's state.
 * Events: `statechange` with {state, words, detail}. Properties: `player`, `relay`, `objects`.
 */
export class SightlinePlayerElement extends HTMLElement {
  static observedAttributes = ['src', 'stream'];

  /** @type {Player | null} */ #player = null;
  /** @type {Relay | null} */ #relay = null;
  /** @type {Promise<import('./objects.js').Objects> | null} */ #objects = null;
  /** @type {import('./objects.js').Objects | null} once it has been loaded */ #loadedObjects = null;
  /** @type {(() => RTCDataChannel) | null} of the newest peer */ #makeObjects = null;
  /** @type {AbortController | null} */ #listeners = null;
  /** How loud it is, for the next stream. */
  #heard = { muted: true, volume: 1 };
  #stats = new StatsReader();
  /** For operators. */ #figures = [];
  #statsTimer = 0;
  #quietTimer = 0;

  #screen = make('div', { class: 'screen', part: 'screen' });
  #words = make('p', { class: 'words' });
  #detail = make('p', { class: 'detail' });
  #said = make('div', { class: 'said', role: 'status', 'aria-live': 'polite' }, this.#words, this.#detail);
  #tap = button('play', 'Play', () => {});
  #veil = make('div', { class: 'veil' }, make('span', { class: 'spinner', 'aria-hidden': 'true' }), this.#tap, this.#said);
  #lines = make('dl');
  #panel = make('section', { class: 'panel', 'aria-label': 'What is going on', hidden: '' });
  #sound = button('muted', 'Sound (M)', () => this.toggleSound());
  #volume = make('input', { type: 'range', class: 'volume', min: '0', max: '100', step: '1', 'aria-label': 'Volume', hidden: '' });
  #snapshot = button('snapshot', 'Save this picture (S)', () => this.snapshot());
  #fullscreen = button('fullscreen', 'Full screen (F)', () => this.toggleFullscreen());
  #info = button('info', 'What is going on (I)', () => this.togglePanel());
  #bar = make('div', { class: 'bar', role: 'group', 'aria-label': 'Picture' });

  constructor() {
    super();
    const href = new URL('player-element.css', SERVER).href;
    const style = make('link', { rel: 'stylesheet', crossorigin: 'anonymous', href });
    const frame = make('div', { class: 'frame', hidden: '' });
    style.addEventListener('load', () => frame.removeAttribute('hidden'), { once: true });
    this.#info.setAttribute('aria-expanded', 'false');
    this.#veil.addEventListener('click', () => this.#tap.hidden || this.#player?.play());
    this.#tap.hidden = this.#sound.hidden = this.#snapshot.hidden = this.#fullscreen.hidden = true;
    this.#panel.append(
      make('header', {}, make('h2', {}, 'What is going on'), button('close', 'Close', () => this.togglePanel(false))),
      this.#lines,
    );
    this.#volume.addEventListener('input', () => this.#setVolume(this.#volume.valueAsNumber / 100));
    this.#bar.append(this.#sound, this.#volume, this.#snapshot, this.#info, this.#fullscreen);
    frame.append(this.#screen, this.#veil, this.#panel, this.#bar);
    this.attachShadow({ mode: 'open' }).append(style, frame);
  }

  get player() {
    return this.#player;
  }

  get relay() {
    return this.#relay;
  }

  /** What is large. It is loaded when it is first asked for: the picture comes first. Rejected where it can't be; null as `relay` is. */
  get objects() {
    return this.#player && (this.#objects ??= this.#loadObjects(this.#player));
  }

  /** @param {Player} player */
  async #loadObjects(player) {
    try {
      const { Objects } = await import('./objects.js');
      const objects = new Objects(player.endpoints.objects, { channels: true });
      if (player !== this.#player) return objects;
      this.#loadedObjects = objects;
      if (this.#makeObjects) objects.adopt(this.#makeObjects);
      return objects;
    } catch (error) {
      if (player === this.#player) this.#objects = null;
      throw error;
    }
  }

  get src() {
    return this.getAttribute('src') ?? '';
  }

  set src(src) {
    this.setAttribute('src', src);
  }

  get stream() {
    return this.getAttribute('stream') ?? '';
  }

  set stream(stream) {
    this.setAttribute('stream', stream);
  }

  connectedCallback() {
    if (!this.hasAttribute('tabindex')) this.tabIndex = 0;
    if (!this.#player) this.#start();
  }

  disconnectedCallback() {
    // Being moved is no reason to stop.
    queueMicrotask(() => this.isConnected || this.#stop());
  }

  attributeChangedCallback(_name, before, after) {
    if (!this.isConnected || before === after) return;
    this.#stop();
    this.#start();
  }

  async toggleFullscreen() {
    const video = this.#player?.video;
    if (document.fullscreenElement === this) await document.exitFullscreen().catch(() => {});
    else if (this.requestFullscreen) await this.requestFullscreen().catch(() => {});
    else if (this.webkitRequestFullscreen) this.webkitRequestFullscreen();
    else video?.webkitEnterFullscreen?.();
  }

  /** Saves what is shown as a PNG of the stream's size. */
  async snapshot() {
    const player = this.#player;
    const video = player?.video;
    if (!video?.videoWidth) return;
    const canvas = make('canvas');
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext('2d').drawImage(video, 0, 0);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (!blob) return;
    const url = URL.createObjectURL(blob);
    make('a', { href: url, download: `${player.endpoints.stream}-${timestamp()}.png` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    this.#screen.classList.remove('taken');
    void this.#screen.offsetWidth; // so that the animation begins anew
    this.#screen.classList.add('taken');
  }

  toggleSound() {
    const player = this.#player;
    if (!player?.hasAudio) return;
    // Sound that was turned down to nothing is not what is asked for.
    if (player.muted && player.volume === 0) player.volume = 1;
    player.muted = !player.muted;
    this.#showSound();
  }

  /** @param {number} volume from 0 to 1 */
  #setVolume(volume) {
    this.#player.volume = volume;
    this.#player.muted = volume === 0;
    this.#showSound();
  }

  /** @param {boolean} [open] */
  togglePanel(open = this.#panel.hidden) {
    this.#panel.hidden = !open;
    this.#info.setAttribute('aria-expanded', String(open));
    clearInterval(this.#statsTimer);
    if (!open) return;
    this.#statsTimer = setInterval(() => this.#showStats(), STATS_EVERY_MS);
    this.#showStats();
  }

  #start() {
    const player = new Player(this.#page());
    const relay = new Relay(player.endpoints.relay, { channels: true });
    Object.assign(player, this.#heard);
    this.#player = player;
    this.#relay = relay;
    this.#listen(player, relay);
    this.dispatchEvent(new CustomEvent('start'));
    relay.start();
    player.start();
  }

  /** The stream's page. */
  #page() {
    return this.src || new URL(this.stream ? `watch/${encodeURIComponent(this.stream)}` : '.', SERVER).href;
  }

  #stop() {
    this.#listeners?.abort();
    if (this.#player) this.#heard = { muted: this.#player.muted, volume: this.#player.volume };
    this.#player?.stop();
    this.#relay?.stop();
    this.#loadedObjects?.stop();
    this.#player = this.#relay = this.#objects = this.#loadedObjects = this.#makeObjects = null;
    this.togglePanel(false);
    this.#screen.replaceChildren();
  }

  /**
   * @param {Player} player
   * @param {Relay} relay
   */
  #listen(player, relay) {
    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    const on = (type, handle) => player.addEventListener(type, ({ detail }) => handle(detail), { signal });
    on('state', (said) => this.#say(said));
    on('welcome', ({ stream, roles }) => {
      this.#figures = roles.includes('operate') ? figuresOf(player.endpoints, stream) : [];
    });
    on('channel', ({ channel, unreliable, objects }) => {
      relay.adopt(channel, { unreliable });
      this.#makeObjects = objects;
      this.#loadedObjects?.adopt(objects);
    });
    relay.addEventListener('expired', () => player.expire(), { signal });
    on('video-added', ({ video }) => {
      video.addEventListener('resize', () => this.#fit());
      this.#screen.prepend(video);
    });
    on('video-shown', ({ video }) => this.#showVideo(video));
    on('video-removed', ({ video }) => video.remove());
    const keys = this.getAttribute('keys') === 'page' ? document : this;
    keys.addEventListener('keydown', (event) => this.#onKey(event), { signal });
    for (const type of ['pointermove', 'pointerdown', 'focusin']) {
      this.addEventListener(type, () => this.#wake(), { signal, passive: true });
    }
    this.addEventListener('dblclick', (event) => {
      if (event.composedPath()[0] instanceof HTMLVideoElement) this.toggleFullscreen();
    }, { signal });
  }

  /** @param {{state: string, words: string, detail: string}} said */
  #say({ state, words, detail }) {
    this.setAttribute('state', state);
    this.#words.textContent = detail && state === PlayerState.RECONNECTING ? `${words}: ${detail}` : words;
    this.#detail.textContent = state === PlayerState.RECONNECTING ? '' : detail;
    this.#veil.classList.toggle('busy', BUSY.has(state));
    this.#tap.hidden = state !== PlayerState.TAP_TO_PLAY;
    if (state === PlayerState.INVALID_LINK || state === PlayerState.REPLACED) {
      this.#relay?.stop();
      this.#loadedObjects?.stop();
    } else {
      this.#relay?.start();
    }
    this.#wake();
    this.dispatchEvent(new CustomEvent('statechange', { detail: { state, words: this.#words.textContent, detail } }));
  }

  /** @param {HTMLVideoElement} video */
  #showVideo(video) {
    for (const other of this.#screen.children) other.classList.toggle('shown', other === video);
    this.#snapshot.hidden = this.#fullscreen.hidden = false;
    this.#showSound();
    this.#fit();
    if (performance.getEntriesByName('sightline-first-frame').length === 0) performance.mark('sightline-first-frame');
  }

  /** Lets a page give the element the picture's own shape. */
  #fit() {
    const { videoWidth = 0, videoHeight = 0 } = this.#player?.video ?? {};
    if (videoHeight > 0) this.style.setProperty('--sightline-ratio', String(videoWidth / videoHeight));
  }

  #showSound() {
    const { hasAudio = false, muted = true, volume = 1 } = this.#player ?? {};
    const percent = muted ? 0 : Math.round(100 * volume);
    this.#sound.hidden = !hasAudio;
    this.#sound.replaceChildren(icon(ICONS[muted ? 'muted' : 'sound']));
    this.#sound.setAttribute('aria-pressed', String(!muted));
    this.#volume.hidden = !hasAudio || !VOLUME_CAN_BE_SET;
    this.#volume.value = String(percent);
    this.#volume.style.setProperty('--share', `${percent}%`);
    this.#volume.setAttribute('aria-valuetext', `${percent} %`);
  }

  async #showStats() {
    const player = this.#player;
    const [lines, ...figures] = await Promise.all([this.#stats.read(player?.connection ?? null), ...this.#figures.map((some) => some.read())]
      .map((read) => read.catch(() => [])));
    if (this.#panel.hidden || player !== this.#player || !player) return;
    this.#lines.replaceChildren(...[
      ['State', [player.words, player.detail].filter(Boolean).join(' · ')],
      ...lines,
      ['Messages by', VIA[this.#relay.via]],
      ...figures.flat(),
    ].map(([label, value]) => make('div', {}, make('dt', {}, label), make('dd', {}, value))));
  }

  #wake() {
    this.removeAttribute('quiet');
    clearTimeout(this.#quietTimer);
    this.#quietTimer = setTimeout(() => this.setAttribute('quiet', ''), QUIET_AFTER_MS);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.composedPath()[0]?.closest?.('input:not([type=range]), textarea, select, [contenteditable]')) return;
    const act = {
      f: () => this.toggleFullscreen(),
      s: () => this.snapshot(),
      i: () => this.togglePanel(),
      m: () => this.toggleSound(),
      escape: this.#panel.hidden ? undefined : () => this.togglePanel(false),
    }[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  }
}

/** Local time, in a form that sorts and that every file system takes. */
function timestamp() {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace(/[T:]/g, '-');
}

if (!customElements.get('sightline-player')) customElements.define('sightline-player', SightlinePlayerElement);
