// Several streams on one page: what plays, what is said of the others, and what is left. list.mjs chromium|firefox

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { Browser } from './lib/browser.mjs';
import { artifact, temporaryFolder } from './lib/folders.mjs';
import { settled, total } from './lib/leftovers.mjs';
import { makeFile } from './lib/media.mjs';
import { playing, says } from './lib/player.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Suite, until } from './lib/tap.mjs';

const name = process.argv[2];
const MAX_PLAYING = 6;
const suite = new Suite();

let browser;
const theBrowser = async () => (browser ??= await Browser.launch(suite.scope, name));

/** `streams` by name: their device, or it and more lines. */
async function serve(t, streams) {
  const config = path.join(temporaryFolder(t), 'sightline.conf');
  writeFileSync(config, Object.entries(streams)
    .map(([stream, device]) => `[stream ${stream}]\ndevice=${device}\nset=width=320;framerate=15\n`).join('\n'));
  return Server.start(t, ['--config', config]);
}

const many = (count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`s${i + 1}`, 'test']));

/** An address that refuses. */
const NOBODY = 'rtsp://127.0.0.1:1/camera';

const tileOf = (stream) => `li:has(a[href$="/watch/${stream}"])`;
const plays = (page, stream) => playing(page, { within: tileOf(stream) });
const link = (page, stream) => page.$(`a[href$="/watch/${stream}"]`);

/** Each tile as it is to be seen, in order. */
const tiles = (page) => page.$$eval('#streams li', (items) => items.map((item) => {
  const video = window.seen.video(`[href="${item.querySelector('a').getAttribute('href')}"]`);
  const { width, height } = item.querySelector('.picture').getBoundingClientRect();
  return { name: item.querySelector('strong').textContent, text: window.seen.text(item).replace(/\s+/g, ' ').trim(),
           moves: Boolean(video) && item.dataset.state === 'live',
           waits: Boolean(item.querySelector('button').checkVisibility()), width, height };
}));
const moving = async (page) => (await tiles(page)).filter(({ moves }) => moves).map((tile) => tile.name);
const tile = async (page, stream) => (await tiles(page)).find((one) => one.name === stream);

const sessions = (server, count) => until(`${count} sessions`, async () => {
  const { sessions: now } = await server.status();
  if (now !== count)
    throw new Error(`there are ${now}`);
  return true;
});

