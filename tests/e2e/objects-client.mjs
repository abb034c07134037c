// What web/objects.js makes of what a server says, and of connections that come and go; and what it is made of.

import { createHash, randomBytes } from 'node:crypto';

import { hashOf, ObjectServer, ObjectServerLink } from './lib/object-server.mjs';
import { Hasher, Ledbat, Objects, Sha256 } from './lib/objects-script.mjs';
import { expect, expectEqual, Suite, until } from './lib/tap.mjs';

const bytesOf = async (blob) => Buffer.from(await blob.arrayBuffer());
const MIB = 1024 * 1024;

/** A client of a server in this process, and the connections that it made. */
class Talk {
  server = new ObjectServer();
  sockets = [];
  channels = [];

  constructor(scope, { url = 'ws://nowhere/objects', ...options } = {}) {
    const self = this;
    this.objects = new Objects(url, { ...options, WebSocket: class extends ObjectServerLink {
      constructor() {
        super(self.server);
        self.sockets.push(this);
      }
    } });
    scope.after(() => this.objects.stop());
  }

  /** Another peer. */
  join() {
    this.objects.adopt(() => {
      this.channels.push(this.server.link());
      return this.channels.at(-1);
    });
  }

  /** Cuts what is used now, as soon as the server has so much. */
  cutAt(bytes) {
    return until(`${bytes} bytes`, () => this.server.received >= bytes, { everyMs: 1 }).then(() => this.cut());
  }

  cut() {
    [...this.sockets, ...this.channels].filter(({ readyState }) => readyState === 'open').at(-1).close();
  }
}

/** Time passes ten times as fast, until what is returned is called. */
function hurryClock(scope) {
  const { now } = performance;
  let ahead = 0;
  performance.now = () => now.call(performance) + ahead;
  const clock = setInterval(() => { ahead += 450; }, 50);
  const stop = () => {
    clearInterval(clock);
    performance.now = now;
  };
  scope.after(stop);
  return stop;
}

const fails = (transfer) => transfer.then(() => 'nothing', ({ code, name }) => (name === 'ObjectError' ? code : name));

const suite = new Suite();

suite.test('SHA-256 of all lengths up to 300, and of millions of bytes, split anywhere', () => {
  for (let length = 0; length <= 300; length++) {
    const bytes = randomBytes(length);
    const hash = new Sha256();
    hash.update(bytes);
    expectEqual(hash.digest(), hashOf(bytes), `${length} bytes`);
  }
  for (let round = 0; round < 20; round++) {
    const bytes = randomBytes(200_000 + round * 17);
    const hash = new Sha256();
    for (let at = 0; at < bytes.length;) {
      const end = at + Math.floor(Math.random() ** 4 * 20_000);
      hash.update(bytes.subarray(at, end));
      at = end;
    }
    expectEqual(hash.digest(), hashOf(bytes), `round ${round}`);
  }
  const bytes = randomBytes(4 * MIB + 1);
  const hash = new Sha256();
  hash.update(bytes);
  expectEqual(hash.digest(), hashOf(bytes), 'at once');
});

if (process.env.SIGHTLINE_TEST_LONG === '1')
  suite.test('lengths in bits beyond 2^32', () => {
    const zeros = new Uint8Array(64 * MIB);
    const [ours, theirs] = [new Sha256(), createHash('sha256')];
    for (let i = 0; i < 9; i++) {
      ours.update(zeros);
      theirs.update(zeros);
    }
    expectEqual(ours.digest(), theirs.digest('hex'), 'hash');
  }, { timeoutMs: 300_000 });

suite.test('a hash grows by pieces, tells how far it is, and several are made at once; with a worker that fails it is made here', async () => {
  class Broken {
    postMessage() {
      this.fails ??= setTimeout(() => this.onerror({}));
    }

    terminate() {}
  }
  for (const Type of [null, Broken]) {
    const hasher = new Hasher(Type);
    const made = [1, 2, 3].map((n) => {
      const pieces = [randomBytes(n * 300_000), randomBytes(n)];
      let read = 0;
      const hashing = hasher.begin((bytes) => { read = bytes; });
      pieces.forEach((piece) => hashing.add(new Blob([piece])));
      return { bytes: Buffer.concat(pieces), hash: hashing.digest(), read: () => read };
    });
    hasher.begin().cancel();
    for (const { bytes, hash, read } of made)
      expectEqual([await hash, read()], [hashOf(bytes), bytes.length], 'hash');
  }
});

