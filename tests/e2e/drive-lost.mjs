// Who drives is killed, or cut off: the program that is driven is told within a second.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child } from './lib/child.mjs';
import { Driven, Driver, startServer } from './lib/driver.mjs';
import { expect, expectEqual, Suite, until } from './lib/tap.mjs';

const TIMES = 10;
const BOUND_MS = 1000;
const TRIES = 3; // the machine may be late with one
const child = path.join(path.dirname(fileURLToPath(import.meta.url)), 'lib/driver-child.mjs');
const suite = new Suite();

/** By `signal`. Gives why and after how many milliseconds the program is told; null where the driver had fallen silent before. */
async function loseOnce(t, server, driven, signal) {
  const driver = new Child(process.execPath, [child, server.webSocket('/ws/camera')]);
  t.after(() => driver.stop('SIGKILL'));
  await driver.line(/^driving$/, 30000);
  const before = driven.messages.length;
  await until('commands', () => driven.messages.length > before + 5);
  const told = driven.holders.length;
  const ms = performance.now();
  driver.kill(signal);
  await until('the holder\'s end', () => driven.holders.at(-1).holder === null, { everyMs: 5 });
  driver.kill('SIGKILL');
  const changes = driven.holders.slice(told);
  return changes.length === 1 ? { reason: changes[0].reason, ms: changes[0].cameMs - ms } : null;
}

/** TIMES times; the program is told within the bound, and why. Who falls silent first, as one that is held up does, is lost again. */
async function loseDriver(t, signal, reason) {
  const server = await startServer(t);
  const driven = await Driven.open(t, server.relaySocket);
  const took = [];
  for (let i = 0; i < TIMES; i++) {
    let lost = null;
    for (let n = 0; n < TRIES && !(lost?.reason === reason && lost.ms < BOUND_MS); n++) {
      lost = await loseOnce(t, server, driven, signal);
      expect(lost === null || [reason, 'silent'].includes(lost.reason), `the program is told ${lost?.reason}`);
    }
    expectEqual(lost?.reason, reason, 'what the program is told');
    expect(lost.ms < BOUND_MS, `it took ${Math.round(lost.ms)} ms`);
    took.push(Math.round(lost.ms));
  }
  t.note(`told after ${took.join(', ')} ms`);
}

const title = (what) => `who drives is ${what} ${TIMES} times: each time the program is told within ${BOUND_MS / 1000} s`;

// The system closes what it had open.
suite.test(title('killed'), (t) => loseDriver(t, 'SIGKILL', 'left'), { timeoutMs: 240000 });

// Nothing is closed, as with a cable that is pulled out.
suite.test(title('stopped'), (t) => loseDriver(t, 'SIGSTOP', 'silent'), { timeoutMs: 240000 });

suite.test('who drives and leaves is told of at once, by the reason', async (t) => {
  const server = await startServer(t);
  const driven = await Driven.open(t, server.relaySocket);
  const driver = await Driver.open(t, { signalling: server.webSocket('/ws/camera') });
  await driver.start();
  await until('commands', () => driven.messages.length > 5);
  await driver.leave();
  const { holder, reason } = await until('the holder\'s end', () => driven.holders.find((told) => told.holder === null));
  expect(holder === null && ['released', 'left'].includes(reason), `the reason is ${reason}`);
  expectEqual(driven.holders[0].reason, 'taken', 'the first reason');
});

await suite.run();
