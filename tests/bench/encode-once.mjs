// What encoding costs with one viewer and with twenty: script/bench encode-once [VIEWERS [SECONDS [ROUNDS]]]
// CPU time of the program's threads, by name, from /proc; the viewers decode (libwebrtc in Node, several processes).
// The same work takes up to twice the CPU time on an idle machine as on a busy one, so the load is kept the same: a second
// server runs all the time, and the viewers that are not here are there. Both cases alternate for some rounds; where rounds of
// one case differ more than the cases do, the ratio says no more than that. The first row is the idle machine, for comparison.

import { measure, report, summary } from '../e2e/lib/figures.mjs';
import { threadTimes } from '../e2e/lib/proc.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { expect, sleep } from '../e2e/lib/tap.mjs';
import { Viewers } from './lib/viewers.mjs';

const [many, seconds, rounds] = [20, 10, 3].map((usual, i) => Number(process.argv[2 + i] ?? usual));

const framesEncoded = async (server) => (await server.stream()).tracks.reduce((frames, track) => frames + track.frames, 0);

async function framesDecoded(groups) {
  return (await Promise.all(groups.map((viewers) => viewers.received()))).flat().map(({ decoded }) => decoded);
}

/** CPU by thread ID over `seconds`, the encoder's frames a second, and what the slowest viewer decoded of them. */
async function observe(what, server, groups) {
  const [encodedBefore, before] = [await framesEncoded(server), threadTimes(server.pid)];
  const [framesBefore, began] = [await framesDecoded(groups), Date.now()];
  await sleep(seconds * 1000);
  const [encodedAfter, after] = [await framesEncoded(server), threadTimes(server.pid)];
  const [framesAfter, elapsed] = [await framesDecoded(groups), (Date.now() - began) / 1000];
  const threads = new Map();
  for (const [id, { name, seconds: used }] of after)
    threads.set(id, { name, percent: (used - (before.get(id)?.seconds ?? 0)) / elapsed * 100 });
  return { what, threads, viewers: framesAfter.length, encoded: (encodedAfter - encodedBefore) / elapsed,
           slowest: Math.min(...framesAfter.map((frames, i) => (frames - framesBefore[i]) / elapsed)) };
}

const sum = (threads, wanted) => [...threads].filter(([id, thread]) => wanted(id, thread))
  .reduce((total, [, { percent }]) => total + percent, 0);

await measure(async (scope) => {
  const [here, there] = [await Server.start(scope, ['test', '--set', 'width=640']),
                         await Server.start(scope, ['test', '--set', 'width=640'])];
  const of = (server) => new Viewers(scope, 'sightline', server.webSocket('/ws/camera'));
  const [first, second, others, elsewhere] = [of(here), of(there), of(here), of(there)];
  await first.grow(1);
  const observed = [await observe('nobody else, the machine is idle', here, [first])];

  await second.grow(1);
  for (let round = 0; round < rounds; round++) {
    await elsewhere.grow(many - 1);
    observed.push(await observe(`${many} watch another server`, here, [first]));
    await elsewhere.end();
    await others.grow(many - 1);
    observed.push(await observe('1 watches another server', here, [first, others]));
    await others.end();
    await here.viewers(1);
  }

  // The encoder works in the source's streaming thread and in threads that libvpx starts from it, which inherit its name.
  const [, busiest] = [...observed[0].threads].sort(([, a], [, b]) => b.percent - a.percent)[0];
  const encodes = (id, { name }) => observed[0].threads.has(id) && name === busiest.name;
  const rows = observed.map((seen) => ({
    viewers: seen.viewers,
    'beside them': seen.what,
    'encoder threads': [...seen.threads].filter(([id, thread]) => encodes(id, thread)).length,
    'their CPU, % of a core': sum(seen.threads, encodes),
    'all threads, % of a core': sum(seen.threads, () => true),
    'encoded frames/s': seen.encoded,
    'slowest viewer decodes, frames/s': seen.slowest,
  }));
  const cost = (viewers) => summary(rows.slice(1).filter((row) => row.viewers === viewers).map((row) => row['their CPU, % of a core']));
  const [one, all] = [cost(1), cost(many)];
  const range = ({ min, median, max }) => `median ${median.toFixed(1)} % (${min.toFixed(1)} to ${max.toFixed(1)})`;
  await report('encode-once', `The encoder (threads "${busiest.name}") at the same load of the machine, ${rounds} rounds of `
    + `${seconds} s: with 1 viewer ${range(one)}, with ${many} ${range(all)} of a core`, rows,
    { digits: 1, extra: { one, all, threads: observed.map((seen) => [...seen.threads.values()]) } });
  expect(Math.min(...observed.map(({ slowest }) => slowest)) > 20, 'some viewer decoded fewer than 20 frames a second: the machine is too small for this');
});
