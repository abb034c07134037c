// What a camera is set to: read and changed while people watch, by whom it may be, and kept when it was unplugged.

import { artifact } from '../e2e/lib/folders.mjs';
import { peerCount, playing } from '../e2e/lib/player.mjs';
import { expect, expectEqual, until } from '../e2e/lib/tap.mjs';
import { SMALL, WEBCAM } from './lib/desk.mjs';

const ROUTE = '/api/streams/camera/controls';
const DRIVER = '/sys/bus/platform/drivers/vivid';

/** How bright the picture is that is shown: 0 to 255. */
const brightness = (page) => page.evaluate(() => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [32, 18];
  const context = canvas.getContext('2d');
  context.drawImage(window.seen.video(), 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return data.reduce((sum, byte, i) => (i % 4 < 3 ? sum + byte : sum), 0) / (data.length / 4 * 3);
});

const becomes = (page, what, test) => until(`the picture to become ${what}`, async () => {
  const now = await brightness(page);
  if (!test(now))
    throw new Error(`it is ${now.toFixed(0)}`);
  return now;
}, { timeoutMs: 60000, everyMs: 300 });

/** The link of whoever runs it, which allows more than the one to share. */
const operatorOf = async (server) => (await server.child.line(/^For whoever runs it: (http:\S+)$/))[1];

export default function (suite, desk) {
  const ask = async (link, { method = 'GET', values, route = ROUTE } = {}) => {
    const url = new URL(route, link);
    url.search = new URL(link).search;
    const response = await fetch(url, {
      method,
      headers: { Connection: 'close', ...(values && { 'Content-Type': 'application/json' }) },
      body: values && JSON.stringify(values),
    });
    return { status: response.status, body: await response.json() };
  };
  const named = (controls, name) => controls.find((control) => control.name === name);

  suite.test('the controls of the camera: ranges as it has them, set while it is watched, errors exact, not for guests', async (t) => {
    await desk.vivid(t, WEBCAM);
    const { server, page } = await desk.watch(t, [...SMALL, '/dev/video0']);
    const operator = await operatorOf(server);
    const { status, body: { controls } } = await ask(operator);
    expectEqual(status, 200, 'status');
    t.note(controls.map(({ name, type }) => `${name} (${type})`).join(', '));
    const { label, type, min, max, step, value } = named(controls, 'brightness');
    expectEqual({ label, type, min, max, step, value }, { label: 'Brightness', type: 'int', min: 0, max: 255, step: 1, value: 128 },
                'brightness');
    for (const kind of ['int', 'bool', 'menu', 'button'])
      expect(controls.some((control) => control.type === kind), `there is no ${kind}`);
    expect(!controls.some(({ name }) => /disconnect|string|bitmask/.test(name)), 'what nobody can set is left out');

    const before = await brightness(page);
    const set = await ask(operator, { method: 'PUT', values: { brightness: 255 } });
    expectEqual([set.status, named(set.body.controls, 'brightness').value], [200, 255], 'after it was set');
    const after = await becomes(page, 'brighter', (now) => now > before + 40);
    t.note(`mean of the pixels: ${before.toFixed(0)}, then ${after.toFixed(0)}`);
    await ask(operator, { method: 'PUT', values: { brightness: 0 } });
    await becomes(page, 'darker', (now) => now < before - 20);
    await playing(page);
    expectEqual(await peerCount(page), 1, 'peer connections');

    const wrong = await ask(operator, { method: 'PUT', values: { contrast: 5, brightness: 256 } });
    expectEqual([wrong.status, wrong.body.detail], [400, '“brightness” is 256, expected 0 to 255'], 'out of range');
    expect(named((await ask(operator)).body.controls, 'contrast').value !== 5, 'something was set all the same');
    const unknown = await ask(operator, { method: 'PUT', values: { zoom: 1 } });
    expectEqual([unknown.status, unknown.body.detail], [400, 'the camera has no control “zoom”'], 'unknown');
    for (const method of ['GET', 'PUT'])
      expectEqual((await ask(server.link, { method, values: method === 'PUT' ? { brightness: 1 } : undefined })).status, 403,
                  `a guest's ${method}`);
  }, { timeoutMs: 180000 });

  suite.test('controls that were set are set again when the camera comes back; an operator does it on the page', async (t) => {
    await desk.vivid(t, WEBCAM);
    const { server } = await desk.watch(t, [...SMALL, '/dev/video0']);
    const operator = await operatorOf(server);
    const page = await desk.open(t, operator, { mayComplain: /503/ });
    await playing(page, { timeoutMs: 60000 });
    const before = await brightness(page);
    await until('the button', () => page.evaluate(() => !document.getElementById('controls-open').hidden));
    await page.focus('#controls-open');
    await page.keyboard.press('Enter');
    await until('the panel', () => page.evaluate(() => window.seen.visible('#control-brightness').length > 0));
    await page.focus('#control-brightness');
    await page.keyboard.press('End');
    await becomes(page, 'brighter', (now) => now > before + 40);
    await page.screenshot({ path: artifact('vm-controls.png') });

    await desk.run(`echo -n vivid.0 >${DRIVER}/unbind`);
    await server.state('camera-lost', { timeoutMs: 30000 });
    await desk.run(`echo -n vivid.0 >${DRIVER}/bind; udevadm settle`);
    await server.state('live', { timeoutMs: 60000 });
    await until('the value to be set again', async () =>
      named((await ask(operator)).body.controls ?? [], 'brightness')?.value === 255, { timeoutMs: 30000 });
    await becomes(page, 'bright again', (now) => now > before + 40);
    expectEqual(await peerCount(page), 1, 'peer connections');
  }, { timeoutMs: 240000 });
}
