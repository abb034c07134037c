// How long until a foreign player has its first picture by WHEP: script/bench whep [RUNS [KIND…]]
// From the POST to the first decoded frame, loopback, the camera running; one player at a time.

import { Browser } from '../e2e/lib/browser.mjs';
import { openDoor, PROGRAM_KINDS } from '../e2e/lib/doors.mjs';
import { measure, report, summary } from '../e2e/lib/figures.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { Skip } from '../e2e/lib/tap.mjs';
import { Viewer } from '../e2e/lib/viewer.mjs';

const BROWSERS = ['chromium', 'firefox'];
const runs = Number(process.argv[2] ?? 20);
const kinds = process.argv.length > 3 ? process.argv.slice(3) : [...BROWSERS, ...PROGRAM_KINDS];

await measure(async (scope) => {
  const server = await Server.start(scope, ['test']);
  const keeper = await Viewer.join(server.webSocket('/ws/camera'), { sink: false });
  scope.after(() => keeper.leave());
  await keeper.playing();

  const rows = [];
  const samples = {};
  for (const kind of kinds) {
    try {
      const who = BROWSERS.includes(kind) ? { browser: await Browser.launch(scope, kind), page: server.address('/player.js') } : kind;
      const times = (samples[kind] = []);
      for (let i = 0; i <= runs; i++) {
        const client = await openDoor(scope, who, { url: server.address('/whep/camera') });
        await client.decodes(3);
        if (i > 0) // the first time of a browser is not ours
          times.push(client.firstFrameMs);
        await client.leave();
        await client.close();
      }
      rows.push({ player: kind, ...summary(times) });
    } catch (error) {
      if (!(error instanceof Skip))
        throw error;
      console.error(`${kind} is left out: ${error.message}`);
    }
  }
  await report('whep', 'Time from the POST of an offer to the first decoded frame, loopback, 1280x720 at 30 frames a second, in milliseconds',
               rows, { extra: { samples } });
});
