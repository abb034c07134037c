// The end of the program while people watch: asked by either signal, it has gone within 2 s.

import { Server } from './lib/server.mjs';
import { expect, expectEqual, Suite } from './lib/tap.mjs';
import { Viewer } from './lib/viewer.mjs';

const BOUND_MS = 2000;
const suite = new Suite();

async function join(t, server) {
  const viewer = await Viewer.join(server.webSocket('/ws/camera'), { sink: false });
  t.after(() => viewer.leave());
  return viewer;
}

/** Ends it; gives whether it was in time. */
async function end(t, server, signal) {
  const { code, ms } = await server.stop(signal);
  expectEqual(code, 0, `exit status on ${signal}`);
  t.note(`ended in ${ms} ms`);
  return ms < BOUND_MS;
}

/** The machine itself may stand still: one of three of those that `begin` gives has to end in time. */
async function endsInTime(t, begin, signal) {
  for (let rounds = 3; !await end(t, await begin(), signal); rounds--)
    expect(rounds > 1, `none ended within ${BOUND_MS} ms`);
}

for (const signal of ['SIGTERM', 'SIGINT'])
  suite.test(`${signal} while two watch`, (t) => endsInTime(t, async () => {
    const server = await Server.start(t, ['test', '--set', 'width=640']);
    for (let i = 0; i < 2; i++)
      await (await join(t, server)).playing();
    return server;
  }, signal));

suite.test('SIGINT while somebody watches and somebody joins', (t) => endsInTime(t, async () => {
  const server = await Server.start(t, ['test', '--set', 'width=640']);
  await (await join(t, server)).playing();
  const joining = await join(t, server);
  await joining.signalling.next('offer');
  return server;
}, 'SIGINT'));

// The key for DTLS is being made then, on another thread, which must not lose what it uses.
suite.test('a second signal, as soon as it has begun, ends it at once', async (t) => {
  let inTime = 0;
  for (let i = 0; i < 10; i++) {
    const server = await Server.start(t, ['test', '--set', 'width=640']);
    server.child.kill('SIGTERM');
    inTime += await end(t, server, 'SIGINT');
  }
  expect(inTime > 5, `${inTime} of 10 ended within ${BOUND_MS} ms`);
});

await suite.run();
