// Sightline by https on one machine, the browser on another: https.mjs chromium|firefox

import { Browser } from '../e2e/lib/browser.mjs';
import { playing, reads, write } from '../e2e/lib/player.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { expectEqual, Suite } from '../e2e/lib/tap.mjs';
import { enterLan, SERVER_ADDRESS } from './namespaces.mjs';

const { onServerSide } = await enterLan(import.meta.url);
const suite = new Suite();
const browser = await Browser.launch(suite.scope, process.argv[2], { camera: true, trusting: true });

suite.test('the printed link plays on another machine, and that one may give its camera', async (t) => {
  const server = await Server.start(t, ['test', '--set', 'width=640', '--tls-self-signed'], { listen: ':0', prefix: onServerSide });
  expectEqual([server.url.protocol, server.url.hostname], ['https:', SERVER_ADDRESS], 'scheme and address of the link');
  const page = await browser.open(t, server.link);
  await playing(page);
  await write(page, 'by https');
  await reads(page, ['by https']);
  // The key came in the link; the second time a cookie has it.
  await page.goto(`${server.url.origin}/`, { waitUntil: 'domcontentloaded' });
  await playing(page);
  expectEqual(await page.evaluate(async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: true });
    const [track] = stream.getVideoTracks();
    const found = [isSecureContext, track.kind, track.readyState];
    track.stop();
    return found;
  }), [true, 'video', 'live'], 'a secure context, and its camera');
}, { timeoutMs: 120000 });

await suite.run();
