// How soon those have a file who come late: from the server's cache, and straight from who has it. script/bench objects [MIB]
// An uploader with 2 Mbit/s and a lossy cable, three recipients with 20 Mbit/s, all on machines of their own (namespaces). Needs root.

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { measure, report } from '../e2e/lib/figures.mjs';
import { temporaryFolder } from '../e2e/lib/folders.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { expectEqual } from '../e2e/lib/tap.mjs';
import { Member } from '../net/member.mjs';
import { enterNet } from '../net/namespaces.mjs';

const RECIPIENTS = 3;
const LOSS_PER_MILLE = 20;
const TIMEOUT = { timeoutMs: 900000 };
const { machines, onServerSide } = await enterNet(import.meta.url, 1 + RECIPIENTS);
const bytes = Number(process.argv[2] ?? 4) * 1024 * 1024;

/** A data channel comes with a picture; this one costs as little as a picture can. */
const PICTURE = `[source]
\${capture} ! videoscale ! videorate ! video/x-raw,width=32,height=32,framerate=5/1 ! vp8enc deadline=1 keyframe-max-dist=5 ! appsink name=video
[viewer video]
rtpvp8pay
`;

async function startServer(scope) {
  const description = path.join(temporaryFolder(scope), 'small.pipeline');
  writeFileSync(description, PICTURE);
  return Server.start(scope, ['test', '--no-keys', '--pipeline', description], { listen: ':0', prefix: onServerSide });
}

const addresses = (server, way) => ({ ...way === 'data channel' ? { signalling: server.webSocket('/ws/camera'), channels: true } : {},
                                      relayUrl: server.webSocket('/relay'), objectsUrl: server.webSocket('/objects') });

const rows = [];
const [near, ...far] = machines;

/** A row of what `func` does, which gives the seconds that each took. */
async function row(what, func) {
  const before = await near.sentBytes();
  const seconds = await func();
  rows.push({ what, recipients: seconds.length, 'first, s': Math.min(...seconds), 'last, s': Math.max(...seconds),
              'Mbit/s each': bytes * 8 / 1e6 / Math.max(...seconds), 'sent by the uploader, MB': (await near.sentBytes() - before) / 1e6 });
  console.error(JSON.stringify(rows.at(-1)));
}

async function straight(uploader, recipients, hash) {
  const ways = recipients.map((recipient, i) => [recipient, `${recipients.length}-${i}`]);
  for (const [recipient, id] of ways) {
    const sdp = await recipient.ask('answerDirect', { sdp: await uploader.ask('offerDirect', { id }) });
    await uploader.ask('connectDirect', { id, sdp });
  }
  const received = ways.map(([recipient]) => recipient.ask('receiveDirect', { bytes }, TIMEOUT));
  await Promise.all(ways.map(([, id]) => uploader.ask('sendDirect', { id, bytes, seed: 1 }, TIMEOUT)));
  const found = await Promise.all(received);
  for (const one of found)
    expectEqual(one.hash, hash, 'what came');
  return found.map(({ seconds }) => seconds);
}

const fromCache = async (members, hash) => (await Promise.all(members.map((one) => one.ask('get', { hash }, TIMEOUT)))).map(({ seconds }) => seconds);

await measure(async (scope) => {
  await near.shape({ up: 2000, down: 20000, queueMs: 200 });
  await near.lose(LOSS_PER_MILLE);
  for (const machine of far)
    await machine.shape({ up: 20000, down: 20000, queueMs: 200 });
  const server = await startServer(scope);
  const people = (them) => Promise.all(them.map((machine) => Member.start(scope, machine.prefix)));

  let hash;
  for (const way of ['data channel', 'WebSocket']) {
    const [uploader] = await people([near]);
    await uploader.ask('join', addresses(server, way));
    await row(`put into the cache, by ${way}`, async () => {
      const put = await uploader.ask('put', { bytes, seed: way === 'WebSocket' ? 2 : 1 }, TIMEOUT);
      if (way !== 'WebSocket')
        ({ hash } = put);
      return [put.seconds];
    });
    await uploader.end();
  }
  for (const way of ['data channel', 'WebSocket']) {
    const recipients = await people(far);
    await Promise.all(recipients.map((one) => one.ask('join', addresses(server, way))));
    await row(`from the cache, by ${way}`, () => fromCache(recipients, hash));
    await Promise.all(recipients.map((one) => one.end()));
  }
  const [uploader, ...recipients] = await people(machines);
  for (const count of [1, RECIPIENTS])
    await row('straight from the uploader, by data channel', () => straight(uploader, recipients.slice(0, count), hash));
  await report('objects', `A file of ${bytes / 1024 / 1024} MiB; uploader: 2 Mbit/s with ${LOSS_PER_MILLE / 10} % of the packets lost each way; recipients: 20 Mbit/s each, at once`,
               rows, { digits: 1 });
});