suite.test('the window grows while there is no queue, as far as it is used, and shrinks to what makes a short one', () => {
  const quick = new Ledbat();
  for (let i = 0; i < 5000; i++)
    quick.acknowledged(quick.chunk, 20, quick.window, i);
  expectEqual(quick.window, MIB, 'without a queue');
  const idle = new Ledbat();
  for (let i = 0; i < 5000; i++)
    idle.acknowledged(1024, 20, 2048, i);
  expect(idle.window <= 20 * 1024, `${idle.window} bytes, of which 2,048 were used`);

  // A path of 2,500 bytes a millisecond, then 250, and 40 ms.
  const [wide, narrow, way] = [2500, 250, 40];
  const pace = new Ledbat();
  let [now, free] = [0, 0];
  const flights = [];
  const queues = [];
  for (let i = 0; i < 20_000; i++) {
    let underWay = flights.reduce((sum, { bytes }) => sum + bytes, 0);
    while (underWay + pace.chunk <= pace.window) {
      free = Math.max(now, free) + pace.chunk / (now < 10_000 ? wide : narrow);
      flights.push({ bytes: pace.chunk, sent: now, back: free + way });
      underWay += pace.chunk;
    }
    const { bytes, sent, back } = flights.shift();
    now = back;
    queues.push({ at: now, ms: free - now });
    pace.acknowledged(bytes, back - sent, underWay, now);
  }
  for (const [from, to] of [[1000, 10_000], [13_000, Infinity]]) {
    const found = queues.filter(({ at }) => at > from && at < to).map(({ ms }) => ms);
    expect(Math.max(...found) < 120, `from ${from} ms on a queue of up to ${Math.max(...found)} ms`);
    expect(found.filter((ms) => ms > -way).length > found.length * 0.9, 'the path is not made use of');
  }
});

suite.test('put and get: by the WebSocket, bytes as they were, whatever their number', async (t) => {
  const talk = new Talk(t);
  for (const size of [0, 1, 16_384, 16_385, 3 * MIB + 7]) {
    const bytes = randomBytes(size);
    const states = [];
    const progress = ({ state, done, size: all }) => {
      if (state !== states.at(-1))
        states.push(state);
      expect(done <= all || all === 0, `${done} of ${all}`);
    };
    const hash = await talk.objects.put(new Blob([bytes]), { onprogress: progress });
    expectEqual(hash, hashOf(bytes), 'hash');
    expectEqual([states[0], states.at(-1)], ['hashing', 'done'], 'states');
    states.length = 0;
    const got = await talk.objects.get(hash, { onprogress: progress });
    expectEqual(Buffer.compare(await bytesOf(got), bytes), 0, 'bytes');
    expectEqual([states[0], ...states.slice(-2)], ['waiting', 'checking', 'done'], 'states');
  }
  expectEqual(talk.sockets.length, 1, 'connections');
  await until('the last acknowledgement', () => talk.sockets[0].acknowledged === talk.server.served);
});

suite.test('no chunk is shorter than it needs to be but the last', async (t) => {
  const talk = new Talk(t);
  talk.server.window = 2090; // 894 bytes more than so many chunks have 256 KiB, which are read at once
  await talk.objects.put(new Blob([randomBytes(600_000)]));
  expectEqual([talk.server.received, talk.server.shortChunks], [600_000, 0], 'sent');
});

suite.test('what is there already is not sent', async (t) => {
  const talk = new Talk(t);
  const bytes = randomBytes(MIB);
  talk.server.add(bytes);
  const put = talk.objects.put(new Blob([bytes]));
  await put;
  expectEqual([put.already, talk.server.received], [true, 0], 'sent');
  const other = talk.objects.put(new Blob([randomBytes(10)]));
  await other;
  expectEqual([other.already, talk.server.received], [false, 10], 'sent');
});

