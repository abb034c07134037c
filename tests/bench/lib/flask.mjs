// Flask-SocketIO, to measure beside, and a talker on it.
// Its protocol: https://socket.io/docs/v4/engine-io-protocol/ and …/socket-io-protocol/

import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child } from '../../e2e/lib/child.mjs';
import { Skip, until } from '../../e2e/lib/tap.mjs';
import { loadWebSocket } from '../../e2e/lib/viewer.mjs';
import { freeTcpPort } from './janus.mjs';

const script = path.join(path.dirname(fileURLToPath(import.meta.url)), 'flask-server.py');
// Debian's modules are Debian's Python's.
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false)).once('connect', () => socket.destroy());
  });
}

export class Flask {
  /** `mode` is "eventlet" or "gevent"; throws Skip with the reason where it does not start. */
  static async start(scope, mode) {
    const self = new Flask();
    const port = await freeTcpPort();
    self.url = `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`;
    self.child = new Child(python, [script, mode, String(port)]);
    scope.onFailure(() => `flask: ${self.child.stderr.slice(-1500)}`);
    scope.after(() => self.child.stop());
    try {
      [, self.version] = await self.child.line(/^version (.*)$/);
    } catch {
      throw new Skip(self.child.stderr.trim().split('\n').at(-1));
    }
    await until('Flask to listen', () => listens(port));
    return self;
  }

  get pid() {
    return this.child.pid;
  }
}

/** Somebody who is connected. What comes goes to `onText`. */
export class FlaskTalker {
  onText = () => {};

  static async join(url) {
    const self = new FlaskTalker();
    const WebSocket = await loadWebSocket();
    self.socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
    await new Promise((resolve, reject) => {
      self.socket.on('error', reject);
      self.socket.on('message', (data) => {
        const text = data.latin1Slice();
        if (text === '2')
          self.socket.send('3'); // ping, pong
        else if (text.startsWith('0'))
          self.socket.send('40'); // engine.io is open: the namespace
        else if (text.startsWith('40'))
          resolve();
        else
          self.onText(text);
      });
    });
    return self;
  }

  say(text) {
    this.socket.send(`42${JSON.stringify(['message', text])}`);
  }

  leave() {
    this.socket.terminate();
  }
}
