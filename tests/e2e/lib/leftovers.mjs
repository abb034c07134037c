// What is left in the server after its viewers: threads, descriptors, live objects.

import { descriptors, threads } from './proc.mjs';
import { Failure, until } from './tap.mjs';

/** What there is more and less of, in words; empty if nothing. */
function difference(before, after) {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)])
    .filter(([, count]) => count)
    .map(([name, count]) => `${count > 0 ? '+' : ''}${count} ${name}`).join(', ');
}

const tally = (names) => names.reduce((counts, name) => ({ ...counts, [name]: (counts[name] ?? 0) + 1 }), {});

/** Fails if there is more or less of something than `before`. */
function expectSame(before, now) {
  const more = Object.keys(now).map((what) => [what, difference(before[what], now[what])])
    .filter(([, words]) => words).map(([what, words]) => `${what}: ${words}`).join('; ');
  if (more)
    throw new Failure(more);
}

/**
 * Its threads, descriptors and objects, once nobody watches, the source is stopped and their number has settled; and is
 * the same as in `before`, where that is given. With `pools` false, threads of pools and of sources are not counted: idle ones stay for a while.
 */
export async function settled(server, before = null, { pools = true } = {}) {
  let last = '';
  return until(before ? 'everything as before' : 'everything to settle', async () => {
    const { sessions, relay_clients: clients, streams } = await server.status();
    const states = streams.map(({ state }) => state);
    if (sessions || clients || states.some((state) => state !== 'idle'))
      throw new Error(`${sessions} sessions, ${clients} clients of the relay, streams ${states}`);
    const now = { threads: tally(threads(server.pid)), descriptors: tally(descriptors(server.pid)) };
    // The system cuts names: a source's thread may show no more than how its element is called in a description.
    const restless = Object.keys(now.threads).filter((name) => /src|^pool-|^sl-token-/.test(name));
    if (!pools)
      restless.forEach((name) => delete now.threads[name]);
    else if (restless.length)
      throw new Error(`there are still threads: ${restless}`);
    const same = JSON.stringify(now) === last;
    last = JSON.stringify(now);
    if (!same)
      return false;
    if (before)
      expectSame(before, now);
    // Not sooner: GStreamer's tracer counts only where nothing is just being freed.
    const { objects, gstreamer = {} } = await server.objects();
    Object.assign(now, { objects, gstreamer });
    if (before)
      expectSame(before, now);
    return now;
  }, { everyMs: 500, timeoutMs: 60000 });
}

export const total = (counts) => Object.values(counts).reduce((sum, number) => sum + number, 0);
