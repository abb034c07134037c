// The player on a page of another site, on another machine, where keys are required: embed.mjs chromium|firefox

import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import { Browser } from '../e2e/lib/browser.mjs';
import { temporaryFolder } from '../e2e/lib/folders.mjs';
import { playing, reads, says, write } from '../e2e/lib/player.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { expect, expectEqual, Suite, until } from '../e2e/lib/tap.mjs';
import { BROWSER_ADDRESS, enterLan } from './namespaces.mjs';

const { onServerSide } = await enterLan(import.meta.url);
const name = process.argv[2];
const suite = new Suite();
let browser;
const theBrowser = async () => (browser ??= await Browser.launch(suite.scope, name));

/** Somebody else's web server, with one page. */
async function makeSite(t) {
  const site = { html: '' };
  const server = http.createServer((request, response) => {
    const found = request.url === '/';
    response.writeHead(found ? 200 : 204, { 'Content-Type': 'text/html; charset=utf-8', Connection: 'close' });
    response.end(found ? `<!doctype html><title>Another site</title><h1>A page of ours</h1>${site.html}` : '');
  });
  await new Promise((resolve) => server.listen(0, BROWSER_ADDRESS, resolve));
  t.after(() => server.close());
  site.origin = `http://${BROWSER_ADDRESS}:${server.address().port}`;
  return site;
}

const startServer = (t, ...args) =>
  Server.start(t, ['test', '--set', 'width=640', ...args], { listen: ':0', prefix: onServerSide });

const keyed = (server, path) => `${server.url.origin}/key/${server.key}/${path}`;
const scriptTag = (server) => `<script type="module" src="${keyed(server, 'player-element.js')}"></script>`;

/** The site's page in a browser; whatever it complains of fails the test. */
async function openSite(t, site, html, options) {
  site.html = html;
  return (await theBrowser()).open(t, `${site.origin}/`, options);
}

const playerIs = (page) => page.evaluate(() => {
  const { player, relay } = document.querySelector('sightline-player');
  return { state: player.state, stream: player.endpoints.stream, via: relay.via };
});

suite.test('one script tag: the picture plays, and messages go both ways', async (t) => {
  const site = await makeSite(t);
  const server = await startServer(t, '--allow-origin', site.origin);
  const page = await openSite(t, site, `${scriptTag(server)}<sightline-player controls></sightline-player><ol id="said"></ol>`);
  await playing(page);
  await page.evaluate(() => {
    const { relay } = document.querySelector('sightline-player');
    relay.addEventListener('message', ({ detail }) =>
      document.getElementById('said').append(Object.assign(document.createElement('li'), { textContent: detail.data.text })));
    relay.subscribe('chat:camera');
  });
  const watcher = await browser.open(t, server.link);
  await write(watcher, 'who embeds this');
  await reads(page, ['who embeds this']);
  const offset = await page.evaluate(() =>
    document.querySelector('sightline-player').relay.publish('chat:camera', { text: 'a page elsewhere' }));
  expectEqual(offset, 2, 'offset of what was published');
  await reads(watcher, ['who embeds this', 'a page elsewhere']);
  await reads(page, ['who embeds this', 'a page elsewhere']);
  await until('the player to be live by the data channel', async () => {
    expectEqual(await playerIs(page), { state: 'live', stream: 'camera', via: 'channel' }, 'the player');
    return true;
  });
  await server.viewers(2);
});

suite.test('the stream by its name, and by an address with the key in the query or the path', async (t) => {
  const site = await makeSite(t);
  const server = await startServer(t, '--allow-origin', site.origin);
  const attributes = ['stream="camera"', `src="${server.address('/watch/camera')}"`, `src="${keyed(server, 'watch/camera')}"`,
                      `src="${keyed(server, '')}"`];
  for (const attribute of attributes) {
    const page = await openSite(t, site, `${scriptTag(server)}<sightline-player ${attribute}></sightline-player>`);
    await playing(page);
    await until('the messages to go by the data channel', async () => (await playerIs(page)).via === 'channel');
    expectEqual((await playerIs(page)).stream, 'camera', attribute);
    await page.leave();
  }
}, { timeoutMs: 120000 });

suite.test('one of several streams by its name; without one, it says what is missing', async (t) => {
  const site = await makeSite(t);
  const config = path.join(temporaryFolder(t), 'sightline.conf');
  writeFileSync(config, '[stream front]\ndevice = test\nset = width=640\n\n[stream back]\ndevice = test\nset = width=320\n');
  const server = await Server.start(t, ['--config', config, '--allow-origin', site.origin], { listen: ':0', prefix: onServerSide });
  const page = await openSite(t, site, `${scriptTag(server)}<sightline-player></sightline-player>`);
  await says(page, /Reconnecting: the server has several streams: name one/);
  await page.evaluate(() => { document.querySelector('sightline-player').stream = 'back'; });
  expectEqual((await playing(page)).width, 320, 'width of the stream called “back”');
  const list = await browser.open(t, server.link);
  await says(list, /front.*back/i);
  await list.evaluate(() => window.seen.visible('a').find((link) => /front/.test(link.href)).click());
  expectEqual((await playing(list)).width, 640, 'width of the stream called “front”');
});

suite.test('player.js and relay.js alone', async (t) => {
  const site = await makeSite(t);
  const server = await startServer(t, '--allow-origin', site.origin);
  const page = await openSite(t, site, `<div id="picture"></div><p id="heard"></p><script type="module">
    import { Player } from '${keyed(server, 'player.js')}';
    import { Relay } from '${keyed(server, 'relay.js')}';
    const player = new Player('${server.link}');
    player.addEventListener('video-added', ({ detail }) => picture.append(detail.video));
    player.start();
    const relay = new Relay('${keyed(server, 'relay').replace('http:', 'ws:')}');
    relay.addEventListener('message', ({ detail }) => { heard.textContent += detail.data.text; });
    relay.start();
    relay.subscribe('chat:camera');
    relay.publish('chat:camera', { text: 'without any element' });
  </script>`);
  await playing(page);
  await reads(page, ['without any element']);
});

