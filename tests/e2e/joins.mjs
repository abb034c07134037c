// Many come and go, politely or not, from wherever they are on their way: nothing of them is left.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child } from './lib/child.mjs';
import { settled, total } from './lib/leftovers.mjs';
import { descriptors, resident, threads } from './lib/proc.mjs';
import { Server } from './lib/server.mjs';
import { ENDS, STATES } from './lib/strangers.mjs';
import { expect, expectEqual, Suite, until } from './lib/tap.mjs';
import { openRelay, Signalling } from './lib/viewer.mjs';

const LONG = process.env.SIGHTLINE_TEST_LONG === '1';
const SMALL = ['test', '--set', 'width=160', '--set', 'framerate=15'];
const lib = (name) => path.join(path.dirname(fileURLToPath(import.meta.url)), 'lib', name);
const suite = new Suite();

/** Who passes by: brings batches of strangers and keeps count. */
class Street {
  joins = 0;
  killed = 0;
  batches = 0;
  published = 0;
  reached = new Map();

  constructor(server) {
    this.server = server;
  }

  async #send(states, end) {
    const child = new Child(process.execPath, [lib('strangers-child.mjs'), JSON.stringify(
      { signalling: this.server.webSocket('/ws/camera'), relay: this.server.webSocket('/relay'), states, end })]);
    child.onLine = (line) => {
      const [, word, rest] = line.match(/^(\S+) (.*)$/);
      if (word === 'published') {
        this.published++;
        return;
      }
      this.reached.set(rest, (this.reached.get(rest) ?? 0) + 1);
      this.joins += STATES[rest].early ? 0 : 1;
      this.killed += !STATES[rest].early && end === 'killed' ? 1 : 0;
    };
    const exit = await child.ended();
    expectEqual(exit, end === 'killed' ? { code: null, signal: 'SIGKILL' } : { code: 0, signal: null },
                `the end of strangers (${child.stderr.trim()})`);
  }

  gone() {
    return until('all to be gone', async () => {
      const { sessions, relay_clients: clients } = await this.server.status();
      return sessions + clients === 0;
    });
  }

  /** Some in each state that can be held, and some on the way; half of them are killed. */
  async batch() {
    const end = Object.keys(ENDS)[this.batches % Object.keys(ENDS).length];
    const onTheWay = ['DTLS under way', 'connected'][this.batches % 2];
    const states = [...Object.keys(STATES).filter((state) => !STATES[state].passing), onTheWay];
    this.batches++;
    await Promise.all([this.#send(states, 'killed'), this.#send(states, end)]);
    await this.gone();
  }

  /** The same where the source begins with the first, who does not stay for it; and somebody comes while it stops. */
  async batchFromIdle() {
    await this.server.state('idle');
    await this.#send(['source starting'], 'killed');
    await this.batch();
    const late = await Signalling.open(this.server.webSocket('/ws/camera'));
    await until('the source to stop', async () => (await this.server.stream()).state !== 'live', { everyMs: 1 });
    late.hello();
    await late.next('welcome');
    late.socket.terminate();
    await this.gone();
  }
}

/** Bytes a join, by least squares. */
function slope(points) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(({ joins }) => joins)), mean(points.map(({ bytes }) => bytes))];
  return points.reduce((sum, { joins, bytes }) => sum + (joins - x) * (bytes - y), 0)
    / points.reduce((sum, { joins }) => sum + (joins - x) ** 2, 0);
}

