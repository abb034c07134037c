// The operators' panel of a stream's pipeline, and how a page changes over: pipeline.mjs chromium|firefox

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { Browser } from './lib/browser.mjs';
import { artifact, root, temporaryFolder } from './lib/folders.mjs';
import { peerCount, playing, says } from './lib/player.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Suite, until } from './lib/tap.mjs';

const name = process.argv[2];
const suite = new Suite();

let browser;
const theBrowser = async () => (browser ??= await Browser.launch(suite.scope, name));

/** A description of the library with a tone beside its picture. */
const withTone = (description, title) => readFileSync(path.join(root, 'pipelines', `${description}.pipeline`), 'utf8')
  .replace(/^title = .*$/m, `title = ${title}`)
  .replace('[viewer video]', `audiotestsrc is-live=true volume=0.2 ! audioconvert ! audioresample
  ! audio/x-raw,rate=48000,channels=2 ! opusenc ! appsink name=audio

[viewer audio]
rtpopuspay

[viewer video]`);

/** Counts what the page asks and lets a test have it say that it lacks a codec. */
function instrumentMore() {
  window.puts = [];
  const { fetch } = window;
  window.fetch = (url, request) => {
    if (request?.method === 'PUT') window.puts.push({ url: String(url), ms: performance.now(), body: JSON.parse(request.body) });
    return fetch(url, request);
  };
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data) {
    const lacks = window.lacking && JSON.parse(data).sdp?.includes(window.lacking);
    send.call(this, lacks ? data.replace(/m=video \d+/, 'm=video 0').replace(/BUNDLE video0/, 'BUNDLE') : data);
  };
}

async function open(t, args = [], { more = {}, ...options } = {}) {
  const folder = temporaryFolder(t);
  for (const [file, text] of Object.entries(more)) writeFileSync(path.join(folder, `${file}.pipeline`), text);
  const server = await Server.start(t, ['test', '--pipeline', 'vp8', '--set', 'width=640', '--set', 'height=360', ...args],
                                    { env: { SIGHTLINE_PIPELINES: `${folder}:${path.join(root, 'pipelines')}` } });
  const page = await (await theBrowser()).open(t, server.link, { before: [instrumentMore], mayComplain: /4(?:09|22)/, ...options });
  await playing(page);
  return { server, page };
}

const of = (page, func, ...args) => page.evaluate(func, ...args);
const shown = (page, selector) => of(page, (wanted) => window.seen.visible(wanted).length > 0, selector);
const outcome = (page, pattern) => until(`the panel to say ${pattern}`, async () => {
  const words = await of(page, () => [...document.querySelectorAll('#pipeline :is(.outcome, .undone:not([hidden]))')]
    .map((place) => place.innerText).join('\n'));
  if (!pattern.test(words)) throw new Error(`it says ${JSON.stringify(words)}`);
  return words;
}, { timeoutMs: 30000 });

/** By the keyboard: the button fades with the picture's own. */
async function openPanel(page) {
  await until('the button', () => of(page, () => !document.getElementById('pipeline-open').hidden));
  await page.focus('#pipeline-open');
  await page.keyboard.press('Enter');
  await until('the panel', () => shown(page, '#pipeline-choice'));
  await until('its values', () => shown(page, '#variable-bitrate'));
}

async function choose(page, description) {
  await page.select('#pipeline-choice', description);
  await page.focus('#pipeline-choice');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
}

