// Connections of which every byte is the test's own: HTTP answers as they come, WebSocket frames made by hand.

import { once } from 'node:events';
import net from 'node:net';

import { Failure } from './tap.mjs';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

export class RawConnection {
  received = Buffer.alloc(0);
  ended = null; // "end" or an error's code
  #wake = () => {};

  static async open(server) {
    const self = new RawConnection();
    self.socket = net.connect({ host: server.url.hostname, port: server.port, allowHalfOpen: true, noDelay: true });
    self.socket.on('data', (data) => {
      self.received = Buffer.concat([self.received, data]);
      self.#wake();
    });
    const end = (why) => {
      self.ended ??= why;
      self.#wake();
    };
    self.socket.on('end', () => end('end'));
    self.socket.on('error', (error) => end(error.code));
    self.socket.on('close', () => end('end'));
    await once(self.socket, 'connect');
    return self;
  }

  /** Sends, as far as it is taken: who refuses may not read to the end. */
  send(data) {
    if (this.socket.writable)
      this.socket.write(data);
  }

  /** The first true value of `condition`, which is asked whenever something came. */
  async until(what, condition, timeoutMs = 15000) {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const value = condition();
      if (value)
        return value;
      if (Date.now() > deadline)
        throw new Failure(`waited ${timeoutMs / 1000} s for ${what}; came: ${this.received.subarray(0, 300).toString('latin1')}`);
      let timer;
      await new Promise((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, deadline - Date.now() + 1);
      });
      clearTimeout(timer);
    }
  }

  close() {
    this.socket.destroy();
  }

  reset() {
    this.socket.resetAndDestroy();
  }
}

const unescape = (text) => text.replace(/&quot;|&#34;/g, '"').replace(/&apos;|&#39;/g, '\'')
  .replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

/** An HTTP answer in a line: "404 Not Found: There is nothing …"; "closed" if nothing came. */
export function describeAnswer(connection) {
  const text = connection.received.toString('latin1');
  const [, status, phrase] = text.match(/^HTTP\/1\.[01] (\d+) (.*?)\r\n/) ?? [];
  if (!status)
    return text === '' ? 'closed' : `no HTTP: ${JSON.stringify(text.slice(0, 100))}`;
  const body = connection.received.subarray(text.indexOf('\r\n\r\n') + 4).toString();
  const page = [...body.matchAll(/<(?:h1|p)>([^<]+)</g)].map(([, words]) => unescape(words)).join(' ');
  const detail = page ? page : body.startsWith('{"type":"about:blank"') ? JSON.parse(body).detail
    : /^content-type: text\/plain/im.test(text) ? body.trim() : null;
  return `${status} ${phrase}${detail && status >= 400 ? `: ${detail}` : ''}`;
}

/** A frame as a client sends it (RFC 6455, section 5.2); each part may be told to be wrong. */
export function frame(opcode, payload = '', { fin = true, rsv = 0, mask = [1, 2, 3, 4], length = null } = {}) {
  const data = Buffer.from(payload);
  const said = length ?? data.length;
  const bit = mask ? 0x80 : 0;
  const head = [(fin ? 0x80 : 0) | rsv << 4 | opcode];
  if (said < 126)
    head.push(bit | said);
  else if (said < 65536)
    head.push(bit | 126, said >> 8, said & 255);
  else
    head.push(bit | 127, ...Array.from({ length: 8 }, (_, i) => Number(BigInt(said) >> BigInt(56 - 8 * i) & 255n)));
  return Buffer.concat([Buffer.from(head), Buffer.from(mask ?? []),
                        mask ? data.map((byte, i) => byte ^ mask[i % 4]) : data]);
}

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** A WebSocket by hand: `messages` are the JSON objects that came, `chunks` how many binary messages, `closed` is null, the close code with its reason, or "without a word". */
export class RawWebSocket {
  messages = [];
  chunks = 0;
  pongs = 0;
  closed = null;
  #read = 0; // bytes of received that have been understood

  /** `answersPings` false: who is in the middle of a frame can't. */
  static async open(server, route, { answersPings = true } = {}) {
    const self = new RawWebSocket();
    self.answersPings = answersPings;
    self.connection = await RawConnection.open(server);
    self.connection.send(`GET ${route} HTTP/1.1\r\nHost: ${server.url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n`);
    const text = await self.connection.until('the WebSocket', () => {
      const came = self.connection.received.toString('latin1');
      return came.includes('\r\n\r\n') && came;
    });
    if (!text.startsWith('HTTP/1.1 101 '))
      throw new Failure(`no WebSocket: ${describeAnswer(self.connection)}`);
    self.#read = text.indexOf('\r\n\r\n') + 4;
    return self;
  }

  #parse() {
    for (;;) {
      const { received } = this.connection;
      const rest = received.subarray(this.#read);
      if (rest.length < 2)
        return;
      let head = 2;
      let length = rest[1] & 127;
      if (length === 126 && rest.length >= 4)
        [head, length] = [4, rest.readUInt16BE(2)];
      else if (length === 127 && rest.length >= 10)
        [head, length] = [10, Number(rest.readBigUInt64BE(2))];
      if (rest.length < head + length)
        return;
      this.#take(rest[0] & 15, rest.subarray(head, head + length));
      this.#read += head + length;
    }
  }

  #take(opcode, payload) {
    if (opcode === TEXT)
      this.messages.push(...payload.toString().split('\n').map((line) => JSON.parse(line)));
    else if (opcode === BINARY)
      this.chunks++;
    else if (opcode === PING && this.answersPings)
      this.connection.send(frame(PONG, payload));
    else if (opcode === PONG)
      this.pongs++;
    else if (opcode === CLOSE)
      this.closed ??= payload.length < 2 ? 'without a code'
        : [payload.readUInt16BE(0), ...payload.length > 2 ? [`(${payload.subarray(2)})`] : []].join(' ');
  }

  send(data) {
    this.connection.send(data);
  }

  say(message) {
    this.send(frame(TEXT, typeof message === 'string' ? message : JSON.stringify(message)));
  }

  async until(what, condition, timeoutMs) {
    try {
      return await this.connection.until(what, () => {
        this.#parse();
        if (this.connection.ended !== null)
          this.closed ??= 'without a word';
        return condition();
      }, timeoutMs);
    } catch (error) {
      throw new Failure(`${error.message.split('; came')[0]}; came: ${JSON.stringify(this.messages.slice(-3))} ${this.closed ?? ''}`);
    }
  }

  next(type, timeoutMs) {
    return this.until(`a message of type ${type}`, () => this.messages.find((message) => message.type === type), timeoutMs);
  }

  close() {
    this.connection.close();
  }
}
