// The page's client of the message relay, web/relay.js as it is served, in Node.

import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { root } from './folders.mjs';
import { loadWebSocket } from './viewer.mjs';

/** What browsers have, and Node from 20 on. */
globalThis.crypto ??= webcrypto;
globalThis.CustomEvent ??= class extends Event {
  constructor(type, { detail }) {
    super(type);
    this.detail = detail;
  }
};

// Beside no package.json, Node takes a .js for something else than a module.
const { Relay } = await import(`data:text/javascript,${encodeURIComponent(readFileSync(path.join(root, 'web/relay.js'), 'utf8'))}`);

export async function startRelay(url) {
  const WebSocket = await loadWebSocket();
  const client = new Relay(url, { WebSocket: class extends WebSocket {
    constructor(address) {
      super(address);
      this.on('error', () => {}); // as in a browser, where nobody has to listen
    }
  } });
  client.start();
  return client;
}
