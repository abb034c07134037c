// The conversation beside the picture, in a real browser: chat.mjs chromium|firefox

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { Browser, CONNECTION_LOST } from './lib/browser.mjs';
import { artifact, root, temporaryFolder } from './lib/folders.mjs';
import { reads, says, write } from './lib/player.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Suite, until } from './lib/tap.mjs';
import { openRelay } from './lib/viewer.mjs';

const name = process.argv[2];
const suite = new Suite();

let browser;
const theBrowser = async () => (browser ??= await Browser.launch(suite.scope, name));

/** A server with a small picture, and so many pages of it, each with what it keeps of its own. */
async function together(t, count = 2, args = [], options = {}) {
  const server = await Server.start(t, ['test', '--set', 'width=320', ...args]);
  const pages = [];
  for (let i = 0; i < count; i++)
    pages.push(await (await theBrowser()).open(t, server.link, options));
  for (const page of pages)
    await present(page, count);
  return { server, pages };
}

const visible = (page, selector) => page.evaluate((wanted) => window.seen.visible(wanted).length > 0, selector);
const labelOf = (page, selector) => page.evaluate((wanted) => document.querySelector(wanted).getAttribute('aria-label'), selector);

const present = (page, count) => until(`${count} to be here`, async () =>
  (await labelOf(page, '#people-open')) === `Who is here: ${count}` && await visible(page, '#people-open'));

/** By the keyboard; Firefox presses buttons only in the window that has the focus. */
async function press(page, selector) {
  await page.bringToFront();
  await page.focus(selector);
  await page.keyboard.press('Enter');
}

/** Opens by the keyboard what names, writes a name, and gives it. */
async function call(page, wanted) {
  await press(page, '#naming-open');
  await until('the box for the name', () => page.evaluate(() => document.activeElement.id === 'name'));
  await page.evaluate(() => document.activeElement.select());
  if (wanted)
    await page.keyboard.type(wanted);
  else
    await page.keyboard.press('Backspace');
  await page.keyboard.press('Enter');
}

async function named(page, wanted) {
  await call(page, wanted);
  await until('the name to be taken', async () => await labelOf(page, '#naming-open') === (wanted ? `Your name: ${wanted}` : 'Your name'));
  await until('the focus to be back', () => page.evaluate(() => document.activeElement.id === 'message'));
}

/** Name (of others), words, count of each message, as they are seen. */
const messages = (page) => page.evaluate(() => [...document.querySelectorAll('#messages .message')].map((item) => [
  item.querySelector('.from:not(.unseen)')?.textContent ?? '',
  item.querySelector('.words').textContent,
  item.querySelector('.count')?.textContent ?? '',
]));

/** From now on, in `news`, also what gives way to other news. */
const collectNews = (page) => page.evaluate(() => {
  window.news = [];
  new MutationObserver((records) => window.news.push(...records.flatMap(({ addedNodes }) => [...addedNodes])
    .filter((node) => node.classList?.contains('news')).map((node) => node.textContent)))
    .observe(document.getElementById('messages'), { childList: true });
});

const listed = (page) => page.evaluate(() => [...document.querySelectorAll('#people li')].map((item) => item.textContent));

suite.test('names: given by the keyboard, with what is said, in the list, and still there when the page is loaded again', async (t) => {
  const { server, pages: [first, second] } = await together(t);
  await named(first, 'Anna');
  await write(first, 'One');
  await write(first, 'Two');
  await reads(second, ['One', 'Two']);
  expectEqual(await messages(second), [['Anna', 'One', ''], ['', 'Two', '']], 'as others see it');
  await reads(first, ['One', 'Two']);
  expectEqual((await messages(first))[0], ['', 'One', ''], 'as oneself sees it');

  await press(second, '#people-open');
  await until('her in the list', async () => JSON.stringify(await listed(second)) === JSON.stringify(['You', 'Anna']));
  await second.screenshot({ path: artifact(`${name}-people.png`) });
  expectEqual(await second.evaluate(() => document.querySelector('#people-open').getAttribute('aria-expanded')), 'true', 'aria-expanded');

  await first.reload({ waitUntil: 'domcontentloaded' });
  await until('the name', async () => await labelOf(first, '#naming-open') === 'Your name: Anna');
  await present(second, 2);
  await write(first, 'Three');
  await reads(second, ['Three']);
  expectEqual((await messages(second)).at(-1), ['Anna', 'Three', ''], 'after it was loaded again');
  await named(first, '');
  await until('a list without it', async () => JSON.stringify(await listed(second)) === JSON.stringify(['You', 'and one more']));

  const third = await browser.open(t, server.link);
  await present(second, 3);
  await named(third, 'Ben');
  await Promise.all([first, second].map((page) => says(page, /⁨Ben⁩ is here/)));
  await third.leave();
  await present(second, 2);
  await says(second, /⁨Ben⁩ left/);
  expect(!(await second.evaluate(() => window.seen.text())).includes('is here'), 'news that is old is still there');

  await says(first, /⁨Ben⁩ left/);
  await Promise.all([first, second].map(collectNews));
  const carl = await openRelay(server.webSocket('/relay'));
  t.after(() => carl.signalling.close());
  await carl.request({ type: 'subscribe', channel: 'chat:camera', presence: true });
  for (const page of [first, second])
    await present(page, 3);
  await Promise.all([{ type: 'name', name: 'Carl' }, { type: 'publish', channel: 'chat:camera', data: { text: 'Here already' } }]
    .map((message) => carl.request(message))); // in one go: after 4 s his name would be news
  await reads(second, ['Here already']);
  await until('his name', async () => (await listed(second)).includes('Carl'));
  const fourth = await browser.open(t, server.link);
  await present(second, 4);
  await named(fourth, 'Dora');
  for (const page of [first, second]) {
    await says(page, /⁨Dora⁩ is here/);
    expectEqual(await page.evaluate(() => window.news), ['⁨Dora⁩ is here'], 'news: who has spoken is none');
  }
});

