// A client of docs/relay.md that costs as little as a client can: it reads no JSON. It acknowledges as web/relay.js does, and like that
// joins what is said in one turn, but for the first.

import { until } from '../../e2e/lib/tap.mjs';
import { loadWebSocket, Viewer } from '../../e2e/lib/viewer.mjs';

const ACK_EVERY = 32;
const ACK_DELAY_MS = 200;
const MAX_JOINED_CHARS = 16 * 1024;
const CHANNEL = 'chat:camera';

export class RelayTalker {
  onText = () => {};
  #send;
  #received = 0;
  #acknowledged = 0;
  #timer = null;
  #said = null; // null: nothing was sent in this turn

  static async overWebSocket(url) {
    const WebSocket = await loadWebSocket();
    const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
    const self = new RelayTalker();
    self.#send = (text) => socket.send(text);
    self.leave = () => socket.terminate();
    socket.on('message', (data) => self.onText(data.latin1Slice()));
    await new Promise((resolve, reject) => socket.once('open', resolve).on('error', reject));
    await self.#subscribe();
    return self;
  }

  static async overChannel(url) {
    const viewer = await Viewer.join(url, { sink: false });
    await viewer.talking();
    const { channel } = viewer;
    await until('the data channel to say that it is open', () => channel.readyState === 'open'); // its welcome may be earlier
    const self = new RelayTalker();
    self.#send = (text) => channel.send(text);
    self.leave = () => viewer.leave();
    channel.onmessage = ({ data }) => self.onText(data);
    await self.#subscribe();
    return self;
  }

  /** What there is already is acknowledged before anything else comes. */
  async #subscribe() {
    let last = null;
    this.onText = (text) => {
      for (const line of text.split('\n')) {
        const message = JSON.parse(line);
        if (message.type === 'subscribed')
          last = message;
        else if (message.type === 'message')
          this.took(1);
      }
    };
    this.#send(JSON.stringify({ type: 'subscribe', id: 1, channel: CHANNEL }));
    const { epoch, offset } = await until('the channel', () => last);
    last = null;
    // Once more, from its end: what was said in another run would not come in order.
    this.#send(JSON.stringify({ type: 'unsubscribe', id: 2, channel: CHANNEL }));
    this.#send(JSON.stringify({ type: 'subscribe', id: 3, channel: CHANNEL, epoch, offset }));
    await until('the channel\'s end', () => last);
  }

  say(text) {
    const line = `{"type":"publish","channel":"${CHANNEL}","data":"${text}"}`;
    if (this.#said === null) {
      this.#said = '';
      queueMicrotask(() => {
        this.#flush();
        this.#said = null;
      });
      this.#send(line);
      return;
    }
    if (this.#said.length + line.length >= MAX_JOINED_CHARS)
      this.#flush();
    this.#said += this.#said ? `\n${line}` : line;
  }

  #flush() {
    if (this.#said)
      this.#send(this.#said);
    this.#said = '';
  }

  took(n) {
    this.#received += n;
    if (this.#received - this.#acknowledged >= ACK_EVERY)
      this.#acknowledge();
    else
      this.#timer ??= setTimeout(() => this.#acknowledge(), ACK_DELAY_MS);
  }

  #acknowledge() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#acknowledged = this.#received;
    this.#send(`{"type":"ack","received":${this.#received}}`);
  }
}
