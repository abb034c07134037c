/**
 * Sends picture and sound by WHIP (RFC 9725), to any server that speaks it. No user interface; usable alone:
 *
 *     const client = new WhipClient('https://example.org/whip/camera', { token: 'KEY' });
 *     client.addEventListener('ended', ({ detail }) => console.log(detail.error?.message ?? 'stopped'));
 *     await client.start(await navigator.mediaDevices.getUserMedia({ video: true, audio: true }));
 */

/** From the answer to a connection. */
const PATH_DEADLINE_MS = 15_000;
/** A server that asks for patience gets it so often, and each time no longer than this. */
const MAX_WAITS = 5;
const MAX_WAIT_S = 60;
/** Candidates come in bursts: those of one go together. */
const TRICKLE_AFTER_MS = 20;

/** @enum {string} it only moves forward, but for a connection that comes back */
export const WhipState = Object.freeze({
  NEW: 'new',
  /** The offer is on its way. */
  OFFERING: 'offering',
  /** The server has asked to come again later. */
  WAITING: 'waiting',
  CONNECTING: 'connecting',
  CONNECTED: 'connected',
  /** Nothing gets through at present; it may again. */
  DISCONNECTED: 'disconnected',
  ENDED: 'ended',
});

/** Why nothing is sent, or no longer. */
export class WhipError extends Error {
  /**
   * @param {'refused' | 'unreachable' | 'bad-answer' | 'no-path' | 'lost' | 'ended'} code `lost`: the connection was, while the
   *   server still held the session; `ended`: the server had ended it
   * @param {string} message the server's own words, where it gave some
   * @param {number} [status] of HTTP, for `refused`
   */
  constructor(code, message, status = 0) {
    super(message);
    this.name = 'WhipError';
    this.code = code;
    this.status = status;
  }
}

/**
 * One session: start() once, stop() once.
 * Events: `state` {state, retryAfterS}; `ended` {error} once, after start() has succeeded: null after stop(), else a WhipError.
 */
export class WhipClient extends EventTarget {
  #url;
  #token;
  #iceServers;
  /** @type {RTCPeerConnection | null} */
  #connection = null;
  #state = WhipState.NEW;
  /** Aborted at the end: who waits for something need not. */
  #end = new AbortController();
  /** Of the session, once there is one. */
  #resource = '';
  #etag = '';
  /** @type {RTCIceCandidate[]} to be sent */
  #candidates = [];
  #noMoreCandidates = false;
  #trickling = 0;
  /** @type {Promise<unknown>} one request after the other (RFC 9725, section 4.3.1: they must not be reordered) */
  #sent = Promise.resolve();

  /**
   * @param {string} url the WHIP endpoint
   * @param {{token?: string, iceServers?: RTCIceServer[]}} [options] `token`: sent as a bearer token; `iceServers`: used beside those
   *   that the server names
   */
  constructor(url, { token = '', iceServers = [] } = {}) {
    super();
    this.#url = new URL(url, document.baseURI).href;
    this.#token = token;
    this.#iceServers = iceServers;
  }

  get state() {
    return this.#state;
  }

  /** @returns {RTCPeerConnection | null} for statistics and parameters */
  get connection() {
    return this.#connection;
  }

