/**
 * Plays a stream of Sightline, without any user interface: signalling, peers, and all that is needed to
 * come back by itself. The one place that decides when to retry and what to tear down.
 */

import { endpointsOf } from './endpoints.js';
import { Peer } from './peer.js';
import { PlayerState, initialFacts, stateOf, wordsFor } from './player-state.js';
import { Signalling } from './signalling.js';

export { PlayerState };

const RECONNECT_BASE_MS = 500;
const RECONNECT_MAX_MS = 15_000;
/** A full server is asked again about this often. */
const FULL_RETRY_MS = 15_000;
/** From an offer to a connection. */
const PATH_DEADLINE_MS = 8_000;
const STALL_MS = 5_000;
const RESTART_BASE_MS = 5_000;
const RESTART_MAX_MS = 60_000;
/** A server that says nothing for so long after `restart` is not there any more. */
const RESTART_ANSWER_MS = 8_000;
/** Played for so long, trouble counts as over. */
const SETTLED_MS = 10_000;
const STATUS_DEADLINE_MS = 10_000;
const TICK_MS = 1_000;

/** @param {number} attempt from 0 */
function reconnectDelay(attempt) {
  return Math.random() * Math.min(RECONNECT_MAX_MS, RECONNECT_BASE_MS * 2 ** attempt);
}

/** @param {number} attempt from 0 */
function restartDelay(attempt) {
  return (0.5 + Math.random() / 2) * Math.min(RESTART_MAX_MS, RESTART_BASE_MS * 2 ** attempt);
}

function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Events:
 *  - `state` {state, words, detail}
 *  - `welcome` {stream, channels, roles}; `title` {title}, at first and when another camera has taken over; `viewers` {count}
 *  - `pipeline` {name, title, problem, auto, swapping}: for those who may operate: what is in force, and what became of the last change
 *  - `stream` {live, controls}: whether the camera gives pictures, and whether it can be set
 *  - `video-added`, `video-shown`, `video-removed` {video}: whoever shows the player keeps each <video> that was
 *    added in the document, and on top the one shown last
 *  - `channel` {channel, unreliable, objects}: a data channel for the relay, what makes one beside it that loses rather than waits, and one for objects
 */
export class Player extends EventTarget {
  #src;
  #endpoints;
  /** Random for each player, in memory only: a duplicated tab must not take over this one's session. */
  #page = randomId();
  #facts = initialFacts();
  #said = { state: '', detail: '', words: '' };
  #title = '';

  /** @type {Signalling | null} */
  #signalling = null;
  /** @type {AbortController | null} of the question which stream there is */
  #asking = null;
  /** @type {RTCConfiguration} */
  #configuration = {};
  /** @type {Map<number, Peer>} */
  #peers = new Map();
  /** @type {Peer | null} whose video is on top; it may have ended */
  #showing = null;
  #muted = true;
  #volume = 1;

  /** @type {AbortController | null} */
  #listeners = null;
  #ticking = 0;
  #retry = 0;
  #attempt = 0;
  #openedAt = 0;
  #movingSince = 0;
  /** Nothing is amiss before this time plus the deadline in question. */
  #graceFrom = 0;
  #restarts = 0;
  #restartAt = 0;
  #restartAskedAt = 0;
  /** In this session. Before the first offer there is nothing to ask for. */
  #offered = false;

  /** @param {string} src see endpointsOf() */
  constructor(src) {
    super();
    this.#src = src;
    this.#endpoints = endpointsOf(src);
  }

  get endpoints() {
    return this.#endpoints;
  }

  get state() {
    return this.#said.state;
  }

  get detail() {
    return this.#said.detail;
  }

  get words() {
    return this.#said.words;
  }

  /** @returns {HTMLVideoElement | null} the one to look at */
  get video() {
    return this.#showing?.video ?? null;
  }

  /** @returns {RTCPeerConnection | null} the one to ask for statistics */
  get connection() {
    return (this.#isUp(this.#showing) ? this.#showing : this.#newestPeer())?.connection ?? null;
  }

  get hasAudio() {
    return this.#showing?.hasAudio ?? false;
  }

  get muted() {
    return this.#muted;
  }

  set muted(muted) {
    this.#muted = muted;
    this.#setSound();
  }

  /** From 0 to 1. Some devices leave it to their own buttons. */
  get volume() {
    return this.#volume;
  }

  set volume(volume) {
    this.#volume = Math.min(1, Math.max(0, volume));
    this.#setSound();
  }

  /** One is heard, two never are: not even while one takes over from the other. */
  #setSound() {
    for (const peer of this.#peers.values()) {
      peer.video.muted = this.#muted || (this.#isUp(this.#showing) && peer !== this.#showing);
      peer.video.volume = this.#volume;
    }
  }

