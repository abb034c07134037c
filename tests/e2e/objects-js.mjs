// web/objects.js and the server: what is put comes back, by each way, over connections that end, and after a page was loaded again.

import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { Browser } from './lib/browser.mjs';
import { startSite } from './lib/doors.mjs';
import { root, temporaryFolder } from './lib/folders.mjs';
import { hashOf } from './lib/object-server.mjs';
import { startObjects } from './lib/objects-script.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Suite, until } from './lib/tap.mjs';
import { Viewer } from './lib/viewer.mjs';

const MIB = 1024 * 1024;
const suite = new Suite();

const bytesOf = async (blob) => Buffer.from(await blob.arrayBuffer());
const fails = (transfer) => transfer.then(() => 'nothing', ({ code, name }) => (name === 'ObjectError' ? code : name));
const figures = async (server) => (await server.status()).objects;

async function start(scope, limits = '', ...args) {
  const config = path.join(temporaryFolder(scope), 'sightline.conf');
  writeFileSync(config, `[limits]\n${limits}\n[stream camera]\ndevice=test\nset=width=160;framerate=5\n`);
  return Server.start(scope, ['--config', config, ...args]);
}

async function connect(scope, server, route = '/objects') {
  const objects = await startObjects(route && server.webSocket(route));
  scope.after(() => objects.stop());
  return objects;
}

/** A viewer whose data channels the client uses. */
async function watch(scope, server, objects) {
  let adopted = false;
  const viewer = await Viewer.join(server.webSocket('/ws/camera'), { sink: false, adopt: (relay, control, make) => {
    objects.adopt(make);
    adopted = true;
  } });
  scope.after(() => viewer.leave());
  await until('the viewer\'s data channel', () => adopted);
  return viewer;
}

suite.test('the example in docs/relay.md prints what it says', async (t) => {
  const server = await start(t);
  const [, example] = readFileSync(path.join(root, 'docs/relay.md'), 'utf8').match(/```js\nimport \{ Objects \}.*?\n(.*?)```/s);
  const script = example.replaceAll('127.0.0.1:8080', server.url.host).replace('new Objects(', 'await startObjects(');
  const printed = [];
  await new (async () => {}).constructor('startObjects', 'console', `${script}; objects.stop();`)(startObjects, { log: (...words) => printed.push(words.join(' ')) });
  expectEqual([printed[0], ...printed.slice(-2)], ['hashing 0 5', 'done 5 5', 'false Hello'], 'printed');
});

for (const way of ['websocket', 'channel'])
  suite.test(`by ${way}: bytes come back as they were; what is there is not sent again`, async (t) => {
    const server = await start(t);
    const objects = await connect(t, server, way === 'channel' ? '' : '/objects');
    if (way === 'channel')
      await watch(t, server, objects);
    let sum = 0;
    for (const size of [0, 1, 16_385, 5 * MIB + 3]) {
      const bytes = randomBytes(size);
      const put = objects.put(new Blob([bytes]));
      expectEqual([await put, put.already], [hashOf(bytes), false], 'put');
      const again = objects.put(new Blob([bytes]));
      expectEqual([await again, again.already], [hashOf(bytes), true], 'put again');
      const got = await bytesOf(await objects.get(hashOf(bytes)));
      expectEqual(Buffer.compare(got, bytes), 0, `what came back of ${size} bytes`);
      sum += size;
    }
    const { received_bytes: received, served_bytes: served } = await figures(server);
    expectEqual([objects.via, received, served], [way, sum, sum], 'way, received, served');
    expectEqual(await fails(objects.get(hashOf('nothing'))), 'unknown-object', 'what is not there');
  });

suite.test('paused, nothing is sent; then it goes on from there', async (t) => {
  const server = await start(t, 'put-bytes-per-second=4000000\nget-bytes-per-second=4000000');
  const objects = await connect(t, server);
  const bytes = randomBytes(6 * MIB);
  for (const transfer of [() => objects.put(new Blob([bytes])), () => objects.get(hashOf(bytes))]) {
    const going = transfer();
    await until('some', () => going.state !== 'hashing' && going.done > MIB, { everyMs: 5 });
    going.pause();
    const { done } = going;
    await objects.put(new Blob([randomBytes(1000)])); // the server has read what was said before
    expectEqual([going.state, going.done], ['paused', done], 'while it is paused');
    going.resume();
    await going;
  }
  const { received_bytes: received } = await figures(server);
  expect(received <= bytes.length + 2000 + MIB, `${received} bytes were taken`);
});