  /**
   * Sends the tracks of a stream: at most one of each kind. They stay the caller's: nothing here stops them.
   * @param {MediaStream} stream
   * @returns {Promise<void>} when it is connected
   * @throws {WhipError}
   */
  async start(stream) {
    if (this.#state !== WhipState.NEW) throw new TypeError('A WhipClient starts once.');
    // RFC 9725, section 4.4: all of it goes over one transport.
    const connection = new RTCPeerConnection({ iceServers: this.#iceServers, bundlePolicy: 'max-bundle' });
    this.#connection = connection;
    connection.onicecandidate = ({ candidate }) => this.#onCandidate(candidate);
    for (const track of stream.getTracks()) connection.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    try {
      await this.#negotiate(connection);
      await this.#connected(connection);
    } catch (thrown) {
      const error = this.#end.signal.aborted ? new WhipError('ended', 'It was stopped.')
        : thrown instanceof WhipError ? thrown : new WhipError('bad-answer', `The answer can't be used: ${thrown.message}`);
      this.#finish();
      await this.#delete();
      throw error;
    }
    connection.onconnectionstatechange = () => this.#onConnectionState();
    // A server that ends a session closes DTLS: that is seen at once, while ICE takes its time.
    const transport = connection.getSenders()[0]?.transport;
    if (transport) transport.onstatechange = () => transport.state === 'closed' && this.#lose();
    this.#onConnectionState();
  }

  /**
   * Sends another track in place of the one of its kind; the connection stays as it is.
   * @param {MediaStreamTrack} track
   * @returns {Promise<boolean>} false: this session has none of its kind
   */
  async replaceTrack(track) {
    const transceiver = this.#connection?.getTransceivers().find(({ receiver }) => receiver.track.kind === track.kind);
    if (!transceiver || this.#state === WhipState.ENDED) return false;
    await transceiver.sender.replaceTrack(track);
    return true;
  }

  /** Ends it; what the server has of it, too. To be called when the page goes as well: the request outlives it. */
  async stop() {
    if (this.#state === WhipState.ENDED) return;
    const told = this.#state !== WhipState.NEW && this.#hasStarted;
    this.#finish();
    await this.#delete();
    if (told) this.#emit('ended', { error: null });
  }

  get #hasStarted() {
    return this.#state === WhipState.CONNECTED || this.#state === WhipState.DISCONNECTED;
  }

  /** @param {RTCPeerConnection} connection */
  async #negotiate(connection) {
    const offer = await connection.createOffer();
    const answer = await this.#post(offer.sdp);
    this.#end.signal.throwIfAborted();
    this.#setState(WhipState.CONNECTING);
    this.#useIceServers(answer.iceServers);
    await connection.setLocalDescription(offer);
    await connection.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
  }

  /** RFC 9725, section 4.6: gathering begins when the servers for it are known. @param {RTCIceServer[]} servers */
  #useIceServers(servers) {
    if (servers.length === 0) return;
    const connection = this.#connection;
    try {
      connection.setConfiguration({ ...connection.getConfiguration(), iceServers: [...this.#iceServers, ...servers] });
    } catch (error) {
      // Mostly it goes without them.
      console.warn('WHIP: the ICE servers of the answer are not used:', error);
    }
  }

  /**
   * @param {string} sdp
   * @returns {Promise<{sdp: string, iceServers: RTCIceServer[]}>}
   */
  async #post(sdp) {
    for (let waits = 0; ; waits++) {
      this.#setState(WhipState.OFFERING);
      const response = await this.#request('POST', this.#url, { 'Content-Type': 'application/sdp' }, sdp);
      if (!response) throw new WhipError('unreachable', 'The server does not answer.');
      if (response.status === 201) return this.#accept(response);
      const retryAfterS = secondsOf(response.headers.get('Retry-After'));
      if (![429, 503].includes(response.status) || retryAfterS === null || waits === MAX_WAITS) {
        throw new WhipError('refused', await wordsOf(response), response.status);
      }
      this.#setState(WhipState.WAITING, { retryAfterS });
      await this.#sleep(retryAfterS * 1000);
    }
  }

  /** @param {Response} response 201 */
  async #accept(response) {
    const location = response.headers.get('Location');
    // Section 4.2: it may be relative; after a redirection it is to where that led.
    if (location) this.#resource = new URL(location, response.url || this.#url).href;
    this.#etag = response.headers.get('ETag') ?? '';
    if (!location) throw new WhipError('bad-answer', 'The server does not say where the session is.');
    const sdp = await response.text().catch(() => '');
    return { sdp, iceServers: iceServersOf(response.headers.get('Link')) };
  }

  /** @param {RTCPeerConnection} connection */
  #connected(connection) {
    this.#end.signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const fail = () => reject(new WhipError('no-path',
                                              "The picture can't get through to the server (UDP to its address seems blocked)."));
      const timer = setTimeout(fail, PATH_DEADLINE_MS);
      const look = () => {
        if (connection.connectionState === 'connected') resolve();
        else if (connection.connectionState === 'failed') fail();
        else return;
        clearTimeout(timer);
      };
      connection.onconnectionstatechange = look;
      this.#end.signal.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(this.#end.signal.reason);
      }, { once: true });
      look();
    });
  }

  #onConnectionState() {
    const state = this.#connection.connectionState;
    if (state === 'failed' || state === 'closed') this.#lose();
    else if (state === 'connected') this.#setState(WhipState.CONNECTED);
    else if (state === 'disconnected') this.#onDisconnected();
  }

  /** Mostly the server has ended it, and it takes some ten seconds more until ICE gives up: its session's address knows. */
  async #onDisconnected() {
    this.#setState(WhipState.DISCONNECTED);
    const response = await this.#patch();
    if (response?.status === 404 || response?.status === 410) this.#lose();
  }

  /** It is over, and not because we said so. Whether the server knew tells who ended it. */
  async #lose() {
    if (this.#state === WhipState.ENDED) return;
    this.#finish();
    const status = await this.#delete();
    const error = status === 0 ? new WhipError('unreachable', 'The server does not answer.')
      : status === 404 || status === 410 ? new WhipError('ended', 'The server has ended it.')
        : new WhipError('lost', 'The connection was lost.');
    this.#emit('ended', { error });
  }

  /** @param {RTCIceCandidate | null} candidate */
  #onCandidate(candidate) {
    if (candidate?.candidate) this.#candidates.push(candidate);
    else if (!candidate) this.#noMoreCandidates = true;
    this.#trickling ||= setTimeout(() => {
      this.#trickling = 0;
      this.#sent = this.#sent.then(() => this.#patch());
    }, TRICKLE_AFTER_MS);
  }

  /** Section 4.3.1: sends the candidates that there are. Where a server does not take them, it learns of them when they are tried. */
  async #patch() {
    if (this.#end.signal.aborted || !this.#resource) return null;
    const fragment = fragmentOf(this.#connection.localDescription.sdp, this.#candidates, this.#noMoreCandidates);
    this.#candidates = [];
    const headers = { 'Content-Type': 'application/trickle-ice-sdpfrag' };
    if (this.#etag) headers['If-Match'] = this.#etag;
    return this.#request('PATCH', this.#resource, headers, fragment);
  }

  /** @returns {Promise<number>} the status, 0 without an answer; 404 where there was nothing to end */
  async #delete() {
    if (!this.#resource) return 404;
    const resource = this.#resource;
    this.#resource = '';
    return (await this.#request('DELETE', resource))?.status ?? 0;
  }

  /**
   * @param {string} method
   * @param {string} url
   * @param {Record<string, string>} [headers]
   * @param {string} [body]
   * @returns {Promise<Response | null>} null: no answer
   */
  async #request(method, url, headers = {}, body = undefined) {
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    return fetch(url, { method, headers, body, cache: 'no-store', keepalive: method === 'DELETE' }).catch(() => null);
  }

  #finish() {
    this.#setState(WhipState.ENDED);
    this.#end.abort();
    clearTimeout(this.#trickling);
    const connection = this.#connection;
    if (!connection) return;
    connection.onicecandidate = connection.onconnectionstatechange = null;
    connection.close();
  }

  /** @param {number} ms cut short at the end */
  #sleep(ms) {
    this.#end.signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      this.#end.signal.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(this.#end.signal.reason);
      });
    });
  }

  /**
   * @param {WhipState} state
   * @param {{retryAfterS?: number}} [more]
   */
  #setState(state, more = {}) {
    if (state === this.#state || this.#state === WhipState.ENDED) return;
    this.#state = state;
    this.#emit('state', { state, ...more });
  }

  /**
   * @param {string} type
   * @param {object} detail
   */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/**
 * A piece of SDP with candidates (RFC 8840, section 9).
 * @param {string} sdp the local description
 * @param {RTCIceCandidate[]} candidates
 * @param {boolean} isEnd there are no more
 */
