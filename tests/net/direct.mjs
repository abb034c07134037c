// A file from one to the other without a server between them: a data channel of libwebrtc's in Node at each end, which is sent as much
// as it takes.

import { createHash } from 'node:crypto';

import { until } from '../e2e/lib/tap.mjs';
import { loadWebrtc } from '../e2e/lib/viewer.mjs';

const CHUNK_BYTES = 16 * 1024;
const MAX_BUFFERED_BYTES = 256 * 1024;

const gathered = (peer) => until('the candidates', () => peer.iceGatheringState === 'complete');

export class Direct {
  #ways = new Map(); // peer and channel by who is at the other end

  async #open(id) {
    const { RTCPeerConnection } = await loadWebrtc();
    const peer = new RTCPeerConnection({ iceServers: [] });
    const way = { peer, channel: null };
    this.#ways.set(id, way);
    return way;
  }

  async offer(id) {
    const way = await this.#open(id);
    way.channel = way.peer.createDataChannel('file');
    await way.peer.setLocalDescription(await way.peer.createOffer());
    await gathered(way.peer);
    return way.peer.localDescription.sdp;
  }

  async answer(id, sdp) {
    const way = await this.#open(id);
    way.got = { bytes: 0, hash: createHash('sha256'), began: 0 };
    way.peer.ondatachannel = ({ channel }) => {
      channel.binaryType = 'arraybuffer';
      way.channel = channel;
      channel.onmessage = ({ data }) => {
        way.got.bytes += data.byteLength;
        way.got.hash.update(Buffer.from(data));
      };
    };
    await way.peer.setRemoteDescription({ type: 'offer', sdp });
    await way.peer.setLocalDescription(await way.peer.createAnswer());
    await gathered(way.peer);
    return way.peer.localDescription.sdp;
  }

  async connect(id, sdp) {
    const { peer, channel } = this.#ways.get(id);
    await peer.setRemoteDescription({ type: 'answer', sdp });
    await until('the data channel', () => channel.readyState === 'open', { timeoutMs: 30000 });
  }

  async send(id, file) {
    const { channel } = this.#ways.get(id);
    for (let at = 0; at < file.length; at += CHUNK_BYTES) {
      if (channel.bufferedAmount > MAX_BUFFERED_BYTES)
        await until('room in the data channel', () => channel.bufferedAmount <= MAX_BUFFERED_BYTES / 2, { timeoutMs: 60000, everyMs: 5 });
      channel.send(file.subarray(at, at + CHUNK_BYTES));
    }
  }

  /** The whole file; gives how long it took from this call on, and its hash. */
  async receive(id, bytes) {
    const { got } = this.#ways.get(id);
    const began = performance.now();
    await until('the file', () => got.bytes === bytes, { timeoutMs: 600000, everyMs: 20 });
    return { seconds: (performance.now() - began) / 1000, hash: got.hash.digest('hex') };
  }
}
