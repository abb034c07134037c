// Sightline on one machine, the browser on another.

import http from 'node:http';

import { Browser } from '../e2e/lib/browser.mjs';
import { run } from '../e2e/lib/child.mjs';
import { artifact } from '../e2e/lib/folders.mjs';
import { peerCount, playing, playsAt, reads, says, write } from '../e2e/lib/player.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { expect, expectEqual, Suite } from '../e2e/lib/tap.mjs';
import { enterLan, SERVER_ADDRESS } from './namespaces.mjs';

const { serverSide, onServerSide } = await enterLan(import.meta.url);
const suite = new Suite();
let browser;
const theBrowser = async () => (browser ??= await Browser.launch(suite.scope, 'chromium'));

const startServer = (t) => Server.start(t, ['test', '--set', 'width=640'], { listen: ':0', prefix: onServerSide });

/** The status code of a GET, or of an attempt at a WebSocket. */
function ask(url, { headers = {}, upgrade = false } = {}) {
  const webSocket = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
                      'Sec-WebSocket-Key': 'c2l4dGVlbiBieXRlcyBvaw==' };
  return new Promise((resolve, reject) => {
    const request = http.get(url, { headers: { ...headers, ...(upgrade ? webSocket : {}) }, agent: false, timeout: 5000 });
    request.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode);
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 5 s')));
    request.on('error', reject);
  });
}

suite.test('the printed link opens and plays on another machine', async (t) => {
  const server = await startServer(t);
  expectEqual([server.url.hostname, server.key?.length > 20], [SERVER_ADDRESS, true], 'address and key of the link');
  const page = await (await theBrowser()).open(t, server.link);
  await playing(page);
  await playsAt(page, 30);
  expect(!await page.evaluate(() => isSecureContext), 'this should be no secure context');
  await write(page, 'over the cable');
  await reads(page, ['over the cable']);
});

const ROUTES = [['/', false], ['/player.js', false], ['/watch/camera', false], ['/api/status', false],
                ['/ws/camera', true], ['/relay', true], ['/nothing-here', false]];

suite.test('without a key, and with a wrong one, nothing is served', async (t) => {
  const server = await startServer(t);
  const found = {};
  const expected = {};
  for (const [route, upgrade] of ROUTES) {
    const url = new URL(route, server.url).href;
    const wrong = 'A'.repeat(server.key.length);
    found[route] = [await ask(url, { upgrade }), await ask(`${url}?key=${wrong}`, { upgrade }),
                    await ask(url, { upgrade, headers: { Authorization: `Bearer ${wrong}` } })];
    expected[route] = [401, 401, 401];
  }
  expectEqual(found, expected, 'answers without a key, with a wrong one, with a wrong bearer token');
  expectEqual([await ask(server.address('/api/status')), await ask(server.address('/ws/camera'), { upgrade: true })],
              [200, 101], 'answers with the key');
  await server.viewers(0);
});

suite.test('a wrong link says so in words', async (t) => {
  const server = await startServer(t);
  const page = await (await theBrowser()).open(t, `${server.url.origin}/?key=${'A'.repeat(22)}`, { mayComplain: /status of 401/ });
  await says(page, /no longer valid/i);
});

suite.test('a foreign Host is refused, and a foreign Origin', async (t) => {
  const server = await startServer(t);
  const { port } = server;
  const found = [
    await ask(server.address('/'), { headers: { Host: `evil.example:${port}` } }),
    await ask(server.address('/api/status'), { headers: { Host: `${SERVER_ADDRESS}.evil.example:${port}` } }),
    await ask(server.address('/ws/camera'), { upgrade: true, headers: { Origin: 'http://evil.example' } }),
    await ask(server.address('/relay'), { upgrade: true, headers: { Origin: `http://${SERVER_ADDRESS}:${port + 1}` } }),
    await ask(server.address('/ws/camera'), { upgrade: true, headers: { Origin: 'null' } }),
    await ask(server.address('/ws/camera'), { upgrade: true, headers: { Origin: server.url.origin } }),
  ];
  expectEqual(found, [421, 421, 403, 403, 403, 101], 'answers');
});

suite.test('the link survives a restart; --new-keys makes another', async (t) => {
  const server = await startServer(t);
  const { link, key } = server;
  expectEqual((await server.stop()).code, 0, 'exit status');
  await server.launch(`:${server.port}`);
  expectEqual(server.link, link, 'link');
  expectEqual((await server.stop()).code, 0, 'exit status');
  server.args.push('--new-keys');
  await server.launch(`:${server.port}`);
  expect(server.key !== key, 'the key is the old one');
  expectEqual(await ask(link), 401, 'answer to the old link');
});

const nft = (...args) => run('ip', ['netns', 'exec', serverSide, 'nft', ...args]);

async function blockUdp(t) {
  await nft('add table inet blocked { chain in { type filter hook input priority 0; meta l4proto udp drop; }; '
    + 'chain out { type filter hook output priority 0; meta l4proto udp drop; }; }');
  const allow = () => nft('delete table inet blocked');
  let blocked = true;
  t.after(() => blocked && allow());
  return async () => {
    await allow();
    blocked = false;
  };
}

suite.test('without UDP the page explains and people can talk; with it again, it plays', async (t) => {
  const server = await startServer(t);
  const allowUdp = await blockUdp(t);
  const [first, second] = [await (await theBrowser()).open(t, server.link), await browser.open(t, server.link)];
  await write(first, 'can you see anything');
  await reads(second, ['can you see anything']);
  await write(second, 'not a thing');
  await reads(first, ['can you see anything', 'not a thing']);
  for (const page of [first, second])
    await says(page, /picture can.t get through/i, { timeoutMs: 40000 });
  await first.screenshot({ path: artifact('chromium-no-udp.png') });
  await write(first, 'still here');
  await reads(second, ['can you see anything', 'not a thing', 'still here']);
  await allowUdp();
  for (const page of [first, second])
    await playing(page, { timeoutMs: 60000 });
  await says(first, /\bLive\b/);
  await reads(first, ['can you see anything', 'not a thing', 'still here']);
}, { timeoutMs: 150000 });

suite.test('when UDP stops in the middle, the page explains, and plays again', async (t) => {
  const server = await startServer(t);
  const page = await (await theBrowser()).open(t, server.link);
  await playing(page);
  const allowUdp = await blockUdp(t);
  await says(page, /picture can.t get through|reconnecting/i, { timeoutMs: 40000 });
  await write(page, 'anybody');
  await reads(page, ['anybody']);
  await allowUdp();
  await playing(page, { timeoutMs: 60000 });
  t.note(`${await peerCount(page)} peer connections`);
}, { timeoutMs: 120000 });

await suite.run();