suite.test('the element does what is written of it', async (t) => {
  const site = await makeSite(t);
  const server = await startServer(t, '--allow-origin', site.origin);
  const page = await openSite(t, site, `<script>
      window.changes = [];
      addEventListener('DOMContentLoaded', () => document.querySelector('sightline-player')
        .addEventListener('statechange', ({ detail }) => changes.push(detail)));
    </script>${scriptTag(server)}
    <div style="width: 640px"><sightline-player controls></sightline-player></div><input id="elsewhere">`);
  await playing(page);
  const shows = (words) => until(`the page to ${words ? 'show' : 'hide'} the panel`, async () =>
    words === await page.evaluate(() => window.seen.text().includes('What is going on')));
  const press = async (key, focus) => {
    await page.evaluate((where) => document.querySelector(where).focus(), focus);
    await page.keyboard.press(key);
  };

  const box = await page.evaluate(() => {
    const { width, height } = document.querySelector('sightline-player').getBoundingClientRect();
    return [width, height];
  });
  expectEqual(box, [640, 360], 'size in 640 pixels of width');
  await until('the attribute to say live', () => page.evaluate(() => document.querySelector('sightline-player[state=live]') !== null));
  await until('the event to say it, too', async () => {
    expectEqual(await page.evaluate(() => changes.at(-1)), { state: 'live', words: 'Live', detail: '' }, 'last statechange');
    return true;
  });

  await until('the buttons', async () => { // they fade in
    await page.mouse.move(320, 200);
    const buttons = await page.evaluate(() => window.seen.visible('button').map((button) => button.title));
    expectEqual(buttons, ['Save this picture (S)', 'What is going on (I)', 'Full screen (F)'], 'buttons');
    return true;
  });
  await press('i', 'sightline-player');
  await shows(true);
  await press('Escape', 'sightline-player');
  await shows(false);
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('i');
  expect(!(await page.evaluate(() => window.seen.text())).includes('What is going on'), 'the key worked without the focus');
  await page.evaluate(() => {
    const element = document.querySelector('sightline-player');
    const before = element.player;
    element.setAttribute('keys', 'page');
    element.stream = 'camera';
    if (element.player === before) throw new Error('the player is the same after a change of the stream');
  });
  await playing(page);
  await page.keyboard.press('i');
  await shows(true);
  await press('i', '#elsewhere');
  await shows(true);
  await press('f', 'sightline-player');
  await until('the player to fill the screen', () => page.evaluate(() => document.fullscreenElement?.localName === 'sightline-player'));
  await page.evaluate(() => document.exitFullscreen());

  const saved = await page.evaluate(async () => {
    const names = [];
    HTMLAnchorElement.prototype.click = function () { names.push(this.download); };
    await document.querySelector('sightline-player').snapshot();
    return names;
  });
  expect(saved.length === 1 && /^camera-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d\.png$/.test(saved[0]), `saved ${saved}`);
  const found = await page.evaluate(async () => {
    const element = document.querySelector('sightline-player');
    const { player } = element;
    const code = await element.relay.publish('chat:other', {}).catch((error) => error.code);
    const here = [player.state, player.words, player.muted, player.video.videoWidth, player.connection instanceof RTCPeerConnection, code];
    element.remove();
    await new Promise((resolve) => setTimeout(resolve));
    return [...here, element.player, element.relay];
  });
  expectEqual(found, ['live', 'Live', true, 640, true, 'unknown-channel', null, null], 'properties');
  await server.viewers(0);
});

suite.test('a key that is no longer valid is said in words, once the page is there', async (t) => {
  const site = await makeSite(t);
  // The machine is its own: nobody takes the port before it starts again.
  const server = await Server.start(t, ['test', '--set', 'width=640', '--allow-origin', site.origin], { listen: ':8080', prefix: onServerSide });
  const page = await openSite(t, site, `${scriptTag(server)}<sightline-player></sightline-player>`,
                              { mayComplain: /WebSocket|connection|status of 401|ERR_|CORS|Cross-Origin/i });
  await playing(page);
  expectEqual((await server.stop()).code, 0, 'exit status');
  server.args.push('--new-keys');
  await server.launch(`:${server.port}`);
  await says(page, /This link is no longer valid/, { timeoutMs: 40000 });
}, { timeoutMs: 90000 });

suite.test('a site that is not admitted gets nothing, nor does one without the key', async (t) => {
  const site = await makeSite(t);
  const server = await startServer(t, '--allow-origin', 'http://site.example');
  const blocked = { mayComplain: /./ };
  const foreign = await openSite(t, site, `${scriptTag(server)}<sightline-player>nothing</sightline-player>`, blocked);
  const keyless = scriptTag(server).replace(`/key/${server.key}`, '');
  const admitted = await startServer(t, '--allow-origin', site.origin);
  const without = await openSite(t, site, `${keyless.replace(server.url.origin, admitted.url.origin)}
    <sightline-player>nothing</sightline-player>`, blocked);
  for (const page of [foreign, without]) {
    await page.waitForFunction(() => document.readyState === 'complete');
    expect(!await page.evaluate(() => customElements.get('sightline-player')), 'the script was loaded');
  }
  await server.viewers(0);
  await admitted.viewers(0);
});

await suite.run();
