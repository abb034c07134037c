// examples/drive: the page, as it is served by another server than Sightline, and the program that it drives: drive.mjs chromium|firefox

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { Browser, CONNECTION_LOST } from './lib/browser.mjs';
import { Child } from './lib/child.mjs';
import { startServer } from './lib/driver.mjs';
import { artifact, findCommand, root, temporaryFolder } from './lib/folders.mjs';
import { playing, says } from './lib/player.mjs';
import { freeTcpPort } from './lib/ports.mjs';
import { expect, expectEqual, Skip, Suite, until } from './lib/tap.mjs';

const name = process.argv[2];
const example = path.join(root, 'examples/drive');
const suite = new Suite();
let browser;
const theBrowser = async () => (browser ??= await Browser.launch(suite.scope, name));

/** The page's server, as the example's README has it. Gives its origin. */
async function servePage(t) {
  if (!findCommand('python3'))
    throw new Skip('python3 is not installed');
  const port = await freeTcpPort();
  const server = new Child('python3', ['-u', '-m', 'http.server', String(port), '--bind', '127.0.0.1', '--directory', example]);
  t.after(() => server.stop());
  await server.line(/^Serving HTTP/);
  return `http://127.0.0.1:${port}`;
}

/**
 * All of it: the page's address, the server, and the program with what it moves to now. A driver may say nothing for longer than the
 * usual half second, which is nothing on a busy machine: that bound is drive-lost.mjs's.
 */
async function start(t) {
  const origin = await servePage(t);
  const config = path.join(temporaryFolder(t), 'sightline.conf');
  writeFileSync(config, '[namespace control]\nholder-silence-ms = 10000\n');
  const server = await startServer(t, ['--allow-origin', origin, '--config', config]);
  const program = new Child(path.join(example, 'drive.py'), [server.relaySocket]);
  t.after(() => program.stop());
  t.onFailure(() => `drive.py: ${program.stdout.slice(-300)}${program.stderr}`);
  return { server, program, url: `${origin}/#${server.link}`,
           moves: (x, y, options) => until(`the program to move ${x} ${y}`, () => program.stdout.trimEnd().endsWith(`${x} ${y}`), options) };
}

const openPage = async (t, url, options) => (await theBrowser()).open(t, url, options);
const press = (page, label) => until(`the button “${label}”`, () => page.evaluate((wanted) => {
  const button = document.getElementById('drive');
  if (button.disabled || button.textContent !== wanted)
    return false;
  button.click();
  return true;
}, label));
const drive = async (page, label = 'Drive') => {
  await press(page, label);
  await says(page, /You drive/);
};

suite.test('the page drives by its keys and its pad; the program does it, and stops when nobody drives', async (t) => {
  const { url, program, moves } = await start(t);
  const page = await openPage(t, url);
  await says(page, /Nobody drives/);
  await playing(page);
  await page.screenshot({ path: artifact(`drive-${name}-wide.png`) });
  await drive(page);
  await says(page, /You drive\s+\d+ ms there and back/);
  await moves('+0.00', '+0.00');
  for (const [key, x, y] of [['ArrowUp', '+0.00', '+1.00'], ['KeyD', '+1.00', '+0.00'], ['KeyS', '+0.00', '-1.00']]) {
    await page.keyboard.down(key);
    await moves(x, y);
    await page.keyboard.up(key);
    await moves('+0.00', '+0.00');
  }
  const [x, y] = await page.evaluate(() => {
    const { left, top, width, height } = document.getElementById('pad').getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  });
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - 300, y);
  await moves('-1.00', '+0.00');
  await page.screenshot({ path: artifact(`drive-${name}-driving.png`) });
  await page.mouse.up();
  await moves('+0.00', '+0.00');

  await page.keyboard.down('ArrowLeft');
  await moves('-1.00', '+0.00');
  await press(page, 'Stop');
  await says(page, /Nobody drives/);
  await moves('+0.00', '+0.00');
  const said = program.stdout.length;
  await page.keyboard.up('ArrowLeft');
  await page.resize({ width: 390, height: 844 });
  await says(page, /Nobody drives/);
  await page.screenshot({ path: artifact(`drive-${name}-narrow.png`) });
  expect(/^(\+0\.00 \+0\.00\n)*$/.test(program.stdout.slice(said)), `when nobody drove the program did ${program.stdout.slice(said)}`);
}, { timeoutMs: 90000 });

