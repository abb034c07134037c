// Viewers in a process of their own: "sightline" or "janus", URL, how many.
// Prints "playing" once all of them play; on "count" on standard input, what each has received, as JSON.

import { createInterface } from 'node:readline';

import { until } from '../../e2e/lib/tap.mjs';
import { Viewer } from '../../e2e/lib/viewer.mjs';
import { JanusViewer } from './janus.mjs';

const [kind, url, count] = process.argv.slice(2);
const join = { sightline: () => Viewer.join(url, { sink: false }), janus: () => JanusViewer.join(url) }[kind];

async function joinAndPlay() {
  const viewer = await join();
  await until('decoded frames', async () => (await viewer.received()).decoded >= 5, { timeoutMs: 60000 });
  return viewer;
}

try {
  const viewers = await Promise.all(Array.from({ length: Number(count) }, joinAndPlay));
  console.log('playing');
  createInterface({ input: process.stdin }).on('line', async () => {
    console.log(`received ${JSON.stringify(await Promise.all(viewers.map((viewer) => viewer.received())))}`);
  });
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