suite.test('a data channel that ends: it goes on by the WebSocket; and by the next peer\'s, when there is one', async (t) => {
  const server = await start(t, 'put-bytes-per-second=1500000');
  const objects = await connect(t, server);
  const viewer = await watch(t, server, objects);
  const bytes = randomBytes(8 * MIB);
  const put = objects.put(new Blob([bytes]));
  await until('some', () => objects.via === 'channel' && put.done > MIB, { everyMs: 5 });
  viewer.leave();
  await until('the WebSocket', () => objects.via === 'websocket');
  const { done } = put;
  await until('more', () => put.done > done, { everyMs: 5 });
  put.pause(); // there is to be enough left for the next one's channel, however long he takes to join
  await watch(t, server, objects);
  put.resume();
  await until('the data channel', () => objects.via === 'channel');
  expectEqual(await put, hashOf(bytes), 'hash');
  const { received_bytes: received } = await figures(server);
  expect(received <= bytes.length + 2 * MIB, `${received} bytes were taken: more than a window again for each cut`);
  expectEqual(Buffer.compare(await bytesOf(await objects.get(hashOf(bytes))), bytes), 0, 'what came back');
});

suite.test('what has no room, and what is larger than an object may be, says so', async (t) => {
  const server = await start(t, 'cache-mib=3\nmax-object-mib=2');
  const objects = await connect(t, server);
  expectEqual(await fails(objects.put(new Blob([randomBytes(2 * MIB + 1)]))), 'too-large', 'more than 2 MiB');
  const hash = await objects.put(new Blob([randomBytes(2 * MIB)]));
  const response = await fetch(server.address(`/api/objects/${hash}`), {
    method: 'PUT', body: '{"pinned":true}', headers: { 'Content-Type': 'application/json', Connection: 'close' },
  });
  expect(response.ok, `it is not pinned: ${response.status}`);
  expectEqual(await fails(objects.put(new Blob([randomBytes(2 * MIB)]))), 'no-room', 'beside what is pinned');
  expectEqual(objects.limits.maxObjectBytes, 2 * MIB, 'what the server said');
});

for (const name of ['chromium', 'firefox'])
  suite.test(`${name}: it hashes in a worker, and what was being sent when the page was loaded again goes on`, async (t) => {
    const server = await start(t, 'put-bytes-per-second=2000000');
    const browser = await Browser.launch(t, name);
    const page = await browser.open(t, server.link, { mayComplain: /interrupted|WebSocket/, before: [() => {
      window.workers = 0;
      window.Worker = class extends Worker {
        constructor(...args) {
          super(...args);
          window.workers++;
        }
      };
    }] });
    const size = 8 * MIB;
    const begin = () => page.evaluate(async (length) => {
      const { Objects } = await import('/objects.js');
      const address = new URL('/objects', location.href);
      address.protocol = 'ws:';
      const bytes = new Uint8Array(length);
      for (let i = 0, x = 1; i < length; i++)
        bytes[i] = x = (x * 75 + 74) % 65537;
      window.client = new Objects(address.href);
      window.putting = window.client.put(new File([bytes], 'a'));
      window.putting.catch(() => {});
    }, size);
    await begin();
    await until('some', () => page.evaluate((least) => window.putting.state === 'sending' && window.putting.done > least, 2 * MIB));
    expectEqual(await page.evaluate(() => window.workers), 1, 'workers');
    await page.reload({ waitUntil: 'domcontentloaded' });
    await begin();
    const hash = await page.evaluate(() => window.putting.then((found) => found));
    const { received_bytes: received } = await figures(server);
    expect(received >= size && received <= size + MIB, `${received} bytes were taken of ${size}`);
    const got = await page.evaluate(async (wanted) => (await window.client.get(wanted)).size, hash);
    expectEqual(got, size, 'what came back');
  });

for (const name of ['chromium', 'firefox'])
  suite.test(`${name}: on a page of another site, which can't have the worker, it hashes without one`, async (t) => {
    const site = await startSite(t);
    const server = await start(t, '', '--allow-origin', new URL(site).origin);
    const browser = await Browser.launch(t, name);
    const page = await browser.open(t, site, { mayComplain: /hash-worker/ });
    const got = await page.evaluate(async (script, address) => {
      const { Objects } = await import(script);
      const objects = new Objects(address);
      const hash = await objects.put(new Blob(['a'.repeat(3_000_000)]));
      const { size } = await objects.get(hash);
      objects.stop();
      return [hash, size];
    }, server.address('/objects.js'), server.webSocket('/objects'));
    expectEqual(got, [hashOf('a'.repeat(3_000_000)), 3_000_000], 'hash, size');
  });

await suite.run();
