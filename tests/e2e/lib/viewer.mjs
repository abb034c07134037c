// A viewer that is no browser: libwebrtc in Node, on the signalling WebSocket of docs/signalling.md.

import { randomUUID } from 'node:crypto';

import { RelayClient } from './relay-client.mjs';
import { Skip, sleep, until } from './tap.mjs';

export async function loadWebSocket() {
  try {
    return (await import('ws')).default;
  } catch {
    throw new Skip('ws is not installed (npm ci in tests/e2e)');
  }
}

export async function loadWebrtc() {
  try {
    return (await import('@roamhq/wrtc')).default;
  } catch (error) {
    throw new Skip(`@roamhq/wrtc does not load (npm ci in tests/e2e): ${error.message.split('\n')[0]}`);
  }
}

/** What a peer connection got of its video: packets, those lost, frames, those decoded and those dropped. */
export async function receivedVideo(peer) {
  const sums = { packets: 0, lost: 0, frames: 0, decoded: 0, dropped: 0 };
  for (const stat of (await peer?.getStats())?.values() ?? [])
    if (stat.type === 'inbound-rtp' && stat.kind === 'video')
      for (const [sum, name] of [['packets', 'packetsReceived'], ['lost', 'packetsLost'], ['frames', 'framesReceived'],
                                 ['decoded', 'framesDecoded'], ['dropped', 'framesDropped']])
        sums[sum] += stat[name] ?? 0;
  return sums;
}

/** A signalling WebSocket as such: what came, and how it closed. */
export class Signalling {
  received = [];
  closed = null; // the close code

  static async open(url, { timeoutMs = 10000, ...options } = {}) {
    const WebSocket = await loadWebSocket();
    const self = new Signalling();
    self.socket = new WebSocket(url, { handshakeTimeout: timeoutMs, ...options });
    self.socket.on('message', (data) => {
      for (const message of data.toString().split('\n').map((line) => JSON.parse(line))) {
        self.received.push(message);
        self.onMessage?.(message);
      }
    });
    self.socket.on('close', (code) => { self.closed = code; });
    await new Promise((resolve, reject) => {
      self.socket.once('open', resolve);
      self.socket.once('error', reject);
      self.socket.once('unexpected-response', (request, response) => {
        response.resume();
        reject(Object.assign(new Error(`the server answers ${response.statusCode}`), { status: response.statusCode }));
      });
    });
    self.socket.on('error', () => {});
    return self;
  }

  send(message) {
    this.socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  hello(page = randomUUID()) {
    this.send({ type: 'hello', version: 1, page });
  }

  next(type, options) {
    return until(`a message of type ${type}`, () => {
      const message = this.received.find((received) => received.type === type);
      if (!message && this.closed !== null)
        throw new Error(`closed with ${this.closed}`);
      return message;
    }, options);
  }

  close() {
    this.socket.resume(); // if it was paused: the other side's close is to be read
    this.socket.close();
  }
}

/** A client of the relay over its own WebSocket, welcomed; `signalling` is that WebSocket. */
export async function openRelay(url, options) {
  const signalling = await Signalling.open(url);
  const client = new RelayClient((text) => signalling.send(text), options);
  signalling.onMessage = (message) => client.take(message);
  signalling.received.forEach((message) => client.take(message));
  await client.welcomed();
  return Object.assign(client, { signalling });
}

export class Viewer {
  frames = 0;
  size = null;
  onShown = null; // takes the frame that is shown, I420
  digests = new Set();
  shownNumber = 0; // of the peer that the latest frame came from
  relay = null; // what speaks docs/relay.md on `channel`
  channel = null;
  peers = new Map();

  /**
   * Joins; `sink` false decodes without handing the pictures to JavaScript. `answers` false leaves offers as they are,
   * `trickles` false neither takes candidates nor gives any, `acknowledges` false takes the relay's messages silently;
   * `adopt` takes the relay's channel instead, and what makes the ones called `control` and `objects` beside it.
   * `mangleLocal` is for the answer as this side takes it, `mangleAnswer` as the server gets it.
   */
  static async join(url, { sink = true, page, answers = true, trickles = true, acknowledges = true, adopt = null,
                           mangleLocal = (sdp) => sdp, mangleAnswer = (sdp) => sdp } = {}) {
    const self = new Viewer();
    self.webrtc = await loadWebrtc();
    self.wantsSink = sink;
    Object.assign(self, { answers, trickles, acknowledges, adopt, mangleLocal, mangleAnswer });
    self.signalling = await Signalling.open(url);
    self.signalling.onMessage = (message) => {
      self.#take(message).catch((error) => { self.error = error; });
    };
    self.signalling.hello(page);
    return self;
  }

