/**
 * A client of the message relay (docs/relay.md): messages of channels, each delivered once and in order,
 * whichever way they come. Uses data channels that it is given, and a WebSocket while there is none.
 * Depends on nothing else here, nor on a page.
 */

/** Where data channels are to come, the first has so long before the WebSocket is opened instead. */
const FIRST_CHANNEL_MS = 3_000;
/** And so long, up to half as much again, before it stands in for one that was lost. */
const LOST_CHANNEL_MS = 1_000;
const WELCOME_DEADLINE_MS = 5_000;
/** A connection on which all commands are late for so long is left for another. */
const STALE_DEADLINE_MS = 3_000;
/** A way that leaves a request unanswered for so long is dead. */
const ANSWER_DEADLINE_MS = 8_000;
const TOO_FAST_DELAY_MS = 1_000;
const RECONNECT_BASE_MS = 500;
const RECONNECT_MAX_MS = 15_000;
const ACK_EVERY = 32;
const ACK_DELAY_MS = 200;
/** Of one request, as JSON. What `data` may have, the namespace says. */
const MAX_TEXT_BYTES = 64 * 1024;
const MAX_PENDING = 64;
/** Connections that end before a request is answered: it may be what ends them. */
const MAX_TRIES = 8;
const MAX_SUBSCRIPTIONS = 64;
const MAX_OWN_IDS = 64;
/** Commands whose answer is awaited; of those that get lost there is none. */
const MAX_COMMANDS = 64;
/** Of what is said in one turn as many characters go together; in UTF-8 that is less than a text may have. */
const MAX_JOINED_CHARS = 16 * 1024;
const WEBSOCKET_OPEN = 1;
/** More than so much not yet sent: the next command would come too late. */
const CONGESTED_BYTES = 4 * 1024;
/** Clients of a channel that are known by name. */
const MAX_PRESENT = 256;
/** The former connection of this very client may still hold what it takes. */
const TAKE_AGAIN_MS = 250;

/** @typedef {'channel' | 'websocket' | 'offline'} Via */

/** `code` is one of docs/relay.md, or `queue-full`, `no-answer`, `offline` or `stopped`. */
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

/** @typedef {{text: (connection: Connection, text: unknown, reliable: boolean) => void, lost: (connection: Connection) => void}} Owner */

/** One way to the relay: a data channel or a WebSocket, which have the same shape; with the former perhaps an unreliable one. */
class Connection {
  client = '';
  #received = 0;
  #acknowledged = 0;
  #deadline = 0;
  #ackTimer = 0;
  /** Lines of this turn, not sent yet. */
  #said = '';
  /** @type {RTCDataChannel | WebSocket | null} */
  #link;
  #owner;
  /** @type {(() => RTCDataChannel) | null} */
  #makeUnreliable;
  /** @type {RTCDataChannel | null} */
  #unreliable = null;

