// A camera whose driver never answers an open(): nobody else waits for it, least of all the end of the program.

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { Child } from './lib/child.mjs';
import { buildRoot, program, root, temporaryFolder } from './lib/folders.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Suite, until } from './lib/tap.mjs';
import { Signalling } from './lib/viewer.mjs';

const NODE = '/dev/video77';
const BOUND_MS = 2000;
const suite = new Suite();

/** As hanging-device.c wants it; `hang()` makes it hang. */
function device(t) {
  const file = path.join(temporaryFolder(t), 'hangs');
  const env = { LD_PRELOAD: path.join(buildRoot, 'tests', 'e2e', 'libhanging-device.so'), HANGING_DEVICE: file };
  return { env, hang: () => writeFileSync(file, '') };
}

/** `end` gives how long it took. The machine itself may stand still: one of three rounds has to be in time. */
async function inTime(end) {
  for (let rounds = 3, ms; (ms = await end()) >= BOUND_MS; rounds--)
    expect(rounds > 1, `it took ${ms} ms`);
}

const hanging = (child) => until('an open() to hang', () => child.stderr.includes('an open() hangs'));

suite.test('at the start', (t) => inTime(async () => {
  const { env, hang } = device(t);
  hang();
  const child = new Child(program, ['--listen', '127.0.0.1:0', NODE], {
    env: { ...process.env, ...env, SIGHTLINE_PIPELINES: path.join(root, 'pipelines') } });
  t.after(() => child.stop('SIGKILL'));
  await hanging(child);
  const began = Date.now();
  const exit = await child.stop('SIGTERM', 15000);
  expectEqual(exit, { code: 0, signal: null }, 'how it ended');
  return Date.now() - began;
}));

suite.test('while somebody waits for its picture', (t) => inTime(async () => {
  const { env, hang } = device(t);
  const server = await Server.start(t, ['--wait', NODE], { env });
  hang();
  const viewer = await Signalling.open(server.webSocket('/ws/camera'));
  t.after(() => viewer.close());
  viewer.hello();
  await hanging(server.child);
  await server.state('starting');
  const { code, ms } = await server.stop();
  expectEqual(code, 0, 'exit status');
  return ms;
}));

await suite.run();
