// Viewers in a process of their own, to be stopped, killed or counted: URL, how many, after how many frames (5) the next one comes.
// Prints "playing" once all of them play; on "count" on standard input, each one's decoded frames.

import { createInterface } from 'node:readline';

import { Viewer } from './viewer.mjs';

const [url, count, frames = 5] = process.argv.slice(2);
try {
  const viewers = [];
  for (let i = 0; i < Number(count); i++) {
    const viewer = await Viewer.join(url, { sink: false });
    await viewer.playing({ frames: Number(frames), timeoutMs: 60000 });
    viewers.push(viewer);
  }
  console.log('playing');
  createInterface({ input: process.stdin }).on('line', async () => {
    console.log(`frames ${(await Promise.all(viewers.map((viewer) => viewer.framesDecoded()))).join(' ')}`);
  });
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
