/**
 * A client of the message relay (docs/relay.md): messages of channels, each delivered once and in order,
 * whichever way they come. Uses data channels that it is given, and a WebSocket while there is none.
 * Depends on nothing else here.
 */

/** A data channel has so long before the WebSocket is opened instead. */
const FIRST_CHANNEL_MS = 3_000;
const LOST_CHANNEL_MS = 1_000;
const WELCOME_DEADLINE_MS = 5_000;
/** A way that leaves a publish unanswered for so long is dead. */
const ANSWER_DEADLINE_MS = 8_000;
const TOO_FAST_DELAY_MS = 1_000;
const RECONNECT_BASE_MS = 500;
const RECONNECT_MAX_MS = 15_000;
const ACK_EVERY = 32;
const ACK_DELAY_MS = 200;
const MAX_DATA_BYTES = 16 * 1024;
const MAX_PENDING = 64;
const MAX_TRIES = 5;
const MAX_SUBSCRIPTIONS = 32;
const MAX_OWN_IDS = 64;

/** @typedef {'channel' | 'websocket' | 'offline'} Via */

/** `code` is one of docs/relay.md, or `queue-full`, or `stopped`. */
export class RelayError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = 'RelayError';
    this.code = code;
  }
}

/** One way to the relay: a data channel or a WebSocket, which have the same shape. */
class Connection {
  client = '';
  #received = 0;
  #acknowledged = 0;
  #deadline = 0;
  #ackTimer = 0;
  #link;

