// The page's client of objects, web/objects.js as it is served, in Node.

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { webcrypto } from 'node:crypto';

import { root } from './folders.mjs';
import { loadWebSocket } from './viewer.mjs';

/** What browsers have, and Node from 20 on. */
globalThis.crypto ??= webcrypto;

// Beside a package.json that says so, Node takes a .js for a module; they import each other.
const folder = mkdtempSync(path.join(tmpdir(), 'sightline-web-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const name of ['objects.js', 'object-link.js', 'object-transfer.js', 'ledbat.js', 'hasher.js', 'hash-worker.js', 'sha256.js'])
  copyFileSync(path.join(root, 'web', name), path.join(folder, name));
writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
const load = (name) => import(pathToFileURL(path.join(folder, name)).href);

export const { Objects, ObjectError } = await load('objects.js');
export const { Ledbat } = await load('ledbat.js');
export const { Sha256 } = await load('sha256.js');
export const { Hasher } = await load('hasher.js');

/** A client by the WebSocket of `url`, and by what it adopts. */
export async function startObjects(url, options = {}) {
  const WebSocket = await loadWebSocket();
  return new Objects(url, { ...options, WebSocket: class extends WebSocket {
    constructor(address) {
      super(address);
      this.on('error', () => {}); // as in a browser, where nobody has to listen
    }
  } });
}
