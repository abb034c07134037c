// How long until somebody who opens the page sees the picture: script/bench join [RUNS [COLD-RUNS]]
// Chromium on loopback; with the camera running, and from a standstill.

import { Browser } from '../e2e/lib/browser.mjs';
import { measure, report, summary } from '../e2e/lib/figures.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { sleep, until } from '../e2e/lib/tap.mjs';
import { Viewer } from '../e2e/lib/viewer.mjs';

const [warmRuns, coldRuns] = [Number(process.argv[2] ?? 30), Number(process.argv[3] ?? 10)];

async function joinOnce(scope, browser, server) {
  const page = await browser.open(scope, 'about:blank', { tab: true });
  await sleep(500); // making a tab is the browser's work, not part of opening the page
  await page.goto(server.link, { waitUntil: 'domcontentloaded' });
  const times = await until('the first frame', () => page.evaluate(() =>
    window.seen.firstFrameMs && { navigation: window.seen.firstFrameMs, socket: window.seen.firstFrameMs - window.seen.socketOpenMs }));
  await page.leave();
  return times;
}

await measure(async (scope) => {
  const server = await Server.start(scope, ['test']);
  const browser = await Browser.launch(scope, 'chromium');
  await joinOnce(scope, browser, server); // the browser's own first time is not ours

  const cold = [];
  for (let i = 0; i < coldRuns; i++) {
    await server.state('idle', { timeoutMs: 30000 });
    cold.push(await joinOnce(scope, browser, server));
  }
  const keeper = await Viewer.join(server.webSocket('/ws/camera'), { sink: false });
  scope.after(() => keeper.leave());
  await keeper.playing();
  const warm = [];
  for (let i = 0; i < warmRuns; i++)
    warm.push(await joinOnce(scope, browser, server));

  const row = (what, runs, from) => ({ what, ...summary(runs.map((run) => run[from])) });
  await report('join', 'Time to the first frame in Chromium, loopback, 1280x720 at 30 frames a second, in milliseconds', [
    row('camera running, from navigation', warm, 'navigation'),
    row('camera running, from WebSocket open', warm, 'socket'),
    row('cold start, from navigation', cold, 'navigation'),
    row('cold start, from WebSocket open', cold, 'socket'),
  ], { extra: { warm, cold } });
});
