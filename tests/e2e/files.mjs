// Files in the conversation, in a real browser: files.mjs chromium|firefox

import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';

import { Browser, CONNECTION_LOST } from './lib/browser.mjs';
import { artifact, temporaryFolder } from './lib/folders.mjs';
import { says } from './lib/player.mjs';
import { freeTcpPort } from './lib/ports.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Skip, Suite, until } from './lib/tap.mjs';
import { openRelay } from './lib/viewer.mjs';

const name = process.argv[2];
const suite = new Suite();
const PHONE = { width: 360, height: 640 };

let browser;
const theBrowser = async () => (browser ??= await Browser.launch(suite.scope, name));

const start = (t, args = [], options = {}) => Server.start(t, ['test', '--set', 'width=320', ...args], options);

/** A page where files can be sent. */
async function open(t, link, options) {
  const page = await (await theBrowser()).open(t, link, options);
  await until('the button for files', () => page.evaluate(() => window.seen.visible('#attach').length === 1));
  await says(page, /Who is here|Nothing has been said|[0-9]/);
  return page;
}

const hashOf = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** What the cards say, in their order: name, state, what can be done, whether there is a picture and a progress bar. */
const cards = (page) => page.evaluate(() => [...document.querySelectorAll('#chat .file')].map((card) => ({
  name: card.querySelector('.file-name').textContent,
  state: card.querySelector('.file-state').textContent,
  actions: [...card.querySelectorAll('button:not([hidden])')].map((button) => button.className),
  picture: [...card.querySelectorAll('canvas')].map(({ width, height }) => [width, height])[0] ?? null,
  share: card.querySelector('progress:not([hidden])')?.value ?? null,
  sending: Boolean(card.closest('#unsent')),
})));

const card = async (page, wanted) => (await cards(page)).filter((one) => one.name === wanted).at(-1);

/** `state` is a pattern, or a function of the card. */
const cardSays = (page, wanted, state, options) => until(`“${wanted}” to say ${state}`, async () => {
  const found = await card(page, wanted);
  if (found && (typeof state === 'function' ? state(found) : state.test(found.state)))
    return found;
  throw new Error(JSON.stringify(await cards(page)));
}, options);

const arrived = (page, wanted, options) => cardSays(page, wanted, ({ sending }) => !sending, options);

const press = (page, wanted, action) => page.evaluate((file, which) => [...document.querySelectorAll('#chat .file')]
  .filter((one) => one.querySelector('.file-name').textContent === file).at(-1).querySelector(`button.${which}:not([hidden])`).click(), wanted, action);

async function choose(page, ...files) {
  const input = await page.$('#choose');
  await input.uploadFile(...files);
}

/** As from another program: Chromium is told by its own protocol, Firefox's page by events. */
async function drop(page, ...files) {
  if (name === 'chromium') {
    const session = await page.createCDPSession();
    const data = { items: [], files, dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver'])
      await session.send('Input.dispatchDragEvent', { type, x: 100, y: 100, data });
    await until('the page to say that it takes files', () => page.evaluate(() => window.seen.visible('#drop').length === 1));
    await session.send('Input.dispatchDragEvent', { type: 'drop', x: 100, y: 100, data });
    return;
  }
  const contents = files.map((file) => [path.basename(file), readFileSync(file).toString('base64')]);
  const offered = await page.evaluate((list) => {
    const dataTransfer = new DataTransfer();
    for (const [called, base64] of list)
      dataTransfer.items.add(new File([Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))], called));
    const dispatch = (type) => document.elementFromPoint(100, 100).dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    dispatch('dragenter');
    dispatch('dragover');
    const seen = window.seen.visible('#drop').length;
    dispatch('drop');
    return seen;
  }, contents);
  expectEqual(offered, 1, 'the page says that it takes files');
}

/** A picture that this browser makes, as a file. */
async function drawnPicture(page, folder) {
  const url = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [1200, 800];
    const context = canvas.getContext('2d');
    const colours = context.createLinearGradient(0, 0, 1200, 800);
    colours.addColorStop(0, 'orange');
    colours.addColorStop(1, 'teal');
    context.fillStyle = colours;
    context.fillRect(0, 0, 1200, 800);
    return canvas.toDataURL('image/png');
  });
  const file = path.join(folder, 'holiday at the lake.png');
  writeFileSync(file, Buffer.from(url.split(',')[1], 'base64'));
  return file;
}

function madeFile(folder, called, bytes) {
  const file = path.join(folder, called);
  writeFileSync(file, typeof bytes === 'number' ? randomBytes(bytes) : bytes);
  return file;
}

