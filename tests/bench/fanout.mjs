// What a viewer costs the server, and Janus' streaming plugin beside it: script/bench fanout [COUNTS [SECONDS [ROUNDS [KBITS]]]]
// COUNTS is like 1,5,10,20,50. A third program encodes once and sends the same RTP to both, so that neither has an encoder; Sightline
// takes the frames out of it and payloads them for each viewer, as its vp8 description does. The two take turns, round by round, with
// the same viewers (libwebrtc in Node, in processes of their own, which decode: hence a small picture, with the packets of a larger one:
// what a server does, it does by packets and frames). CPU is that of the
// server's threads from /proc/PID/task/*/schedstat. What a viewer costs is what each further one adds: the source's
// share, which is there with the first, is left out. BESIDE=PROGRAM measures another build of Sightline, too. A Sightline viewer also has a data channel and a WebSocket, a Janus viewer a WebSocket.

import { createSocket } from 'node:dgram';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { Child, run } from '../e2e/lib/child.mjs';
import { measure, quantile, report } from '../e2e/lib/figures.mjs';
import { findCommand, temporaryFolder } from '../e2e/lib/folders.mjs';
import { descriptors, threads, threadTimes } from '../e2e/lib/proc.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { expect, Skip, sleep } from '../e2e/lib/tap.mjs';
import { Janus } from './lib/janus.mjs';
import { Viewers } from './lib/viewers.mjs';

const FRAMERATE = 30;
const PAYLOAD_TYPE = 96;
const counts = (process.argv[2] ?? '1,5,10,20,50').split(',').map(Number);
const [seconds, rounds, kbits] = [8, 2, 1000].map((usual, i) => Number(process.argv[3 + i] ?? usual));

function freeUdpPort() {
  return new Promise((resolve) => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** Encodes once and sends the same packets to all `ports`. No keyframe can be asked of it, so there is one each second. */
async function startSource(scope, ports) {
  if (!findCommand('gst-launch-1.0'))
    throw new Skip('gst-launch-1.0 is not installed (gstreamer1.0-tools)');
  const source = new Child('gst-launch-1.0', ['-q', 'videotestsrc', 'is-live=true', 'pattern=zone-plate', 'kx2=20', 'ky2=20', 'kt=1', '!',
    `video/x-raw,width=320,height=180,framerate=${FRAMERATE}/1`, '!', 'vp8enc', 'deadline=1', 'cpu-used=8', 'threads=1',
    'lag-in-frames=0', 'end-usage=cbr', `target-bitrate=${kbits * 1000}`, 'buffer-initial-size=100', 'buffer-optimal-size=120',
    'buffer-size=150', 'max-intra-bitrate=250', `keyframe-max-dist=${FRAMERATE}`, '!', 'rtpvp8pay', 'picture-id-mode=15-bit',
    'mtu=1200', `pt=${PAYLOAD_TYPE}`, '!', 'multiudpsink', 'sync=false', `clients=${ports.map((port) => `127.0.0.1:${port}`).join(',')}`]);
  scope.after(() => source.stop());
}

function writeDescription(folder, port) {
  const file = path.join(folder, 'rtp.pipeline');
  writeFileSync(file, `[source]
udpsrc address=127.0.0.1 port=${port} caps="application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=${PAYLOAD_TYPE}"
  ! rtpvp8depay ! appsink name=video

[viewer video]
rtpvp8pay picture-id-mode=15-bit mtu=1200
`);
  return file;
}

const startSightline = async (scope, port, name, options) => {
  const server = await Server.start(scope, ['test', '--pipeline', writeDescription(temporaryFolder(scope), port)], options);
  return { name, kind: 'sightline', pid: server.pid, url: server.webSocket('/ws/camera') };
};

const startJanus = async (scope, port) => {
  try {
    const janus = await Janus.start(scope, { port, payloadType: PAYLOAD_TYPE });
    return { name: `Janus ${janus.version}`, kind: 'janus', pid: janus.pid, url: janus.url };
  } catch (error) {
    if (!(error instanceof Skip))
      throw error;
    return { name: 'Janus', absent: error.message };
  }
};

const cpuSeconds = (pid) => [...threadTimes(pid).values()].reduce((sum, { seconds: used }) => sum + used, 0);

const residentMb = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+)/m)[1]) / 1024;