  /**
   * @param {'channel' | 'websocket'} kind
   * @param {RTCDataChannel | WebSocket} link
   * @param {Owner} owner
   * @param {(() => RTCDataChannel) | null} [makeUnreliable]
   */
  constructor(kind, link, owner, makeUnreliable = null) {
    this.kind = kind;
    this.#link = link;
    this.#owner = owner;
    this.#makeUnreliable = makeUnreliable;
    this.lost = () => {
      if (this.release()) owner.lost(this);
    };
    const opened = () => {
      if (this.client) return; // a welcome may come before the event
      clearTimeout(this.#deadline);
      this.#deadline = setTimeout(this.lost, WELCOME_DEADLINE_MS);
    };
    link.onmessage = (event) => this.#link && owner.text(this, event.data, true);
    link.onclose = this.lost;
    link.onerror = () => {}; // `close` follows; some implementations throw what nobody listens to
    link.onopen = opened;
    // How long a data channel takes to open is its peer's affair; a WebSocket that hangs is ours.
    if (kind === 'websocket' || link.readyState === 'open') opened();
  }

  /**
   * What is said while something has not left yet, as in the same turn, goes as one text: to a data channel each text is a packet.
   * @param {object} message
   */
  send(message) {
    const line = JSON.stringify(message);
    if (this.#said.length + line.length >= MAX_JOINED_CHARS) this.#flush();
    if (!this.#said && !this.#link?.bufferedAmount) {
      sendBy(this.#link, line);
      return;
    }
    if (!this.#said) queueMicrotask(() => this.#flush());
    this.#said += this.#said ? `\n${line}` : line;
  }

  #flush() {
    const text = this.#said;
    this.#said = '';
    if (text) sendBy(this.#link, text);
  }

  /**
   * Now or never, and by the unreliable channel where that is open.
   * @param {object} message
   * @returns {boolean} false if what was sent before has not left yet
   */
  sendNow(message) {
    this.openUnreliable();
    this.#flush();
    const link = this.#unreliable?.readyState === 'open' ? this.#unreliable : this.#link;
    if (!link || link.bufferedAmount > CONGESTED_BYTES) return false;
    return sendBy(link, JSON.stringify(message));
  }

  /** From here on there is something that is to go that way. */
  openUnreliable() {
    if (!this.#link || !this.#makeUnreliable) return;
    const make = this.#makeUnreliable;
    this.#makeUnreliable = null;
    try {
      this.#unreliable = make();
    } catch {
      return; // its peer has ended
    }
    this.#unreliable.onmessage = (event) => this.#link && this.#owner.text(this, event.data, false);
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
    if (link.readyState === 'open' || link.readyState === WEBSOCKET_OPEN) this.#flush();
    this.#link = null;
    clearTimeout(this.#deadline);
    clearTimeout(this.#ackTimer);
    link.onmessage = link.onclose = link.onopen = null;
    if (this.#unreliable) this.#unreliable.onmessage = null;
    // Data channels end with their peer.
    if (this.kind === 'websocket') closeQuietly(link);
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
 * Browsers complain on the page's console of a WebSocket that is closed while it is being made.
 * @param {WebSocket} socket
 */
function closeQuietly(socket) {
  const close = () => socket.close();
  if (socket.readyState !== 0) {
    close();
    return;
  }
  socket.onopen = close;
  setTimeout(close, WELCOME_DEADLINE_MS);
}

/**
 * @param {RTCDataChannel | WebSocket | null} link
 * @param {string} text
 * @returns {boolean} whether it was taken
 */
function sendBy(link, text) {
  try {
    link?.send(text);
    return Boolean(link);
  } catch {
    return false; // it closed since; `close` follows
  }
}

/**
 * @typedef {object} Client
 * @property {string} client
 * @property {string} name '' for none
 * @property {boolean} own whether it is this one
 */

/**
 * @typedef {object} Subscription
 * @property {string} channel
 * @property {boolean} presence
 * @property {boolean} unreliable
 * @property {string} epoch '' before the first answer
 * @property {number} offset of the last message delivered
 * @property {Client | null} holder
 * @property {Map<string, string>} present names by client
 * @property {number} count how many are there
 * @property {boolean} waits it was asked for too fast
 */

/**
 * @typedef {object} Request waits for its answer
 * @property {object} message without `id`
 * @property {(answer: any) => void} resolve
 * @property {(error: RelayError) => void} reject
 * @property {boolean} [lasting] it is made again over the next connection, until it is answered
 * @property {number} tries
 * @property {number} sentAt 0 while it waits to be sent
 */

/**
 * Events, each with a `detail`:
 *  - `message` {channel, offset, time, from, name, count, data, own}
 *  - `gap` {channel, from, to}: these are no longer to be had
 *  - `reset` {channel}: the channel's history began anew, offsets with it
 *  - `subscribed` {channel, offset, recovered, publish, holder}: messages up to `offset` were there before; `recovered`: nothing was missed;
 *    `publish`: this client may; `holder`: a {@link Client}, null, or undefined where the channel has none
 *  - `refused` {channel, code, message}: no subscription, or no longer
 *  - `expired` {message}: what was allowed no longer is; a subscription has ended
 *  - `presence` {channel, count, clients, joined, left}: the clients that are known, and how many there are
 *  - `holder` {channel, holder, reason}: reasons are docs/relay.md's
 *  - `command` {channel, ms, offset, code, message}: the answer to one, after so long; `code` '' if it was accepted
 *  - `state` {via, client}
 */
export class Relay extends EventTarget {
  #url;
  #WebSocket;
  #patience;
  #running = false;
  /** @type {Connection | null} the one that is used */
  #active = null;
  /** @type {Connection | null} being opened, or the active one */
  #socket = null;
  /** @type {Set<Connection>} data channels not in use yet */
  #candidates = new Set();
  #socketTimer = 0;
  #answerTimer = 0;
  #pauseTimer = 0;
  #attempt = 0;
  /** @type {AbortController | null} */
  #listeners = null;

  /** @type {Map<string, Subscription>} */
  #subscriptions = new Map();
  /** @type {Map<string, Request & {promise: Promise<any>}>} lasting ones by key, in the order they were made */
  #pending = new Map();
  /** @type {Map<number, Request>} of the active connection */
  #requests = new Map();
  /** @type {Map<number, {channel: string, sentAt: number}>} of the active connection */
  #commands = new Map();
  /** When commands began to be late, one after the other; 0: the last one was not */
  #staleSince = 0;
  /** @type {Set<string>} channels that this client holds */
  #held = new Set();
  /** @type {Set<string>} of those the ones that it held by its former connection, and asks for by this one */
  #takingOver = new Set();
  #nextId = 1;
  #nextSeq = 1;
  #name = '';
  /** @type {Set<string>} what this client was called on its connections */
  #own = new Set();

  /**
   * @param {string} url of `/relay`, ws: or wss:; '' for data channels only
   * @param {{channels?: boolean, WebSocket?: typeof WebSocket}} [options] `channels`: data channels are to come by adopt(), so the
   *   WebSocket waits a while; `WebSocket`: where there is no global one
   */
  constructor(url, options = {}) {
    super();
    this.#url = url;
    this.#WebSocket = options.WebSocket ?? globalThis.WebSocket;
    if (url && !this.#WebSocket) throw new TypeError('there is no WebSocket here: give one as the option WebSocket');
    this.#patience = options.channels ? FIRST_CHANNEL_MS : 0;
  }

  /** @returns {Via} */
  get via() {
    return this.#active?.kind ?? 'offline';
  }

  /** What this client is called on its present connection; '' while it has none. */
  get client() {
    return this.#active?.client ?? '';
  }

  /** Publishes and names that are not answered yet. */
  get pending() {
    return this.#pending.size;
  }

  /** As the server took it last. */
  get name() {
    return this.#name;
  }

  start() {
    if (this.#running) return;
    this.#running = true;
    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    const hurry = () => this.#hurry();
    globalThis.document?.addEventListener('visibilitychange', () => document.hidden || hurry(), { signal });
    globalThis.addEventListener?.('online', hurry, { signal });
    this.#openSocketIn(this.#patience);
  }

  /** Ends all connections. What was asked and not answered fails; subscriptions wait for the next start(). */
  stop() {
    this.#running = false;
    this.#listeners?.abort();
    clearTimeout(this.#socketTimer);
    clearTimeout(this.#answerTimer);
    clearTimeout(this.#pauseTimer);
    this.#socketTimer = this.#answerTimer = this.#pauseTimer = 0;
    for (const connection of [this.#active, this.#socket, ...this.#candidates]) connection?.release();
    this.#candidates.clear();
    this.#socket = null;
    this.#setActive(null);
    this.#held.clear();
    for (const request of [...this.#pending.values()]) request.reject(new RelayError('stopped', 'the relay client was stopped'));
  }

  /**
   * @param {RTCDataChannel} channel `relay` of a peer; its end is noticed
   * @param {{unreliable?: () => RTCDataChannel}} [options] `unreliable` makes one beside it (label `control`, `ordered: false`,
   *   `maxRetransmits: 0`): called at most once, when something is to go that way
   */
  adopt(channel, { unreliable } = {}) {
    if (!this.#running) return;
    this.#candidates.add(new Connection('channel', channel, this.#owner, unreliable));
  }

  /**
   * @param {string} channel
   * @param {{presence?: boolean, unreliable?: boolean}} [options] `presence`: tell who is there, too; `unreliable`: its namespace is
   *   (which goes without saying where channels have holders)
   */
  subscribe(channel, { presence = false, unreliable = false } = {}) {
    if (this.#subscriptions.has(channel)) return;
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS) throw new RelayError('queue-full', 'too many subscriptions');
    const subscription = { channel, presence, unreliable, epoch: '', offset: 0, holder: null, present: new Map(), count: 0, waits: false };
    this.#subscriptions.set(channel, subscription);
    this.#sendSubscribe(subscription);
  }

  /** @param {string} channel */
  unsubscribe(channel) {
    if (this.#subscriptions.delete(channel)) this.#sayOnce({ type: 'unsubscribe', channel });
  }

  /**
   * Kept until it is answered, over as many connections as it takes; a repeat is known by its key.
   * @param {string} channel
   * @param {unknown} data any JSON
   * @param {{key?: string}} [options] `key`: 1 to 64 characters, for a repeat that outlives this client
   * @returns {Promise<number>} its offset; rejected with a {@link RelayError}
   */
  publish(channel, data, { key = randomKey() } = {}) {
    return this.#ask({ type: 'publish', channel, data, key }, key).then(({ offset }) => offset);
  }

  /**
   * What this client is called, in what it publishes from now on and where it is present; `''` for nothing.
   * @param {string} name 1 to 32 printable characters
   * @returns {Promise<string>} once the server has taken it; rejected with a {@link RelayError}
   */
  setName(name) {
    return this.#ask({ type: 'name', name }, ` name ${this.#nextId}`).then((answer) => answer.name);
  }

  /**
   * Becomes the channel's holder, and stays that by command(). Rejected with `held` where somebody else is.
   * @param {string} channel
   * @param {{force?: boolean}} [options] for operators
   * @returns {Promise<void>}
   */
  async take(channel, { force = false } = {}) {
    this.#active?.openUnreliable();
    await this.#askOnce({ type: 'take', channel, ...(force && { force }) });
  }

  /**
   * @param {string} channel
   * @returns {Promise<void>}
   */
  async release(channel) {
    this.#held.delete(channel);
    await this.#askOnce({ type: 'release', channel });
  }

  /** @param {string} channel whether this client holds it */
  holds(channel) {
    return this.#held.has(channel);
  }

  /**
   * Publishes what is worth nothing when it is late: now or never. `command` tells what became of it, unless it was lost.
   * @param {string} channel
   * @param {unknown} data any JSON
   * @returns {boolean} whether it was sent: not without a connection, nor while those before it have not left
   */
  command(channel, data) {
    if (!this.#active) return false;
    const id = this.#nextId++;
    const sentAt = performance.now();
    if (!this.#active.sendNow({ type: 'publish', id, channel, data, seq: this.#nextSeq++, at: Math.round(sentAt) })) return false;
    this.#commands.set(id, { channel, sentAt });
    trim(this.#commands, MAX_COMMANDS);
    // This device slept, and its clock with it: to the server all that comes by this connection is late from now on.
    if (this.#staleSince && sentAt - this.#staleSince > STALE_DEADLINE_MS) this.#active.lost();
    return true;
  }

  /**
   * @param {string} channel that is subscribed to with `presence`
   * @returns {{count: number, clients: Client[]}} this client's own former connections left out
   */
  present(channel) {
    const { present = new Map(), count = 0 } = this.#subscriptions.get(channel) ?? {};
    const clients = [...present].map(([client, name]) => this.#person({ client, name }));
    const former = clients.filter(({ client, own }) => !own && this.#own.has(client));
    return { count: count - former.length, clients: clients.filter((one) => !former.includes(one)) };
  }

  /**
   * @param {string} channel that is subscribed to, or held
   * @returns {Client | null}
   */
  holder(channel) {
    if (this.#held.has(channel)) return this.#person({ client: this.client, name: this.#name });
    return this.#subscriptions.get(channel)?.holder ?? null;
  }

  /** @type {Owner} */
  #owner = {
    text: (connection, text, reliable) => this.#receive(connection, text, reliable),
    lost: (connection) => this.#onLost(connection),
  };

  /** @param {number} delay */
  #openSocketIn(delay) {
    clearTimeout(this.#socketTimer);
    if (this.#url) this.#socketTimer = setTimeout(() => this.#openSocket(), delay);
  }

  #openSocket() {
    this.#socketTimer = 0;
    if (!this.#running || this.#active || this.#socket) return;
    this.#socket = new Connection('websocket', new this.#WebSocket(this.#url), this.#owner);
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
    for (const channel of [...this.#held]) this.#setHolder(channel, null, 'left');
    if (connection.kind === 'channel') this.#openSocketIn(LOST_CHANNEL_MS * (1 + Math.random() / 2));
  }

  /**
   * From here on everything goes this way. A data channel is better than the WebSocket, a new one better than
   * an old one, which is about to end.
   * @param {Connection} connection
   */
  #use(connection) {
    if (connection.kind === 'websocket' && this.#active) return;
    this.#giveUpBefore(connection);
    clearTimeout(this.#socketTimer);
    this.#socketTimer = 0;
    this.#leave(this.#active);
    if (connection !== this.#socket) {
      this.#socket?.release();
      this.#socket = null;
    }
    this.#attempt = 0;
    this.#setActive(connection);
    if (this.#name) this.#sayOnce({ type: 'name', name: this.#name });
    for (const subscription of this.#subscriptions.values()) this.#sendSubscribe(subscription);
    for (const channel of this.#held) this.#takeOver(channel);
    this.#sendPending();
  }

  /** @param {Connection} connection makes candidates that are older needless, whose welcome may still come */
  #giveUpBefore(connection) {
    if (!this.#candidates.has(connection)) return;
    for (const candidate of this.#candidates) {
      this.#candidates.delete(candidate);
      if (candidate === connection) return;
      candidate.release();
    }
  }

  /** @param {Connection | null} connection gives way to another one, and may stay open for a while: it is nobody's any more */
  #leave(connection) {
    if (!connection) return;
    for (const channel of this.#held) connection.send({ type: 'release', channel, id: this.#nextId++ });
    for (const channel of this.#subscriptions.keys()) connection.send({ type: 'unsubscribe', channel, id: this.#nextId++ });
    connection.release();
  }

  /** @param {string} channel that was held over the former connection */
  async #takeOver(channel) {
    const connection = this.#active;
    this.#takingOver.add(channel);
    const taken = await this.take(channel).catch(async ({ code }) => {
      if (code !== 'held') return false;
      await new Promise((resolve) => { setTimeout(resolve, TAKE_AGAIN_MS); });
      return this.#held.has(channel) && this.take(channel).catch(() => false);
    });
    // Another connection asks for itself.
    if (connection !== this.#active) return;
    this.#takingOver.delete(channel);
    if (taken === false && this.#held.delete(channel)) this.#setHolder(channel, this.holder(channel), 'left');
  }

  /** @param {Connection | null} connection */
  #setActive(connection) {
    if (this.#active === connection) return;
    const requests = [...this.#requests.values()];
    this.#active = connection;
    this.#requests.clear();
    this.#commands.clear();
    this.#staleSince = 0;
    this.#takingOver.clear();
    for (const request of this.#pending.values()) request.sentAt = 0;
    for (const request of requests) {
      if (!request.lasting) request.reject(new RelayError('offline', 'the connection ended before the answer'));
    }
    this.#emit('state', { via: this.via, client: this.client });
  }

  /**
   * @param {object} message without id
   * @param {string} key
   * @returns {Promise<any>} the answer, over whichever connection it comes
   */
  #ask(message, key) {
    const asked = this.#pending.get(key);
    if (asked) return asked.promise;
    if (new TextEncoder().encode(JSON.stringify(message)).length > MAX_TEXT_BYTES - 32) {
      return Promise.reject(new RelayError('too-large', 'a message has at most 64 KiB'));
    }
    if (this.#pending.size >= MAX_PENDING) {
      return Promise.reject(new RelayError('queue-full', 'too many messages wait to be sent'));
    }
    const request = /** @type {any} */ ({ message, lasting: true, tries: 0, sentAt: 0 });
    request.promise = new Promise((resolve, reject) => {
      const settling = (/** @type {(value: any) => void} */ settle) => (/** @type {any} */ value) => {
        this.#pending.delete(key);
        settle(value);
      };
      Object.assign(request, { resolve: settling(resolve), reject: settling(reject) });
    });
    this.#pending.set(key, request);
    this.#sendPending();
    return request.promise;
  }

  /**
   * @param {object} message without id
   * @returns {Promise<any>} the answer over this connection
   */
  #askOnce(message) {
    return new Promise((resolve, reject) => {
      if (this.#active) this.#send({ message, resolve, reject, tries: 0, sentAt: 0 });
      else reject(new RelayError('offline', 'there is no connection'));
    });
  }

  /** @param {object} message whose answer says nothing new */
  #sayOnce(message) {
    this.#askOnce(message).catch(() => {});
  }

  /** In the order they were made: those that are not under way. */
  #sendPending() {
    if (!this.#active || this.#pauseTimer) return;
    for (const request of [...this.#pending.values()]) {
      if (request.sentAt > 0) continue;
      if (++request.tries > MAX_TRIES) request.reject(new RelayError('no-answer', 'the server did not answer'));
      else this.#send(request);
    }
  }

  /** @param {Request} request */
  #send(request) {
    const id = this.#nextId++;
    request.sentAt = performance.now();
    this.#requests.set(id, request);
    this.#active?.send({ ...request.message, id });
    this.#answerTimer ||= setTimeout(() => this.#checkAnswers(), ANSWER_DEADLINE_MS);
  }

  #checkAnswers() {
    this.#answerTimer = 0;
    // The first is the oldest.
    const [oldest] = this.#requests.values();
    if (!oldest) return;
    const age = performance.now() - oldest.sentAt;
    if (age >= ANSWER_DEADLINE_MS) this.#active?.lost();
    else this.#answerTimer = setTimeout(() => this.#checkAnswers(), ANSWER_DEADLINE_MS - age);
  }

  /** Nothing more is asked for a while; then what was refused is, in its order. */
  #pause() {
    this.#pauseTimer ||= setTimeout(() => {
      this.#pauseTimer = 0;
      for (const subscription of this.#subscriptions.values()) {
        if (subscription.waits) this.#sendSubscribe(subscription);
      }
      this.#sendPending();
    }, TOO_FAST_DELAY_MS);
  }

  /** @param {Subscription} subscription */
  #sendSubscribe(subscription) {
    if (!this.#active) return;
    const { channel, presence, unreliable, epoch, offset } = subscription;
    subscription.waits = false;
    if (unreliable) this.#active.openUnreliable();
    this.#send({
      message: { type: 'subscribe', channel, ...(presence && { presence }), ...(epoch && { epoch, offset }) },
      // At once: messages may follow in the same text.
      resolve: (answer) => this.#onSubscribed(subscription, offset, answer),
      reject: (error) => this.#onNotSubscribed(subscription, error),
      tries: 0,
      sentAt: 0,
    });
  }

  /**
   * @param {Connection} connection
   * @param {unknown} text one or more lines, each a JSON object
   * @param {boolean} reliable
   */
  #receive(connection, text, reliable) {
    for (const line of String(text).split('\n')) {
      const message = parse(line);
      if (message?.type === 'welcome') this.#onWelcome(connection, message);
      if (connection === this.#active && message) this.#handle(message, reliable);
    }
  }

  /**
   * @param {any} message
   * @param {boolean} reliable
   */
  #handle(message, reliable) {
    switch (message.type) {
      case 'message': this.#onMessage(message, reliable); break;
      case 'gap': this.#onGap(message); break;
      case 'presence': this.#onPresence(message); break;
      case 'holder': this.#onHolder(message); break;
      case 'taken': this.#held.add(message.channel); break;
      case 'named': this.#name = message.name; break;
      case 'error': this.#onError(message); break;
      default: break;
    }
    if (ANSWERS.has(message.type)) this.#onAnswer(message);
  }

  /**
   * @param {Connection} connection
   * @param {{client: unknown}} message
   */
  #onWelcome(connection, { client }) {
    if (connection.client) return;
    connection.welcomed(String(client));
    this.#own.add(connection.client);
    trim(this.#own, MAX_OWN_IDS);
    this.#use(connection);
  }

  /** @param {{id: number, offset?: number}} answer */
  #onAnswer(answer) {
    this.#onCommandAnswer(answer.id, { offset: answer.offset, code: '', message: '' });
    this.#settled(answer.id)?.resolve(answer);
  }

  /**
   * @param {number} id
   * @returns {Request | undefined}
   */
  #settled(id) {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    return request;
  }

  /**
   * @param {number} id
   * @param {{offset?: number, code: string, message: string}} answer
   */
  #onCommandAnswer(id, answer) {
    const command = this.#commands.get(id);
    if (!command) return;
    this.#commands.delete(id);
    this.#staleSince = answer.code === 'stale' ? this.#staleSince || performance.now() : 0;
    this.#emit('command', { channel: command.channel, ms: performance.now() - command.sentAt, ...answer });
  }

  /**
   * @param {Subscription} subscription
   * @param {number} asked the offset that was named: an unreliable message may have come since
   * @param {any} answer
   */
  #onSubscribed(subscription, asked, { channel, epoch, offset, recovered, publish, holder }) {
    if (this.#subscriptions.get(channel) !== subscription) return;
    if (subscription.epoch && (subscription.epoch !== epoch || asked > offset)) {
      subscription.offset = 0;
      this.#emit('reset', { channel });
    }
    subscription.epoch = epoch;
    if (holder !== undefined) {
      this.#active?.openUnreliable();
      this.#noteHolder(channel, holder);
    }
    this.#emit('subscribed', {
      channel, offset, recovered: recovered === true, publish: publish !== false, holder: holder === undefined ? undefined : this.holder(channel),
    });
  }

  /**
   * @param {Subscription} subscription
   * @param {RelayError} error
   */
  #onNotSubscribed(subscription, { code, message }) {
    const { channel } = subscription;
    if (this.#subscriptions.get(channel) !== subscription || code === 'offline' || code === 'already-subscribed') return;
    if (code === 'too-fast') {
      subscription.waits = true;
      this.#pause();
    } else {
      this.#subscriptions.delete(channel);
      this.#emit('refused', { channel, code, message });
    }
  }

  /**
   * @param {any} message
   * @param {boolean} reliable
   */
  #onMessage({ channel, offset, time, from, name = '', count = 1, data }, reliable) {
    if (reliable) this.#active?.count();
    const subscription = this.#subscriptions.get(channel);
    if (!subscription || offset <= subscription.offset) return;
    subscription.offset = offset;
    this.#emit('message', { channel, offset, time, from, name, count, data, own: this.#own.has(from) });
  }

  /** @param {any} message */
  #onGap({ channel, from, to }) {
    const subscription = this.#subscriptions.get(channel);
    if (!subscription || to <= subscription.offset) return;
    const missed = Math.max(from, subscription.offset + 1);
    subscription.offset = to;
    this.#emit('gap', { channel, from: missed, to });
  }

  /** @param {any} message */
  #onPresence({ channel, count, clients, joined = [], left = [] }) {
    const subscription = this.#subscriptions.get(channel);
    if (!subscription) return;
    const { present } = subscription;
    if (clients) present.clear();
    for (const client of left) present.delete(client);
    for (const { client, name = '' } of clients ?? joined) {
      if (present.has(client) || present.size < MAX_PRESENT) present.set(client, name);
    }
    subscription.count = count;
    const people = joined.map((/** @type {any} */ one) => this.#person(one));
    this.#emit('presence', { channel, ...this.present(channel), joined: people, left });
  }

  /** @param {any} message */
  #onHolder({ channel, holder, reason }) {
    const overtaken = holder && !this.#own.has(holder.client);
    // This client's own change from one connection to the next is nobody's business.
    if (this.#takingOver.has(channel) && !overtaken) this.#noteHolder(channel, holder);
    else this.#setHolder(channel, holder && this.#person(holder), reason);
  }

  /**
   * @param {string} channel
   * @param {Client | null} holder
   * @param {string} reason
   */
  #setHolder(channel, holder, reason) {
    if (holder?.own) this.#held.add(channel);
    else this.#held.delete(channel);
    this.#noteHolder(channel, holder);
    this.#emit('holder', { channel, holder, reason });
  }

  /**
   * @param {string} channel
   * @param {{client: string, name?: string} | null} holder
   */
  #noteHolder(channel, holder) {
    const subscription = this.#subscriptions.get(channel);
    if (subscription) subscription.holder = holder && this.#person(holder);
  }

  /**
   * @param {{client: string, name?: string}} one
   * @returns {Client}
   */
  #person({ client, name = '' }) {
    return { client, name, own: client === this.client };
  }

  /** @param {any} message */
  #onError({ id, channel, code, message }) {
    this.#onCommandAnswer(id, { code, message });
    const request = this.#settled(id);
    if (request?.lasting) this.#onRefused(request, code, message);
    else if (request) request.reject(new RelayError(code, message));
    else if (code === 'not-allowed' && id === undefined) this.#emit('expired', { message });
    else if (code === 'unknown-channel' && this.#subscriptions.delete(channel)) this.#emit('refused', { channel, code, message });
    // The server closes it: a data channel by reading it no more.
    if (CLOSING.has(code)) this.#active?.lost();
  }

  /**
   * @param {Request} request a lasting one
   * @param {string} code
   * @param {string} message
   */
  #onRefused(request, code, message) {
    if (code === 'too-fast') {
      request.sentAt = request.tries = 0;
      this.#pause();
    } else {
      request.reject(new RelayError(code, message));
    }
  }

  /**
   * @param {string} type
   * @param {object} detail
   */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** What answers a request, errors apart. */
const ANSWERS = new Set(['subscribed', 'unsubscribed', 'published', 'taken', 'released', 'named']);
const CLOSING = new Set(['bad-message', 'slow']);

/**
 * @param {string} line
 * @returns {any} null if it is no message
 */
function parse(line) {
  try {
    const message = JSON.parse(line);
    return typeof message?.type === 'string' ? message : null;
  } catch {
    return null;
  }
}

/**
 * @template T
 * @param {Set<T> | Map<T, any>} kept of which the oldest go
 * @param {number} most
 */
function trim(kept, most) {
  for (const oldest of kept.keys()) {
    if (kept.size <= most) return;
    kept.delete(oldest);
  }
}

function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