async function put(server, bytes) {
  const hash = hashOf(bytes);
  const response = await fetch(server.address(`/objects/${hash}`), { method: 'PUT', body: bytes, headers: { Connection: 'close' } });
  expect(response.ok, `PUT answers ${response.status}`);
  return hash;
}

async function announcer(t, server) {
  const relay = await openRelay(server.webSocket('/relay'));
  t.after(() => relay.signalling.close());
  return (object, text) => relay.request({ type: 'publish', channel: 'chat:camera', data: { object, ...text ? { text } : {} } });
}

/** Nothing is wider than where it stands, and what stands around it is where it was. */
const places = (page) => page.evaluate(() => ({
  wide: [...document.querySelectorAll('#chat, #messages, .message, body')].filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.id || one.className),
  places: ['#title', '#composer', '#send', 'sightline-player'].map((selector) => {
    const { left, right } = document.querySelector(selector).getBoundingClientRect();
    return [selector, Math.round(left), Math.round(right)];
  }),
}));

suite.test('dropped on a phone-sized window at an address of the network; who comes when the sender has gone has them, and saves them', async (t) => {
  const address = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  if (!address)
    throw new Skip('this machine has no address but its own');
  const server = await start(t, [], { listen: `${address}:0` });
  const folder = temporaryFolder(t);
  const sender = await open(t, server.link, PHONE);
  expect(!await sender.evaluate(() => window.isSecureContext), 'the page is a secure context');
  const picture = await drawnPicture(sender, folder);
  const report = madeFile(folder, 'report of the whole year with all of its appendices.pdf', 3_000_000);
  await drop(sender, picture, report);
  for (const file of [picture, report])
    await arrived(sender, path.basename(file));
  const { picture: drawn } = await cardSays(sender, path.basename(picture), ({ picture: there }) => there);
  expectEqual(drawn, [520, 347], 'the picture on the sender’s page');
  expectEqual(await sender.evaluate(() => document.querySelector('#unsent').childElementCount), 0, 'what is still to be sent');
  expect(!await sender.evaluate(() => window.seen.visible('#drop').length), 'it still says that files can be dropped');
  await sender.screenshot({ path: artifact(`${name}-files-sender.png`) });
  await sender.leave();

  const late = await open(t, server.link, PHONE);
  for (const file of [picture, report]) {
    const called = path.basename(file);
    await cardSays(late, called, /here already/);
    await press(late, called, 'save');
    const saved = path.join(browser.downloads, called);
    await until(`${called} to be saved`, () => existsSync(saved) && readFileSync(saved).equals(readFileSync(file)));
  }
  const { picture: seen } = await cardSays(late, path.basename(picture), ({ picture: there }) => there);
  expectEqual(seen, [520, 347], 'the picture on the other page');
  const orange = await late.evaluate(() => [...document.querySelector('.drawing canvas').getContext('2d').getImageData(1, 1, 1, 1).data]);
  expect(orange[0] > 240 && orange[2] < 20, `its corner is ${orange}`);
  expectEqual((await places(late)).wide, [], 'what is too wide');
  await late.screenshot({ path: artifact(`${name}-files-late.png`) });
  await late.resize({ width: 1280, height: 800 });
  await late.screenshot({ path: artifact(`${name}-files-wide.png`) });
  if (name === 'chromium') {
    await late.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await late.screenshot({ path: artifact(`${name}-files-dark.png`) });
  }
}, { timeoutMs: 90000 });

/** The next one, as soon as it is being sent: faster than anybody could. */
function pauseAtOnce() {
  const unsent = document.querySelector('#unsent');
  const watcher = new MutationObserver(() => {
    const pause = unsent.querySelector('.pause:not([hidden])');
    if (!pause || !(unsent.querySelector('progress').value > 0))
      return;
    watcher.disconnect();
    pause.focus();
    pause.click();
  });
  watcher.observe(unsent, { subtree: true, childList: true, attributes: true, characterData: true });
}

