// What messages and the picture feel of a file beside them: script/bench beside [SECONDS [ROUNDS]]
// Somebody watches and talks; he himself puts or gets files at full speed, over the same peer connection or by a WebSocket beside it, or his neighbour does, a process
// apart at the same cable. Somebody else on the server's machine talks with him. On one machine, and over a cable of 10 Mbit/s in which 300 ms of packets may wait. Needs root.

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { measure, quantile, report } from '../e2e/lib/figures.mjs';
import { temporaryFolder } from '../e2e/lib/folders.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { Member, talk } from '../net/member.mjs';
import { enterNet } from '../net/namespaces.mjs';

const { machines: [machine], onServerSide } = await enterNet(import.meta.url, 1);
const seconds = Number(process.argv[2] ?? 10);
const rounds = Number(process.argv[3] ?? 3);
const PATHS = [{ cable: 'this machine', by: 'data channel', mib: 128 }, { cable: '10 Mbit/s', by: 'data channel', mib: 16, kbit: 10000 },
               { cable: '10 Mbit/s', by: 'WebSocket', mib: 16, kbit: 10000 }];

/** Nothing has to go that is got later. */
const CONFIG = '[limits]\ncache-mib=4096\n[stream camera]\ndevice=test\nset=width=320;height=180;bitrate=500000\n';

const median = (values) => quantile(values, 0.5);

await measure(async (scope) => {
  const config = path.join(temporaryFolder(scope), 'sightline.conf');
  writeFileSync(config, CONFIG);
  const server = await Server.start(scope, ['--config', config, '--no-keys'], { listen: ':0', prefix: onServerSide });
  const address = { relayUrl: server.webSocket('/relay'), objectsUrl: server.webSocket('/objects') };
  const far = await Member.start(scope, onServerSide);
  await far.ask('join', address);
  let seed = 100;
  const rows = [];
  for (const { cable, by, mib, kbit } of PATHS) {
    const bytes = mib * 1024 * 1024;
    const { hash } = await far.ask('put', { bytes, seed: seed++ });
    const [near, neighbour] = await Promise.all([0, 1].map(() => Member.start(scope, kbit ? machine.prefix : onServerSide)));
    if (kbit)
      await machine.shape({ up: kbit, down: kbit, queueMs: 300 });
    const way = { ...address, signalling: server.webSocket('/ws/camera'), channels: by === 'data channel' };
    await near.ask('join', { ...way, picture: true });
    await neighbour.ask('join', way);
    const put = () => ({ bytes, seed: seed += 100 });
    const doings = { nothing: () => ({}), 'he puts': () => ({ put: put() }), 'he gets': () => ({ get: { hash } }),
                     'his neighbour puts': () => ({ put: put(), mover: neighbour }), 'his neighbour gets': () => ({ get: { hash }, mover: neighbour }) };
    const runs = Object.fromEntries(Object.keys(doings).map((name) => [name, []]));
    for (let round = 0; round < rounds; round++)
      for (const [name, doing] of Object.entries(doings)) {
        runs[name].push(await talk(near, far, seconds, doing()));
        console.error(cable, by, name, JSON.stringify(runs[name].at(-1)));
      }
    for (const [name, found] of Object.entries(runs)) {
      const ms = (which, key) => median(found.map((run) => run[which][key]));
      rows.push({ cable, by, 'meanwhile': name, 'Mbit/s': median(found.map(({ mbits }) => mbits)),
                  'said by him: median, ms': ms('out', 'median'), 'p99, ms': ms('out', 'p99'),
                  'to him: median, ms': ms('in', 'median'), 'p99 , ms': ms('in', 'p99'),
                  'frames/s': ms('frames', 'count') / seconds, 'gap: median, ms': ms('frames', 'median'),
                  'p99  , ms': ms('frames', 'p99'), 'max, ms': ms('frames', 'max') });
    }
    await Promise.all([near, neighbour].map((one) => one.end()));
  }
  await report('beside', `${rounds} rounds of ${seconds} s, medians; 20 messages a second each way`, rows, { digits: 1 });
});
