// Watching and talking, in a real browser: watch.mjs chromium|firefox

import { Browser, CONNECTION_LOST } from './lib/browser.mjs';
import { artifact } from './lib/folders.mjs';
import { peerCount, playing, playsAt, reads, says, showsPicture, standsStill, text, write } from './lib/player.mjs';
import { freeTcpPort, freeUdpPort } from './lib/ports.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, sleep, Suite, until } from './lib/tap.mjs';

const name = process.argv[2];
const suite = new Suite();

/** Five times what it may take: other tests run beside this one. That it leaves within 2 s is ends.mjs's, which has the machine alone. */
const PATIENCE_MS = 10000;
let browser;
const theBrowser = async () => (browser ??= await Browser.launch(suite.scope, name));

suite.test('the picture plays by itself, at the rate of the source', async (t) => {
  const server = await Server.start(t, ['test']);
  const page = await (await theBrowser()).open(t, server.link);
  await playing(page);
  const { shown, width, height } = await playsAt(page, 30, { timeoutMs: 120000 });
  t.note(`${width}x${height}, ${shown.toFixed(1)} frames a second`);
  await says(page, /\bLive\b/);
  expectEqual(await peerCount(page), 1, 'peer connections');
}, { timeoutMs: 240000 });

suite.test('several watch, talk both ways, and a late one reads what was said', async (t) => {
  const server = await Server.start(t, ['test', '--set', 'width=640']);
  const first = await (await theBrowser()).open(t, server.link);
  await playing(first);
  const second = await browser.open(t, server.link);
  await playing(second);
  await playing(first);
  await server.viewers(2);

  await write(first, 'Who is there');
  await reads(second, ['Who is there']);
  await write(second, 'It is me <b>really</b>');
  await reads(first, ['Who is there', 'It is me <b>really</b>']);
  await write(first, 'Then hello');
  await reads(second, ['Who is there', 'It is me <b>really</b>', 'Then hello']);

  const late = await browser.open(t, server.link);
  await reads(late, ['Who is there', 'It is me <b>really</b>', 'Then hello']);
  await playing(late);
  await server.viewers(3);

  await late.screenshot({ path: artifact(`${name}-wide.png`) });
  await late.resize({ width: 390, height: 844 });
  await playing(late);
  await late.screenshot({ path: artifact(`${name}-narrow.png`) });
  await late.leave();
  await server.viewers(2);
  await playing(first);
});

suite.test('the server stops and starts: pages say so, play on, and talk again', async (t) => {
  const server = await Server.start(t, ['test', '--set', 'width=640'], { listen: `127.0.0.1:${await freeTcpPort()}` });
  const [first, second] = [await (await theBrowser()).open(t, server.link, { mayComplain: CONNECTION_LOST }),
                           await browser.open(t, server.link, { mayComplain: CONNECTION_LOST })];
  await playing(first);
  await playing(second);
  await write(first, 'said before');
  await reads(second, ['said before']);
  // Else it would be said again, to the server that comes.
  await until('its answer', () => first.evaluate(() => document.querySelector('sightline-player').relay.pending === 0));

  const { code, ms } = await server.stop();
  expectEqual(code, 0, 'exit status on SIGTERM with two viewers');
  expect(ms < PATIENCE_MS, `it took ${ms} ms to end with two viewers`);
  t.note(`ended in ${ms} ms with two viewers`);
  for (const page of [first, second])
    await says(page, /Reconnecting/);

  await server.startAgain();
  for (const page of [first, second]) {
    await playing(page, { timeoutMs: 45000 });
    await says(page, /\bLive\b/);
  }
  // The new server keeps nothing of the old one's conversation: what came before may stay on the page, but only once.
  await write(second, 'said after');
  await reads(first, ['said after']);
  expect((await text(first)).split('said before').length <= 2, 'what was said before is shown twice');
  const late = await browser.open(t, server.link);
  await reads(late, ['said after']);
  expect(!(await text(late)).includes('said before'), 'a late viewer is shown what this server never heard');
}, { timeoutMs: 90000 });

suite.test('a later page with the same ID takes over', async (t) => {
  const server = await Server.start(t, ['test', '--set', 'width=640']);
  const sameId = [() => {
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) {
      const hello = typeof data === 'string' && data.includes('"hello"') ? JSON.parse(data) : null;
      return send.call(this, hello ? JSON.stringify({ ...hello, page: 'the-same-page-id' }) : data);
    };
  }];
  const first = await (await theBrowser()).open(t, server.link, { before: sameId });
  await playing(first);
  const second = await browser.open(t, server.link, { before: sameId });
  await playing(second);
  await server.viewers(1);
  await until('the first page to stand still', () => standsStill(first));
  // It must not fight for the place: the second goes on, with the connection that it has.
  const peers = await peerCount(second);
  await playing(second, { frames: 30 });
  expectEqual(await peerCount(second), peers, 'peer connections of the second page');
  await server.viewers(1);
  await says(first, /playing elsewhere/i);
});

