// A file is put and got by those who are cut off again and again, by web/objects.js: it is intact, and no more than a window of it is sent
// again for each cut; who comes later gets it from the cache, the uploader gone. The cache keeps to its bound, and nothing is left.

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { temporaryFolder } from './lib/folders.mjs';
import { settled, total } from './lib/leftovers.mjs';
import { hashOf, newFile, OPEN } from './lib/object-client.mjs';
import { OBJECT_TRANSPORTS } from './lib/object-people.mjs';
import { resident } from './lib/proc.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Suite } from './lib/tap.mjs';
import { Viewer } from './lib/viewer.mjs';

const LONG = process.env.SIGHTLINE_TEST_LONG === '1';
const SIZE = (LONG ? 200 : 20) * 1000 * 1000;
const CUTS = 10;
const KINDS = Object.keys(OBJECT_TRANSPORTS);
const CACHE_MIB = Math.ceil(2.2 * SIZE / (1 << 20)); // two of them, and not three
/** Over the bound of the cache: windows, and what malloc and the viewers' connections make of it. */
const MORE_BYTES = 24 * 1024 * 1024;
const suite = new Suite();

/** The server, what it needed before anything was put there, and the most that it needed since. */
class Cache {
  most = 0;

  static async open(scope) {
    const self = new Cache();
    const config = path.join(temporaryFolder(scope), 'sightline.conf');
    writeFileSync(config, `[limits]\nlinger-ms=500\ncache-mib=${CACHE_MIB}\n[stream camera]\ndevice=test\nset=width=160;framerate=5\n`);
    const server = self.server = await Server.start(scope, ['--config', config]);
    // Some things are made with the first viewer, or with the second start of a source, and kept.
    for (let i = 0; i < 2; i++) {
      const viewer = await Viewer.join(server.webSocket('/ws/camera'), { sink: false });
      await viewer.playing({ frames: 1 });
      viewer.leave();
      await server.state('idle');
    }
    self.before = await settled(server, null, { pools: false });
    self.files = Object.fromEntries(KINDS.map((kind) => [kind, newFile(SIZE)]));
    self.memory = resident(server.pid);
    const timer = setInterval(() => {
      if (!server.child.exit)
        self.most = Math.max(self.most, resident(server.pid));
    }, 100);
    scope.after(() => clearInterval(timer));
    return self;
  }

  checkMemory(t) {
    const grown = this.most - this.memory;
    t.note(`the server grew by ${(grown / (1 << 20)).toFixed(1)} MiB at most, its cache may have ${CACHE_MIB}`);
    expect(grown < CACHE_MIB * (1 << 20) + MORE_BYTES, 'the server grew by more than it says');
  }
}

/** What the server counts, of all. */
async function figures({ server }) {
  const response = await fetch(server.address('/api/objects'), { headers: { Connection: 'close' } });
  return response.json();
}

/** Cuts somebody off at random places of what he sends or gets. Gives how many more are to come. */
function cutOff(person, bytes) {
  let done = 0;
  const next = () => (done + 0.2 + 0.6 * Math.random()) * SIZE / (CUTS + 1);
  let due = next();
  person.count.onCount = () => {
    if (done === CUTS || bytes() <= due || !person.up)
      return;
    done++;
    due = next();
    person.cut();
  };
  return () => CUTS - done;
}

/** `act` of everybody, cut off meanwhile; `bytes` of what he counts tells how far he is, `figure` is what the server counts. Gives what it was for each. */
async function beside(t, people, act, bytes, figure) {
  const [began, before, window] = [performance.now(), await figures(cache), await windowOf()];
  t.onFailure(() => KINDS.map((kind) => `${kind}: ${bytes(people[kind].count)} bytes, ${people[kind].up ? 'there' : 'away'}`).join('; '));
  const results = await Promise.all(KINDS.map(async (kind) => {
    const toCome = cutOff(people[kind], () => bytes(people[kind].count));
    const result = await act(kind);
    expectEqual(toCome(), 0, `cuts that did not come (${kind})`);
    const seconds = (performance.now() - began) / 1000;
    const again = bytes(people[kind].count) - SIZE;
    t.note(`${kind}: ${SIZE / 1e6} MB in ${seconds.toFixed(1)} s with ${CUTS} cuts, ${(again / 1e6).toFixed(2)} MB of it again as he counts`);
    expect(again <= CUTS * window, `${again} bytes were sent, or came, again (${kind})`);
    return result;
  }));
  const again = (await figures(cache))[figure] - before[figure] - KINDS.length * SIZE;
  t.note(`${(again / 1e6).toFixed(2)} MB of them again as the server counts`);
  expect(again <= KINDS.length * CUTS * window, `the server counts ${again} bytes again`);
  return results;
}

let cache;
const everybody = async (t) => Object.fromEntries(await Promise.all(KINDS.map(async (kind) =>
  [kind, await OBJECT_TRANSPORTS[kind](cache.server, t)])));
const windowOf = async () => {
  const client = await OPEN.WebSocket(cache.server);
  client.leave();
  return client.welcome.window;
};

suite.test(`${SIZE / 1e6} MB are put with ${CUTS} cuts each: no more than a window again for each, and intact`, async (t) => {
  cache ??= await Cache.open(suite.scope);
  const people = await everybody(t);
  const put = (kind) => people[kind].client.put(new Blob([cache.files[kind].bytes]));
  const puts = await beside(t, people, put, ({ sent }) => sent, 'received_bytes');
  await Promise.all(Object.values(people).map((person) => person.leave()));
  for (const [i, kind] of KINDS.entries())
    expectEqual(puts[i], cache.files[kind].hash, `the hash (${kind})`);
  cache.checkMemory(t);
}, { timeoutMs: LONG ? 900000 : 90000 });

suite.test(`they are got with ${CUTS} cuts each, the uploaders gone`, async (t) => {
  const people = await everybody(t);
  const get = (kind) => people[kind].client.get(cache.files[kind].hash);
  const gets = await beside(t, people, get, ({ received }) => received, 'served_bytes');
  await Promise.all(Object.values(people).map((person) => person.leave()));
  for (const [i, kind] of KINDS.entries()) {
    const bytes = Buffer.from(await gets[i].arrayBuffer());
    expectEqual(hashOf(bytes), cache.files[kind].hash, `the bytes' hash (${kind})`);
  }
  cache.checkMemory(t);
}, { timeoutMs: LONG ? 900000 : 90000 });

suite.test('a third file takes the place of what was used longest ago, and of no more; nothing else is left', async (t) => {
  const { server, files, before } = cache;
  const third = newFile(SIZE);
  const client = await OPEN.WebSocket(server);
  await client.get(files.WebSocket.hash).done; // so the other one goes
  await client.put(third.hash, third.bytes).done;
  const there = (hash) => client.get(hash, { offset: SIZE }).done.then(() => 'there', ({ code }) => code);
  expectEqual(await Promise.all([files['data channel'].hash, files.WebSocket.hash, third.hash].map(there)),
              ['unknown-object', 'there', 'there'], 'which are there');
  client.leave();
  cache.checkMemory(t);
  before.objects.timeout = (before.objects.timeout ?? 0) + 1; // when they expire
  const after = await settled(server, before, { pools: false });
  t.note(`${total(after.threads)} threads, ${total(after.descriptors)} descriptors, ${total(after.objects)} objects as before`);
}, { timeoutMs: 90000 });

await suite.run();