suite.test('three streams: two play, the broken one says why, leaving leaves nothing', async (t) => {
  const film = await makeFile(temporaryFolder(t), { width: 640, height: 480 });
  const server = await serve(t, { pattern: 'test', broken: NOBODY, film });
  const page = await (await theBrowser()).open(t, server.link);
  const look = async () => {
    await plays(page, 'pattern');
    await plays(page, 'film');
    await until('words', async () => /Camera lost, waiting for it.*The camera can't be reached/.test((await tile(page, 'broken')).text));
    await plays(page, 'pattern');
  };
  await look();
  const seen = await until('both that play to be called live', async () => {
    const now = await tiles(page);
    return /\bLive\b/.test(now[0].text) && /\bLive\b/.test(now[2].text) && now;
  });
  t.note(seen.map(({ text }) => text).join(' | '));
  expectEqual(seen.map((one) => one.name), ['pattern', 'broken', 'film'], 'order');
  expect(!/\d watching/.test(seen[0].text), `a page counts itself: ${seen[0].text}`);
  for (const { width, height, ...one } of seen)
    expect(Math.abs(width / height - 16 / 9) < 0.01, `the picture of ${one.name} is ${width} × ${height}`);
  await sessions(server, 3);

  const other = await browser.open(t, server.address('/watch/pattern'));
  await until('one more to be counted', async () => /\b1 watching/.test((await tile(page, 'pattern')).text));
  await other.leave();
  await until('it to be gone', async () => !/watching/.test((await tile(page, 'pattern')).text));

  await page.screenshot({ path: artifact(`${name}-list-wide.png`) });
  await page.goto('about:blank');
  const before = await settled(server);
  await page.goBack();
  await look();
  await page.resize({ width: 390, height: 844 });
  await plays(page, 'pattern');
  await page.screenshot({ path: artifact(`${name}-list-narrow.png`) });
  await page.goto('about:blank');
  const after = await settled(server, before);
  t.note(`${total(after.threads)} threads, ${total(after.descriptors)} descriptors, ${total(after.objects)} objects as before`);
}, { timeoutMs: 180000 });

suite.test('no picture moves what is around it', async (t) => {
  const server = await serve(t, many(3));
  const page = await (await theBrowser()).open(t, server.link, { before: [() => {
    window.shifts = [];
    const begin = () => requestAnimationFrame(function look() {
      const places = [...document.querySelectorAll('#streams li, h1')].map((element) => {
        const { x, y, width, height } = element.getBoundingClientRect();
        return [x, y, width, height].map(Math.round).join();
      }).join(' ');
      if (document.querySelector('#streams li') && window.shifts.at(-1) !== places)
        window.shifts.push(places);
      requestAnimationFrame(look);
    });
    addEventListener('load', begin);
  }] });
  await plays(page, 's1');
  await plays(page, 's3');
  expectEqual(await page.evaluate(() => window.shifts.length), 1, 'layouts');
});

suite.test('as many play as are in view, and no more than the limit; another one does when it is asked to', async (t) => {
  const server = await serve(t, many(MAX_PLAYING + 2));
  const page = await (await theBrowser()).open(t, server.link, { width: 1400, height: 1200 });
  const others = [`s${MAX_PLAYING + 1}`, `s${MAX_PLAYING + 2}`];
  await until('the first to play', async () => (await moving(page)).length === MAX_PLAYING, { timeoutMs: 40000 });
  await sessions(server, MAX_PLAYING);
  const waiting = (await tiles(page)).filter(({ waits }) => waits);
  expectEqual(waiting.map((one) => one.name), others, 'those that wait');
  await (await page.$(`${tileOf(others[0])} button`)).click();
  await plays(page, others[0]);
  await sessions(server, MAX_PLAYING);
  const last = await tile(page, `s${MAX_PLAYING}`);
  expect(last.waits && !last.moves, 'the one that made room still plays');
  // Its last picture is there.
  expect(await page.$eval(`${tileOf(`s${MAX_PLAYING}`)} canvas`, (canvas) => canvas.width > 0 && canvas.getContext('2d')
    .getImageData(0, 0, canvas.width, canvas.height).data.some((byte, i) => i % 4 < 3 && byte > 60)), 'its last picture is gone');

  await page.evaluate(() => document.getElementById('streams').style.setProperty('margin-top', '5000px'));
  await sessions(server, 0);
  await page.evaluate(() => scrollTo(0, 1e6));
  await until('those in view to play', async () => (await moving(page)).length > 0);
}, { timeoutMs: 120000 });

suite.test('a page that nobody sees has no connection', async (t) => {
  const server = await serve(t, many(2));
  const page = await (await theBrowser()).open(t, server.link);
  const hide = (hidden) => page.evaluate((now) => {
    Object.defineProperty(document, 'hidden', { value: now, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await plays(page, 's1');
  await hide(true);
  await sessions(server, 0);
  await hide(false);
  await plays(page, 's1');
  await plays(page, 's2');
});

suite.test('a stream that the server no longer has leaves nothing behind', async (t) => {
  const server = await serve(t, many(2));
  const page = await (await theBrowser()).open(t, server.link, { before: [() => {
    const { json } = Response.prototype;
    Response.prototype.json = async function read() {
      const body = await json.call(this);
      return { ...body, streams: body.streams?.filter(({ name: one }) => one !== window.gone) };
    };
  }] });
  await plays(page, 's1');
  await plays(page, 's2');
  await page.evaluate(() => {
    window.gone = 's2';
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await until('its tile to go', async () => (await tiles(page)).length === 1);
  // What had been about to begin would have begun by then.
  await page.evaluate(() => new Promise((resolve) => { setTimeout(resolve, 300); }));
  await sessions(server, 1);
});

suite.test('who saves data gets pictures by a tap', async (t) => {
  const server = await serve(t, many(3));
  const page = await (await theBrowser()).open(t, server.link, { before: [() =>
    Object.defineProperty(Navigator.prototype, 'connection', { value: Object.assign(new EventTarget(), { saveData: true }) })] });
  await until('all to wait', async () => (await tiles(page)).length === 3 && (await tiles(page)).every(({ waits }) => waits));
  await (await page.$(`${tileOf('s2')} button`)).click();
  await plays(page, 's2');
  await sessions(server, 1);
  expectEqual((await server.status()).streams.map(({ viewers }) => viewers), [0, 1, 0], 'viewers');
});

suite.test('with the keyboard: tiles are links, in order, whose focus shows; Enter opens one', async (t) => {
  const server = await serve(t, many(3));
  const page = await (await theBrowser()).open(t, server.link);
  await plays(page, 's2');
  const focused = [];
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press('Tab');
    focused.push(await page.evaluate(() => {
      const element = document.activeElement;
      return [element.tagName, element.textContent.match(/s\d/)?.[0], getComputedStyle(element).outlineStyle];
    }));
  }
  expectEqual(focused, ['s1', 's2', 's3'].map((stream) => ['A', stream, 'solid']), 'what Tab comes by');
  // A refresh of the list does not take the focus away.
  await (await link(page, 's2')).focus();
  await page.waitForResponse((response) => response.url().endsWith('/api/status'));
  await page.keyboard.press('Enter');
  await until('its page', () => page.evaluate(() => location.pathname === '/watch/s2'));
  await playing(page);
  await says(page, /\bLive\b.*\b1 watching\b/);
  await sessions(server, 1);
});

await suite.run();