suite.test('connections that are cut: nothing that was taken is sent again, and nothing that came', async (t) => {
  const talk = new Talk(t);
  const bytes = randomBytes(4 * MIB);
  talk.server.delayMs = 1;
  const put = talk.objects.put(new Blob([bytes]));
  for (let cut = 1; cut <= 3; cut++)
    await talk.cutAt(cut * MIB);
  await put;
  expectEqual(Buffer.compare(talk.server.objects.get(hashOf(bytes)), bytes), 0, 'bytes');
  expectEqual([talk.server.received, talk.server.partials.size], [bytes.length, 1], 'bytes taken, uploads');

  const get = talk.objects.get(hashOf(bytes));
  for (let cut = 1; cut <= 3; cut++) {
    await until('more', () => get.done >= cut * MIB, { everyMs: 1 });
    talk.cut();
  }
  expectEqual(Buffer.compare(await bytesOf(await get), bytes), 0, 'bytes');
  expect(talk.server.served <= bytes.length + 3 * talk.server.getWindow, `${talk.server.served} bytes sent`);
});

suite.test('a connection that is there and yet is none is asked, and left', async (t) => {
  const talk = new Talk(t);
  const put = talk.objects.put(new Blob([randomBytes(2 * MIB)]));
  await until('some', () => talk.server.received > 0, { everyMs: 1 });
  talk.sockets[0].dead = true;
  hurryClock(t);
  await put;
  expectEqual([talk.sockets.length, talk.sockets[0].readyState], [2, 'closed'], 'connections');
});

suite.test('a data channel on which one request is never answered is left, whatever else is said there', async (t) => {
  for (const type of ['get', 'put']) {
    const talk = new Talk(t, { channels: true });
    const bytes = randomBytes(MIB);
    const hash = talk.server.add(bytes);
    talk.join();
    await talk.objects.get(hash);
    const [channel] = talk.channels;
    channel.deafTo = type;
    const saying = setInterval(() => channel.say({ type: 'error', code: 'unknown-transfer', message: 'there is none' }), 20);
    t.after(() => clearInterval(saying));
    const stopClock = hurryClock(t);
    const asked = type === 'get' ? talk.objects.get(hash) : talk.objects.put(new Blob([randomBytes(MIB)]));
    await asked;
    stopClock();
    expectEqual([channel.onmessage, talk.objects.via], [null, 'websocket'], `where ${type} goes`);
    expectEqual(channel.said.filter((request) => request.type === type).length, type === 'get' ? 2 : 1, `how often ${type} was asked for`);
  }
});

suite.test('a data channel is made when there is something to send; the newest peer is used; the WebSocket stands in', async (t) => {
  const talk = new Talk(t, { channels: true });
  talk.join();
  talk.join();
  expectEqual(talk.channels.length, 0, 'data channels before there is anything to send');
  talk.server.delayMs = 1;
  const put = talk.objects.put(new Blob([randomBytes(6 * MIB)]));
  await until('some', () => talk.server.received > MIB, { everyMs: 1 });
  expectEqual([talk.channels.length, talk.sockets.length, talk.objects.via], [1, 0, 'channel'], 'connections');
  talk.join();
  await until('the other one', () => talk.channels[1]?.said.some(({ type }) => type === 'put'), { everyMs: 1 });
  expectEqual(talk.channels[0].said.at(-1).type, 'stop', 'what the first is told at last');
  expectEqual(talk.channels[1].said[0].key, talk.channels[0].said[0].key, 'key');
  talk.channels[1].close();
  await put;
  expectEqual([talk.sockets.length, talk.objects.via], [1, 'websocket'], 'connections');
  talk.join();
  await talk.objects.put(new Blob([randomBytes(6 * MIB)]));
  expectEqual([talk.channels.length, talk.sockets[0].readyState], [3, 'closed'], 'connections');
});

suite.test('a data channel that is welcomed before it can send, as in Chromium, is used all the same', async (t) => {
  const talk = new Talk(t, { url: '' });
  const early = new ObjectServerLink(talk.server, false);
  early.readyState = 'connecting';
  early.welcome = () => early.onmessage({ data: JSON.stringify({ type: 'welcome', version: 1, window: MIB, 'max-object-bytes': MIB, put: true }) });
  talk.objects.adopt(() => early);
  const put = talk.objects.put(new Blob(['1']));
  await until('all to wait for it', () => early.onmessage && put.state === 'waiting', { everyMs: 1 });
  early.welcome();
  early.readyState = 'open';
  early.onopen();
  expectEqual(await put, hashOf('1'), 'hash');
});