suite.test('chosen: paused, gone on with and cancelled by the keyboard; what is there already goes at once', async (t) => {
  const server = await start(t);
  const folder = temporaryFolder(t);
  const page = await open(t, server.link);
  await page.evaluate(pauseAtOnce);
  const large = madeFile(folder, 'large.bin', 20_000_000);
  await page.bringToFront();
  await choose(page, large);
  const paused = await cardSays(page, 'large.bin', /paused at/);
  expectEqual([paused.actions, paused.sending], [['resume', 'cancel'], true], 'what can be done');
  const bar = await page.evaluate(() => {
    const one = document.querySelector('#unsent progress');
    return { name: one.getAttribute('aria-label'), max: one.max, focused: document.activeElement.getAttribute('aria-label') };
  });
  expectEqual(bar, { name: 'large.bin', max: 1, focused: 'Go on with ⁨large.bin⁩' }, 'what a screen reader has, and where the focus is');
  await page.screenshot({ path: artifact(`${name}-files-paused.png`) });
  await page.keyboard.press('Enter');
  await arrived(page, 'large.bin', { timeoutMs: 60000 });
  await says(page, /large\.bin: sent/);
  expectEqual((await card(page, 'large.bin')).actions, ['save'], 'what can be done with one’s own');

  await choose(page, large);
  await until('it to be there again', async () => (await cards(page)).filter(({ sending }) => !sending).length === 2);
  await says(page, /large\.bin: sent; the server had it already/);

  await page.evaluate(pauseAtOnce);
  await choose(page, madeFile(folder, 'other.bin', 20_000_000));
  await cardSays(page, 'other.bin', /paused at/);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await until('it to be gone', async () => !await card(page, 'other.bin'));
  expectEqual(await page.evaluate(() => document.activeElement.id), 'attach', 'where the focus is');
}, { timeoutMs: 180000 });

suite.test('pasted: a picture is sent, text is text', async (t) => {
  const server = await start(t);
  const page = await open(t, server.link);
  const paste = (called, withText) => page.evaluate((file, both) => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File(['what it holds'], file, { type: 'text/csv' }));
    if (both)
      clipboardData.setData('text/plain', 'words');
    const message = document.querySelector('#message');
    message.focus();
    const event = new ClipboardEvent('paste', { bubbles: true, cancelable: true });
    Object.defineProperty(event, 'clipboardData', { value: clipboardData }); // Firefox does not take it from a script
    return message.dispatchEvent(event);
  }, called, withText);
  expectEqual(await paste('table.csv', true), true, 'text beside a file is left to the box');
  expectEqual(await paste('alone.csv', false), false, 'a file alone is taken');
  await arrived(page, 'alone.csv');
  expectEqual((await cards(page)).map((one) => one.name), ['alone.csv'], 'files');
});

suite.test('what goes wrong is said in the bubble, and can be tried again', async (t) => {
  const config = path.join(temporaryFolder(t), 'config');
  writeFileSync(config, '[limits]\nmax-object-mib = 1\ncache-mib = 2\n');
  const server = await start(t, ['--config', config]);
  const page = await open(t, server.link);
  const folder = temporaryFolder(t);
  await choose(page, madeFile(folder, 'large.bin', 2_000_000));
  const large = await cardSays(page, 'large.bin', /The server takes at most 1\.0 MB in one file\. This one has 2\.0 MB\./);
  expectEqual([large.actions, large.share], [['retry', 'cancel'], null], 'what can be done');
  await press(page, 'large.bin', 'retry');
  await cardSays(page, 'large.bin', /takes at most 1\.0 MB/);
  await press(page, 'large.bin', 'cancel');
  await until('it to be gone', async () => !await card(page, 'large.bin'));

  const announce = await announcer(t, server);
  const lost = randomBytes(1000);
  await announce({ hash: hashOf(lost), size: 1000, name: 'lost.bin' });
  await cardSays(page, 'lost.bin', /The server no longer has it/);
  await page.screenshot({ path: artifact(`${name}-files-faults.png`) });
  await put(server, lost);
  await press(page, 'lost.bin', 'retry');
  await cardSays(page, 'lost.bin', /here already/);
});

suite.test('no room: said, and tried again when there is some', async (t) => {
  const config = path.join(temporaryFolder(t), 'config');
  writeFileSync(config, '[limits]\nmax-object-mib = 1\ncache-mib = 1\n');
  const server = await start(t, ['--config', config]);
  const pin = (hash, pinned) => fetch(server.address(`/api/objects/${hash}`), { method: 'PUT', body: JSON.stringify({ pinned }), headers: { 'Content-Type': 'application/json', Connection: 'close' } });
  const page = await open(t, server.link);
  const hash = await put(server, randomBytes(900_000));
  expect((await pin(hash, true)).ok, 'it is not pinned');
  await choose(page, madeFile(temporaryFolder(t), 'late.bin', 900_000));
  await cardSays(page, 'late.bin', /The server has no room for it/);
  expect((await pin(hash, false)).ok, 'it is still pinned');
  await press(page, 'late.bin', 'retry');
  await arrived(page, 'late.bin');
});