async function api(server, what, body) {
  const response = await fetch(server.address(`/api/streams/camera/${what}`), body && {
    method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}
const valueOf = async (server, variable) => (await api(server, 'variables')).body.variables.find((one) => one.name === variable).value;

const codec = (page) => of(page, async () => {
  const reports = await window.seen.stats(document.querySelector('sightline-player').player.connection);
  const video = [...reports.values()].find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
  return reports.get(video?.codecId)?.mimeType;
});

/** Writes into the editor as a hand does, all at once. */
const edit = (page, from, to) => of(page, (before, after) => {
  const area = document.getElementById('pipeline-text');
  document.querySelector('.editor').open = true;
  area.focus();
  area.value = area.value.replace(before, after);
  area.dispatchEvent(new Event('input', { bubbles: true }));
}, from, to);

async function tryIt(page) {
  await page.keyboard.down('Control');
  await page.keyboard.press('Enter');
  await page.keyboard.up('Control');
}

suite.test('another pipeline with another codec: the page changes over, and what is heard goes on, once', async (t) => {
  const { page } = await open(t, ['--pipeline', 'tone-vp8'], {
    more: { 'tone-vp8': withTone('vp8', 'VP8 and a tone'), 'tone-vp9': withTone('vp9', 'VP9 and a tone') },
  });
  await openPanel(page);
  await of(page, () => {
    const { player } = document.querySelector('sightline-player');
    player.volume = 0.4;
    player.muted = false;
    window.most = 0;
    setInterval(() => {
      window.most = Math.max(window.most, window.seen.all('video').filter((one) => !one.muted && !one.paused).length);
    }, 5);
  });
  await choose(page, 'tone-vp9');
  await outcome(page, /VP9 and a tone is in force\./);
  await until('VP9', async () => await codec(page) === 'video/VP9', { timeoutMs: 30000 });
  await playing(page);
  expectEqual(await peerCount(page), 2, 'peer connections');
  await until('the first to be closed', () => of(page, () => window.seen.peers[0].connectionState === 'closed'));
  expectEqual(await of(page, () => {
    const { video } = document.querySelector('sightline-player').player;
    return [video.muted, video.volume, video.paused, window.most];
  }), [false, 0.4, false, 1], 'muted, volume, paused, how many were heard at once');
  expectEqual(await of(page, () => document.getElementById('pipeline-choice').value), 'tone-vp9', 'what the panel shows');
  expectEqual(await of(page, () => document.activeElement.id), 'pipeline-choice', 'what has the focus');
});

suite.test('a browser that lacks the codec says so, also where it could play the sound, and plays when there is another', async (t) => {
  const { server, page } = await open(t, [], { more: { 'tone-vp9': withTone('vp9', 'VP9 and a tone') } });
  await of(page, () => { window.lacking = 'VP9/90000'; });
  for (const lacking of ['vp9', 'tone-vp9']) {
    expectEqual((await api(server, 'pipeline', { name: lacking })).status, 200, `the change to ${lacking}`);
    await says(page, /This browser can't play the stream.*The stream is encoded in VP9, which this browser did not accept; another one may/s);
    await page.screenshot({ path: artifact(`${name}-no-codec.png`) });
    expectEqual((await api(server, 'pipeline', { name: 'vp8' })).status, 200, 'the change back');
    await says(page, /\bLive\b/, { timeoutMs: 40000 });
    await playing(page);
  }
}, { timeoutMs: 120000 });

suite.test('a live slider that is dragged sends about ten values a second, and its last; others are applied', async (t) => {
  const { server, page } = await open(t);
  await openPanel(page);
  const ms = await of(page, async () => {
    const slider = document.getElementById('variable-bitrate');
    const began = performance.now();
    slider.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }));
    for (let i = 0; i < 100; i++) {
      slider.value = String(20 + i);
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      await new Promise((resolve) => { setTimeout(resolve, 10); });
    }
    slider.dispatchEvent(new PointerEvent('pointerup', { bubbles: true }));
    return performance.now() - began;
  });
  const last = await until('the last value', async () => {
    const puts = await of(page, () => window.puts);
    const value = await valueOf(server, 'bitrate');
    expectEqual(value, puts.at(-1).body.bitrate, 'in force');
    expectEqual(await of(page, () => document.querySelector('label[for=variable-bitrate] + output').textContent),
                `${value.toLocaleString('en')} bit/s`, 'shown');
    expect(puts.at(-1).ms > 0 && value !== 2000000, 'nothing was set');
    return { value, puts };
  });
  const near = last.puts.slice(1).filter((put, i) => put.ms - last.puts[i].ms < 90).length;
  expectEqual(near, 0, 'requests within 90 ms of the one before');
  t.note(`${last.puts.length} requests in ${(ms / 1000).toFixed(1)} s, the last ${last.value} bit/s`);

  await page.focus('#variable-width');
  await of(page, () => document.getElementById('variable-width').select());
  await page.keyboard.type('320');
  expect(await valueOf(server, 'width') === 640, 'it was not waited for');
  await page.keyboard.press('Enter');
  await outcome(page, /The new values are in force\./);
  await until('the new width', async () => (await playing(page)).width === 320);
  expectEqual(await valueOf(server, 'bitrate'), last.value, 'the bitrate');
  expectEqual(await peerCount(page), 1, 'peer connections');
});

