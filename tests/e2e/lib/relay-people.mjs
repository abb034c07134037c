// Clients of the message relay that can be cut off, by each transport: web/relay.js by a data channel or by the WebSocket,
// and a program on the Unix socket. Each has `client` (subscribe, publish, events), and comes back by itself.

import path from 'node:path';

import { LineClient } from './line-client.mjs';
import { Link } from './link.mjs';
import { startRelay } from './relay-script.mjs';
import { sleep } from './tap.mjs';
import { Viewer } from './viewer.mjs';

/** Whose way is a connection through a link. */
export class Linked {
  constructor(client, link) {
    this.client = client;
    this.link = link;
  }

  get up() {
    return this.link.up;
  }

  /** From now on, till release(), there is no way to the server. */
  hold() {
    this.link.held = true;
    this.link.cut();
  }

  release() {
    this.link.held = false;
  }

  cut() {
    this.link.cut();
  }

  async leave() {
    this.client.stop();
  }
}

/**
 * Whose way is a data channel, and no other: another viewer after each cut, and when the server has ended one.
 * `adopt` hands the client what the viewer has: the relay's channel, and what makes others.
 */
export class Watching {
  up = false;
  #url;
  #adopt;
  #held = false;
  #viewer = null;
  #joining = null;
  #left = false;

  constructor(client, url, adopt = (channel) => client.adopt(channel)) {
    this.client = client;
    this.#url = url;
    this.#adopt = adopt;
    this.#join();
  }

  #join() {
    this.#joining ??= (async () => {
      let isThere = false;
      while (!isThere && !this.#left) {
        await sleep(Math.random() * 200);
        while (this.#held)
          await sleep(20);
        // The server may be about to end, or to begin.
        isThere = !this.#left && await this.#watch().then(() => true, () => false);
      }
      this.#joining = null;
    })();
  }

  async #watch() {
    const viewer = await Viewer.join(this.#url, { sink: false, adopt: (...channels) => {
      this.#adopt(...channels);
      this.up = true;
    } });
    this.#viewer = viewer;
    viewer.signalling.socket.once('close', () => this.#viewer === viewer && this.cut());
  }

  hold() {
    this.#held = true;
    this.cut();
  }

  release() {
    this.#held = false;
  }

  cut() {
    this.up = false;
    this.#end();
    this.#join();
  }

  async leave() {
    this.#left = true;
    this.#held = false;
    await this.#joining;
    this.client.stop();
    this.#end();
  }

  #end() {
    const viewer = this.#viewer;
    this.#viewer = null;
    viewer?.leave();
  }
}

/** By what somebody talks to the message relay; each is given a server that has a `relaySocket`. */
export const TRANSPORTS = {
  'data channel': async (server) => new Watching(await startRelay(''), server.webSocket('/ws/camera')),
  WebSocket: async (server, scope) => {
    const link = await Link.open(scope, { host: server.url.hostname, port: server.port }, { host: '127.0.0.1', port: 0 });
    const url = new URL(server.webSocket('/relay'));
    url.port = link.port;
    return new Linked(await startRelay(url.href), link);
  },
  'Unix socket': async (server, scope) => {
    const here = path.join(server.folder, `link-${Math.random().toString(36).slice(2)}`);
    const link = await Link.open(scope, { path: server.relaySocket }, { path: here });
    const client = new LineClient(here);
    client.start();
    return new Linked(client, link);
  },
};