  start() {
    if (this.#listeners) return;
    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    const hurry = () => this.#hurry();
    document.addEventListener('visibilitychange', () => document.hidden || hurry(), { signal });
    addEventListener('online', hurry, { signal });
    addEventListener('pageshow', (event) => event.persisted && hurry(), { signal });
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
    this.#facts = initialFacts();
    this.#connect();
  }

  /** Ends everything; start() begins anew. */
  stop() {
    this.#listeners?.abort();
    this.#listeners = null;
    clearInterval(this.#ticking);
    this.#disconnect();
    this.#removeVideo(this.#showing);
    this.#showing = null;
  }

  /** From within a tap: plays what the browser held back. */
  play() {
    this.#facts.blocked = false;
    this.#grant();
    for (const peer of this.#peers.values()) peer.play();
    this.#update();
  }

  /** Nothing more is tried until somebody looks again: the server no longer takes this viewer's key. */
  expire() {
    if (!this.#listeners || this.#facts.over) return;
    this.#disconnect();
    this.#facts.link = 'lost';
    this.#facts.over = PlayerState.INVALID_LINK;
    this.#update();
  }

  #connect() {
    this.#disconnect();
    this.#facts.link = 'opening';
    if (this.#endpoints.stream) this.#openSignalling();
    else this.#findStream();
    this.#update();
  }

  async #findStream() {
    const asking = new AbortController();
    this.#asking = asking;
    const answer = await this.#askStatus(asking);
    if (this.#asking !== asking) return;
    this.#asking = null;
    if (answer.streams?.length === 1) {
      this.#endpoints = endpointsOf(this.#src, String(answer.streams[0].name));
      this.#connect();
      return;
    }
    this.#facts.link = 'lost';
    this.#fail();
    this.#retryIn(reconnectDelay(this.#attempt++));
    this.#heed(answer);
    this.#update();
  }

  #openSignalling() {
    const signalling = new Signalling(this.#endpoints.signalling, this.#page);
    this.#signalling = signalling;
    const on = (type, handle) => signalling.addEventListener(type, ({ detail }) => {
      if (this.#signalling !== signalling) return;
      handle(detail);
      this.#update();
    });
    on('welcome', (message) => this.#onWelcome(message));
    on('state', (message) => this.#onStreamState(message));
    on('viewers', ({ count }) => this.#emit('viewers', { count }));
    on('offer', (message) => this.#onOffer(message));
    on('candidate', (message) => this.#onCandidate(message));
    on('bye', (message) => this.#onBye(message));
    on('pipeline', (message) => this.#emit('pipeline', message));
    on('error', (message) => this.#onError(message));
    on('closed', (closed) => this.#onClosed(closed));
  }

  /** The session is over, whatever ended it. The last picture stays. */
  #disconnect() {
    clearTimeout(this.#retry);
    this.#retry = 0;
    this.#asking?.abort();
    this.#asking = null;
    this.#signalling?.close();
    this.#signalling = null;
    for (const peer of [...this.#peers.values()]) this.#endPeer(peer);
    this.#restartAskedAt = 0;
    this.#offered = false;
    this.#openedAt = 0;
  }

  /** @param {number} delay */
  #retryIn(delay) {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), delay);
  }

  /** Somebody looks, or the network is back: this is no time to wait out a delay. */
  #hurry() {
    this.#grant();
    this.#restartAt = 0;
    if (this.#facts.over === PlayerState.REPLACED || this.#facts.link !== 'lost') return;
    this.#facts.over = '';
    this.#connect();
  }

  /** @param {import('./signalling.js').Closed} closed */
  #onClosed({ code, opened }) {
    this.#disconnect();
    const facts = this.#facts;
    facts.link = 'lost';
    if (code === 4000) {
      facts.over = PlayerState.REPLACED;
    } else if (code === 4001 || code === 4002) {
      facts.full = code === 4001 ? 'server' : 'address';
      this.#retryIn(FULL_RETRY_MS * (0.5 + Math.random() / 2));
    } else {
      facts.full = '';
      if (!opened) {
        this.#fail();
        this.#checkLink();
      }
      this.#retryIn(reconnectDelay(this.#attempt++));
    }
  }

  #fail() {
    this.#facts.failures++;
    this.#facts.trouble ||= 'the server does not answer';
  }

  /** A script can't see with which status a WebSocket was refused; a request can. */
  async #checkLink() {
    const answer = await this.#askStatus(new AbortController());
    if (this.#facts.link === 'open' || !this.#listeners) return;
    this.#heed(answer);
    this.#update();
  }

  /** @param {AbortController} asking */
  async #askStatus(asking) {
    const timer = setTimeout(() => asking.abort(), STATUS_DEADLINE_MS);
    const response = await fetch(this.#endpoints.status, { cache: 'no-store', signal: asking.signal }).catch(() => null);
    const body = response?.ok ? await response.json().catch(() => null) : null;
    clearTimeout(timer);
    return { status: response?.status ?? 0, streams: Array.isArray(body?.streams) ? body.streams : null };
  }

  /** @param {{status: number, streams: {name: string}[] | null}} answer what it says about why there is no connection */
  #heed({ status, streams }) {
    const { stream } = this.#endpoints;
    if (status === 401) {
      this.expire();
    } else if (status === 503) {
      this.#facts.trouble = 'the server has as many connections as it takes';
    } else if (streams && !streams.some(({ name }) => name === stream)) {
      if (stream) this.#facts.trouble = `the server has no stream called “${stream}”`;
      else this.#facts.trouble = streams.length > 0 ? 'the server has several streams: name one' : 'the server has no stream';
    }
  }

  #onWelcome({ stream, title, iceServers, channels, roles }) {
    const { picture, blocked, pathBlocked } = this.#facts;
    this.#facts = { ...initialFacts(), link: 'open', picture, blocked, pathBlocked };
    this.#configuration = { iceServers: Array.isArray(iceServers) ? iceServers : [] };
    this.#openedAt = performance.now();
    this.#grant();
    const list = (value) => (Array.isArray(value) ? value : []);
    this.#emit('welcome', { stream, channels: list(channels), roles: list(roles) });
    this.#call(title);
  }

  #onStreamState({ state, detail, title, controls }) {
    this.#call(title);
    if (!['starting', 'live', 'camera-lost', 'failed', 'waiting'].includes(state)) return;
    this.#facts.stream = state;
    this.#facts.detail = typeof detail === 'string' ? detail : '';
    this.#grant();
    this.#emit('stream', { live: state === 'live', controls: controls === true });
  }

  /** @param {unknown} title what the stream is called now */
  #call(title) {
    if (typeof title !== 'string' || title === this.#title) return;
    this.#title = title;
    this.#emit('title', { title });
  }

  #onError({ code, message }) {
    if (code === 'codec-unsupported') this.#facts.unsupported = `${message}; another one may`;
    else if (code === 'bad-sdp') this.#facts.refused = `the server can't use what this browser answered (${message}); trying again`;
    else if (code === 'no-port') this.#facts.refused = 'the server has no UDP port left for another picture; trying again';
    else if (!['full', 'full-address', 'replaced'].includes(code)) console.warn(`Sightline: ${code}: ${message}`);
  }

  #onOffer({ peer: number, sdp }) {
    if (!Number.isInteger(number) || this.#peers.has(number)) return;
    if (!globalThis.RTCPeerConnection) {
      this.#facts.unsupported = 'It has no WebRTC, or WebRTC is switched off in it';
      this.#send({ type: 'bye', peer: number });
      return;
    }
    const peer = new Peer(number, new RTCPeerConnection(this.#configuration));
    this.#peers.set(number, peer);
    this.#setSound();
    this.#offered = true;
    this.#grant();
    const on = (type, handle) => peer.addEventListener(type, ({ detail }) => {
      if (this.#peers.get(number) !== peer) return;
      handle(detail);
      this.#update();
    });
    on('answer', (answer) => this.#send({ type: 'answer', peer: number, ...answer }));
    on('candidate', (candidate) => this.#send({ type: 'candidate', peer: number, ...candidate }));
    on('connected', () => this.#onConnected());
    on('failed', () => this.#onFailed(peer));
    on('shown', () => this.#show(peer));
    on('blocked', () => { this.#facts.blocked = this.#facts.picture !== 'moving' || peer === this.#showing; });
    on('channel', (made) => this.#emit('channel', made));
    this.#emit('video-added', { video: peer.video });
    peer.accept(sdp);
  }

  #onBye({ peer: number, reason, code }) {
    const peer = this.#peers.get(number);
    if (peer && !peer.connected) {
      if (code === 'no-path') this.#facts.pathBlocked = true;
      // Of the others an `error` tells more.
      else if (code === 'lost' || code === 'internal') this.#facts.refused = `the server gave this picture up (${reason}); trying again`;
    }
    this.#endPeer(peer);
  }

  #onCandidate({ peer, candidate, sdpMid, sdpMLineIndex }) {
    if (typeof candidate !== 'string') return;
    this.#peers.get(peer)?.addCandidate({ candidate, sdpMid, sdpMLineIndex });
  }

  #onConnected() {
    this.#facts.pathBlocked = false;
    this.#facts.refused = '';
    this.#grant();
  }

  /** @param {Peer} peer whose first frame is there: it takes over */
  #show(peer) {
    const before = this.#showing;
    this.#showing = peer;
    Object.assign(this.#facts, { unsupported: '', refused: '', blocked: false, pathBlocked: false });
    this.#setMoving(true);
    this.#emit('video-shown', { video: peer.video });
    if (before) {
      this.#endPeer(before, true);
      this.#removeVideo(before);
    }
    this.#setSound();
  }

  /** @param {Peer} peer that can't be had, or is lost */
  #onFailed(peer) {
    if (!peer.connected) this.#facts.pathBlocked = true;
    if (this.#showing !== peer && this.#facts.picture === 'moving') this.#endPeer(peer, true);
    else this.#restart();
  }

  /** Asks for another peer, more rarely the more often it did not help. */
  #restart() {
    this.#setMoving(false);
    const now = performance.now();
    if (now < this.#restartAt) return;
    this.#restartAt = now + restartDelay(this.#restarts++);
    this.#restartAskedAt = now;
    this.#send({ type: 'restart' });
    // Ending them here, too, lets messages take the other way at once.
    for (const peer of [...this.#peers.values()]) this.#endPeer(peer);
    this.#grant();
  }

  /**
   * @param {Peer | null | undefined} peer
   * @param {boolean} [tell] the server does not know yet
   */
  #endPeer(peer, tell = false) {
    if (!this.#isUp(peer)) return;
    this.#peers.delete(peer.number);
    peer.close();
    if (tell) this.#send({ type: 'bye', peer: peer.number });
    if (peer === this.#showing) this.#setMoving(false);
    else this.#removeVideo(peer);
  }

  /** @param {Peer | null} peer */
  #removeVideo(peer) {
    if (!peer) return;
    peer.video.srcObject = null;
    this.#emit('video-removed', { video: peer.video });
  }

  /**
   * Each session counts its peers from anew: a number alone says nothing.
   * @param {Peer | null | undefined} peer
   */
  #isUp(peer) {
    return Boolean(peer) && this.#peers.get(peer.number) === peer;
  }

  #newestPeer() {
    return [...this.#peers.values()].pop();
  }

  #grant() {
    this.#graceFrom = performance.now();
  }

  /** @param {boolean} moving */
  #setMoving(moving) {
    if (!this.#showing) return;
    if (moving && this.#facts.picture !== 'moving') this.#movingSince = performance.now();
    this.#facts.picture = moving ? 'moving' : 'stalled';
  }

  /** All deadlines are looked at here, from one timer. */
  #tick() {
    if (this.#facts.link !== 'open') return;
    const now = performance.now();
    this.#settle(now);
    if (this.#restartAskedAt > this.#signalling.heardAt && now - this.#restartAskedAt > RESTART_ANSWER_MS) {
      this.#fail();
      this.#onClosed({ code: 1006, opened: true });
    } else {
      this.#watchPicture(now);
    }
    this.#update();
  }

  /** @param {number} now */
  #settle(now) {
    const played = this.#facts.picture === 'moving' && now - this.#movingSince > SETTLED_MS;
    if (played) this.#restarts = this.#restartAt = 0;
    if (played || now - this.#openedAt > 3 * SETTLED_MS) this.#attempt = 0;
  }

  /** @param {number} now */
  #watchPicture(now) {
    const facts = this.#facts;
    const newest = this.#newestPeer();
    if (newest && !newest.connected) {
      if (now - newest.bornAt > PATH_DEADLINE_MS) this.#onFailed(newest);
      return;
    }
    // A camera that is away sends no frames, and browsers show none in a hidden tab; but without a peer there never will be any.
    const frameless = newest ? facts.stream !== 'live' || facts.blocked || document.hidden : facts.unsupported || !this.#offered;
    if (frameless) {
      this.#grant();
      return;
    }
    newest?.sample().catch(() => {});
    const progressAt = newest?.progressAt ?? 0;
    if (now - Math.max(progressAt, this.#graceFrom) > STALL_MS) this.#restart();
    else if (newest === this.#showing && newest && now - progressAt < STALL_MS) this.#setMoving(true);
  }

  /** @param {object} message */
  #send(message) {
    this.#signalling?.send(message);
  }

  #update() {
    const { state, detail } = stateOf(this.#facts);
    const words = wordsFor(state, this.#facts);
    const said = this.#said;
    if (said.state === state && said.detail === detail && said.words === words) return;
    this.#said = { state, detail, words };
    this.#emit('state', this.#said);
  }

  /**
   * @param {string} type
   * @param {object} detail
   */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