suite.test('what fails is undone, and the panel says where; what is being written stays, whatever others do', async (t) => {
  const { server, page } = await open(t, ['--allow-edit']);
  await openPanel(page);
  await edit(page, '! appsink name=video', '! identity error-after=20 ! appsink name=video');
  await edit(page, 'vp8enc name', 'vp8enk name');
  await tryIt(page);
  const words = await outcome(page, /Undone: VP8, encoded once for all viewers goes on\.\s+edited\.pipeline:\d+: unknown element 'vp8enk'/);
  t.note(words.replace(/\s+/g, ' '));
  const line = Number(/:(\d+): /.exec(words)[1]);
  expectEqual(await of(page, () => {
    const { value, selectionStart } = document.getElementById('pipeline-text');
    return value.slice(0, selectionStart).split('\n').length;
  }), line, 'the line that is marked');
  await playing(page);
  expectEqual(await peerCount(page), 1, 'peer connections');
  await page.screenshot({ path: artifact(`${name}-undone.png`) });

  expectEqual((await api(server, 'pipeline', { name: 'overlay' })).status, 200, "somebody else's change");
  await until('the panel to follow', () => of(page, () => document.getElementById('pipeline-choice').value === 'overlay'
    && Boolean(document.getElementById('variable-text'))));
  await outcome(page, /^Clock and text in the picture is in force\.$/);
  expect(await of(page, () => document.getElementById('pipeline-text').value.includes('vp8enk')), 'what was written is gone');
  await says(page, /Another text is in force since this was begun\./);
  expectEqual(await of(page, () => document.activeElement.id), 'pipeline-text', 'what has the focus');

  await page.keyboard.press('Escape');
  await until('the panel to go', async () => !await shown(page, '#pipeline'));
  expectEqual(await of(page, () => document.activeElement.id), 'pipeline-open', 'what has the focus');
  await openPanel(page);
  expect(await of(page, () => document.getElementById('pipeline-text').value.includes('vp8enk')), 'what was written is gone');
  await page.locator('aria/Discard changes').click();
  await until('the text in force', () => of(page, () => document.getElementById('pipeline-text').value.includes('clockoverlay')));

  await edit(page, 'title = Clock and text in the picture', 'title = <b>Mine</b>');
  await tryIt(page);
  await outcome(page, /^<b>Mine<\/b> is in force\.$/);
  await says(page, /A text that was sent; no file/);
  await playing(page);
}, { timeoutMs: 90000 });

suite.test('without --allow-edit there is no text to write; on a phone the picture stays in sight', async (t) => {
  const { page } = await open(t);
  await openPanel(page);
  expect(!await shown(page, '.editor'), 'an editor is there');
  for (const [shape, size] of Object.entries({ wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } })) {
    await page.resize(size);
    await until('the picture to stand beside the panel', () => of(page, () => {
      const picture = document.querySelector('sightline-player').getBoundingClientRect();
      const panel = document.getElementById('pipeline').getBoundingClientRect();
      return picture.height > 100 && (panel.left >= picture.right - 1 || panel.top >= picture.bottom - 1);
    }));
    for (const scheme of name === 'chromium' ? ['dark', 'light'] : []) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.screenshot({ path: artifact(`pipeline-${shape}-${scheme}.png`) });
    }
  }
});

suite.test('a guest sees none of it', async (t) => {
  const server = await Server.start(t, ['test', '--set', 'width=640'], { listen: ':0' });
  const page = await (await theBrowser()).open(t, server.link);
  await playing(page);
  expectEqual(await of(page, () => document.getElementById('pipeline-open').hidden), true, 'the button is hidden');
  expectEqual(await of(page, () => performance.getEntriesByType('resource').filter(({ name: url }) => /pipeline/.test(url)).length), 0, 'what was asked of it');
});

await suite.run();
