/**
 * One peer of the server: an RTCPeerConnection that answers one offer, and the <video> it plays in.
 * Nothing is ever renegotiated; a change is another peer.
 */

/** How long a decoded first frame may go without being reported as shown (hidden tabs report none). */
const SHOWN_GRACE_MS = 300;

/**
 * Events:
 *  - `answer` {sdp}, `candidate` {candidate, sdpMid, sdpMLineIndex}: to be sent
 *  - `connected`; `failed`: for good; `shown`: its first frame
 *  - `blocked`: the browser wants a tap before it plays
 *  - `channel` {channel, unreliable, objects}: the server's data channel `relay`; `unreliable()` makes another one, for what is worth nothing
 *    when it is late, `objects()` one for what is large
 */
export class Peer extends EventTarget {
  /** @type {RTCPeerConnection} */
  #connection;
  #media = new MediaStream();
  /** @type {RTCIceCandidateInit[] | null} null once they need not wait any more */
  #remoteQueue = [];
  /** @type {object[] | null} */
  #localQueue = [];
  #closed = false;
  #frames = 0;
  #decoded = 0;
  #shownTimer = 0;

  /** @type {number} */ number;
  /** @type {HTMLVideoElement} */ video = document.createElement('video');
  bornAt = performance.now();
  /** Last time something new was shown or decoded. */
  progressAt = 0;
  connected = false;

  /**
   * @param {number} number
   * @param {RTCPeerConnection} connection taken over
   */
  constructor(number, connection) {
    super();
    this.number = number;
    this.#connection = connection;
    this.#prepareVideo();
    connection.ontrack = (event) => this.#addTrack(event);
    connection.ondatachannel = ({ channel }) => {
      if (channel.label !== 'relay') return;
      this.#emit('channel', { channel, unreliable: () => this.#makeUnreliable(), objects: () => connection.createDataChannel('objects') });
    };
    connection.onicecandidate = ({ candidate }) => this.#sendCandidate(candidate);
    connection.onconnectionstatechange = () => this.#onConnectionState();
  }

  get connection() {
    return this.#connection;
  }

  get hasAudio() {
    return this.#media.getAudioTracks().length > 0;
  }

  get shown() {
    return this.#frames > 0;
  }

  /** @param {string} sdp the server's offer */
  async accept(sdp) {
    const connection = this.#connection;
    try {
      await connection.setRemoteDescription({ type: 'offer', sdp });
      this.#flushRemote();
      await connection.setLocalDescription(await connection.createAnswer());
      if (this.#closed) return;
      this.#emit('answer', { sdp: connection.localDescription.sdp });
      const waiting = this.#localQueue;
      this.#localQueue = null;
      for (const candidate of waiting) this.#emit('candidate', candidate);
    } catch (error) {
      if (this.#closed) return;
      console.warn(`Sightline: offer ${this.number} can't be answered:`, error);
      this.#emit('failed');
    }
  }

  /** @param {RTCIceCandidateInit} candidate of the server; may come before its offer is in place */
  addCandidate(candidate) {
    if (this.#remoteQueue) this.#remoteQueue.push(candidate);
    else this.#addCandidate(candidate);
  }

  /** After a tap, or again after the browser stopped it. */
  async play() {
    try {
      await this.video.play();
    } catch (error) {
      if (!this.#closed && error.name === 'NotAllowedError') this.#emit('blocked');
    }
  }

  /** Counts decoded frames too: those of a video that the browser has no reason to paint. */
  async sample() {
    if (this.#closed) return;
    for (const report of (await this.#connection.getStats()).values()) {
      if (report.type !== 'inbound-rtp' || report.kind !== 'video') continue;
      if (report.framesDecoded > this.#decoded) this.progressAt = performance.now();
      this.#decoded = report.framesDecoded ?? 0;
    }
  }

  /** Ends the connection. The video keeps its last picture. */
  close() {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#shownTimer);
    const connection = this.#connection;
    connection.ontrack = connection.ondatachannel = null;
    connection.onicecandidate = connection.onconnectionstatechange = null;
    // A video that plays when its tracks end goes black.
    this.video.pause();
    connection.close();
  }

  #prepareVideo() {
    const video = this.video;
    video.autoplay = true;
    video.muted = true; // until somebody says otherwise: sound alone may be what a browser wants a tap for
    video.playsInline = true;
    // Nobody pauses what is live but the browser, for reasons of its own.
    video.onpause = () => this.#closed || this.play();
    video.onloadeddata = () => {
      this.#shownTimer = setTimeout(() => this.#onFrame(), video.requestVideoFrameCallback ? SHOWN_GRACE_MS : 0);
    };
    if (video.requestVideoFrameCallback) {
      const next = () => {
        if (this.#closed) return;
        this.#onFrame();
        video.requestVideoFrameCallback(next);
      };
      video.requestVideoFrameCallback(next);
    } else {
      video.ontimeupdate = () => this.#onFrame();
    }
  }

  #onFrame() {
    // A video that waits for a tap has its first frame, too.
    if (this.#closed || this.video.paused) return;
    this.progressAt = performance.now();
    if (this.#frames++ > 0) return;
    clearTimeout(this.#shownTimer);
    this.#emit('shown');
  }

  /** @param {RTCTrackEvent} event */
  #addTrack({ track, receiver }) {
    // As fresh as it gets: there is no reason to wait for a smoother picture of what is going on.
    if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
    if ('playoutDelayHint' in receiver) receiver.playoutDelayHint = 0;
    this.#media.addTrack(track);
    if (this.video.srcObject) return;
    this.video.srcObject = this.#media;
    this.play();
  }

  #flushRemote() {
    const waiting = this.#remoteQueue ?? [];
    this.#remoteQueue = null;
    for (const candidate of waiting) this.#addCandidate(candidate);
  }

  /** As docs/relay.md has the data channel `control`. */
  #makeUnreliable() {
    return this.#connection.createDataChannel('control', { ordered: false, maxRetransmits: 0 });
  }

  /** @param {RTCIceCandidateInit} candidate */
  #addCandidate(candidate) {
    // One bad candidate (a family that this browser does not speak) says nothing about the others.
    this.#connection.addIceCandidate(candidate).catch(() => {});
  }

  /** @param {RTCIceCandidate | null} candidate null: there are no more */
  #sendCandidate(candidate) {
    const detail = candidate
      ? { candidate: candidate.candidate, sdpMid: candidate.sdpMid, sdpMLineIndex: candidate.sdpMLineIndex }
      : { candidate: '', sdpMid: '0', sdpMLineIndex: 0 };
    if (this.#localQueue) this.#localQueue.push(detail);
    else this.#emit('candidate', detail);
  }

  #onConnectionState() {
    const state = this.#connection.connectionState;
    if (state === 'connected') {
      this.connected = true;
      this.#emit('connected');
    } else if (state === 'failed') {
      this.#emit('failed');
    }
  }

  /**
   * @param {string} type
   * @param {object} [detail]
   */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
