// The player on a page of another site, on another machine, where keys are required: embed.mjs chromium|firefox

import http from 'node:http';

import { Browser } from '../e2e/lib/browser.mjs';
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
  expectEqual(await playerIs(page), { state: 'live', stream: 'camera', via: 'channel' }, 'the player');
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

suite.test('player.js and relay.js alone', async (t) => {
  const site = await makeSite(t);
  const server = await startServer(t, '--allow-origin', site.origin);
  const page = await openSite(t, site, `<div id="picture"></div><p id="heard"></p><script type="module">
    import { Player } from '${keyed(server, 'player.js')}';
    import { Relay } from '${keyed(server, 'relay.js')}';
    const player = new Player('${keyed(server, '')}');
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

suite.test('a key that is no longer valid is said in words, once the page is there', async (t) => {
  const site = await makeSite(t);
  const server = await startServer(t, '--allow-origin', site.origin);
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