/** The server's CPU over some seconds, and what its viewers got meanwhile. */
async function observe(server, viewers) {
  const [received, used, began] = [await viewers.received(), cpuSeconds(server.pid), performance.now()];
  await sleep(seconds * 1000);
  const [usedAfter, elapsed] = [cpuSeconds(server.pid), (performance.now() - began) / 1000];
  const receivedAfter = await viewers.received();
  const receiving = (performance.now() - began) / 1000;
  const got = receivedAfter.map((after, i) => Object.fromEntries(
    Object.entries(after).map(([key, value]) => [key, value - received[i][key]])));
  return {
    count: viewers.count, cpu: (usedAfter - used) / elapsed * 100, rss: residentMb(server.pid),
    threads: threads(server.pid).length, descriptors: descriptors(server.pid).length,
    slowest: Math.min(...got.map(({ decoded }) => decoded)) / receiving,
    packets: Math.min(...got.map(({ packets }) => packets)) / receiving,
    lost: got.reduce((sum, { lost }) => sum + lost, 0),
  };
}

async function runRound(scope, server) {
  const viewers = new Viewers(scope, server.kind, server.url);
  const seen = [];
  for (const count of counts) {
    await viewers.grow(count);
    await sleep(2000); // what joining costs is not what watching costs
    seen.push(await observe(server, viewers));
    console.error(`${server.name}: ${count} viewers, ${seen.at(-1).cpu.toFixed(1)} % of a core`);
  }
  await viewers.end();
  return seen;
}

const median = (values) => quantile(values, 0.5);

/** By count: medians of all rounds, except for what must not hide behind one. */
function sum(observed) {
  return counts.map((count, i) => {
    const all = observed.map((round) => round[i]);
    const of = (key) => median(all.map((seen) => seen[key]));
    return { count, cpu: of('cpu'), rss: of('rss'), threads: of('threads'), descriptors: of('descriptors'), packets: of('packets'),
             slowest: Math.min(...all.map(({ slowest }) => slowest)), lost: all.reduce((total, { lost }) => total + lost, 0) };
  });
}

const further = (sums, { count, cpu }) => (count > sums[0].count ? (cpu - sums[0].cpu) / (count - sums[0].count) : NaN);

await measure(async (scope) => {
  const ports = [await freeUdpPort(), await freeUdpPort(), await freeUdpPort()];
  const servers = [await startSightline(scope, ports[0], 'Sightline'), await startJanus(scope, ports[1])];
  if (process.env.BESIDE)
    servers.push(await startSightline(scope, ports[2], 'Sightline beside', { executable: process.env.BESIDE }));
  await startSource(scope, ports);

  const present = servers.filter(({ absent }) => !absent);
  for (const server of present)
    server.observed = [];
  for (let round = 0; round < rounds; round++)
    for (const server of round % 2 ? [...present].reverse() : present)
      server.observed.push(await runRound(scope, server));
  for (const server of present)
    server.sums = sum(server.observed);

  const rows = counts.flatMap((count, i) => present.map((server) => {
    const [seen, other] = [server.sums[i], present.find(({ kind }) => kind === 'janus')?.sums];
    const adds = further(server.sums, seen);
    return {
      viewers: count, server: server.name,
      'CPU, % of a core': seen.cpu.toFixed(1),
      'each further viewer': Number.isNaN(adds) ? '–' : adds.toFixed(2),
      'against Janus': server.kind === 'janus' ? '1' : !other || Number.isNaN(adds) ? '–' : (adds / further(other, other[i])).toFixed(2),
      'RSS, MB': seen.rss.toFixed(0), threads: seen.threads, descriptors: seen.descriptors,
      'slowest viewer, frames/s': seen.slowest.toFixed(1), 'packets/s': seen.packets.toFixed(0), 'packets lost': seen.lost,
    };
  }));
  const gstreamer = (await run('gst-launch-1.0', ['--version'])).match(/GStreamer (\S+)/)[1];
  const absent = servers.filter((server) => server.absent).map((server) => `; ${server.name}: ${server.absent}`).join('');
  await report('fanout', `Server with N viewers of VP8, 320x180 at ${FRAMERATE} frames/s, ${kbits} kbit/s, received as RTP `
    + `(no encoder); ${rounds} rounds of ${seconds} s, medians; GStreamer ${gstreamer}${absent}`, rows,
    { extra: { observed: Object.fromEntries(present.map(({ name, observed }) => [name, observed])) } });
  const starved = rows.filter((row) => row['slowest viewer, frames/s'] < FRAMERATE * 0.97 || row['packets lost'] > 0);
  expect(!starved.length, `Not all was received (${starved.map((row) => `${row.server} with ${row.viewers}`).join(', ')}): `
    + 'this machine is too small for so many viewers, and those figures are worth little');
});