suite.test('a peer that has ended, and one that says nothing, are none', async (t) => {
  const talk = new Talk(t);
  talk.objects.adopt(() => { throw new Error('closed'); });
  await talk.objects.put(new Blob(['1']));
  const silent = new ObjectServerLink(talk.server, false);
  talk.sockets[0].close();
  talk.objects.adopt(() => silent);
  await talk.objects.put(new Blob(['2']));
  expectEqual(talk.objects.via, 'websocket', 'way');
  await until('it to be left', () => silent.onmessage === null);
});

suite.test('paused, nothing is sent; then it goes on where it was', async (t) => {
  const talk = new Talk(t);
  talk.server.delayMs = 1;
  const bytes = randomBytes(4 * MIB);
  const put = talk.objects.put(new Blob([bytes]));
  await until('some', () => talk.server.received > MIB, { everyMs: 1 });
  put.pause();
  expectEqual(put.state, 'paused', 'state');
  await until('it to be said', () => talk.sockets[0].said.at(-1).type === 'stop', { everyMs: 1 });
  const { received } = talk.server;
  await talk.objects.put(new Blob(['another']));
  expectEqual(talk.server.received, received + 7, 'sent');
  put.resume();
  await put;
  expectEqual(talk.server.received, bytes.length + 7, 'sent');

  const get = talk.objects.get(hashOf(bytes));
  await until('some', () => get.done > MIB, { everyMs: 1 });
  get.pause();
  const { done } = get;
  await talk.objects.get(await talk.objects.put(new Blob(['another'])));
  expectEqual(get.done, done, 'got');
  get.resume();
  expectEqual(Buffer.compare(await bytesOf(await get), bytes), 0, 'bytes');
});

suite.test('who is not interested any more leaves; several that want the same get it by one transfer', async (t) => {
  const talk = new Talk(t);
  talk.server.delayMs = 1;
  const bytes = randomBytes(2 * MIB);
  const hash = talk.server.add(bytes);
  const leaving = new AbortController();
  const [first, second] = [talk.objects.get(hash, { signal: leaving.signal }), talk.objects.get(hash)];
  await until('some', () => second.done > 0, { everyMs: 1 });
  first.pause();
  const gone = fails(first);
  leaving.abort();
  expectEqual([await gone, first.state], ['AbortError', 'failed'], 'who left');
  expectEqual(Buffer.compare(await bytesOf(await second), bytes), 0, 'bytes');
  expectEqual(talk.server.served, bytes.length, 'bytes sent');

  const alone = new AbortController();
  const third = talk.objects.get(hash, { signal: alone.signal });
  await until('some', () => third.done > 0, { everyMs: 1 });
  alone.abort();
  await fails(third);
  await until('it to be stopped', () => talk.sockets[0].said.at(-1).type === 'stop');
  expectEqual(await fails(talk.objects.put(new Blob(['x']), { signal: AbortSignal.abort() })), 'AbortError', 'before it began');
});

suite.test('a beginning that is here is not got again; one that is wrong is noticed', async (t) => {
  const talk = new Talk(t);
  const bytes = randomBytes(MIB);
  const hash = talk.server.add(bytes);
  const got = await talk.objects.get(hash, { parts: new Blob([bytes.subarray(0, 700_000)]) });
  expectEqual(Buffer.compare(await bytesOf(got), bytes), 0, 'bytes');
  expectEqual(talk.server.served, bytes.length - 700_000, 'sent');
  expectEqual(await fails(talk.objects.get(hash, { parts: new Blob([randomBytes(700_000)]) })), 'hash-mismatch', 'error');
  expectEqual(Buffer.compare(await bytesOf(await talk.objects.get(hash, { parts: new Blob([bytes]) })), bytes), 0, 'all of it');
});

suite.test('a server that sends something else', async (t) => {
  const talk = new Talk(t);
  const hash = hashOf('wanted');
  talk.server.objects.set(hash, Buffer.from('something else'));
  expectEqual(await fails(talk.objects.get(hash)), 'hash-mismatch', 'error');
});

