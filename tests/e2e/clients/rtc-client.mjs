// A client of WHEP (draft-ietf-wish-whep-03) and WHIP (RFC 9725) over any RTCPeerConnection: in a page, into which it is put
// as text, or with libwebrtc in Node. Nothing from outside it may be used in here.

/**
 * @param {{RTCPeerConnection: Function}} webrtc
 * @returns {Function} the class
 */
export function makeRtcClient({ RTCPeerConnection }) {
  /** What an ICE candidate has to say, as RFC 8840, section 9 has it. */
  function fragment(sdp, candidates) {
    const attribute = (name) => sdp.match(new RegExp(`^a=${name}:.*$`, 'm'))?.[0].trim();
    const [media] = sdp.match(/^m=\S+/m);
    return [attribute('ice-ufrag'), attribute('ice-pwd'), `${media} 9 UDP/TLS/RTP/SAVPF 0`, attribute('mid'),
            ...candidates.map((candidate) => `a=${candidate}`), 'a=end-of-candidates', ''].join('\r\n');
  }

  return class RtcClient {
    peer = new RTCPeerConnection({ iceServers: [] });
    tracks = [];
    heard = [];
    location = null;
    etag = null;
    answer = null;
    onTrack = null;
    postedAt = 0; // performance.now()
    #headers;

    constructor(url, { token = null } = {}) {
      this.url = url;
      this.#headers = token ? { Authorization: `Bearer ${token}` } : {};
    }

    /** Asks for a picture, sound, and the relay's channel, as wanted. */
    async watch({ video = true, audio = false, relay = false, ...options }) {
      for (const kind of [...video ? ['video'] : [], ...audio ? ['audio'] : []])
        this.peer.addTransceiver(kind, { direction: 'recvonly' });
      this.peer.ontrack = ({ track }) => {
        this.tracks.push(track);
        this.onTrack?.(track);
      };
      if (relay) {
        this.channel = this.peer.createDataChannel('relay');
        this.channel.onmessage = ({ data }) => this.heard.push(data);
      }
      await this.#exchange(options);
    }

    /** Gives these tracks; `codec` (VP8, …) is the only one offered for the picture. */
    async publish(tracks, { codec = null, ...options }) {
      for (const track of tracks)
        this.peer.addTransceiver(track, { direction: 'sendonly' });
      await this.#exchange({ codec, ...options });
    }

    /** Leaves one codec in the picture's m-line, and what repairs it. */
    static #only(sdp, codec) {
      const [before, ...medias] = sdp.split(/(?=^m=)/m);
      return before + medias.map((media) => {
        if (!media.startsWith('m=video'))
          return media;
        const maps = [...media.matchAll(/^a=rtpmap:(\d+) ([^/\r]+)/gm)].map(([, type, name]) => ({ type, name: name.toUpperCase() }));
        const kept = maps.filter(({ name }) => name === codec).map(({ type }) => type);
        for (const [, type, of] of media.matchAll(/^a=fmtp:(\d+) apt=(\d+)/gm))
          if (kept.includes(of))
            kept.push(type);
        return media.replace(/^(m=\S+ \S+ \S+).*?(\r?)$/m, (line, head, end) => `${head} ${kept.join(' ')}${end}`)
          .replace(/^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) .*\r?\n/gm, (line, type) => (kept.includes(type) ? line : ''));
      }).join('');
    }

    async #exchange({ codec = null, trickle = false }) {
      const { peer } = this;
      const candidates = [];
      const gathered = new Promise((resolve) => {
        peer.addEventListener('icecandidate', ({ candidate }) => {
          if (!candidate)
            resolve();
          else if (candidate.candidate && candidate.sdpMLineIndex === 0)
            candidates.push(candidate.candidate);
        });
      });
      const offer = await peer.createOffer();
      const sdp = codec ? RtcClient.#only(offer.sdp, codec) : offer.sdp;
      await peer.setLocalDescription({ type: 'offer', sdp });
      if (!trickle)
        await gathered;
      const posted = trickle ? sdp : peer.localDescription.sdp;
      this.postedAt = performance.now();
      const response = await this.request('POST', this.url, { 'Content-Type': 'application/sdp' }, posted);
      this.answer = await response.text();
      if (response.status !== 201)
        throw new Error(`${response.status} ${JSON.parse(this.answer).detail}`);
      this.location = new URL(response.headers.get('Location'), this.url).href;
      this.etag = response.headers.get('ETag');
      await peer.setRemoteDescription({ type: 'answer', sdp: this.answer });
      if (!trickle)
        return;
      await gathered;
      const patched = await this.patch(fragment(sdp, candidates));
      if (patched !== 204)
        throw new Error(`${patched} to PATCH`);
    }

    request(method, url, headers = {}, body = undefined) {
      return fetch(url, { method, headers: { ...this.#headers, ...headers }, body });
    }

    /** The status that a fragment of SDP is answered with. */
    async patch(body) {
      const headers = { 'Content-Type': 'application/trickle-ice-sdpfrag', ...this.etag ? { 'If-Match': this.etag } : {} };
      return (await this.request('PATCH', this.location, headers, body)).status;
    }

    say(text) {
      this.channel.send(text);
    }

    /** Whether the other side has closed the connection. */
    #isClosed() {
      const parts = [...this.peer.getReceivers(), ...this.peer.getSenders()];
      return parts.some(({ transport }) => transport?.state === 'closed');
    }

    /** What came and went: decoded frames and their size, packets of sound, frames sent, keyframes asked for. */
    async stats() {
      const sums = { state: this.peer.connectionState, isClosed: this.#isClosed(), decoded: 0, width: 0, height: 0, sound: 0, sent: 0,
                     bytesSent: 0, bytes: 0, nacks: 0, keyframes: 0, resent: 0 };
      for (const stat of [...(await this.peer.getStats()).values()]) {
        if (stat.type === 'inbound-rtp' && stat.kind === 'video') {
          sums.decoded += stat.framesDecoded ?? 0;
          sums.bytes += stat.bytesReceived ?? 0;
          sums.width = stat.frameWidth ?? sums.width;
          sums.height = stat.frameHeight ?? sums.height;
        } else if (stat.type === 'inbound-rtp' && stat.kind === 'audio') {
          sums.sound += stat.packetsReceived ?? 0;
        } else if (stat.type === 'outbound-rtp' && stat.kind === 'video') {
          sums.sent += stat.framesSent ?? stat.framesEncoded ?? 0;
          sums.bytesSent += stat.bytesSent ?? 0;
          sums.nacks += stat.nackCount ?? 0;
          sums.keyframes += (stat.pliCount ?? 0) + (stat.firCount ?? 0);
          sums.resent += stat.retransmittedPacketsSent ?? 0;
          sums.width = stat.frameWidth ?? sums.width;
        }
      }
      return sums;
    }

    /** Gives the status that DELETE is answered with. */
    async leave() {
      const { status } = await this.request('DELETE', this.location);
      this.peer.close();
      return status;
    }
  };
}
