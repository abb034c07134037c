// Whatever anybody may send: what the sender is told, to the letter, and that somebody else's picture goes on meanwhile.
// SIGHTLINE_TABLE=FILE writes the table as Markdown.

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { ask, HTTP, OBJECTS as OBJECTS_HTTP, SLOW_HTTP } from './hostile/http.mjs';
import { OBJECTS, OBJECTS_CHANNEL } from './hostile/objects.mjs';
import { OFFERS } from './hostile/offers.mjs';
import { PIPELINE } from './hostile/pipeline.mjs';
import { CONTROL_CHANNEL, DATA_CHANNEL, RELAY, UNIX_SOCKET } from './hostile/relay.mjs';
import { CANDIDATES, ORDER, SDP } from './hostile/signalling.mjs';
import { STARTS } from './hostile/starts.mjs';
import { FRAMES, SLOW_FRAMES, TEXTS } from './hostile/websocket.mjs';
import { temporaryFolder } from './lib/folders.mjs';
import { Server } from './lib/server.mjs';
import { expectEqual, Failure, Suite, until } from './lib/tap.mjs';
import { Viewer } from './lib/viewer.mjs';

const FRAMES_AFTER = 3;
const suite = new Suite();
const table = [];

const folder = temporaryFolder(suite.scope);
const relaySocket = path.join(folder, 'relay');
const config = path.join(folder, 'sightline.conf');
writeFileSync(config, '[namespace control]\nholder-silence-ms=60000\n'); // who holds a channel here says nothing
const ARGS = ['test', '--set', 'width=320', '--set', 'framerate=60', '--config', config, '--relay-socket', relaySocket];
const server = Object.assign(await Server.start(suite.scope, ARGS), { relaySocket });
const viewer = await Viewer.join(server.webSocket('/ws/camera'), { sink: false });
suite.scope.after(() => viewer.leave());
await viewer.playing();

/** Does what the row says; gives the answer, and how many frames the one who watches has got meanwhile. */
async function perform(t, act) {
  const before = await viewer.framesDecoded();
  const answer = await (typeof act === 'function' ? act(server, t) : ask(server, act));
  const then = await viewer.framesDecoded();
  const frames = await until(`${FRAMES_AFTER} more frames of the viewer`, async () => {
    if (server.child.exit)
      throw new Failure('the server has ended');
    const now = await viewer.framesDecoded();
    return now >= then + FRAMES_AFTER && now - before;
  });
  return [answer, frames];
}

function addRows(area, rows, run) {
  for (const [what, act, expected] of rows)
    suite.test(`${area}: ${what}`, async (t) => {
      const [answer, frames] = await run(t, act);
      t.note(`${answer} (${frames} frames meanwhile)`);
      table.push([area, what, answer, frames]);
      expectEqual(answer, expected, 'answer');
    });
}

/** What takes as long as the server has patience is begun with the first of them, all together. */
function addSlowRows(area, rows) {
  let begun = null;
  addRows(area, rows, async (t, act) => {
    begun ??= new Map(rows.map(([, each]) => [each, perform(t, each).catch((error) => error)]));
    const done = await begun.get(act);
    if (done instanceof Error)
      throw done;
    return done;
  });
}

addRows('HTTP', HTTP, perform);
addRows('objects by HTTP', OBJECTS_HTTP, perform);
addRows('WebSocket frame', FRAMES, perform);
addRows('signalling text', TEXTS, perform);
addRows('signalling order', ORDER, perform);
addRows('SDP', SDP, perform);
addRows('candidate', CANDIDATES, perform);
addRows('WHEP and WHIP', OFFERS, perform);
addRows('pipeline', PIPELINE, perform);
addRows('relay', RELAY, perform);
addRows('data channel', DATA_CHANNEL, perform);
addRows('control channel', CONTROL_CHANNEL, perform);
addRows('Unix socket', UNIX_SOCKET, perform);
addRows('objects', OBJECTS, perform);
addRows('objects channel', OBJECTS_CHANNEL, perform);
addSlowRows('slowly', [...SLOW_HTTP, ...SLOW_FRAMES]);
addRows('start', STARTS, perform);

suite.scope.after(() => {
  const file = process.env.SIGHTLINE_TABLE;
  if (!file)
    return;
  const cell = (value) => String(value).replaceAll('|', '\\|').replaceAll('<', '&lt;');
  const lines = ['# Bad inputs', '', 'Written by `SIGHTLINE_TABLE=$PWD/docs/bad-inputs.md script/test e2e` (`tests/e2e/hostile.mjs`), which fails where an',
                 'answer is another one, or where the picture of somebody else who watches does not go on.', '', '| | what is sent | what the sender is told | frames of a viewer meanwhile |', '|---|---|---|---|',
                 ...table.map((row) => `| ${row.map(cell).join(' | ')} |`)];
  writeFileSync(file, `${lines.join('\n')}\n`);
});

await suite.run();
