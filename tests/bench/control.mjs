// How long commands at 20 Hz take to the program that is steered, over a network between two machines (namespaces) that loses
// nothing, and a twentieth: control.mjs [SECONDS]. Needs root.

import { measure, report } from '../e2e/lib/figures.mjs';
import { enterLan } from '../net/namespaces.mjs';
import { disturb, startSteering, steer } from '../net/steering.mjs';

const { serverSide, onServerSide } = await enterLan(import.meta.url);
const seconds = Number(process.argv[2] ?? 60);

await measure(async (scope) => {
  const rows = [];
  for (const transport of ['data channel', 'WebSocket'])
    for (const loss of [0, 5]) {
      const steering = await startSteering(scope, onServerSide, transport);
      const end = loss ? await disturb(scope, serverSide, 'meta l4proto { udp, tcp } numgen random mod 20 0') : async () => {};
      const { sent, came, median, p99, max, backwards, stale, lost, gap } = await steer(steering, seconds);
      await end();
      rows.push({ transport, 'lost on the way': `${loss} %`, sent, 'came through': came, 'median, ms': median, 'p99, ms': p99, 'max, ms': max,
                  'out of order': backwards, 'refused as stale': stale, 'holder lost': lost, 'longest pause of the driver, ms': gap });
      await steering.driver.leave();
      await steering.server.stop();
    }
  await report('control', `Commands at 20 a second for ${seconds} s, to the program on the Unix socket`, rows, { digits: 1 });
});
