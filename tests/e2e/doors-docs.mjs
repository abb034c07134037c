// docs/whep-whip.md and the examples that it names do what they say.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { Browser } from './lib/browser.mjs';
import { Child, run } from './lib/child.mjs';
import { startSite } from './lib/doors.mjs';
import { findCommand, root, temporaryFolder } from './lib/folders.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Skip, Suite, until } from './lib/tap.mjs';

const USUAL = 'http://127.0.0.1:8080';
const text = readFileSync(path.join(root, 'docs/whep-whip.md'), 'utf8');
const blocks = (language) => [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, block]) => block);
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
const suite = new Suite();

const at = (server, block) => block.replaceAll(USUAL, server.url.origin);

suite.test('the commands print what the comments behind them say', async (t) => {
  if (!findCommand('curl'))
    throw new Skip('curl is not installed');
  const server = await Server.start(t, ['test', '--set', 'width=320']);
  const commands = blocks('sh').map((block) => at(server, block)).join('\n');
  const printed = await run('bash', ['-euc', commands], { cwd: temporaryFolder(t) });
  let from = 0;
  for (const [, wanted] of commands.matchAll(/^# (.*)$/gm)) {
    const place = printed.indexOf(wanted, from); // maybe behind a body without an end of line
    expect(place >= 0, `${JSON.stringify(wanted)} does not come in: ${printed.slice(from)}`);
    from = place + wanted.length;
  }
  await server.viewers(0);
});

suite.test('the script for a page plays', async (t) => {
  const page = await startSite(t);
  const server = await Server.start(t, ['test', '--set', 'width=320', '--allow-origin', new URL(page).origin]);
  const browser = await Browser.launch(t, 'chromium');
  const tab = await browser.open(t, page);
  await tab.evaluate(async (script) => {
    document.body.innerHTML = '<video autoplay muted></video>';
    await new (async () => {}).constructor(script)();
  }, at(server, blocks('js')[0]));
  await until('frames', () => tab.evaluate(() => document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames > 10));
});

/** An example that has come as far as to print this; it is interrupted in the end, and then has to tell the server. */
async function startExample(t, name, said, args) {
  const child = new Child(python, [path.join(root, 'examples', name), ...args]);
  t.after(() => child.stop('SIGKILL'));
  t.onFailure(() => `${name}: ${child.stdout}${child.stderr}`);
  await child.line(said).catch((error) => {
    throw /No module named 'gi'|Namespace .* not available/.test(child.stderr) ? new Skip(`python3-gi, gir1.2-gst-plugins-bad-1.0: ${child.stderr.split('\n').at(-2)}`) : error;
  });
  return child;
}

/** It ends by itself. */
async function interrupt(example) {
  expectEqual(await example.stop('SIGINT', 20000), { code: 0, signal: null }, 'the example\'s end');
}

suite.test('examples/watch.py shows what examples/publish.py publishes', async (t) => {
  const server = await Server.start(t, ['publish']);
  const publisher = await startExample(t, 'publish.py', /^Publishing$/, [server.address('/whip/camera')]);
  await until('the publisher to be the source', async () => (await server.stream()).source === 'publisher');
  const folder = temporaryFolder(t);
  const viewer = await startExample(t, 'watch.py', /^Watching$/,
                                    [server.address('/whep/camera'), `jpegenc ! multifilesink location=${folder}/%d.jpg`]);
  await until('30 pictures', () => existsSync(path.join(folder, '29.jpg')));
  await interrupt(viewer);
  await server.viewers(0, { timeoutMs: 5000 });
  await interrupt(publisher);
  await until('nobody to publish', async () => (await server.stream()).source !== 'publisher', { timeoutMs: 5000 });
});

await suite.run();
