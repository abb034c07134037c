// Sightline on one machine, a publisher on another, and a cable that loses things.

import { run } from '../e2e/lib/child.mjs';
import { openDoor } from '../e2e/lib/doors.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { expect, sleep, Suite, until } from '../e2e/lib/tap.mjs';
import { enterLan } from './namespaces.mjs';

const { serverSide, onServerSide } = await enterLan(import.meta.url);
const SECONDS = 8;
const suite = new Suite();

async function loseATenth(t) {
  const nft = (...args) => run('ip', ['netns', 'exec', serverSide, 'nft', ...args]);
  await nft('add table inet lossy { chain in { type filter hook input priority 0; meta l4proto udp numgen random mod 10 0 drop; }; }');
  t.after(() => nft('delete table inet lossy'));
}

suite.test('of what a publisher sends a tenth is lost: it is sent again, and the picture goes on', async (t) => {
  const server = await Server.start(t, ['test', '--set', 'width=128', '--no-keys'], { listen: ':0', prefix: onServerSide });
  const publisher = await openDoor(t, 'node', { url: server.address('/whip/camera'), publish: true, width: 640, height: 360 });
  const viewer = await openDoor(t, 'node', { url: server.address('/whep/camera') });
  await until('the publisher\'s picture', async () => (await viewer.stats()).width > 128);
  await viewer.decodes(30);

  await loseATenth(t);
  const look = async () => [await publisher.stats(), await viewer.stats(), (await server.stream()).tracks[0]];
  const before = await look();
  await sleep(SECONDS * 1000);
  const after = await look();
  const more = (name, i) => after[i][name] - before[i][name];
  t.note(`in ${SECONDS} s ${more('sent', 0)} frames were sent, ${more('frames', 2)} came through and ${more('decoded', 1)} were decoded; ${more('nacks', 0)} NACKs, ${
    more('resent', 0)} packets sent again, ${more('keyframes', 0)} keyframes asked for`);
  expect(more('nacks', 0) > 0 && more('resent', 0) > 0, 'nothing was sent again');
  // What is lost twice, or comes too late, costs the frames until the next keyframe.
  expect(more('frames', 2) >= 0.5 * more('sent', 0), 'too few frames came through');
  await publisher.leave();
});

await suite.run();
