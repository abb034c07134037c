// What the message relay delivers, beside Flask-SocketIO and Janus' textroom: script/bench relay [CLIENTS [BYTES [SECONDS [ROUNDS]]]]
// CLIENTS is like 1,10,100 and BYTES like 100,1000. All clients are in one room and receive what one of them says. First as much is under way
// as the server takes: 64 messages that not everybody has yet; then messages are said at the same easy rate with every server, for
// the delay. The same generator in a process of its own drives all: libwebrtc in Node for data channels, ws for WebSockets; it reads no
// JSON, but looks that each client gets each message in order, once. CPU is the server's, from /proc/PID/stat.
// The servers take turns. FLASK=eventlet takes that instead of gevent, which gets more out of its CPU.
// BESIDE=PROGRAM measures another build of Sightline, too; SERVERS=text only those whose names have it.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child } from '../e2e/lib/child.mjs';
import { measure, quantile, report } from '../e2e/lib/figures.mjs';
import { temporaryFolder } from '../e2e/lib/folders.mjs';
import { threads } from '../e2e/lib/proc.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { expect, Skip, sleep, until } from '../e2e/lib/tap.mjs';
import { Flask } from './lib/flask.mjs';
import { Janus } from './lib/janus.mjs';

const EASY_DELIVERIES = 2000; // a second
const MAX_EASY_RATE = 200;
const SETTLE_MS = 1000;
const list = (text) => text.split(',').map(Number);
const [clientCounts, sizes] = [list(process.argv[2] ?? '1,10,100'), list(process.argv[3] ?? '100,1000')];
const [seconds, rounds] = [3, 2].map((usual, i) => Number(process.argv[4 + i] ?? usual));
const child = path.join(path.dirname(fileURLToPath(import.meta.url)), 'lib', 'talkers-child.mjs');

/** What bounds a client in normal life would be what is measured. */
const CONFIG = `[limits]
max-sessions-per-address = 200
relay-requests-per-second = 100000
relay-request-burst = 100000
relay-bytes-per-second = 1073741824
relay-byte-burst = 1073741824

[namespace chat]
messages-per-second = 100000
message-burst = 100000
`;

/** A data channel comes with a picture; this one costs as little as a picture can. */
const PICTURE = `[source]
\${capture} ! videoscale ! videorate ! video/x-raw,width=32,height=32,framerate=2/1 ! vp8enc deadline=1 keyframe-max-dist=2 ! appsink name=video
[viewer video]
rtpvp8pay
`;

async function startSightline(scope, name, options) {
  const folder = temporaryFolder(scope);
  writeFileSync(path.join(folder, 'config'), CONFIG);
  writeFileSync(path.join(folder, 'small.pipeline'), PICTURE);
  const server = await Server.start(scope, ['test', '--config', path.join(folder, 'config'), '--pipeline', path.join(folder, 'small.pipeline')],
                                    options);
  return [{ name, kind: 'data channel', way: 'relay-channel', pid: server.pid, url: server.webSocket('/ws/camera') },
          { name, kind: 'WebSocket', way: 'relay-websocket', pid: server.pid, url: server.webSocket('/relay') }];
}

async function startOrSkip(start, name, kind, way) {
  try {
    const { url, pid, version } = await start();
    return [{ name: `${name} ${version}`, kind, way, pid, url }];
  } catch (error) {
    if (!(error instanceof Skip))
      throw error;
    return [{ name, kind, absent: error.message }];
  }
}

async function runCell(scope, server, clients, bytes) {
  const rate = Math.min(MAX_EASY_RATE, EASY_DELIVERIES / clients);
  const { way, url, pid } = server;
  const before = threads(pid).length;
  const talkers = new Child(process.execPath, [child, JSON.stringify({ way, url, pid, clients, bytes, seconds, rate })]);
  scope.after(() => talkers.stop('SIGKILL'));
  const [, text] = await talkers.line(/^measured (.*)$/, 120000 + seconds * 2000);
  await talkers.ended();
  // What leaving costs is not what talking costs; a few threads may stay from the first one on.
  await until('the server to let go of its clients', () => threads(pid).length <= before + 5, { timeoutMs: 30000 });
  await sleep(SETTLE_MS);
  const { flood, talk } = JSON.parse(text);
  const seen = { perSecond: flood.delivered / flood.seconds, perCpuSecond: flood.delivered / flood.cpu, cpu: flood.cpu / flood.seconds * 100,
                 easyUs: talk.cpu / talk.delivered * 1e6, p50: talk.p50, p99: talk.p99 };
  console.error(`${server.name}, ${server.kind}, ${clients} clients, ${bytes} bytes: ${seen.perSecond.toFixed(0)}/s, `
    + `${seen.perCpuSecond.toFixed(0)} a CPU-second`);
  return seen;
}

const median = (runs, key) => quantile(runs.map((run) => run[key]), 0.5);

await measure(async (scope) => {
  const servers = [
    ...await startSightline(scope, 'Sightline'),
    ...await startOrSkip(() => Flask.start(scope, process.env.FLASK ?? 'gevent'), 'Flask-SocketIO', 'WebSocket', 'flask'),
    ...await startOrSkip(() => Janus.start(scope), 'Janus', 'data channel', 'janus'),
    ...(process.env.BESIDE ? await startSightline(scope, 'Sightline beside', { executable: process.env.BESIDE }) : []),
  ].filter(({ name }) => name.includes(process.env.SERVERS ?? ''));
  const present = servers.filter(({ absent }) => !absent);

  const cells = sizes.flatMap((bytes) => clientCounts.map((clients) => ({ bytes, clients, runs: present.map(() => []) })));
  const failed = [];
  for (let round = 0; round < rounds; round++)
    for (const { bytes, clients, runs } of cells)
      for (const i of round % 2 ? [...present.keys()].reverse() : present.keys())
        try {
          runs[i].push(await runCell(scope, present[i], clients, bytes));
        } catch (error) {
          failed.push(`${present[i].name}, ${present[i].kind}, ${clients} clients, ${bytes} bytes: ${error.message}`);
          console.error(failed.at(-1));
        }

  const rows = cells.flatMap(({ bytes, clients, runs }) => present.map((server, i) => runs[i].length > 0 && ({
    bytes, clients, server: server.name, by: server.kind,
    'delivered/s': Math.round(median(runs[i], 'perSecond')), 'a CPU-second': Math.round(median(runs[i], 'perCpuSecond')),
    'CPU, % of a core': median(runs[i], 'cpu').toFixed(0),
    'median, ms': median(runs[i], 'p50').toFixed(2), 'p99, ms': median(runs[i], 'p99').toFixed(2),
    'easy: CPU µs each': median(runs[i], 'easyUs').toFixed(0),
  })).filter(Boolean));
  const absent = servers.filter((server) => server.absent).map((server) => `; ${server.name}: ${server.absent}`).join('');
  await report('relay', `One of N clients in a room speaks, all receive it; ${rounds} rounds of ${seconds} s with 64 messages under way and ${seconds} s `
    + `at ${EASY_DELIVERIES} deliveries a second (${MAX_EASY_RATE} with one client: these give the delay), medians${absent}`, rows,
    { extra: { cells: cells.map((cell) => ({ ...cell, runs: Object.fromEntries(cell.runs.map((seen, i) => [`${present[i].name}, ${present[i].kind}`, seen])) })) } });
  expect(!failed.length, failed.join('\n'));
});
