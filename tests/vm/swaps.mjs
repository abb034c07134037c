// A camera opens once: another pipeline is tried in place of the present one, under who watches, and what does not work is put back.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { root, temporaryFolder } from '../e2e/lib/folders.mjs';
import { Page } from '../e2e/lib/onlookers.mjs';
import { expect, expectEqual } from '../e2e/lib/tap.mjs';
import { SMALL } from './lib/desk.mjs';

const MODES = ['mjpeg:320x180@30', 'h264:320x180@30'];
const FULL = { width: 320, height: 180 };
const HALF = { width: 160, height: 90 };
/** As sl-stream.h has it; and what may be added to it. */
const TRIAL_MS = 5000;
const MORE_MS = 2000;
/** What else runs on this machine may take its time: one of so many times has to keep the bound. */
const ROUNDS = 3;
const isInTime = (gap) => gap <= TRIAL_MS + MORE_MS;

const ENCODED = 'vp8enc deadline=1 cpu-used=8 ! appsink name=video\n';
const BROKEN = {
  'no-frame': { text: `[source]\n\${capture}\n  ! valve drop=true ! videoconvert ! ${ENCODED}`, said: 'FILE:3: track video gave no frame within 5 s' },
  errs: { text: `[source]\n\${capture}\n  ! identity error-after=1 ! videoconvert ! ${ENCODED}`,
    said: "FILE:3: 'identity' failed (Failed after iterations as requested); change it or its properties" },
  'no-such-mode': { text: '[source]\n${capture:h264} ! appsink name=video\n',
    said: 'FILE:2: found ${capture:h264}, but Test camera (/dev/video0) has MJPEG (320x180 at 30); expected ${capture} and an encoder' },
};

export default function (suite, desk) {
  async function watch(t) {
    const folder = path.join(temporaryFolder(t), 'pipelines');
    mkdirSync(folder);
    for (const [name, { text }] of Object.entries(BROKEN))
      writeFileSync(path.join(folder, `${name}.pipeline`), text);
    const server = await desk.serve(t, ['--pipeline', 'vp8', ...SMALL],
                                    { env: { SIGHTLINE_PIPELINES: `${folder}:${path.join(root, 'pipelines')}` } });
    const page = await Page.open(t, desk, server.link);
    await page.shows(FULL, { patienceMs: 60000 });
    return { server, page, folder };
  }

  /** Asks for it, and waits until such a picture plays; gives how long there was none, and the answer. */
  async function choose(t, { server, page }, name, variables, picture) {
    await page.begin();
    const began = Date.now();
    const { status, detail } = await server.put('pipeline', { name, variables });
    const tookMs = Date.now() - began;
    const gap = await page.shows(picture, { patienceMs: 60000 });
    t.note(`${name} ${JSON.stringify(variables)}: ${status}${detail ? ` ${detail}` : ''}, answered after ${tookMs} ms, `
      + `${gap.toFixed(0)} ms without a picture`);
    return { status, detail, gap };
  }

  suite.test('a camera that opens once is handed over: another size and back in the same connection, its own H.264 in another', async (t) => {
    await desk.plugIn(t, MODES);
    const watching = await watch(t);
    const { page } = watching;
    /** Gives how long there was no picture. */
    const go = async ([name, picture], isAnother) => {
      const before = await page.connection();
      const { status, gap } = await choose(t, watching, name, picture, picture);
      expectEqual(status, 200, 'status');
      const now = await page.connection();
      if (isAnother)
        expectEqual(now.made, before.made + 1, 'connections that were made');
      else
        expectEqual(now, before, 'the connection');
      return gap;
    };
    let last = ['vp8', FULL];
    for (const next of [['vp8', HALF], ['vp8', FULL], ['vp8-per-viewer', HALF], ['h264-camera', FULL]]) {
      const isAnother = next[0] === 'h264-camera';
      for (let rounds = ROUNDS; !isInTime(await go(next, isAnother)); rounds--) {
        expect(rounds > 1, 'the picture was away for longer than the trial and 2 s');
        await go(last, isAnother);
      }
      last = next;
    }
  }, { timeoutMs: 300000 });

  suite.test('what does not work with a camera that opens once is put back, within the trial and 2 s', async (t) => {
    await desk.plugIn(t, ['mjpeg:320x180@30']);
    const watching = await watch(t);
    const before = await watching.page.connection();
    /** Gives how long there was no picture. */
    const fail = async (name, said) => {
      const { status, detail, gap } = await choose(t, watching, name, {}, FULL);
      expectEqual([status, detail], [422, said.replace('FILE', path.join(watching.folder, `${name}.pipeline`))], `the answer to ${name}`);
      return gap;
    };
    for (const [name, { said }] of Object.entries(BROKEN))
      for (let rounds = ROUNDS, gap; !isInTime(gap = await fail(name, said)); rounds--)
        expect(rounds > 1, `the picture was away for ${gap} ms`);
    expectEqual(await watching.page.connection(), before, 'the connection');
  }, { timeoutMs: 300000 });
}