suite.test('what is said several times is counted', async (t) => {
  const { pages: [first, second] } = await together(t);
  for (const [page, words] of [[first, 'hi'], [first, 'ho'], [second, 'hi'], [first, 'hi']]) {
    const before = (await messages(second)).length;
    await write(page, words);
    await until('it to be there', async () => (await messages(second)).length > before);
  }
  expectEqual((await messages(second)).map(([, words, count]) => [words, count]), [['hi', ''], ['ho', ''], ['hi', '×2'], ['hi', '×3']], 'messages');
});

suite.test('what was not read is marked: on the button where the chat is closed, in the title where nobody looks', async (t) => {
  const { pages: [first, second] } = await together(t);
  const title = await second.title();
  await second.click('#chat-close');
  await write(first, 'Unread');
  await until('the mark', async () => await visible(second, '#unread'));
  expectEqual(await second.title(), `(1) ${title}`, 'title');
  await second.click('#chat-open');
  await reads(second, ['Unread']);
  expectEqual(await second.title(), title, 'title when it is open');

  const look = (hidden) => second.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await look(true);
  await write(first, 'Nobody looks');
  await until('the title', async () => (await second.title()) === `(1) ${title}`);
  await look(false);
  expectEqual(await second.title(), title, 'title when somebody looks');
});

/** Names that are allowed, and meant badly. */
const HOSTILE = ['W'.repeat(32), '😀'.repeat(32), 'شخص ما', '👨\u200d👩\u200d👧\u200d👦', 'a\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309', '<img src=x onerror=alert(1)>', 'ﷺ﷽'];

suite.test('who reads along still does when what is said grows at any moment', async (t) => {
  const { pages: [page] } = await together(t, 1);
  await write(page, 'a picture');
  await until('it to be there', () => page.evaluate(() => document.querySelectorAll('#messages .message').length === 1));
  const left = () => page.evaluate(() => {
    const { scrollHeight, scrollTop, clientHeight } = document.querySelector('#chat .scroll');
    return Math.round(scrollHeight - scrollTop - clientHeight);
  });
  // Each time after the page went to the end, and before it hears that it did.
  await page.evaluate(() => new Promise((resolve) => {
    const item = document.querySelector('#messages .message');
    let height = 0;
    const grow = () => {
      item.style.minHeight = `${height += 500}px`;
      if (height === 5000)
        resolve();
    };
    new ResizeObserver(() => height < 5000 && setTimeout(grow)).observe(item);
  }));
  await until('the end to be in view', async () => await left() === 0);
  await page.evaluate(() => { document.querySelector('#chat .scroll').scrollTop = 1000; });
  await until('who looks elsewhere to be left there', () => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => {
    document.querySelector('#messages .message').style.minHeight = '5500px';
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(document.querySelector('#chat .scroll').scrollTop === 1000)));
  })))));
});

