// What encoding costs with one viewer and with twenty: script/bench encode-once [VIEWERS [SECONDS]]
// CPU time of the program's threads, by name, from /proc; the viewers decode (libwebrtc in Node, several processes).
// With one viewer it is measured before and after, since a busy core also takes longer for the same work.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child } from '../e2e/lib/child.mjs';
import { measure, report } from '../e2e/lib/figures.mjs';
import { threadTimes } from '../e2e/lib/proc.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { expect, sleep } from '../e2e/lib/tap.mjs';

const VIEWERS_A_PROCESS = 5;
const [many, seconds] = [Number(process.argv[2] ?? 20), Number(process.argv[3] ?? 20)];
const viewersChild = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'e2e', 'lib', 'viewers-child.mjs');

async function addViewers(scope, server, count) {
  const children = [];
  for (let left = count; left > 0; left -= VIEWERS_A_PROCESS) {
    const child = new Child(process.execPath,
                            [viewersChild, server.webSocket('/ws/camera'), String(Math.min(left, VIEWERS_A_PROCESS))],
                            { stdin: 'pipe' });
    scope.after(() => child.stop('SIGKILL'));
    await child.line(/^playing$/, 60000);
    children.push(child);
  }
  return children;
}

async function framesDecoded(children) {
  const counts = [];
  for (const child of children) {
    child.stdout = '';
    child.write('count\n');
    counts.push(...(await child.line(/^frames (.*)$/))[1].split(' ').map(Number));
  }
  return counts;
}

/** CPU seconds by thread ID over `seconds`, and how many frames a second the slowest viewer decoded. */
async function observe(server, children) {
  const [before, framesBefore, began] = [threadTimes(server.pid), await framesDecoded(children), Date.now()];
  await sleep(seconds * 1000);
  const [after, framesAfter] = [threadTimes(server.pid), await framesDecoded(children)];
  const elapsed = (Date.now() - began) / 1000;
  const threads = new Map();
  for (const [id, { name, seconds: used }] of after)
    threads.set(id, { name, percent: (used - (before.get(id)?.seconds ?? 0)) / elapsed * 100 });
  return { threads, viewers: framesAfter.length,
           slowest: Math.min(...framesAfter.map((frames, i) => (frames - framesBefore[i]) / elapsed)) };
}

const sum = (threads, wanted) => [...threads].filter(([id, thread]) => wanted(id, thread))
  .reduce((total, [, { percent }]) => total + percent, 0);

await measure(async (scope) => {
  const server = await Server.start(scope, ['test', '--set', 'width=640']);
  const first = await addViewers(scope, server, 1);
  const before = await observe(server, first);
  const others = await addViewers(scope, server, many - 1);
  const crowd = await observe(server, [...first, ...others]);
  await Promise.all(others.map((child) => child.stop('SIGKILL')));
  await server.viewers(1);
  const after = await observe(server, first);

  // The encoder works in the source's streaming thread and in threads that libvpx starts from it, which inherit its name.
  const [, busiest] = [...before.threads].sort(([, a], [, b]) => b.percent - a.percent)[0];
  const encodes = (id, { name }) => before.threads.has(id) && name === busiest.name;
  const row = (seen) => ({
    viewers: seen.viewers,
    'encoder threads, % of a core': sum(seen.threads, encodes),
    'all threads, % of a core': sum(seen.threads, () => true),
    'slowest viewer decodes, frames/s': seen.slowest,
  });
  const rows = [row(before), row(crowd), row(after)];
  const cost = rows.map((measured) => measured['encoder threads, % of a core']);
  const ratio = cost[1] / ((cost[0] + cost[2]) / 2);
  await report('encode-once', `The encoder (threads "${busiest.name}") with 1, ${many} and 1 decoding viewers, `
    + `${seconds} s each: ${ratio.toFixed(2)} times the CPU time`, rows,
    { digits: 1, extra: { ratio, threads: [before, crowd, after].map((seen) => [...seen.threads.values()]) } });
  expect(crowd.slowest > 20, 'not every viewer decoded 20 frames a second: the machine is too small for this');
});
