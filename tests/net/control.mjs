// Steering from another machine over a network that loses and holds back: what comes to the program is fresh, and in order.

import { EVERY_MS } from '../e2e/lib/driver.mjs';
import { expect, expectEqual, sleep, Suite } from '../e2e/lib/tap.mjs';
import { enterLan } from './namespaces.mjs';
import { disturb, judge, MAX_AGE_MS, startSteering, steer } from './steering.mjs';

const { serverSide, onServerSide } = await enterLan(import.meta.url);
const SECONDS = process.env.SIGHTLINE_TEST_LONG ? 60 : 10;
const STALLS = 5;
/** From the message relay, which says what is stale, to the program, on a machine that does other things, too. */
const ON_THE_WAY_MS = 200;
const ROUNDS = 3;
const suite = new Suite();

const round = (object) => Object.entries(object).map(([name, value]) => `${name} ${Math.round(value)}`).join(', ');

function expectFresh(found) {
  expectEqual(found.backwards, 0, 'commands after a newer one');
  // This process tells when one came: where it stood still itself, that is later.
  const stoodMs = Math.max(0, found.gap - EVERY_MS);
  expect(found.beyond < MAX_AGE_MS + ON_THE_WAY_MS + stoodMs, `a command came ${Math.round(found.beyond)} ms later than the quickest`);
}

suite.test('of commands at 20 Hz over a data channel a twentieth is lost: the others come at once and in order', async (t) => {
  // A server that had no processor for half a second has lost the holder, too: in one of some rounds he is not lost.
  for (let rounds = ROUNDS; rounds > 0; rounds--) {
    const steering = await startSteering(t, onServerSide, 'data channel');
    const end = await disturb(t, serverSide, 'meta l4proto udp numgen random mod 20 0');
    const found = await steer(steering, SECONDS);
    await end();
    await steering.driver.leave();
    t.note(round(found));
    expectFresh(found);
    expect(found.came < found.sent, 'nothing was lost on the way');
    expect(found.came + found.stale > 0.8 * found.sent, 'too much was lost on the way');
    if (found.lost === 0)
      return;
    // On a machine that had something else to do it was not the network.
    expect(rounds > 1 || found.gap >= 250, 'the holder was lost each time');
  }
}, { timeoutMs: ROUNDS * (SECONDS + 30) * 1000 });

suite.test('what a stalled WebSocket has held back does not come through', async (t) => {
  // Whoever was silent for half a second would not hold it any more: here, age alone decides.
  const steering = await startSteering(t, onServerSide, 'WebSocket', { silenceMs: 20000 });
  const from = steering.driver.sent;
  for (let i = 0; i < STALLS; i++) {
    const end = await disturb(t, serverSide, 'meta l4proto tcp');
    await sleep(1000);
    await end();
    await sleep(3000); // TCP tries again ever more rarely
  }
  steering.driver.stop();
  await sleep(1000);
  const found = judge(steering, from);
  t.note(round(found));
  expect(found.stale >= STALLS, 'nothing was held back');
  expectFresh(found);
});

suite.test('who is held back for longer than a holder may be silent holds it no more', async (t) => {
  const steering = await startSteering(t, onServerSide, 'WebSocket');
  const from = steering.driver.sent;
  const end = await disturb(t, serverSide, 'meta l4proto tcp');
  await sleep(2000);
  await end();
  await sleep(3000);
  steering.driver.stop();
  const found = judge(steering, from);
  t.note(`${round(found)}; answers ${JSON.stringify(steering.driver.answers)}`);
  expect(steering.driven.holders.some(({ holder, reason }) => holder === null && reason === 'silent'), 'the program was told nothing');
  expectFresh(found);
});

await suite.run();
