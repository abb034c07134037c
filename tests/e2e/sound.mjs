// Sound beside the picture: sound.mjs chromium|firefox

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { Browser } from './lib/browser.mjs';
import { artifact, temporaryFolder } from './lib/folders.mjs';
import { peerCount, playing, says } from './lib/player.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Suite, until } from './lib/tap.mjs';

const name = process.argv[2];
const suite = new Suite();

const DESCRIPTION = `[about]
title = With a tone

[source]
\${capture} ! videoconvert ! videoscale ! video/x-raw,width=640,height=360
  ! vp8enc deadline=1 cpu-used=8 target-bitrate=800000 ! appsink name=video
audiotestsrc is-live=true volume=0.2 ! audioconvert ! audioresample ! audio/x-raw,rate=48000,channels=2
  ! opusenc ! appsink name=audio

[viewer video]
rtpvp8pay

[viewer audio]
rtpopuspay
`;

let browser;
const theBrowser = async () => (browser ??= await Browser.launch(suite.scope, name));

async function open(t) {
  const file = path.join(temporaryFolder(t), 'tone.pipeline');
  writeFileSync(file, DESCRIPTION);
  const server = await Server.start(t, ['test', '--pipeline', file]);
  const page = await (await theBrowser()).open(t, server.link);
  await playing(page);
  return { server, page };
}

/** What is heard: of the video on top, and of all there are. */
const heard = (page) => page.evaluate(() => {
  const { video } = document.querySelector('sightline-player').player;
  const audible = window.seen.all('video').filter((one) => !one.muted && !one.paused);
  return { muted: video.muted, volume: video.volume, paused: video.paused, audible: audible.length };
});
const inBar = (page, func, ...args) => page.evaluate((source, rest) => {
  const within = (selector) => document.querySelector('sightline-player').shadowRoot.querySelector(selector);
  return new Function('within', `return (${source})(within, ...arguments[1])`)(within, rest);
}, String(func), args);
/** The loudest that came in the last moment, as libwebrtc reckons it; Firefox only counts samples. */
const arriving = (page) => page.evaluate(async () => {
  const reports = [...(await window.seen.stats(window.seen.peers.at(-1))).values()];
  const report = reports.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
  return { energy: report?.totalAudioEnergy ?? 0, packets: report?.packetsReceived ?? 0, decoded: report?.totalSamplesReceived ?? 0 };
});

suite.test('the page begins silent; the button, the key M and the slider make it heard, and how loud it is stays', async (t) => {
  const { page } = await open(t);
  expectEqual(await heard(page), { muted: true, volume: 1, paused: false, audible: 0 }, 'at first');
  await until('the button', () => inBar(page, (within) => !within('.muted').hidden && !within('.volume').hidden));
  const before = await arriving(page);
  await until('sound to arrive', async () => (await arriving(page)).packets > before.packets + 20);

  await page.mouse.move(400, 300);
  await page.locator('sightline-player >>> button.muted').click();
  await until('it to be heard', async () => (await heard(page)).audible === 1);
  expectEqual(await inBar(page, (within) => within('.muted').getAttribute('aria-pressed')), 'true', 'pressed');
  const silent = (await arriving(page)).energy;
  await until('what is not silence', async () => (await arriving(page)).energy > silent);
  await page.screenshot({ path: artifact(`${name}-sound.png`) });

  await inBar(page, (within) => within('.volume').focus());
  for (let i = 0; i < 70; i++) await page.keyboard.press('ArrowLeft');
  expectEqual(await heard(page), { muted: false, volume: 0.3, paused: false, audible: 1 }, 'turned down');
  expectEqual(await inBar(page, (within) => within('.volume').getAttribute('aria-valuetext')), '30 %', 'said');
  await page.keyboard.press('m');
  expectEqual((await heard(page)).muted, true, 'M');
  expectEqual(await inBar(page, (within) => within('.volume').value), '0', 'the slider of what is silent');
  await page.keyboard.press('m');
  expectEqual(await heard(page), { muted: false, volume: 0.3, paused: false, audible: 1 }, 'M again: as loud as before');
  await page.keyboard.press('Home');
  expectEqual((await heard(page)).muted, true, 'turned down to nothing');
  await page.keyboard.press('m');
  expectEqual(await heard(page), { muted: false, volume: 1, paused: false, audible: 1 }, 'and asked for again');
});

suite.test('after the connection was lost it is as loud as before', async (t) => {
  const { page } = await open(t);
  await page.keyboard.press('m');
  await page.evaluate(() => {
    const element = document.querySelector('sightline-player');
    element.player.volume = 0.4;
  });
  for (let i = 0; i < 3; i++) {
    const peers = await peerCount(page);
    await page.evaluate(() => document.querySelector('sightline-player').player.expire());
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await until('another peer to be shown', () => page.evaluate((n) => window.seen.peers.length > n
      && document.querySelector('sightline-player').player.connection === window.seen.peers.at(-1)
      && document.querySelector('sightline-player').player.state === 'live', peers));
    await playing(page);
    expectEqual(await heard(page), { muted: false, volume: 0.4, paused: false, audible: 1 }, 'after the change');
  }
});

suite.test('what the sound is encoded in is among what is going on', async (t) => {
  const { page } = await open(t);
  await page.keyboard.press('i');
  await says(page, /Sound opus, \d+ kbit\/s/i);
  await page.screenshot({ path: artifact(`${name}-sound-figures.png`) });
});

suite.test('without sound there is nothing to turn up', async (t) => {
  const server = await Server.start(t, ['test', '--set', 'width=640', '--pipeline', 'vp8']);
  const page = await (await theBrowser()).open(t, server.link);
  await playing(page);
  expect(await inBar(page, (within) => within('.bar').firstChild.hidden && within('.volume').hidden), 'the sound\'s controls are there');
  await page.keyboard.press('m');
  expectEqual((await heard(page)).muted, true, 'M');
});

await suite.run();