suite.test('an upload outlives the server', async (t) => {
  const server = await start(t, [], { listen: `127.0.0.1:${await freeTcpPort()}` });
  const page = await open(t, server.link, { mayComplain: CONNECTION_LOST });
  await page.evaluate(pauseAtOnce);
  await choose(page, madeFile(temporaryFolder(t), 'large.bin', 20_000_000));
  await cardSays(page, 'large.bin', /paused at/);
  await server.stop();
  await press(page, 'large.bin', 'resume');
  await cardSays(page, 'large.bin', /waits for the server/);
  await server.startAgain();
  await cardSays(page, 'large.bin', ({ sending }) => !sending, { timeoutMs: 45000 });
}, { timeoutMs: 90000 });

suite.test('where nothing can be written, files are neither sent nor shown in place of the page; a closed chat opens for them', async (t) => {
  const config = path.join(temporaryFolder(t), 'config');
  writeFileSync(config, '[namespace chat]\npublish = admin\n');
  const over = (page) => page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['words'], 'words.txt'));
    const kept = ['dragenter', 'dragover', 'drop'].map((type) => {
      const kept = !document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
      return [kept, type !== 'drop' && window.seen.visible('#drop').length];
    });
    return kept;
  });
  const guarded = await start(t, ['--config', config], { listen: ':0' });
  const reader = await (await theBrowser()).open(t, guarded.link);
  await says(reader, /This link is for reading only/);
  await until('the page to take drops', async () => JSON.stringify(await over(reader)) === JSON.stringify([[true, 0], [true, 0], [true, false]]));
  expectEqual(await reader.evaluate(() => [document.querySelectorAll('.file').length, window.seen.visible('#attach').length]), [0, 0], 'files, and the button for them');

  const server = await start(t);
  const page = await open(t, server.link);
  await page.click('#chat-close');
  expectEqual(await over(page), [[true, 1], [true, 1], [true, false]], 'what the page takes');
  await arrived(page, 'words.txt');
  expect(await page.evaluate(() => window.seen.visible('#messages').length === 1), 'the chat is still closed');
});

suite.test('fetched ahead: as much as is wanted, nothing on a metered connection', async (t) => {
  const server = await start(t);
  const announce = await announcer(t, server);
  for (const [called, size] of [['small.bin', 500], ['medium.bin', 2_000_000], ['other.bin', 600]])
    await announce({ hash: await put(server, randomBytes(size)), size, name: called });
  const metered = await open(t, server.link, { before: [() => Object.defineProperty(navigator, 'connection', { value: { saveData: true } })] });
  await until('all of them', async () => (await cards(metered)).length === 3);

  const page = await open(t, server.link);
  for (const called of ['small.bin', 'medium.bin', 'other.bin'])
    await cardSays(page, called, /here already/);
  await page.evaluate(() => document.querySelector('#naming-open').click());
  await page.screenshot({ path: artifact(`${name}-files-ahead.png`) });
  await page.select('#ahead', '1000000');
  await page.reload({ waitUntil: 'domcontentloaded' });
  await cardSays(page, 'small.bin', /here already/);
  await cardSays(page, 'other.bin', /here already/);
  expectEqual((await card(page, 'medium.bin')).state, '2.0 MB', 'what is larger than is wanted');
  expectEqual((await cards(metered)).map(({ state }) => state), ['500 B', '2.0 MB', '600 B'], 'on a metered connection');
  await press(metered, 'small.bin', 'save');
  await cardSays(metered, 'small.bin', /here already/);
});

const gif = (width, height) => Buffer.concat([
  Buffer.from('GIF89a'), Buffer.from(Uint16Array.of(width, height).buffer), Buffer.from('800000ff0000ffffff2c00000000', 'hex'),
  Buffer.from(Uint16Array.of(width, height).buffer), Buffer.from('0002024401003b', 'hex')]);

