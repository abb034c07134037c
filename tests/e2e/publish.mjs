// A browser's own camera as the stream's source: web/whip.js by the book, and the panel: publish.mjs chromium|firefox

import { networkInterfaces } from 'node:os';

import { Browser } from './lib/browser.mjs';
import { artifact } from './lib/folders.mjs';
import { playing, says } from './lib/player.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Skip, Suite, until } from './lib/tap.mjs';

const name = process.argv[2];
const suite = new Suite();

let browser;
const theBrowser = async () => (browser ??= await Browser.launch(suite.scope, name, { camera: true }));

/**
 * Runs in the page before its own scripts: what is asked of the stream's WHIP endpoint is noted. While `whip.standsIn`, a
 * connection in the page itself answers as a server would; `whip.refusals` are answered first, and `whip.source` is what the status says.
 */
function standIn() {
  const whip = { standsIn: false, requests: [], refusals: [], deleteStatus: 200, received: null, source: '' };
  window.whip = whip;
  const { fetch } = window;
  const answer = async (method, url, body) => {
    if (method === 'POST') {
      const refusal = whip.refusals.shift();
      if (refusal) return new Response(JSON.stringify({ detail: refusal.detail }), refusal);
      const received = new RTCPeerConnection();
      whip.received = received;
      await received.setRemoteDescription({ type: 'offer', sdp: body });
      await received.setLocalDescription();
      await new Promise((resolve) => {
        received.onicegatheringstatechange = () => received.iceGatheringState === 'complete' && resolve();
        if (received.iceGatheringState === 'complete') resolve();
      });
      const link = '<stun:127.0.0.1:34780>; rel="ice-server", <turn:127.0.0.1:34780?transport=udp>; rel="ice-server"; username="a\\"b"; '
        + 'credential="c, d"; credential-type="password", <https://example.org/>; rel="next"';
      return new Response(received.localDescription.sdp, { status: 201, headers: { Location: '../whip/camera/one', ETag: '"tag"', Link: link } });
    }
    if (method === 'PATCH') {
      let mid;
      for (const line of body.split('\r\n')) {
        if (line.startsWith('a=mid:')) mid = line.slice(6);
        if (line.startsWith('a=candidate:')) await whip.received.addIceCandidate({ candidate: line.slice(2), sdpMid: mid }).catch(() => {});
      }
      return new Response(null, { status: 204 });
    }
    whip.received?.close();
    return new Response(null, { status: whip.deleteStatus });
  };
  window.fetch = async (url, request = {}) => {
    const { method = 'GET', headers, body, keepalive } = request;
    if (whip.source && /\/api\/status$/.test(url)) return new Response(JSON.stringify({ streams: [{ name: 'camera', source: whip.source }] }));
    if (!/\/whip\//.test(url)) return fetch(url, request);
    const noted = { method, url: new URL(url, location.href).pathname, headers: { ...headers }, body, keepalive, status: 0 };
    whip.requests.push(noted);
    const response = whip.standsIn ? await answer(method, url, body) : await fetch(url, request);
    noted.status = response.status;
    return response;
  };
}

const of = (page, func, ...args) => page.evaluate(func, ...args);
const shown = (page, selector) => of(page, (wanted) => window.seen.visible(wanted).length > 0, selector);
const said = (page, pattern, options) => until(`the panel to say ${pattern}`, async () => {
  const words = await of(page, () => document.querySelector('#publish .outcome').innerText);
  if (!pattern.test(words)) throw new Error(`it says ${JSON.stringify(words)}`);
  return words;
}, { timeoutMs: 30000, ...options });

/** From now on, in `words`, what the panel says, however short. */
const collectWords = (page) => of(page, () => {
  const outcome = document.querySelector('#publish .outcome');
  window.words = [];
  new MutationObserver(() => window.words.push(outcome.textContent)).observe(outcome, { childList: true });
});

/** The stream's own picture, narrower than what a browser sends at its worst. */
const OWN_WIDTH = 128;
const start = (t, args = [], options) => Server.start(t, ['test', '--set', `width=${OWN_WIDTH}`, ...args], options);

async function open(t, server, { before = standIn, mayComplain = /40[49]|503/, ...options } = {}) {
  return (await theBrowser()).open(t, server.link, { before: [before], mayComplain, ...options });
}

async function openPanel(page) {
  await until('the button', () => of(page, () => !document.getElementById('publish-open').hidden));
  await page.focus('#publish-open');
  await page.keyboard.press('Enter');
  await until('the panel', () => shown(page, '#publish'));
}

/** The button of the panel with these words. */
const press = (page, words) => of(page, (wanted) => {
  const button = window.seen.visible('#publish button').find((one) => one.textContent === wanted && !one.disabled);
  if (!button) throw new Error(`there is no button ${wanted}`);
  button.click();
}, words);

async function showCamera(page) {
  await openPanel(page);
  await press(page, 'Camera');
  await said(page, /Only you see this so far/);
  await playing(page, { within: '#publish' });
}

async function goOnAir(page) {
  await showCamera(page);
  await press(page, 'Start');
  await said(page, /On air: all who watch see this/);
}

/** Somebody publishes, and has the stream's picture. */
const isSource = (server) => until('the status to name the source', async () => (await server.stream()).source === 'publisher', { timeoutMs: 30000 });

/** Sends the fake camera with web/whip.js alone. */
const publishAlone = (page, options = {}) => of(page, async (more) => {
  const { WhipClient } = await import(new URL('whip.js', document.querySelector('script[type=module]').src).href);
  window.media ??= await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  window.client = new WhipClient(document.querySelector('sightline-player').player.endpoints.whip, more);
  window.told = [];
  for (const type of ['state', 'ended'])
    window.client.addEventListener(type, ({ detail }) => window.told.push(detail.state ?? detail.error?.code ?? 'stopped'));
  return window.client.start(window.media).then(() => 'connected', (error) => ({ code: error.code, status: error.status, message: error.message }));
}, options);

const framesReceived = (page) => of(page, async () => {
  const reports = await window.whip.received.getStats();
  return [...reports.values()].find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video')?.framesDecoded ?? 0;
});

async function alone(t) {
  const page = await open(t, await start(t));
  await of(page, () => { window.whip.standsIn = true; });
  return page;
}

suite.test('whip.js: the offer, the resource, candidates by PATCH, servers of Link, another track, DELETE', async (t) => {
  const page = await alone(t);
  expectEqual(await publishAlone(page, { token: 'secret', iceServers: [{ urls: 'stun:127.0.0.1:34781' }] }), 'connected', 'start()');
  await until('frames', async () => await framesReceived(page) > 5);
  const requests = await until('the last candidate', async () => {
    const all = await of(page, () => window.whip.requests);
    expect(/end-of-candidates/.test(all.at(-1).body), 'it is not there');
    return all;
  });
  const [post, ...patches] = requests;
  expectEqual([post.method, post.url, post.headers['Content-Type'], post.headers.Authorization],
              ['POST', '/whip/camera', 'application/sdp', 'Bearer secret'], 'the first request');
  expect(!/a=candidate/.test(post.body) && /a=sendonly/.test(post.body) && (post.body.match(/^m=/gm).length === 2), 'the offer is not as expected');
  const candidate = patches.find(({ body }) => /a=candidate/.test(body));
  expectEqual([candidate.method, candidate.url, candidate.headers['Content-Type'], candidate.headers['If-Match'], candidate.headers.Authorization],
              ['PATCH', '/whip/camera/one', 'application/trickle-ice-sdpfrag', '"tag"', 'Bearer secret'], 'a candidate');
  const ufrag = /a=ice-ufrag:(\S+)/.exec(post.body)[1];
  expect(candidate.body.startsWith(`a=ice-ufrag:${ufrag}\r\na=ice-pwd:`) && /\r\nm=(audio|video) .*\r\na=mid:0\r\na=candidate:/.test(candidate.body),
         `the fragment is ${candidate.body}`);
  expectEqual(await of(page, () => window.client.connection.getConfiguration().iceServers.map(({ urls, username }) => [String(urls), username || null])),
              [['stun:127.0.0.1:34781', null], ['stun:127.0.0.1:34780', null], ['turn:127.0.0.1:34780?transport=udp', 'a"b']], 'ICE servers');

  expectEqual(await of(page, async () => {
    const [track] = (await navigator.mediaDevices.getUserMedia({ video: true })).getVideoTracks();
    return [await window.client.replaceTrack(track), window.client.connection.getSenders().some((sender) => sender.track === track)];
  }), [true, true], 'another track');
  const before = await framesReceived(page);
  await until('more frames', async () => await framesReceived(page) > before + 5);

  await of(page, () => window.client.stop());
  const last = await of(page, () => window.whip.requests.at(-1));
  expectEqual([last.method, last.url, last.keepalive], ['DELETE', '/whip/camera/one', true], 'the last request');
  expectEqual(await of(page, () => window.told), ['offering', 'connecting', 'connected', 'ended', 'stopped'], 'what was told');
});

suite.test('whip.js: waits as the server asks, says why it is refused, and knows who ended it', async (t) => {
  const page = await alone(t);
  await of(page, () => { window.whip.refusals = [{ status: 503, headers: { 'Retry-After': '1' }, detail: 'not yet' }]; });
  const began = Date.now();
  expectEqual(await publishAlone(page), 'connected', 'start()');
  expect(Date.now() - began >= 1000, 'it did not wait');
  expectEqual(await of(page, () => window.told.slice(0, 4)), ['offering', 'waiting', 'offering', 'connecting'], 'what was told');
  await of(page, () => {
    window.whip.deleteStatus = 404;
    window.whip.received.close();
  });
  await until('the end', () => of(page, () => window.told.at(-1) === 'ended'), { timeoutMs: 45000 });
  expectEqual(await of(page, () => window.whip.requests.at(-1).method), 'DELETE', 'the last request');

  await of(page, () => { window.whip.refusals = [{ status: 409, detail: 'Somebody publishes.' }]; });
  expectEqual(await publishAlone(page), { code: 'refused', status: 409, message: 'Somebody publishes.' }, 'start()');
  await of(page, () => { window.whip.refusals = [{ status: 503, detail: 'No.' }]; });
  expectEqual(await publishAlone(page), { code: 'refused', status: 503, message: 'No.' }, 'start() without Retry-After');

  await of(page, () => { window.whip.refusals = [{ status: 429, headers: { 'Retry-After': '50' }, detail: 'later' }]; });
  const stopped = publishAlone(page);
  await until('it to wait', () => of(page, () => window.told?.at(-1) === 'waiting'));
  await of(page, () => window.client.stop());
  expectEqual((await stopped).code, 'ended', 'start() that was stopped');
}, { timeoutMs: 90000 });

suite.test('the panel: sound that is taken away is another session; what is lost comes back; who is replaced stays away', async (t) => {
  const page = await alone(t);
  const posts = () => of(page, () => window.whip.requests.filter(({ method }) => method === 'POST').map(({ body }) => body.match(/^m=\w+/gm).sort().join()));
  await goOnAir(page);
  await until('frames', async () => await framesReceived(page) > 5);
  expectEqual(await of(page, () => document.querySelector('sightline-player').player.muted), true, 'the page is muted');
  for (const what of name === 'chromium' ? ['Screen', 'Camera'] : []) { // a Firefox without a desktop has no screen
    await press(page, what);
    await until(`the ${what} to be chosen`, () => of(page, (words) => !document.querySelector('#publish .busy')
      && window.seen.visible('.choices [aria-pressed=true]')[0]?.textContent === words, what));
    await said(page, /On air: all who watch see this/);
    const before = await framesReceived(page);
    await until('more frames', async () => await framesReceived(page) > before + 5);
    expectEqual((await posts()).length, 1, 'sessions');
    if (what === 'Screen')
      expectEqual(await of(page, () => document.getElementById('publish-microphone').selectedOptions[0].textContent), "The screen's own", 'the sound');
  }
  await page.select('#publish-microphone', '');
  await until('another session', async () => (await posts()).length === 2);
  await said(page, /On air: all who watch see this/);
  expectEqual(await posts(), ['m=audio,m=video', 'm=video'], 'what was offered');
  expectEqual(await of(page, () => window.whip.requests.filter(({ method }) => method === 'DELETE').length), 1, 'sessions that were ended');

  const end = (source) => of(page, (what) => {
    Object.assign(window.whip, { deleteStatus: 404, source: what });
    window.whip.received.close();
  }, source);
  await collectWords(page);
  await end('test');
  await until('the panel to say that it tries again', async () => (await of(page, () => window.words)).some((words) =>
    /(The server has ended it|The server does not answer|The connection was lost)\. Trying again/.test(words)), { timeoutMs: 45000 });
  await until('a third session', async () => (await posts()).length === 3);
  await said(page, /On air: all who watch see this/);
  await end('publisher');
  await said(page, /Somebody else publishes now, in place of this device/, { timeoutMs: 45000 });
  expectEqual((await posts()).length, 3, 'sessions');

  await of(page, () => { window.whip.refusals = [{ status: 409, detail: 'Somebody publishes, and is not to be replaced.' }]; });
  await press(page, 'Start');
  await said(page, /^Somebody publishes, and is not to be replaced\.$/);
  expect(await of(page, () => document.querySelector('.preview').srcObject.active), 'the preview is gone');
}, { timeoutMs: 180000 });

suite.test('the camera is shown, then sent: all see it; muted, hidden, changed, stopped: the stream goes on as before', async (t) => {
  const server = await start(t);
  const viewer = await open(t, server);
  await playing(viewer);
  const page = await open(t, server);
  await playing(page);
  await goOnAir(page);
  await isSource(server);
  const bigger = await until('the viewer to see it', async () => {
    const frame = await playing(viewer, { within: '.screen' });
    expect(frame.width > OWN_WIDTH, 'it sees the stream\'s own picture');
    return frame;
  }, { timeoutMs: 40000 });
  const figures = await until('figures', () => of(page, () => /\d+ × \d+ · \d+\/s · [\d.]+ [kM]bit\/s/.exec(document.querySelector('#publish').innerText)?.[0]),
                              { timeoutMs: 30000 });
  t.note(`the viewer sees ${bigger.width}x${bigger.height}; the panel says ${figures}`);
  await page.screenshot({ path: artifact(`${name}-publish-on-air.png`) });

  await press(page, 'Mute');
  expectEqual(await of(page, () => document.querySelector('.preview').srcObject.getAudioTracks()[0].enabled), false, 'the sound is on');
  await press(page, 'Hide');
  await said(page, /On air with the picture hidden/);
  await press(page, 'Hide');
  await said(page, /On air: all who watch see this/);
  const peers = await of(page, () => window.whip.requests.filter(({ method }) => method === 'POST').length);
  await of(page, () => {
    const select = document.getElementById('publish-camera');
    select.value = [...select.options].find((option) => !option.selected)?.value ?? select.value;
    select.dispatchEvent(new Event('change', { bubbles: true }));
  });
  await until('it to be changed', () => of(page, () => document.querySelector('#publish .busy') === null));
  await said(page, /On air: all who watch see this/);
  expectEqual(await of(page, () => window.whip.requests.filter(({ method }) => method === 'POST').length), peers, 'sessions');
  await playing(viewer, { within: '.screen' });

  await page.keyboard.press('Escape');
  await until('the panel to go', async () => !await shown(page, '#publish'));
  expectEqual(await of(page, () => document.getElementById('publish-open').className), 'on-air', 'the button');
  await playing(viewer, { within: '.screen' });
  await openPanel(page);
  await press(page, 'Stop');
  await said(page, /Only you see this so far/);
  await until('the pattern to be back', async () => (await playing(viewer, { within: '.screen' })).width === OWN_WIDTH, { timeoutMs: 40000 });
  expect((await server.stream()).source !== 'publisher', 'the status names a publisher');
  await page.keyboard.press('Escape');
  await until('the camera to be let go', () => of(page, () => !document.querySelector('.preview').srcObject.active));
}, { timeoutMs: 180000 });

suite.test('whoever is replaced by another publisher is told, and stays away', async (t) => {
  const server = await start(t);
  const first = await open(t, server);
  await playing(first);
  await goOnAir(first);
  await isSource(server);
  const second = await open(t, server);
  await goOnAir(second);
  const began = Date.now();
  await said(first, /Somebody else publishes now/, { timeoutMs: 45000 });
  t.note(`told ${Date.now() - began} ms after the other was connected`);
  const posts = await of(first, () => window.whip.requests.filter(({ method }) => method === 'POST').length);
  expectEqual(posts, 1, 'sessions of the first');
  await said(second, /On air/);
  expectEqual((await server.stream()).source, 'publisher', 'the source');
}, { timeoutMs: 120000 });

suite.test('where nothing is shown before, all wait; who comes second is refused; when the first leaves, all wait again', async (t) => {
  const server = await Server.start(t, ['publish', '--publish', 'refuse']);
  const viewer = await open(t, server);
  await says(viewer, /Waiting for somebody to publish/);
  const page = await open(t, server);
  await goOnAir(page);
  await isSource(server);
  await playing(viewer, { within: '.screen' });
  const second = await open(t, server);
  await showCamera(second);
  await press(second, 'Start');
  await said(second, /^The stream camera has a publisher already\.$/);
  await press(page, 'Stop');
  await says(viewer, /The publisher has left, waiting for another/);
}, { timeoutMs: 120000 });

suite.test('a page that goes ends what it sends, at once', async (t) => {
  const server = await start(t);
  const viewer = await open(t, server);
  await playing(viewer);
  const page = await open(t, server);
  await goOnAir(page);
  await isSource(server);
  await of(viewer, () => document.getElementById('pipeline-open').click());
  await says(viewer, /Somebody publishes\. This runs once the publisher has left\./);
  await page.goto('about:blank');
  const began = Date.now();
  await until('the source to be another', async () => (await server.stream()).source !== 'publisher');
  t.note(`known after ${Date.now() - began} ms`);
  await until('the pattern to be back', async () => (await playing(viewer, { within: '.screen' })).width === OWN_WIDTH, { timeoutMs: 40000 });
}, { timeoutMs: 90000 });

suite.test('a server that comes again has the camera again', async (t) => {
  const server = await start(t);
  const page = await open(t, server, { mayComplain: /./ });
  await goOnAir(page);
  await server.stop();
  await said(page, /(The server has ended it|The server does not answer|The connection was lost)\. Trying again/, { timeoutMs: 45000 });
  await server.startAgain();
  await said(page, /On air: all who watch see this/, { timeoutMs: 60000 });
  await isSource(server);
}, { timeoutMs: 150000 });

suite.test('a camera that is not allowed, or gone, is said to be', async (t) => {
  const page = await open(t, await start(t));
  await openPanel(page);
  for (const [error, words] of [['NotAllowedError', /The browser does not let this page use the camera/],
                                ['NotFoundError', /This device has no camera that is free to use/],
                                ['NotReadableError', /another program may be using it/]]) {
    await of(page, (which) => {
      window.really ??= navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', which); };
    }, error);
    await press(page, 'Camera');
    await said(page, words);
    expect(!await shown(page, '#publish .main'), 'it can be started');
  }
  await of(page, () => { navigator.mediaDevices.getUserMedia = window.really; });
  await press(page, 'Camera');
  await said(page, /Only you see this so far/);
  await of(page, () => document.querySelector('.preview').srcObject.getVideoTracks()[0].dispatchEvent(new Event('ended')));
  await said(page, /The camera is gone/);
});

suite.test('whoever has chosen to send no sound is not heard with the next camera', async (t) => {
  const page = await open(t, await start(t));
  await showCamera(page);
  const sounds = () => of(page, () => document.querySelector('.preview').srcObject.getAudioTracks().length);
  expectEqual(await sounds(), 1, 'sounds at first');
  await page.select('#publish-microphone', '');
  await until('the sound to go', async () => await sounds() === 0);
  await page.focus('#publish-microphone');
  await page.keyboard.press('Escape');
  await until('the panel to go', async () => !await shown(page, '#publish'));
  await showCamera(page);
  expectEqual(await sounds(), 0, 'sounds afterwards');
});

suite.test('wide and narrow, dark and light: the picture stays in sight, and Start in reach', async (t) => {
  const page = await open(t, await start(t));
  await playing(page);
  for (const [shape, size] of Object.entries({ wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 }, across: { width: 844, height: 390 } })) {
    await page.resize(size);
    if (!await shown(page, '#publish')) {
      await openPanel(page);
      await page.screenshot({ path: artifact(`${name}-publish-begin.png`) });
      await press(page, 'Camera');
      await said(page, /Only you see this so far/);
    }
    await until('the picture to stand beside the panel', () => of(page, () => {
      const picture = document.querySelector('sightline-player').getBoundingClientRect();
      const panel = document.getElementById('publish').getBoundingClientRect();
      const button = document.querySelector('#publish .main').getBoundingClientRect();
      return picture.height > 100 && (panel.left >= picture.right - 1 || panel.top >= picture.bottom - 1)
        && button.height >= 44 && button.bottom <= innerHeight && button.top >= panel.top;
    }));
    for (const scheme of name === 'chromium' ? ['dark', 'light'] : ['light']) {
      if (name === 'chromium') await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.screenshot({ path: artifact(`${name}-publish-${shape}-${scheme}.png`) });
    }
  }
});