suite.test('one at a time: another page sees who drives, and takes over', async (t) => {
  const { url, moves } = await start(t);
  const first = await openPage(t, url);
  const second = await openPage(t, url);
  await drive(first);
  await says(second, /Somebody else drives/);
  await drive(second, 'Take over');
  await says(first, /Somebody else drives/);
  await second.keyboard.down('ArrowUp');
  await moves('+0.00', '+1.00');
  await second.keyboard.up('ArrowUp');
});

suite.test('another peer takes over from the one by which a page drives: it goes on', async (t) => {
  const { server, program, url, moves } = await start(t);
  const page = await openPage(t, url);
  await playing(page);
  await drive(page);
  await page.keyboard.down('ArrowUp');
  await moves('+0.00', '+1.00');
  const peers = () => page.evaluate(() => window.seen.peers.length);
  const before = await peers();
  const { status } = await server.put('pipeline', { name: 'vp9', variables: { width: 320 } });
  expectEqual(status, 200, 'the status of another pipeline');
  await until('another peer, alone', async () => await peers() > before && page.evaluate(() =>
    window.seen.peers.filter(({ connectionState }) => connectionState === 'connected').length === 1));
  await says(page, /You drive\s+\d+ ms/);
  const said = program.stdout.length;
  await until('the program to move on', () => program.stdout.slice(said).includes('+0.00 +1.00'));
  await page.keyboard.up('ArrowUp');
  await moves('+0.00', '+0.00');
});

suite.test('a page that is hidden drives no more, nor does one that is closed', async (t) => {
  const { url, moves } = await start(t);
  const page = await openPage(t, url);
  await drive(page);
  await page.keyboard.down('ArrowUp');
  await moves('+0.00', '+1.00');
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await moves('+0.00', '+0.00');
  await says(page, /Nobody drives/);
  await page.evaluate(() => { delete document.hidden; });

  const other = await openPage(t, url);
  await drive(page);
  await says(other, /Somebody else drives/);
  await page.keyboard.down('ArrowDown');
  await moves('+0.00', '-1.00');
  await page.leave();
  await moves('+0.00', '+0.00');
  await says(other, /Nobody drives/);
});

suite.test('the program is told to end while the page drives: it stops first', async (t) => {
  const { url, program } = await start(t);
  const page = await openPage(t, url);
  await drive(page);
  await page.keyboard.down('ArrowUp');
  await until('the program to move', () => program.stdout.trimEnd().endsWith('+0.00 +1.00'));
  const { code, signal } = await program.stop('SIGTERM', 20000);
  expect(program.stdout.trimEnd().endsWith('+0.00 +0.00'), 'the program did not stop');
  expectEqual([code, signal, program.stderr], [0, null, ''], 'the program\'s end');
  await page.keyboard.up('ArrowUp');
});

suite.test('the server goes while the page drives: the program stops, and says so; the page, too', async (t) => {
  const { server, url, program } = await start(t);
  const page = await openPage(t, url, { mayComplain: CONNECTION_LOST });
  await drive(page);
  await page.keyboard.down('ArrowUp');
  await until('the program to move', () => program.stdout.trimEnd().endsWith('+0.00 +1.00'));
  expectEqual((await server.stop()).code, 0, 'the server\'s end');
  const { code } = await program.ended();
  expect(program.stdout.trimEnd().endsWith('+0.00 +0.00'), 'the program did not stop');
  expectEqual([code, program.stderr.trim()], [1, 'Sightline has gone'], 'the program\'s end');
  await says(page, /Not connected/);
});

await suite.run();