suite.test('a viewer whose key does not allow it any more is told so', async (t) => {
  const server = await Server.start(t, ['test', '--set', 'width=640']);
  const listen = [() => {
    const { get, set } = Object.getOwnPropertyDescriptor(RTCDataChannel.prototype, 'onmessage');
    Object.defineProperty(RTCDataChannel.prototype, 'onmessage', { get, set(handle) {
      if (handle) window.hear = (message) => handle({ data: JSON.stringify(message) });
      set.call(this, handle);
    } });
  }];
  const page = await (await theBrowser()).open(t, server.link, { before: listen });
  await playing(page);
  await until('the messages to go by the data channel', () =>
    page.evaluate(() => document.querySelector('sightline-player').relay.via === 'channel'));
  // As docs/relay.md says it: a subscription that ended has no id.
  await page.evaluate(() => window.hear({ type: 'error', code: 'not-allowed', message: 'the key does not allow to read this channel' }));
  await says(page, /This link is no longer valid/);
  await server.viewers(0);
});

suite.test('what becomes of the camera is said: few frames, unplugged, another one', async (t) => {
  const server = await Server.start(t, ['test', '--set', 'width=640']);
  const page = await (await theBrowser()).open(t, server.link, { before: [listen] });
  const hear = (message) => page.evaluate((state) => window.hear({ type: 'state', ...state }), message);
  await playing(page);

  await hear({ state: 'live', detail: '12 of 30 frames a second', title: 'Test pattern' });
  await says(page, /Test pattern.*Live.*12 of 30 frames a second/);
  expect(await page.evaluate(() => window.seen.visible('.veil').length === 0), 'the picture is covered');
  await page.keyboard.press('i');
  await says(page, /State.*Live · 12 of 30 frames a second/);
  await page.keyboard.press('i');
  await page.screenshot({ path: artifact(`${name}-slow.png`) });
  await hear({ state: 'live', detail: '', title: 'Test pattern' });
  await says(page, /^(?!.*frames a second)/);

  await hear({ state: 'camera-lost', detail: 'Camera unplugged, waiting for it', title: 'Test pattern' });
  await says(page, /^(?!.*Camera lost).*Camera unplugged, waiting for it.*No picture/);
  expect(await showsPicture(page), 'the last picture is gone');
  await hear({ state: 'live', detail: '', title: 'HD Webcam' });
  await says(page, /HD Webcam.*Live/);
  expectEqual(await page.title(), 'HD Webcam · Sightline', 'title of the page');
  await playing(page);
  expectEqual(await peerCount(page), 1, 'peer connections');
});

suite.test('who comes without a key is told so on a page that can be read', async (t) => {
  const server = await Server.start(t, ['test'], { listen: ':0' });
  const page = await (await theBrowser()).open(t, new URL('/', server.link).href, { mayComplain: /401/ });
  await says(page, /This page needs a link with a key\..*The person who runs Sightline sees it in the terminal\..*401 Unauthorized/s);
  expectEqual(await page.evaluate(() => getComputedStyle(document.querySelector('h1')).borderTopWidth), '4px', 'the line above the heading');
});