suite.test('without a secure context the button says what is missing, and leads to how', async (t) => {
  const address = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  if (!address) throw new Skip('this machine has no address but its own');
  const server = await start(t, [], { listen: `${address}:0` });
  const [, link] = await server.child.line(/^For whoever runs it: (\S+)$/);
  const page = await (await theBrowser()).open(t, link);
  await until('the words', async () => (await of(page, () => window.seen.visible('#publish-secure').map((one) => one.innerText.trim()).join())) === 'Needs HTTPS');
  expect(!await shown(page, '#publish-open'), 'the other button is there, too');
  await page.screenshot({ path: artifact(`${name}-needs-https.png`) });
  await of(page, () => document.getElementById('publish-secure').click());
  await says(page, /This device's camera needs HTTPS.*--tls-self-signed/);
  await page.screenshot({ path: artifact(`${name}-https.png`) });
  await page.resize({ width: 390, height: 844 });
  await page.screenshot({ path: artifact(`${name}-https-narrow.png`) });
  expect(await of(page, () => document.documentElement.scrollWidth <= innerWidth), 'the page is wider than the screen');
});

suite.test('a guest sees none of it', async (t) => {
  const server = await start(t, [], { listen: ':0' });
  const page = await open(t, server);
  await playing(page);
  expectEqual(await of(page, () => [document.getElementById('publish-open').hidden, document.getElementById('publish-secure').hidden]), [true, true], 'hidden');
  expectEqual(await of(page, () => performance.getEntriesByType('resource').filter(({ name: url }) => /publish|whip/.test(url)).length), 0, 'what was loaded of it');
});

await suite.run();
