// A file as fast as it gets through, over a cable that holds back what is too much: what is said beside it does not wait for it.

import { Server } from '../e2e/lib/server.mjs';
import { expect, Failure, Suite } from '../e2e/lib/tap.mjs';
import { Member, talk } from './member.mjs';
import { enterNet } from './namespaces.mjs';

const { machines: [machine], onServerSide } = await enterNet(import.meta.url, 1);
const SECONDS = 5;
const KBIT = 10000;
const QUEUE_MS = 300;
const LATE_MS = 200;
/** As much passes in 210 ms. The window is 1 MiB. */
const MAX_UNDER_WAY_BYTES = 256 * 1024;
const BYTES = 8 * 1024 * 1024;
const suite = new Suite();

const round = (found) => Object.entries(found).map(([name, value]) => `${name} ${Math.round(value)}`).join(', ');

/** Somebody watches and talks over the cable, somebody else talks at the server's end of it. */
async function startPeople(scope) {
  await machine.shape({ up: KBIT, down: KBIT, queueMs: QUEUE_MS });
  const server = await Server.start(scope, ['test', '--set', 'width=320', '--set', 'bitrate=500000', '--no-keys'],
                                    { listen: ':0', prefix: onServerSide });
  const address = { relayUrl: server.webSocket('/relay'), objectsUrl: server.webSocket('/objects') };
  const [near, far] = await Promise.all([Member.start(scope, machine.prefix), Member.start(scope, onServerSide)]);
  await far.ask('join', address);
  await near.ask('join', { ...address, signalling: server.webSocket('/ws/camera'), picture: true, channels: true });
  return { near, far };
}

let people;
const thePeople = () => (people ??= startPeople(suite.scope));

/** `talking` gives what a window of time has shown; this machine may have something else to do in one: of three, one is enough. */
async function expectUndisturbed(t, talking) {
  for (let rounds = 3; ; rounds--) {
    try {
      return judge(t, await talking(rounds));
    } catch (error) {
      if (!(error instanceof Failure) || rounds === 1)
        throw error;
      t.note(error.message);
    }
  }
}

function judge(t, { mbits, out, in: in_, frames, underWay }) {
  t.note(`${mbits.toFixed(1)} Mbit/s; said there, ms: ${round(out)}; said to there, ms: ${round(in_)}; frames, ms between: ${round(frames)}; bytes under way: ${round(underWay)}`);
  for (const { count, late } of [out, in_])
    expect(late < 0.3 * count, `${late} of ${count} messages took over ${LATE_MS} ms`);
  expect(mbits > 0.3 * KBIT / 1000, 'the file was hardly sent');
  if (underWay)
    expect(underWay.median < MAX_UNDER_WAY_BYTES, `${underWay.median} bytes are under way`);
  expect(frames.count > 15 * SECONDS, 'the picture stood');
}

suite.test('while a file is put over a data channel, messages and the picture get through', async (t) => {
  const { near, far } = await thePeople();
  await expectUndisturbed(t, (number) => talk(near, far, SECONDS, { lateMs: LATE_MS, put: { bytes: BYTES, seed: 1000 * number } })); // none is there already
});

suite.test('while one is got', async (t) => {
  const { near, far } = await thePeople();
  const { hash } = await far.ask('put', { bytes: BYTES, seed: 2 });
  await expectUndisturbed(t, () => talk(near, far, SECONDS, { lateMs: LATE_MS, get: { hash } }));
});

await suite.run();