/** What the browser lacks or the server can't do: what breaks it in the page, and what the page then says. */
const LACKING = [
  ['no WebRTC', () => { delete window.RTCPeerConnection; },
    /This browser can't play the stream.*It has no WebRTC, or WebRTC is switched off in it/s],
  ['no codec', () => {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (data) {
      const refused = String(data).replace(/m=video \d+/, 'm=video 0').replace(/BUNDLE video0/, 'BUNDLE');
      send.call(this, refused);
    };
  }, /This browser can't play the stream.*The stream is encoded in VP8, which this browser did not accept; another one may/s],
  ['an answer that the server can use', () => {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (data) {
      send.call(this, String(data).replaceAll('a=fingerprint:sha-256', 'a=fingerprint:nonsense'));
    };
  }, /Reconnecting.*the server can't use what this browser answered \(.*fingerprint.*\); trying again/s],
  ['a module that does not run', () => { customElements.define = () => { throw new Error('too old'); }; },
    /This page did not load as a whole\. Load it again; if that does not help, this browser is too old for it\./],
];

suite.test('what a browser lacks is said, and what to do', async (t) => {
  const server = await Server.start(t, ['test', '--set', 'width=640']);
  for (const [what, breakIt, words] of LACKING) {
    const page = await (await theBrowser()).open(t, server.link, { before: [breakIt], mayComplain: /too old/ });
    await says(page, words).catch((error) => { throw new Error(`${what}: ${error.message}`); });
    await page.leave();
  }
});

suite.test('a page for which no media port is left says so', async (t) => {
  const port = await freeUdpPort();
  const server = await Server.start(t, ['test', '--set', 'width=320', '--media-ports', `${port}-${port}`]);
  await playing(await (await theBrowser()).open(t, server.link));
  await says(await browser.open(t, server.link), /Reconnecting.*the server has no UDP port left for another picture; trying again/s);
});

suite.test('a page that no path leads to says so, and so does the terminal, once it has waited in vain', async (t) => {
  const server = await Server.start(t, ['test', '--set', 'width=320']);
  const page = await (await theBrowser()).open(t, server.link, { mayComplain: /ICE failed/, before: [() => {
    RTCPeerConnection.prototype.addIceCandidate = async () => {};
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (data) {
      if (!String(data).includes('"type":"candidate"')) send.call(this, String(data).replace(/a=candidate:.*?\\r\\n/g, ''));
    };
  }] });
  await says(page, /Connected, but the picture can't get through/);
  await until('a line in the terminal', () => /^Warning: A viewer gets no picture: no path was found; let UDP in/m.test(server.child.stderr));
});

/** What the page sent and heard by the signalling WebSocket can be had, and more be made heard. */
function listen() {
  window.sent = [];
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data) {
    if (this.url.includes('/ws/')) window.sent.push(JSON.parse(data));
    send.call(this, data);
  };
  const { set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(WebSocket).prototype, 'onmessage');
  Object.defineProperty(WebSocket.prototype, 'onmessage', { set(handle) {
    if (handle && this.url.includes('/ws/')) window.hear = (message) => handle({ data: JSON.stringify(message) });
    set.call(this, handle);
  } });
}

const GIVEN_UP = 'Reconnecting: the server gave this picture up (The viewer did not answer the offer); trying again';
suite.test('why the server gave up a picture that never came is said', async (t) => {
  const server = await Server.start(t, ['test', '--set', 'width=320']);
  const page = await (await theBrowser()).open(t, server.link, { mayComplain: /ICE failed/, before: [`(${listen})();
    RTCPeerConnection.prototype.addIceCandidate = async () => {};
    RTCPeerConnection.prototype.setLocalDescription = async function () { return new Promise(() => {}); };`] });
  await until('an offer', async () => await peerCount(page) >= 1);
  // Looked for in the page: the words are gone when it tries again.
  const shown = await page.evaluate((words, timeoutMs) => new Promise((resolve) => {
    const end = Date.now() + timeoutMs;
    const timer = setInterval(() => {
      const found = window.seen.text().replace(/\s+/g, ' ');
      if (!found.includes(words) && Date.now() < end)
        return;
      clearInterval(timer);
      resolve(found);
    }, 50);
    window.hear({ type: 'bye', peer: window.seen.peers.length, reason: 'The viewer did not answer the offer', code: 'lost' });
  }), GIVEN_UP, 20000);
  expect(shown.includes(GIVEN_UP), `it says ${JSON.stringify(shown.slice(0, 300))}`);
});

suite.test('a page that waits for a tap or for the camera, and has lost its peer, asks for another', async (t) => {
  const server = await Server.start(t, ['test', '--set', 'width=320']);
  const page = await (await theBrowser()).open(t, server.link, { before: [`(${listen})();
    const { play } = HTMLMediaElement.prototype;
    HTMLMediaElement.prototype.play = function () {
      return window.tapped ? play.call(this) : Promise.reject(new DOMException('', 'NotAllowedError'));
    };
    Object.defineProperty(HTMLMediaElement.prototype, 'autoplay', { set() {} });`] });
  const asked = () => page.evaluate(() => window.sent.filter(({ type }) => type === 'restart').length);
  const lose = () => page.evaluate(() => window.hear({ type: 'bye', peer: window.seen.peers.length, reason: 'gone', code: 'lost' }));
  await says(page, /Tap to play/);
  await until('the peer', async () => await page.evaluate(() => window.seen.peers.at(-1)?.connectionState === 'connected'));
  const [peers, before] = [await peerCount(page), await asked()];
  await lose();
  await until('it to be asked for', async () => await asked() > before);
  await until('another peer', async () => await peerCount(page) > peers);
  await says(page, /Tap to play/);
  await page.evaluate(() => { window.tapped = true; });
  await page.mouse.click(400, 400);
  await playing(page);

  const askedSoFar = await asked();
  await page.evaluate(() => window.hear({ type: 'state', state: 'camera-lost', detail: 'gone' }));
  await until('its end', async () => {
    await lose();
    return page.evaluate(() => window.seen.peers.at(-1).connectionState === 'closed');
  });
  await until('it to be asked for', async () => await asked() > askedSoFar, { timeoutMs: 30000 });
}, { timeoutMs: 90000 });

suite.test('it stops while somebody joins, and when asked by SIGINT', async (t) => {
  const server = await Server.start(t, ['test', '--set', 'width=640']);
  const page = await (await theBrowser()).open(t, server.link, { mayComplain: CONNECTION_LOST });
  await playing(page);
  const joining = browser.open(t, server.link, { mayComplain: CONNECTION_LOST });
  await until('somebody to join', async () => (await server.stream()).viewers > 1, { everyMs: 5 })
    .catch(() => t.note('the second viewer was not seen before the end'));
  const { code, ms } = await server.stop('SIGINT');
  expectEqual(code, 0, 'exit status on SIGINT');
  expect(ms < PATIENCE_MS, `it took ${ms} ms`);
  await joining.catch(() => sleep(0)); // its page may never have come
});

await suite.run();
