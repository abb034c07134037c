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

async function endsInTime(t, server, signal) {
  const { code, ms } = await server.stop(signal);
  expectEqual(code, 0, `exit status on ${signal}`);
  expect(ms < BOUND_MS, `it took ${ms} ms`);
  t.note(`ended in ${ms} ms`);
}

for (const signal of ['SIGTERM', 'SIGINT'])
  suite.test(`${signal} while two watch`, async (t) => {
    const server = await Server.start(t, ['test', '--set', 'width=640']);
    for (let i = 0; i < 2; i++)
      await (await join(t, server)).playing();
    await endsInTime(t, server, signal);
  });

suite.test('SIGINT while somebody watches and somebody joins', async (t) => {
  const server = await Server.start(t, ['test', '--set', 'width=640']);
  await (await join(t, server)).playing();
  const joining = await join(t, server);
  await joining.signalling.next('offer');
  await endsInTime(t, server, 'SIGINT');
});

// The key for DTLS is being made then, on another thread, which must not lose what it uses.
suite.test('a second signal, as soon as it has begun, ends it at once', async (t) => {
  for (let i = 0; i < 10; i++) {
    const server = await Server.start(t, ['test', '--set', 'width=640']);
    server.child.kill('SIGTERM');
    await endsInTime(t, server, 'SIGINT');
  }
});

await suite.run();
