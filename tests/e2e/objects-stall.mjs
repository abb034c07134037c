// Three get an object at once: one as fast as he can, one slowly, one who stops altogether. The fast one waits for nobody, the server keeps
// nothing for the others beyond their windows, and each gets the right bytes.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child } from './lib/child.mjs';
import { temporaryFolder } from './lib/folders.mjs';
import { hashOf, newFile, OPEN } from './lib/object-client.mjs';
import { resident } from './lib/proc.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, sleep, Suite } from './lib/tap.mjs';

const LONG = process.env.SIGHTLINE_TEST_LONG === '1';
const SIZE = (LONG ? 100 : 10) * 1000 * 1000;
const SLOW_BYTES = 64 * 1024; // every
const SLOW_MS = 250;
/** Windows of 1 MiB for each, with what malloc and others make of it. */
const MOST_BYTES = 8 * 1024 * 1024;
const suite = new Suite();
const child = path.join(path.dirname(fileURLToPath(import.meta.url)), 'lib', 'object-child.mjs');

class Cache {
  static async open(scope) {
    const self = new Cache();
    const config = path.join(temporaryFolder(scope), 'sightline.conf');
    writeFileSync(config, `[limits]\ncache-mib=${Math.ceil(SIZE / 1e6) + 4}\n[stream camera]\ndevice=test\nset=width=160;framerate=5\n`);
    self.server = await Server.start(scope, ['--config', config]);
    self.file = newFile(SIZE);
    self.fast = {};
    for (const kind of Object.keys(OPEN))
      self.fast[kind] = await OPEN[kind](self.server);
    await self.fast.WebSocket.put(self.file.hash, self.file.bytes).done;
    return self;
  }

  /** How long it takes by each way, both at once. */
  async times() {
    const began = performance.now();
    return Object.fromEntries(await Promise.all(Object.entries(this.fast).map(async ([kind, client]) => {
      const bytes = await client.get(this.file.hash).done;
      const seconds = (performance.now() - began) / 1000;
      expectEqual(hashOf(bytes), this.file.hash, `what came (${kind})`);
      return [kind, seconds];
    })));
  }

  /** Somebody who takes no more than SLOW_BYTES in SLOW_MS, until told. */
  async slow() {
    const client = await OPEN.WebSocket(this.server);
    const transfer = client.get(this.file.hash, { paced: true });
    let ended = false;
    const reading = (async () => {
      while (!ended && transfer.acknowledged !== SIZE) {
        await sleep(SLOW_MS);
        if (transfer.received > (transfer.acknowledged ?? 0))
          client.acknowledge(transfer, Math.min(transfer.received, transfer.acknowledged + SLOW_BYTES));
      }
    })();
    return {
      transfer,
      end: async () => {
        ended = true;
        await reading;
        client.leave();
      },
    };
  }

  addresses() {
    const { server } = this;
    const sockets = Object.fromEntries(['/objects', '/ws/camera'].map((route) => [route, server.webSocket(route)]));
    return JSON.stringify({ sockets, url: server.address(`/objects/${this.file.hash}`) });
  }
}

const inWords = (times) => Object.entries(times).map(([kind, seconds]) => `${(SIZE / 1e6 / seconds).toFixed(1)} MB/s (${kind})`).join(', ');

let cache;
for (const kind of [...Object.keys(OPEN), 'HTTP']) {
  suite.test(`one of three is stopped (${kind}), one is slow: the others do not wait for them, and memory stays`, async (t) => {
    cache ??= await Cache.open(suite.scope);
    const { server, file } = cache;
    await cache.times(); // what is made the first time
    const before = await cache.times();
    const memory = resident(server.pid);

    const stopped = new Child(process.execPath, [child, kind, cache.addresses(), file.hash]);
    t.after(() => stopped.stop('SIGKILL'));
    const slow = await cache.slow();
    await stopped.line(/^getting$/);
    const beside = await cache.times();
    const grown = resident(server.pid) - memory;
    const { received } = slow.transfer;
    await slow.end();
    const again = await cache.times();
    expect(!stopped.stdout.includes('got'), 'it had all before it was stopped');
    stopped.kill('SIGCONT');
    const [, hash] = await stopped.line(/^got (\w+)$/, 60000);

    t.note(`${inWords(before)} before; ${inWords(beside)} beside the stopped and the slow one; ${inWords(again)} beside the stopped one`);
    t.note(`the slow one had ${(received / 1e6).toFixed(1)} MB by then; the server grew by ${(grown / 1e6).toFixed(1)} MB`);
    expectEqual(hash, file.hash, 'what the stopped one got in the end');
    expect(slow.transfer.bytes.subarray(0, received).equals(file.bytes.subarray(0, received)), 'the slow one got other bytes');
    expect(received > 0 && received < SIZE, 'the slow one was not slow');
    expect(grown < MOST_BYTES, 'the server grew by more than it says');
    // Who waited for one of them would wait for many seconds.
    for (const way of Object.keys(OPEN))
      expect(beside[way] < 5 * Math.max(before[way], again[way]) + 10, `the others waited (${way})`);
  }, { timeoutMs: LONG ? 600000 : 60000 });
}

await suite.run();