async function comeAndGo(t, server, count) {
  const street = new Street(server);
  // Some things are made with the first viewer or the second start of a source, and kept.
  await street.batchFromIdle();
  await street.batchFromIdle();
  const [before, warm, began] = [await settled(server), street.joins, resident(server.pid)];

  const memory = [];
  for (let i = 0; street.joins < warm + count; i++) {
    await (i % 4 ? street.batch() : street.batchFromIdle());
    memory.push({ joins: street.joins - warm, bytes: resident(server.pid) });
    if (i % 5 === 4)
      t.note(`${memory.at(-1).joins} joins: ${(memory.at(-1).bytes / 1e6).toFixed(1)} MB resident`);
  }
  // Those on the way are past their state before they are seen, once in a while.
  const missing = () => Object.keys(STATES).filter((state) => !street.reached.get(state));
  for (let i = 0; missing().length > 0 && i < 20; i++)
    await (i % 2 ? street.batch() : street.batchFromIdle());
  before.objects.SlMessage = street.published;
  const after = await settled(server, before);

  const relay = await openRelay(server.webSocket('/relay'));
  const { offset } = await relay.request({ type: 'subscribe', channel: 'chat:camera' });
  relay.signalling.close();
  expectEqual(offset, street.published, 'messages in the history');
  expect(2 * street.killed >= street.joins, `${street.killed} of ${street.joins} were killed`);
  expectEqual(missing(), [], 'states that nobody was seen in');
  t.note([...street.reached].map(([state, number]) => `${number} ${state}`).join(', '));
  t.note(`${street.joins - warm} joins after the ${warm} that warmed it up, ${street.killed} of all killed: ${total(after.threads)} threads, `
    + `${total(after.descriptors)} descriptors, ${total(after.objects)} objects as before`);

  const half = memory.slice(memory.length >> 1);
  const growth = slope(half) * 100 / 1e6;
  t.note(`resident: ${(began / 1e6).toFixed(1)} MB before, ${(resident(server.pid) / 1e6).toFixed(1)} MB after; `
    + (half.length > 1 ? `${growth.toFixed(2)} MB per 100 joins over the second half` : 'too few joins for a rate'));
  return growth;
}

/** With `traced`, GStreamer's own objects are counted, too, which makes everything slower. */
function testJoins(count, traced) {
  const what = traced ? 'nothing of them is left, nor of GStreamer\'s objects' : 'nothing of them is left';
  suite.test(`after ${count} joins, half of them killed, some in each state, ${what}`, async (t) => {
    const server = await Server.start(t, SMALL, { env: traced ? { GST_TRACERS: 'leaks' } : {} });
    expect(!traced || (await server.objects()).gstreamer, 'GStreamer does not count its objects');
    const growth = await comeAndGo(t, server, count);
    expect(count < 1000 || growth < 1, `resident memory grows by ${growth.toFixed(2)} MB per 100 joins`);
  }, { timeoutMs: LONG ? 3600000 : 240000 });
}

testJoins(LONG ? 1000 : 30, false);
if (LONG)
  testJoins(100, true);

const CROWD = LONG ? 200 : 10;
const PROCESSES = LONG ? 8 : 2;
suite.test(`${CROWD} watch at once, having joined within a minute, and are gone again`, async (t) => {
  const server = await Server.start(t, [...SMALL, '--set', 'framerate=5']);
  const join = (count) => {
    const child = new Child(process.execPath, [lib('viewers-child.mjs'), server.webSocket('/ws/camera'), String(count), '1'], { stdin: 'pipe' });
    t.after(() => child.stop('SIGKILL'));
    return child;
  };
  const first = join(1);
  await first.line(/^playing$/);
  first.kill('SIGKILL');
  const before = await settled(server);

  const began = Date.now();
  const crowd = Array.from({ length: PROCESSES }, () => join(CROWD / PROCESSES));
  await Promise.all(crowd.map((child) => child.line(/^playing$/, 60000)));
  const seconds = (Date.now() - began) / 1000;
  await server.viewers(CROWD);
  const there = { threads: threads(server.pid).length, descriptors: descriptors(server.pid).length };
  // All at once, and not one after the other: each has frames that it had not.
  const frames = async () => (await Promise.all(crowd.map(async (child) => {
    const told = child.next(/^frames (.*)$/, 60000);
    child.write('count\n');
    return (await told)[1].split(' ').map(Number);
  }))).flat();
  const seen = await frames();
  expectEqual(seen.length, CROWD, 'viewers who were asked');
  await until('each to get on', async () => (await frames()).every((count, i) => count > seen[i]), { timeoutMs: 60000 });
  t.note(`${CROWD} joined within ${seconds.toFixed(1)} s: ${there.threads} threads, ${there.descriptors} descriptors, `
    + `${(resident(server.pid) / 1e6).toFixed(0)} MB resident`);

  for (const [i, child] of crowd.entries())
    child.kill(i % 2 ? 'SIGKILL' : 'SIGTERM');
  await server.viewers(0);
  const after = await settled(server, before);
  t.note(`${total(after.threads)} threads, ${total(after.descriptors)} descriptors, ${total(after.objects)} objects as before, `
    + `${(resident(server.pid) / 1e6).toFixed(0)} MB resident`);
}, { timeoutMs: LONG ? 300000 : 180000 });

await suite.run();