suite.test('refusals: what is over soon is asked for again, what is not fails by its code', async (t) => {
  const talk = new Talk(t);
  for (const code of ['no-room', 'too-large', 'hash-mismatch', 'failed']) {
    talk.server.refusals = { put: code };
    expectEqual(await fails(talk.objects.put(new Blob([code]))), code, 'put');
  }
  expectEqual(await fails(talk.objects.get(hashOf('nothing'))), 'unknown-object', 'get');
  expectEqual(await fails(talk.objects.get('../etc/passwd')), 'bad-message', 'get');
  for (const code of ['too-many', 'too-fast', 'expired', 'taken-over']) {
    /** Whether it is asked for at once. */
    const atOnce = async (words) => {
      talk.server.refusals = { put: code };
      await talk.objects.put(new Blob([words]));
      const [first, second] = talk.sockets.at(-1).said.filter(({ type }) => type === 'put').slice(-2);
      expectEqual([first.hash === second.hash, first.key === second.key], [true, code !== 'taken-over'], `key after ${code}`);
      return second.at - first.at <= 500;
    };
    if (code.startsWith('too-'))
      expect(!await atOnce(code), `it is asked for at once, after ${code}`);
    else // the machine itself may stand still, once
      expect(await atOnce(code) || await atOnce(`${code} again`), `it is asked for later, after ${code}`);
  }
  talk.server.refusals = { put: 'taken-over' };
  expectEqual(await fails(talk.objects.put(new Blob(['mine']), { key: 'mine' })), 'taken-over', 'with a key of its own');
  const hash = talk.server.add(Buffer.from('stalled'));
  talk.server.refusals = { get: 'stalled' };
  await talk.objects.get(hash);
  expectEqual(await fails(talk.objects.get(hash, { maxSize: 6 })), 'too-large', 'more than is wanted');
});

suite.test('what a connection does not survive, again and again, fails', async (t) => {
  const talk = new Talk(t);
  t.after(() => clearInterval(cutting));
  const cutting = setInterval(() => {
    const socket = talk.sockets.at(-1);
    if (socket?.said.some(({ type }) => type === 'get'))
      socket.close();
  }, 1);
  talk.server.delayMs = 5;
  const { random } = Math;
  t.after(() => { Math.random = random; });
  Math.random = () => 0; // how long it waits for another one
  expectEqual(await fails(talk.objects.get(talk.server.add(randomBytes(MIB)))), 'no-answer', 'error');
  expectEqual(talk.sockets.length, 8, 'connections');
});

suite.test('who may not, or with too much, is told before all of it is hashed', async (t) => {
  for (const [limits, code] of [[{ put: false }, 'not-allowed'], [{ maxObjectBytes: 100 }, 'too-large']]) {
    const talk = new Talk(t);
    Object.assign(talk.server, limits);
    const states = new Set();
    expectEqual(await fails(talk.objects.put(new Blob([randomBytes(30 * MIB)]), { onprogress: ({ state }) => states.add(state) })), code, 'error');
    expectEqual([...states], ['hashing', 'failed'], 'states');
  }
});

suite.test('a file that can no longer be read', async (t) => {
  const talk = new Talk(t);
  const blob = new Blob([randomBytes(MIB)]);
  blob.slice = () => ({ arrayBuffer: () => Promise.reject(new Error('it has changed')) });
  expectEqual(await fails(talk.objects.put(blob)), 'unreadable', 'error');
});

suite.test('stopped, everything fails; it can begin again', async (t) => {
  const talk = new Talk(t);
  talk.server.delayMs = 1;
  const failed = [talk.objects.put(new Blob([randomBytes(4 * MIB)])), talk.objects.get(talk.server.add(randomBytes(4 * MIB)))].map(fails);
  await until('some', () => talk.server.received > 0 && talk.server.served > 0, { everyMs: 1 });
  talk.objects.stop();
  expectEqual(await Promise.all(failed), ['stopped', 'stopped'], 'errors');
  expectEqual(talk.sockets[0].readyState, 'closed', 'connection');
  await talk.objects.put(new Blob(['again']));
});

suite.test('more than a few at once take turns', async (t) => {
  const talk = new Talk(t);
  talk.server.delayMs = 1;
  const all = Array.from({ length: 12 }, () => randomBytes(100_000));
  const hashes = await Promise.all(all.map((bytes) => talk.objects.put(new Blob([bytes]))));
  const got = await Promise.all(hashes.map((hash) => talk.objects.get(hash)));
  expectEqual(await Promise.all(got.map(async (blob) => hashOf(await bytesOf(blob)))), all.map(hashOf), 'bytes');
  expect(talk.server.mostTransfers <= 5, `${talk.server.mostTransfers} at once`);
});

await suite.run();
