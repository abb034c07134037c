// 10,000 strangers who begin a request and do not end it, while somebody watches.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child, run } from './lib/child.mjs';
import { descriptors } from './lib/proc.mjs';
import { Server } from './lib/server.mjs';
import { expectEqual, Skip, sleep, Suite, until } from './lib/tap.mjs';
import { Viewer } from './lib/viewer.mjs';

const COUNT = 10000;
const SPARE = 200;
const ROUNDS = 3; // the machine itself may lose something in one
const child = path.join(path.dirname(fileURLToPath(import.meta.url)), 'lib', 'half-open-child.mjs');
const suite = new Suite();

async function received(viewer) {
  const stat = [...(await viewer.peer.getStats()).values()].find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
  return { frames: stat.framesReceived, lost: stat.packetsLost, dropped: stat.framesDropped };
}

/**
 * Frames that the source has made and the viewer has not: what he did not see before he joined, what is under way, and
 * what he has lost. The least of some looks has nothing under way.
 */
async function behind(viewer, server, { looks = 20 } = {}) {
  let least = Infinity;
  for (let i = 0; i < looks; i++) {
    const { frames } = await received(viewer);
    least = Math.min(least, (await server.stream()).tracks[0].frames - frames);
    await sleep(70); // libwebrtc makes its figures anew every 50 ms
  }
  return least;
}

/** The strangers come; gives what the viewer has lost meanwhile, and what there is to note. */
async function crowd(t, server, viewer) {
  const [before, behindBefore] = [await received(viewer), await behind(viewer, server)];

  const strangers = new Child('sh', ['-c', `ulimit -n ${COUNT + SPARE} && exec "$@"`, 'sh', process.execPath, child,
                                     server.url.hostname, String(server.port), String(COUNT)]);
  t.after(() => strangers.stop('SIGKILL'));
  const [, held] = await strangers.line(/^held (\d+)$/, 60000);
  const here = descriptors(server.pid).length;

  const another = await Viewer.join(server.webSocket('/ws/camera'), { sink: false });
  t.after(() => another.leave());
  await another.playing();
  const response = await fetch(server.address('/'));
  expectEqual(response.status, 200, 'the page for somebody else');

  let missing;
  await until('the viewer to have every frame', async () => {
    missing = Math.max(0, await behind(viewer, server) - behindBefore);
    return missing === 0;
  }, { timeoutMs: 30000 }).catch(() => {});
  const after = await received(viewer);
  another.leave();
  await strangers.stop('SIGKILL');
  await server.viewers(1);
  return [[after.lost - before.lost, after.dropped - before.dropped, missing],
          `${COUNT} connections made, ${held} of them still open; the server has ${here} descriptors; ` +
            `${after.frames - before.frames} frames meanwhile`];
}

suite.test(`${COUNT} half-open connections cost a viewer no frame`, async (t) => {
  const hard = (await run('sh', ['-c', 'ulimit -Hn'])).trim();
  if (hard !== 'unlimited' && Number(hard) < COUNT + SPARE)
    throw new Skip(`this user may not have more than ${hard} descriptors`);
  const server = await Server.start(t, ['test', '--set', 'width=320']);
  const viewer = await Viewer.join(server.webSocket('/ws/camera'), { sink: false });
  t.after(() => viewer.leave());
  await viewer.playing();
  let found;
  for (let round = 0; round < ROUNDS && !found?.every((count) => count === 0); round++) {
    const [lost, words] = await crowd(t, server, viewer);
    t.note(`${words}; lost: ${lost.join(', ')}`);
    found = lost;
  }
  expectEqual(found, [0, 0, 0], 'packets lost, frames dropped, frames that did not come');
}, { timeoutMs: 300000 });

await suite.run();
