// What the program costs while nobody watches: script/bench idle [SECONDS]
// CPU of all its threads and how often they wake up (voluntary context switches), from /proc: just started, and again when
// a viewer has come and gone. No camera may be open then. In between, for comparison, with that viewer.

import { readdirSync, readFileSync } from 'node:fs';

import { measure, report } from '../e2e/lib/figures.mjs';
import { descriptors, threads, threadTimes } from '../e2e/lib/proc.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { expect, sleep } from '../e2e/lib/tap.mjs';
import { Viewer } from '../e2e/lib/viewer.mjs';

const MAX_CPU_PERCENT = 0.5;
const WATCHED_SECONDS = 10;
const seconds = Number(process.argv[2] ?? 60);

/** By thread: how often it has gone to sleep, and so was woken. */
function wakeups(pid) {
  return new Map(readdirSync(`/proc/${pid}/task`).map((id) => {
    const status = readFileSync(`/proc/${pid}/task/${id}/status`, 'utf8');
    return [id, { name: status.match(/^Name:\t(.*)$/m)[1], times: Number(status.match(/^voluntary_ctxt_switches:\t(\d+)$/m)[1]) }];
  }));
}

async function observe(what, { pid }, seconds) {
  const [times, woken, began] = [threadTimes(pid), wakeups(pid), performance.now()];
  await sleep(seconds * 1000);
  const [timesAfter, wokenAfter, elapsed] = [threadTimes(pid), wakeups(pid), (performance.now() - began) / 1000];
  const used = [...timesAfter].reduce((sum, [id, now]) => sum + now.seconds - (times.get(id)?.seconds ?? 0), 0);
  const perThread = [...wokenAfter].map(([id, now]) => [now.name, (now.times - (woken.get(id)?.times ?? 0)) / elapsed])
    .filter(([, rate]) => rate >= 0.05).sort(([, a], [, b]) => b - a);
  return {
    state: what, 'CPU, % of a core': used / elapsed * 100, 'wake-ups/s': perThread.reduce((sum, [, rate]) => sum + rate, 0),
    'by thread': perThread.map(([name, rate]) => `${name} ${rate.toFixed(1)}`).join(', '),
    threads: threads(pid).length, descriptors: descriptors(pid).length,
    'cameras open': descriptors(pid).filter((name) => name.startsWith('/dev/video')).length,
  };
}

await measure(async (scope) => {
  const server = await Server.start(scope, ['test']);
  await server.status();
  const rows = [await observe('just started', server, seconds)];

  const viewer = await Viewer.join(server.webSocket('/ws/camera'), { sink: false });
  await viewer.playing();
  rows.push(await observe('one viewer watches', server, WATCHED_SECONDS));
  viewer.leave();
  await server.state('idle', { timeoutMs: 60000 });
  rows.push(await observe('the viewer has left', server, seconds));

  await report('idle', `Nobody watches, for ${seconds} s, and the test pattern at 1280x720 with one viewer for ${WATCHED_SECONDS} s`, rows, { digits: 3 });
  const [fresh, watched, left] = rows;
  expect(watched['wake-ups/s'] > 10, 'with a viewer it hardly woke up: the count is not to be trusted');
  for (const row of [fresh, left]) {
    expect(row['CPU, % of a core'] < MAX_CPU_PERCENT, `${row.state}: more than ${MAX_CPU_PERCENT} % of a core`);
    expect(row['cameras open'] === 0, `${row.state}: a camera is open`);
  }
});