suite.test('hostile names break neither the page nor others\' words', async (t) => {
  const { server, pages: [page] } = await together(t, 1);
  const relay = await openRelay(server.webSocket('/relay'));
  t.after(() => relay.signalling.close());
  const places = () => page.evaluate(() => ['#title', '#people-open', '#composer', '#send', 'sightline-player'].map((selector) => {
    const { left, right } = document.querySelector(selector).getBoundingClientRect();
    return [selector, Math.round(left), Math.round(right)];
  }));
  await page.click('#people-open');
  const before = await places();
  await relay.request({ type: 'subscribe', channel: 'chat:camera', presence: true });
  for (const [number, hostile] of HOSTILE.entries()) {
    expectEqual((await relay.request({ type: 'name', name: hostile })).name, hostile, 'name');
    await relay.request({ type: 'publish', channel: 'chat:camera', data: { text: `\u202e${hostile} ${number}` } });
    await until('the message', async () => (await messages(page)).length === number + 1);
    await until('the name in the list', async () => (await listed(page)).includes(hostile));
    expectEqual(await places(), before, `with ${hostile}`);
  }
  const wide = () => page.evaluate(() => [...document.querySelectorAll('#chat, #messages, #people, body')]
    .filter((element) => element.scrollWidth > element.clientWidth).map(({ id }) => id));
  expectEqual(await wide(), [], 'what is too wide');
  await page.screenshot({ path: artifact(`${name}-hostile-names.png`) });
  await page.resize({ width: 390, height: 844 });
  await until('it to fit', async () => (await wide()).length === 0);
  await page.screenshot({ path: artifact(`${name}-hostile-names-narrow.png`) });
  for (const refused of ['two\nlines', 'x'.repeat(33), '\u0007', '\u202eevil', ' '])
    expectEqual((await relay.request({ type: 'name', name: refused })).code, 'bad-name', JSON.stringify(refused));
  await call(page, 'x'.repeat(33));
  await says(page, /A name has 1 to 32 letters or other signs, on one line/);
  await page.keyboard.press('Escape');
  expect(!(await visible(page, '#naming')), 'the form is still there');
  await page.evaluate(() => { // as it is pasted
    document.querySelector('#name').value = '\u200fشخص\u200cها\u200e ';
    document.querySelector('#naming').requestSubmit();
  });
  await until('the name without its marks', async () => await labelOf(page, '#naming-open') === 'Your name: شخص\u200cها');
});

suite.test('a link that does not allow writing says so in place of the box', async (t) => {
  const config = path.join(temporaryFolder(t), 'config');
  writeFileSync(config, '[namespace chat]\npublish = admin\n');
  const server = await Server.start(t, ['test', '--set', 'width=320', '--config', config], { listen: ':0' });
  const page = await (await theBrowser()).open(t, server.link);
  await says(page, /This link is for reading only/);
  expect(!(await visible(page, '#message')), 'there is a box to write in');
});

suite.test('operators see what goes through the relay', async (t) => {
  const { server, pages: [first] } = await together(t, 1);
  const relay = await openRelay(server.webSocket('/relay'));
  t.after(() => relay.signalling.close());
  for (let i = 0; i < 3; i++)
    await relay.request({ type: 'publish', channel: 'chat:camera', data: { text: 'hi' } });
  await first.focus('sightline-player');
  await first.keyboard.press('i');
  await says(first, /Clients ?1 by data channel, 1 by WebSocket.*chat:camera ?3 \(\d+ B\) in, 3 \(\d+ B\) out, 1 subscriber.*Most often ?⁨?.?“⁨hi⁩” ×3/);
  await first.screenshot({ path: artifact(`${name}-relay-figures.png`) });
});

suite.test('who comes too late for what was said is told that', async (t) => {
  const config = path.join(temporaryFolder(t), 'config');
  writeFileSync(config, '[namespace chat]\nhistory-messages = 3\n');
  const { server, pages: [first] } = await together(t, 1, ['--config', config]);
  for (const words of ['one', 'two', 'three', 'four'])
    await write(first, words);
  await reads(first, ['one', 'two', 'three', 'four']);
  const late = await browser.open(t, server.link);
  await reads(late, ['Earlier messages are no longer kept.', 'two', 'three', 'four']);
});

suite.test('the example in docs/relay.md runs', async (t) => {
  const { server, pages: [page] } = await together(t, 1);
  const [, example] = readFileSync(path.join(root, 'docs/relay.md'), 'utf8').match(/```js\n(.*?)```/s);
  // What is evaluated in a page can't import but so.
  const script = example.replaceAll('127.0.0.1:8080', server.url.host).replace(/import (.*) from (.*);/, 'const $1 = await import($2);');
  const offset = await page.evaluate(`(async () => { ${script} return offset; })()`);
  expectEqual(offset, 1, 'offset');
  await reads(page, ['Anna', 'Hello']);
});

suite.test('who was there is again after the server was started again, under the same name, and nobody is told of it', async (t) => {
  const { server, pages: [first, second] } = await together(t, 2, [], { mayComplain: CONNECTION_LOST });
  await named(first, 'Anna');
  await present(second, 2);
  await server.stop();
  await server.startAgain();
  for (const page of [first, second])
    await says(page, /\bLive\b/, { timeoutMs: 45000 });
  await write(first, 'I am back');
  await reads(second, ['I am back']);
  expectEqual((await messages(second)).at(-1), ['Anna', 'I am back', ''], 'message');
  for (const page of [first, second])
    await present(page, 2);
}, { timeoutMs: 90000 });

await suite.run();