function fragmentOf(sdp, candidates, isEnd) {
  const medias = sdp.split(/^(?=m=)/m).slice(1);
  const line = (text, pattern) => pattern.exec(text)?.[0];
  const lines = [line(sdp, /^a=ice-ufrag:.*$/m), line(sdp, /^a=ice-pwd:.*$/m)];
  medias.forEach((media, index) => {
    const own = candidates.filter((candidate) => candidate.sdpMLineIndex === index);
    // What is bundled has the transport of the first.
    if (own.length === 0 && !(isEnd && index === 0)) return;
    lines.push(line(media, /^m=.*$/m), line(media, /^a=mid:.*$/m), ...own.map(({ candidate }) => `a=${candidate}`));
    if (isEnd) lines.push('a=end-of-candidates');
  });
  return lines.filter(Boolean).map((text) => `${text.trim()}\r\n`).join('');
}

/**
 * Servers for ICE, as `Link` has them (RFC 9725, section 4.6; RFC 8288, section 3).
 * @param {string | null} header
 * @returns {RTCIceServer[]}
 */
export function iceServersOf(header) {
  const links = (header ?? '').matchAll(/<([^>]*)>((?:\s*;\s*[\w-]+\s*(?:=\s*(?:"(?:[^"\\]|\\.)*"|[^\s";,]*))?)*)/g);
  const servers = [];
  for (const [, urls, rest] of links) {
    const parameters = {};
    for (const [, name, quoted, plain] of rest.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";,]*))/g)) {
      parameters[name.toLowerCase()] ??= quoted?.replace(/\\(.)/g, '$1') ?? plain;
    }
    if (!/(^|\s)ice-server(\s|$)/i.test(parameters.rel ?? '') || !/^(stun|turn)s?:/i.test(urls)) continue;
    const { username, credential } = parameters;
    servers.push(username === undefined ? { urls } : { urls, username, credential });
  }
  return servers;
}

/** @param {string | null} header Retry-After: seconds or a date (RFC 9110, section 10.2.3) */
function secondsOf(header) {
  if (header === null || header.trim() === '') return null;
  const seconds = /^\s*\d+\s*$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(MAX_WAIT_S, Math.max(0, seconds)) : null;
}

/** @param {Response} response whose reason is a problem of RFC 9457, or unknown */
async function wordsOf(response) {
  const problem = await response.json().catch(() => null);
  const words = problem?.detail ?? problem?.title;
  return typeof words === 'string' && words ? words : `The server says ${response.status}.`;
}
