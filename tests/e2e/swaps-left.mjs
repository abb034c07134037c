// The pipeline is swapped many times while people watch: nothing is left behind.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { BALL, COLOURS, colourValue, describe, makeLibrary, VP8 } from './lib/balls.mjs';
import { Child } from './lib/child.mjs';
import { settled, total } from './lib/leftovers.mjs';
import { resident } from './lib/proc.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Suite, until } from './lib/tap.mjs';

const LONG = process.env.SIGHTLINE_TEST_LONG === '1';
const PAY = 'rtpvp8pay picture-id-mode=15-bit mtu=1200';
const suite = new Suite();

const MANY = LONG ? 200 : 10;
const ROUND = ['ball-vp8', 'ball-vp9', 'ball-vp8-audio', 'ball-vp8', 'ball-vp8-per-viewer', 'ball-vp8-packets', 'ball-vp8', 'broken', 'ball-vp9-audio', 'ball-vp9'];

suite.test(`after ${MANY} swaps under two viewers nothing of them is left`, async (t) => {
  const library = makeLibrary(t, { broken: describe(`${BALL} ! identity error-after=1 ! ${VP8} ! appsink name=video`, PAY) });
  const server = await Server.start(t, ['test', '--pipeline', 'ball-vp8'], { env: library.env });
  const script = path.join(path.dirname(fileURLToPath(import.meta.url)), 'lib', 'viewers-child.mjs');
  const watch = async () => {
    const child = new Child(process.execPath, [script, server.webSocket('/ws/camera'), '2'], { stdin: 'pipe' });
    t.after(() => child.stop('SIGKILL'));
    await child.line(/^playing$/);
    return child;
  };
  const frames = async (child) => {
    const told = child.next(/^frames (.*)$/);
    child.write('count\n');
    return (await told)[1].split(' ').map(Number);
  };
  let done = 0;
  const swap = async (child) => {
    const name = ROUND[done++ % ROUND.length];
    const variables = { width: 160 + 32 * (done % 3), height: 90, colour: colourValue(done % COLOURS.length) };
    const { status, detail } = await server.put('pipeline', { name, variables });
    expectEqual(status, name === 'broken' ? 422 : 200, `answer to swap ${done}, to ${name} (${detail}): status`);
    let last = await frames(child);
    await until(`everyone to get on after swap ${done}, to ${name}`, async () => {
      const now = await frames(child);
      const good = now.every((count, i) => count > last[i]);
      last = good ? last : now.map((count, i) => Math.min(count, last[i]));
      return good;
    }, { everyMs: 100 });
  };
  // What is made with the first of a kind and kept is there from now on.
  let child = await watch();
  for (let i = 0; i < ROUND.length; i++)
    await swap(child);
  await child.stop('SIGKILL');
  const before = await settled(server);
  const [idle, memory] = [resident(server.pid), []];

  child = await watch();
  for (let i = 0; i < MANY; i++) {
    await swap(child);
    if ((i + 1) % (MANY / 4) === 0) {
      memory.push(resident(server.pid));
      t.note(`${i + 1} swaps: ${(memory.at(-1) / 1e6).toFixed(1)} MB resident`);
    }
  }
  await child.stop('SIGKILL');
  const after = await settled(server, before);
  t.note(`${total(after.threads)} threads, ${total(after.descriptors)} descriptors, ${total(after.objects)} objects as before; `
    + `${(idle / 1e6).toFixed(1)} MB before, ${(resident(server.pid) / 1e6).toFixed(1)} MB after`);
  const growth = (memory.at(-1) - memory.at(memory.length >> 1)) / 1e6;
  expect(growth < 40, `${growth.toFixed(1)} MB more are resident after the second half`);
}, { timeoutMs: LONG ? 1200000 : 120000 });

await suite.run();
