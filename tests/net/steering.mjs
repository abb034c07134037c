// Somebody steers over a bad network: what of it comes to the program that is steered, and when.

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { run } from '../e2e/lib/child.mjs';
import { Driven, Driver, startServer } from '../e2e/lib/driver.mjs';
import { quantile } from '../e2e/lib/figures.mjs';
import { temporaryFolder } from '../e2e/lib/folders.mjs';
import { sleep, until } from '../e2e/lib/tap.mjs';

/** As docs/relay.md has it: what is older than the quickest by more is dropped. */
export const MAX_AGE_MS = 300;

/** Drops what `rule` says, both ways, until the function that it gives is called. */
export async function disturb(scope, serverSide, rule) {
  const nft = (...args) => run('ip', ['netns', 'exec', serverSide, 'nft', ...args]);
  const chain = (hook) => `chain ${hook} { type filter hook ${hook} priority 0; ${rule} drop; }`;
  let disturbed = true;
  const end = async () => {
    if (!disturbed)
      return;
    disturbed = false;
    await nft('delete table inet bad');
  };
  scope.after(end);
  await nft(`add table inet bad { ${chain('input')}; ${chain('output')}; }`);
  return end;
}

/**
 * Somebody steers, by `transport` ("data channel" or "WebSocket"). `silenceMs` is how long the holder may be silent;
 * a config file says so, where it is given.
 */
export async function startSteering(scope, onServerSide, transport, { silenceMs = 0 } = {}) {
  const args = ['--no-keys'];
  if (silenceMs) {
    const config = path.join(temporaryFolder(scope), 'sightline.conf');
    writeFileSync(config, `[namespace control]\nholder-silence-ms = ${silenceMs}\n`);
    args.push('--config', config);
  }
  const server = await startServer(scope, args, { listen: ':0', prefix: onServerSide });
  const driven = await Driven.open(scope, server.relaySocket);
  const driver = await Driver.open(scope, transport === 'WebSocket' ? { relay: server.webSocket('/relay') }
    : { signalling: server.webSocket('/ws/camera') });
  await driver.start();
  await until('commands', () => driven.messages.length > 10);
  return { server, driven, driver };
}

/** What came of those that were sent from `from` on, once it has stopped. */
export function judge({ driven, driver }, from) {
  const came = driven.messages.map(({ data, cameMs }) => ({ n: data.n, took: cameMs - data.ms }));
  const quickest = Math.min(...came.map(({ took }) => took));
  const those = came.filter(({ n }) => n >= from);
  const took = those.map((one) => one.took);
  return {
    sent: driver.sent - from,
    came: those.length,
    median: quantile(took, 0.5),
    p99: quantile(took, 0.99),
    max: Math.max(...took),
    beyond: Math.max(...took) - quickest,
    backwards: those.filter(({ n }, i) => i > 0 && n <= those[i - 1].n).length,
    stale: driver.answers.stale ?? 0,
    gap: driver.gapMs,
    lost: driven.holders.filter(({ holder, cameMs }) => holder === null && cameMs < driver.stoppedMs).length,
  };
}

/** Steers for so long, and gives what came of it. */
export async function steer(steering, seconds) {
  const from = steering.driver.sent;
  await sleep(seconds * 1000);
  steering.driver.stop();
  await sleep(1000); // for what may still come
  return judge(steering, from);
}