  /**
   * @param {'channel' | 'websocket'} kind
   * @param {RTCDataChannel | WebSocket} link
   * @param {{text: (connection: Connection, text: unknown) => void, lost: (connection: Connection) => void}} owner
   */
  constructor(kind, link, owner) {
    this.kind = kind;
    this.#link = link;
    this.lost = () => {
      if (this.release()) owner.lost(this);
    };
    const opened = () => {
      clearTimeout(this.#deadline);
      this.#deadline = setTimeout(this.lost, WELCOME_DEADLINE_MS);
    };
    link.onmessage = (event) => this.#link && owner.text(this, event.data);
    link.onclose = this.lost;
    link.onopen = opened;
    // How long a data channel takes to open is its peer's affair; a WebSocket that hangs is ours.
    if (kind === 'websocket' || link.readyState === 'open') opened();
  }

  /** @param {object} message */
  send(message) {
    try {
      this.#link?.send(JSON.stringify(message));
    } catch {
      // It closed since; `close` follows.
    }
  }

  /** @param {string} client */
  welcomed(client) {
    this.client = client;
    clearTimeout(this.#deadline);
  }

  /** Counts a `message`: every one of this connection, whether it was news or not. */
  count() {
    this.#received++;
    if (this.#received - this.#acknowledged >= ACK_EVERY) this.#acknowledge();
    else this.#ackTimer ||= setTimeout(() => this.#acknowledge(), ACK_DELAY_MS);
  }

  /** @returns {boolean} false if it was released before */
  release() {
    const link = this.#link;
    if (!link) return false;
    this.#link = null;
    clearTimeout(this.#deadline);
    clearTimeout(this.#ackTimer);
    link.onmessage = link.onclose = link.onopen = null;
    // A data channel ends with its peer.
    if (this.kind === 'websocket') link.close();
    return true;
  }

  #acknowledge() {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = 0;
    this.#acknowledged = this.#received;
    this.send({ type: 'ack', received: this.#received });
  }
}

/**
 * @typedef {object} Subscription
 * @property {string} channel
 * @property {string} epoch '' before the first answer
 * @property {number} offset of the last message delivered
 */

/**
 * @typedef {object} Publication
 * @property {string} key
 * @property {string} channel
 * @property {unknown} data
 * @property {(offset: number) => void} resolve
 * @property {(error: RelayError) => void} reject
 * @property {number} tries
 * @property {number} sentAt 0 while it waits
 */

/**
 * Events:
 *  - `message` {channel, offset, time, from, data, own}
 *  - `gap` {channel, from, to}: these are no longer to be had
 *  - `reset` {channel}: the channel's history began anew, offsets with it
 *  - `subscribed` {channel, offset}: messages up to `offset` were there before
 *  - `refused` {channel, code, message}: no subscription
 *  - `expired` {message}: what was allowed no longer is; a subscription has ended
 *  - `state` {via}
 */
export class Relay extends EventTarget {
  #url;
  #running = false;
  /** @type {Connection | null} the one that is used */
  #active = null;
  /** @type {Connection | null} being opened, or the active one */
  #socket = null;
  /** @type {Set<Connection>} data channels not in use yet */
  #candidates = new Set();
  #socketTimer = 0;
  #answerTimer = 0;
  #attempt = 0;
  /** @type {AbortController | null} */
  #listeners = null;

  /** @type {Map<string, Subscription>} */
  #subscriptions = new Map();
  /** @type {Map<string, Publication>} in the order of publishing */
  #pending = new Map();
  /** @type {Map<number, {publication?: Publication, subscription?: Subscription}>} of the active connection */
  #requests = new Map();
  #nextId = 1;
  /** @type {Set<string>} what this client was called on its connections */
  #own = new Set();

  /** @param {string} url of `/relay`, ws: or wss: */
  constructor(url) {
    super();
    this.#url = url;
  }

  /** @returns {Via} */
  get via() {
    return this.#active?.kind ?? 'offline';
  }

  get pending() {
    return this.#pending.size;
  }

  start() {
    if (this.#running) return;
    this.#running = true;
    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    const hurry = () => this.#hurry();
    globalThis.document?.addEventListener('visibilitychange', () => document.hidden || hurry(), { signal });
    globalThis.addEventListener?.('online', hurry, { signal });
    this.#openSocketIn(FIRST_CHANNEL_MS);
  }

  /** Ends all connections. What was published and not answered fails; subscriptions wait for the next start(). */
  stop() {
    this.#running = false;
    this.#listeners?.abort();
    clearTimeout(this.#socketTimer);
    clearTimeout(this.#answerTimer);
    this.#socketTimer = this.#answerTimer = 0;
    for (const connection of [this.#active, this.#socket, ...this.#candidates]) connection?.release();
    this.#candidates.clear();
    this.#socket = null;
    this.#setActive(null);
    for (const publication of [...this.#pending.values()]) {
      this.#fail(publication, new RelayError('stopped', 'the relay client was stopped'));
    }
  }

  /** @param {RTCDataChannel} channel `relay` of a peer; its end is noticed */
  adopt(channel) {
    if (!this.#running) return;
    this.#candidates.add(new Connection('channel', channel, this.#owner));
  }

  /** @param {string} channel */
  subscribe(channel) {
    if (this.#subscriptions.has(channel)) return;
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS) throw new RelayError('queue-full', 'too many subscriptions');
    const subscription = { channel, epoch: '', offset: 0 };
    this.#subscriptions.set(channel, subscription);
    this.#sendSubscribe(subscription);
  }

  /** @param {string} channel */
  unsubscribe(channel) {
    if (this.#subscriptions.delete(channel)) this.#request({ type: 'unsubscribe', channel }, {});
  }

  /**
   * Kept until it is answered, over as many connections as it takes; a repeat is known by its key.
   * @param {string} channel
   * @param {unknown} data any JSON, at most 16 KiB
   * @returns {Promise<number>} its offset; rejected with a {@link RelayError}
   */
  publish(channel, data) {
    if (new TextEncoder().encode(JSON.stringify(data)).length > MAX_DATA_BYTES) {
      return Promise.reject(new RelayError('too-large', 'a message has at most 16 KiB'));
    }
    if (this.#pending.size >= MAX_PENDING) {
      return Promise.reject(new RelayError('queue-full', 'too many messages wait to be sent'));
    }
    return new Promise((resolve, reject) => {
      const publication = { key: randomKey(), channel, data, resolve, reject, tries: 0, sentAt: 0 };
      this.#pending.set(publication.key, publication);
      this.#sendPublish(publication);
    });
  }

  #owner = {
    text: (connection, text) => this.#receive(connection, text),
    lost: (connection) => this.#onLost(connection),
  };

  #openSocketIn(delay) {
    clearTimeout(this.#socketTimer);
    this.#socketTimer = setTimeout(() => this.#openSocket(), delay);
  }

  #openSocket() {
    this.#socketTimer = 0;
    if (!this.#running || this.#active || this.#socket) return;
    this.#socket = new Connection('websocket', new WebSocket(this.#url), this.#owner);
  }

  #hurry() {
    // Only where a retry waits: at the start the data channel still has its time.
    if (this.#socketTimer && this.#attempt > 0) {
      clearTimeout(this.#socketTimer);
      this.#openSocket();
    }
  }

  /** @param {Connection} connection */
  #onLost(connection) {
    this.#candidates.delete(connection);
    if (connection === this.#socket) {
      this.#socket = null;
      this.#openSocketIn(Math.random() * Math.min(RECONNECT_MAX_MS, RECONNECT_BASE_MS * 2 ** this.#attempt++));
    }
    if (connection !== this.#active) return;
    this.#setActive(null);
    if (connection.kind === 'channel') this.#openSocketIn(LOST_CHANNEL_MS);
  }

  /**
   * From here on everything goes this way. A data channel is better than the WebSocket, a new one better than
   * an old one, which is about to end.
   * @param {Connection} connection
   */
  #use(connection) {
    if (connection.kind === 'websocket' && this.#active) return;
    this.#candidates.delete(connection);
    clearTimeout(this.#socketTimer);
    this.#socketTimer = 0;
    this.#active?.release();
    if (connection !== this.#socket) {
      this.#socket?.release();
      this.#socket = null;
    }
    this.#attempt = 0;
    this.#setActive(connection);
    for (const subscription of this.#subscriptions.values()) this.#sendSubscribe(subscription);
    for (const publication of [...this.#pending.values()]) this.#sendPublish(publication);
  }

  /** @param {Connection | null} connection */
  #setActive(connection) {
    const before = this.via;
    this.#active = connection;
    this.#requests.clear();
    for (const publication of this.#pending.values()) publication.sentAt = 0;
    if (this.via !== before) this.#emit('state', { via: this.via });
  }

  /**
   * @param {object} message without id
   * @param {{publication?: Publication, subscription?: Subscription}} request
   */
  #request(message, request) {
    if (!this.#active) return;
    const id = this.#nextId++;
    this.#requests.set(id, request);
    this.#active.send({ ...message, id });
  }

  /** @param {Subscription} subscription */
  #sendSubscribe(subscription) {
    const { channel, epoch, offset } = subscription;
    this.#request({ type: 'subscribe', channel, ...(epoch && { epoch, offset }) }, { subscription });
  }

  /** @param {Publication} publication */
  #sendPublish(publication) {
    if (!this.#active) return;
    if (++publication.tries > MAX_TRIES) {
      this.#fail(publication, new RelayError('no-answer', 'the server did not answer'));
      return;
    }
    const { channel, data, key } = publication;
    publication.sentAt = performance.now();
    this.#request({ type: 'publish', channel, data, key }, { publication });
    this.#answerTimer ||= setTimeout(() => this.#checkAnswers(), ANSWER_DEADLINE_MS);
  }

  #checkAnswers() {
    this.#answerTimer = 0;
    const sent = [...this.#pending.values()].filter(({ sentAt }) => sentAt > 0);
    if (sent.length === 0) return;
    const age = performance.now() - Math.min(...sent.map(({ sentAt }) => sentAt));
    if (age >= ANSWER_DEADLINE_MS) this.#active?.lost();
    else this.#answerTimer = setTimeout(() => this.#checkAnswers(), ANSWER_DEADLINE_MS - age);
  }

  /**
   * @param {Connection} connection
   * @param {unknown} text
   */
  #receive(connection, text) {
    let message;
    try {
      message = JSON.parse(String(text));
    } catch {
      return;
    }
    if (message?.type === 'welcome') this.#onWelcome(connection, message);
    if (connection !== this.#active) return;
    switch (message?.type) {
      case 'subscribed': this.#onSubscribed(message); break;
      case 'message': this.#onMessage(message); break;
      case 'gap': this.#onGap(message); break;
      case 'published': this.#onPublished(message); break;
      case 'unsubscribed': this.#requests.delete(message.id); break;
      case 'error': this.#onError(message); break;
      default: break;
    }
  }

  #onWelcome(connection, { client }) {
    if (connection.client) return;
    connection.welcomed(String(client));
    this.#own.add(connection.client);
    if (this.#own.size > MAX_OWN_IDS) this.#own.delete(this.#own.values().next().value);
    this.#use(connection);
  }

  #onSubscribed({ id, channel, epoch, offset }) {
    this.#requests.delete(id);
    const subscription = this.#subscriptions.get(channel);
    if (!subscription) return;
    if (subscription.epoch && subscription.epoch !== epoch) {
      subscription.offset = 0;
      this.#emit('reset', { channel });
    }
    subscription.epoch = epoch;
    this.#emit('subscribed', { channel, offset });
  }

  #onMessage({ channel, offset, time, from, data }) {
    this.#active.count();
    const subscription = this.#subscriptions.get(channel);
    if (!subscription || offset <= subscription.offset) return;
    this.#skipTo(subscription, offset - 1);
    subscription.offset = offset;
    this.#emit('message', { channel, offset, time, from, data, own: this.#own.has(from) });
  }

  #onGap({ channel, to }) {
    const subscription = this.#subscriptions.get(channel);
    if (subscription) this.#skipTo(subscription, to);
  }

  /**
   * @param {Subscription} subscription
   * @param {number} offset of the last message that will not come
   */
  #skipTo(subscription, offset) {
    if (offset <= subscription.offset) return;
    const from = subscription.offset + 1;
    subscription.offset = offset;
    this.#emit('gap', { channel: subscription.channel, from, to: offset });
  }

  #onPublished({ id, offset }) {
    const { publication } = this.#requests.get(id) ?? {};
    this.#requests.delete(id);
    if (publication && this.#pending.delete(publication.key)) publication.resolve(offset);
  }

  #onError({ id, code, message }) {
    const { publication, subscription } = this.#requests.get(id) ?? {};
    this.#requests.delete(id);
    if (code === 'too-fast') {
      setTimeout(() => {
        if (publication && this.#pending.has(publication.key)) this.#sendPublish(publication);
        if (subscription && this.#subscriptions.has(subscription.channel)) this.#sendSubscribe(subscription);
      }, TOO_FAST_DELAY_MS);
    } else if (publication) {
      this.#fail(publication, new RelayError(code, message));
    } else if (subscription && code !== 'already-subscribed') {
      this.#subscriptions.delete(subscription.channel);
      this.#emit('refused', { channel: subscription.channel, code, message });
    } else if (code === 'not-allowed' && id === undefined) {
      this.#emit('expired', { message });
    }
  }

  /**
   * @param {Publication} publication
   * @param {RelayError} error
   */
  #fail(publication, error) {
    if (this.#pending.delete(publication.key)) publication.reject(error);
  }

  /**
   * @param {string} type
   * @param {object} detail
   */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