suite.test('hostile announcements and pictures break nothing', async (t) => {
  const server = await start(t);
  const announce = await announcer(t, server);
  const page = await open(t, server.link, PHONE);
  const before = (await places(page)).places;
  const hash = '0'.repeat(64);
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="50" height="50"><script>window.hacked = 1</script><rect width="50" height="50"/></svg>');
  const html = Buffer.from('<!doctype html><script>window.hacked = 1</script>');
  const bomb = gif(65535, 65535);
  const tall = gif(1, 16000);
  const red = gif(1, 1);
  const good = [
    ['\u202egpj.exe', 'gpj.exe'],
    ['W'.repeat(500), `${'W'.repeat(99)}…`],
    ['a\u0300'.repeat(300), null],
    ['ﷺ﷽'.repeat(60), null],
    ['<img src=x onerror=window.hacked=1>.png', '_img src=x onerror=window.hacked=1_.png'],
    ['../../../etc/passwd', '_.._.._etc_passwd'],
    [5, 'file'],
  ];
  for (const [called, shown] of good) {
    const count = (await cards(page)).length;
    await announce({ hash, size: 1e9, name: called, type: 'text/html' }, '\u202ewords');
    await until('its card', async () => (await cards(page)).length === count + 1);
    if (shown)
      expectEqual((await cards(page)).at(-1).name, shown, JSON.stringify(called).slice(0, 40));
    const found = await places(page);
    expectEqual([found.wide, found.places], [[], before], `with ${JSON.stringify(called).slice(0, 40)}`);
  }
  await page.screenshot({ path: artifact(`${name}-files-hostile.png`) });
  const shown = (await cards(page)).length;
  for (const object of [{ hash: 'x', size: 5 }, { hash, size: -5 }, { hash, size: 1e300 }, { hash, size: '5' }, { hash: [hash], size: 5 }, { hash: null }, 'object', [], null])
    await announce(object);
  for (const [called, bytes] of [['a.svg', svg], ['b.png', svg], ['c.html', html], ['d.png', html], ['bomb.gif', bomb], ['tall.gif', tall]])
    await announce({ hash: await put(server, bytes), size: bytes.length, name: called, type: called === 'b.png' ? 'image/png' : 'image/svg+xml' });
  await announce({ hash: await put(server, red), size: red.length, name: 'red.gif' });
  await cardSays(page, 'red.gif', ({ picture }) => picture);
  for (const called of ['a.svg', 'b.png', 'c.html', 'd.png', 'bomb.gif'])
    expectEqual((await cardSays(page, called, /here already/)).picture, null, `the picture of ${called}`);
  expectEqual((await cards(page)).length, shown + 7, 'cards');

  const large = randomBytes(3_000_000);
  const largeHash = await put(server, large);
  for (const [called, size] of [['less.bin', 100], ['more.bin', 3_000_001]]) {
    await announce({ hash: largeHash, size, name: called });
    await cardSays(page, called, /It has 3\.0 MB, and not what was announced/);
  }
  await announce({ hash: largeHash, size: large.length, name: 'true.bin' });
  await cardSays(page, 'true.bin', /here already/);
  expectEqual(await page.evaluate(() => [window.hacked ?? null, document.querySelectorAll('#chat img, #chat iframe, #chat script').length]), [null, 0], 'what ran');
  expectEqual((await places(page)).wide, [], 'what is too wide');
}, { timeoutMs: 90000 });

suite.test('operators see what the files have cost, and what was saved', async (t) => {
  const server = await start(t);
  const announce = await announcer(t, server);
  const bytes = randomBytes(2_000_000);
  const hash = await put(server, bytes);
  await put(server, bytes);
  const page = await open(t, server.link);
  for (let i = 0; i < 2; i++)
    await announce({ hash, size: bytes.length, name: 'a.bin' });
  await announce({ hash: hashOf('nothing'), size: 7, name: 'b.bin' });
  await cardSays(page, 'a.bin', /here already/);
  await cardSays(page, 'b.bin', /no longer has it/);
  await page.focus('sightline-player');
  await page.keyboard.press('i');
  await says(page, /Files ?1 kept, 2\.0 MB.*Asked for ?\d+ there, 1 not.*Their bytes ?2\.0 MB in, 2\.0 MB out, 2\.0 MB saved/);
  await says(page, /Most often ?“\u2068a\.bin\u2069” ×2/);
  const [counted, named] = await page.evaluate(() => [document.querySelector('.with-file .count'), document.querySelector('.file-state')].map((one) => Math.round(one.getBoundingClientRect().left)));
  expectEqual(counted, named, 'where it begins that it was said twice');
  await page.screenshot({ path: artifact(`${name}-files-figures.png`) });
});

suite.test('many at once: as many as may are sent, and that is said', async (t) => {
  const server = await start(t);
  const announce = await announcer(t, server);
  const page = await open(t, server.link);
  const chosen = await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    for (let i = 0; i < 40; i++)
      dataTransfer.items.add(new File([`file ${i}`], `${i}.txt`));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    return dataTransfer.files.length;
  });
  expectEqual(chosen, 40, 'files dropped');
  await says(page, /At most 32 files are sent at once/);
  await until('32 of them', async () => (await cards(page)).filter(({ sending }) => !sending).length === 32);
  await announce({ hash: hashOf('file 0'), size: 6, name: 'again.txt' });
  await cardSays(page, 'again.txt', ({ actions }) => actions.includes('save'));
}, { timeoutMs: 90000 });

await suite.run();
