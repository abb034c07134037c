// Strangers in a process of their own: { signalling, relay, states, end } as JSON. They come all but the last at once, then that
// one. "at STATE" says where they are, "published OFFSET" what they wrote. With the end "killed", the moment that the last has arrived is the last.

import { arrive, ENDS } from './strangers.mjs';
import { until } from './tap.mjs';

const { signalling, relay, states, end } = JSON.parse(process.argv[2]);
const say = (line) => process.stdout.write(`${line}\n`);
const place = { signalling, relay, published: ({ offset }) => say(`published ${offset}`) };

async function come(state) {
  const stranger = await arrive(state, place);
  say(`at ${stranger.at ?? state}`);
  return stranger;
}

try {
  const strangers = await Promise.all(states.slice(0, -1).map(come));
  strangers.push(await come(states.at(-1)));
  if (end === 'killed')
    process.kill(process.pid, 'SIGKILL');
  strangers.forEach(ENDS[end]);
  await until('the WebSockets to be closed', () => strangers.every(({ signalling: socket }) => !socket || socket.closed !== null));
  process.exit(0);
} catch (error) {
  console.error(error.stack);
  process.exit(1);
}