  async #take(message) {
    if (message.type === 'offer') {
      if (this.answers)
        await this.#answer(message);
    } else if (message.type === 'candidate') {
      if (!this.trickles)
        return;
      const { candidate, sdpMid, sdpMLineIndex } = message;
      if (candidate)
        await this.peers.get(message.peer)?.addIceCandidate({ candidate, sdpMid, sdpMLineIndex });
    } else if (message.type === 'bye') {
      this.peers.get(message.peer)?.close();
      this.peers.delete(message.peer);
    }
  }

  async #answer({ peer: number, sdp }) {
    const peer = new this.webrtc.RTCPeerConnection({ iceServers: this.iceServers ?? [] });
    this.peers.set(number, peer);
    this.peer = peer;
    this.peerNumber = number;
    peer.onicecandidate = ({ candidate }) => {
      if (this.trickles && this.signalling.closed === null)
        this.signalling.send({ type: 'candidate', peer: number, candidate: candidate?.candidate ?? '',
                               sdpMid: candidate?.sdpMid ?? '0', sdpMLineIndex: candidate?.sdpMLineIndex ?? 0 });
    };
    peer.ontrack = ({ track }) => this.#watch(track, number);
    peer.ondatachannel = ({ channel }) => {
      if (channel.label !== 'relay')
        return;
      if (this.adopt) {
        this.adopt(channel, () => peer.createDataChannel('control', { ordered: false, maxRetransmits: 0 }), () => peer.createDataChannel('objects'));
        return;
      }
      // Once it is closed, what has come before still wants its acknowledgement.
      this.relay = new RelayClient((text) => channel.readyState === 'open' && channel.send(text), { acknowledges: this.acknowledges });
      this.channel = channel;
      channel.onmessage = ({ data }) => this.relay.takeText(data);
    };
    await peer.setRemoteDescription({ type: 'offer', sdp });
    const answer = await peer.createAnswer();
    await peer.setLocalDescription({ type: 'answer', sdp: this.mangleLocal(answer.sdp) });
    this.signalling.send({ type: 'answer', peer: number, sdp: this.mangleAnswer(answer.sdp) });
    if (this.peers.size > 1)
      await this.#changeOver(number);
  }

  /** As a page does: the older ones go when the newer one has its first frame. */
  async #changeOver(number) {
    const peer = this.peers.get(number);
    while (this.signalling.closed === null && this.peers.get(number) === peer && (await receivedVideo(peer)).decoded === 0)
      await sleep(50);
    if (this.peers.get(number) !== peer)
      return;
    for (const [older, { connectionState }] of this.peers)
      if (older < number && connectionState !== 'closed')
        this.#end(older);
  }

  #end(number) {
    this.signalling.send({ type: 'bye', peer: number });
    this.peers.get(number).close();
    this.peers.delete(number);
  }

  #watch(track, number) {
    if (!this.wantsSink || track.kind !== 'video')
      return;
    const sink = new this.webrtc.nonstandard.RTCVideoSink(track);
    sink.onframe = ({ frame }) => {
      if (number < this.shownNumber)
        return;
      this.shownNumber = number;
      this.onShown?.(frame);
      this.frames++;
      this.size = [frame.width, frame.height];
      if (this.frames % 5 === 1 && this.digests.size < 100) {
        let hash = 7;
        for (let i = 0; i < frame.data.length; i += 997)
          hash = (Math.imul(hash, 31) + frame.data[i]) | 0;
        this.digests.add(hash);
      }
    };
    this.sinks = [...(this.sinks ?? []), sink];
  }

  received() {
    return receivedVideo(this.peer);
  }

  async framesDecoded() {
    return (await this.received()).decoded;
  }

  async playing({ frames = 15, timeoutMs = 20000 } = {}) {
    if (!this.wantsSink) {
      const before = await this.framesDecoded();
      return until('decoded frames', async () => await this.framesDecoded() >= before + frames, { timeoutMs });
    }
    const before = this.frames;
    return until(`${frames} frames in Node`, () => {
      if (this.error)
        throw this.error;
      return this.frames >= before + frames && this.digests.size >= 2;
    }, { timeoutMs });
  }

  talking() {
    return until('the relay channel', () => this.relay?.welcome && this.relay);
  }

  leave() {
    for (const sink of this.sinks ?? [])
      sink.stop();
    for (const peer of this.peers.values())
      peer.close();
    this.signalling.close();
  }
}
