// A way to the server that can be cut at any byte: a port, or a Unix socket, in front of another.

import { once } from 'node:events';
import net from 'node:net';

const MAX_DEAF_MS = 100;

/** Ends it as a network does: what was sent and not read yet is lost, or only what comes later. */
function sever(socket) {
  if (socket.remoteAddress && Math.random() < 0.5)
    socket.resetAndDestroy();
  else
    socket.destroy();
}

export class Link {
  #pairs = new Set();
  #target;
  held = false; // who comes is turned away
  port = 0; // where it listens, unless on a path

  /** `target` and `listen` as net.connect() and listen() have them: { host, port } or { path }. */
  static async open(scope, target, listen) {
    const self = new Link();
    self.#target = target;
    const server = net.createServer((near) => self.#join(near));
    server.listen(listen);
    await once(server, 'listening');
    self.port = server.address().port ?? 0;
    scope.after(() => {
      server.close();
      self.cut();
    });
    return self;
  }

  #join(near) {
    near.on('error', () => {});
    if (this.held) {
      sever(near);
      return;
    }
    const far = net.connect(this.#target);
    const pair = { near, far, up: false };
    this.#pairs.add(pair);
    near.pipe(far);
    far.pipe(near);
    far.on('error', () => {});
    far.once('data', () => { pair.up = true; });
    for (const socket of [near, far])
      socket.on('close', () => {
        this.#pairs.delete(pair);
        near.destroy();
        far.destroy();
      });
  }

  /** Whether the server has answered somebody who is on it. */
  get up() {
    return [...this.#pairs].some(({ up }) => up);
  }

  /** For a moment what is said still arrives and the answers no longer do; then nothing does. */
  cut() {
    for (const { near, far } of this.#pairs) {
      far.unpipe(near);
      far.resume();
      setTimeout(() => {
        sever(near);
        sever(far);
      }, Math.random() * MAX_DEAF_MS);
    }
    this.#pairs.clear();
  }
}
