// The panel of camera controls, with a camera that the page is made to believe in: controls.mjs chromium|firefox
// (Real ones are in tests/vm.)

import { Browser } from './lib/browser.mjs';
import { artifact } from './lib/folders.mjs';
import { peerCount, playing } from './lib/player.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Suite, until } from './lib/tap.mjs';

const name = process.argv[2];
const suite = new Suite();

let browser;
const theBrowser = async () => (browser ??= await Browser.launch(suite.scope, name));

/** Runs in the page before its own scripts: the test pattern's stream has controls, and this answers for them. */
function pretend(isBusy = false) {
  const int = (label, min, max, initial, more) => ({ label, type: 'int', min, max, step: 1, default: initial, value: initial, ...more });
  const camera = {
    controls: Object.entries({
      brightness: int('Brightness', -64, 64, 0),
      contrast: int('Contrast', 0, 64, 32),
      saturation: int('Saturation', 0, 128, 64),
      gamma: int('Gamma', 100, 500, 300, { step: 50 }),
      white_balance_automatic: { label: 'White Balance, Automatic', type: 'bool', default: true, value: true },
      white_balance_temperature: int('White Balance Temperature', 2800, 6500, 4600, { inactive: true }),
      power_line_frequency: {
        label: 'Power Line Frequency', type: 'menu', default: 1, value: 1,
        values: [{ value: 0, label: 'Disabled' }, { value: 1, label: '50 Hz' }, { value: 2, label: '60 Hz' }],
      },
      led_frequency: int('LED Frequency', 0, 2147483647, 0),
      auto_focus_status: int('Auto Focus, Status', 0, 4, 2, { read_only: true }),
      auto_focus_start: { label: 'Auto Focus, Start', type: 'button' },
    }).map(([key, control]) => ({ name: key, read_only: false, inactive: false, volatile: false, grabbed: false, ...control })),
    puts: [],
    underWay: 0,
    mostUnderWay: 0,
    gets: 0,
    hangs: null,
    refusal: '',
    isBusy,
    refused: 0,
  };
  Object.defineProperty(window, 'camera', { value: camera });

  const answer = async (request) => {
    const sets = request?.method === 'PUT';
    camera.underWay += sets;
    camera.mostUnderWay = Math.max(camera.mostUnderWay, camera.underWay);
    camera.gets += !sets;
    await camera.hangs;
    await new Promise((resolve) => { setTimeout(resolve, 150); });
    camera.underWay -= sets;
    if (camera.isBusy) {
      camera.refused++;
      return [503, { status: 503, detail: 'too many ask at once' }];
    }
    if (sets) {
      const values = JSON.parse(request.body);
      camera.puts.push(values);
      if (camera.refusal) return [400, { status: 400, detail: camera.refusal }];
      for (const control of camera.controls) control.value = values[control.name] ?? control.value;
      const automatic = camera.controls.find((control) => control.name === 'white_balance_automatic');
      camera.controls.find((control) => control.name === 'white_balance_temperature').inactive = automatic.value;
    }
    return [200, { controls: camera.controls }];
  };
  const { fetch } = window;
  window.fetch = async (url, request) => {
    if (!String(url).endsWith('/api/streams/camera/controls')) return fetch(url, request);
    const [status, body] = await answer(request);
    return new Response(JSON.stringify(body), { status });
  };

  const { parse } = JSON;
  JSON.parse = (text, ...rest) => {
    const value = parse(text, ...rest);
    if (value?.type === 'state') value.controls = true;
    if (value?.type === 'welcome' && window.isGuest) value.roles = ['watch', 'publish'];
    return value;
  };
}

async function open(t, options) {
  const server = await Server.start(t, ['test', '--set', 'width=640', '--set', 'height=360']);
  const page = await (await theBrowser()).open(t, server.link, { before: [pretend], ...options });
  await playing(page);
  return page;
}

const shown = (page, selector) => page.evaluate((wanted) => window.seen.visible(wanted).length > 0, selector);
const of = (page, func, ...args) => page.evaluate(func, ...args);

/** By the keyboard: the button fades with the picture's own. */
async function openPanel(page) {
  await until('the button', () => of(page, () => !document.getElementById('controls-open').hidden));
  await page.focus('#controls-open');
  await page.keyboard.press('Enter');
  await until('the panel', () => shown(page, '#control-brightness'));
}

/** Moves a slider as a hand does: many values in a short time. */
const drag = (page, id, values) => of(page, async (wanted, all) => {
  const slider = document.getElementById(wanted);
  slider.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }));
  for (const value of all) {
    slider.value = value;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise((resolve) => { setTimeout(resolve, 5); });
  }
  slider.dispatchEvent(new PointerEvent('pointerup', { bubbles: true }));
}, id, values);

const valueOf = (page, key) => of(page, (wanted) => window.camera.controls.find((control) => control.name === wanted).value, key);

suite.test('the panel shows what there is; a slider that is dragged sends little, one at a time, and its last value', async (t) => {
  const page = await open(t);
  await openPanel(page);
  const began = Date.now();
  await drag(page, 'control-brightness', Array.from({ length: 60 }, (_, i) => i));
  const tookMs = Date.now() - began;
  await until('the last value', async () => await valueOf(page, 'brightness') === 59);
  const { puts, mostUnderWay } = await of(page, () => window.camera);
  // Each takes 150 ms.
  expect(puts.length <= tookMs / 150 + 2, `${puts.length} requests for 60 steps in ${tookMs} ms`);
  expectEqual(mostUnderWay, 1, 'settings under way at a time');
  expectEqual(await of(page, () => document.querySelector('label[for=control-brightness] + output').textContent), '59', 'what is shown');
  await playing(page);
  expectEqual(await peerCount(page), 1, 'peer connections');
});

suite.test('an automatic frees what it rules; each and all are reset', async (t) => {
  const page = await open(t);
  await openPanel(page);
  const disabled = (id) => of(page, (wanted) => document.getElementById(wanted).disabled, id);
  expectEqual(await disabled('control-white_balance_temperature'), true, 'ruled by an automatic: disabled');
  await page.click('#control-white_balance_automatic');
  await until('the temperature to be free', async () => !await disabled('control-white_balance_temperature'));
  await drag(page, 'control-white_balance_temperature', [3000]);
  await page.select('#control-power_line_frequency', '2');
  await drag(page, 'control-contrast', [10]);
  await until('all to be set', async () => await valueOf(page, 'contrast') === 10 && await valueOf(page, 'power_line_frequency') === 2);

  await page.click('[aria-label="Reset Contrast"]');
  await until('contrast to be reset', async () => await valueOf(page, 'contrast') === 32);
  expectEqual(await valueOf(page, 'power_line_frequency'), 2, 'another');

  await of(page, () => [...document.querySelectorAll('#controls header button')].find((button) => button.textContent === 'Reset all').click());
  await until('all to be reset', async () => await valueOf(page, 'power_line_frequency') === 1 && await valueOf(page, 'white_balance_automatic'));
  await until('the temperature to be ruled again', () => disabled('control-white_balance_temperature'));
  await page.click('#control-auto_focus_start');
  await until('the button to be pressed', () => of(page, () => window.camera.puts.at(-1).auto_focus_start === true));
});

suite.test('what is refused is said, and what the camera really has is shown', async (t) => {
  const page = await open(t);
  await openPanel(page);
  await of(page, () => { window.camera.refusal = '“brightness” is 20, expected 0 to 10'; });
  await drag(page, 'control-brightness', [20]);
  await until('the words', () => of(page, () =>
    document.querySelector('#controls [role=alert]').textContent === '“brightness” is 20, expected 0 to 10.'));
  await until('the value that is there', () => of(page, () => document.getElementById('control-brightness').value === '0'));
  await of(page, () => { window.camera.refusal = ''; });
  await drag(page, 'control-brightness', [5]);
  await until('the words to go', () => of(page, () => document.querySelector('#controls [role=alert]').hidden));
});

suite.test('a camera that takes its time is not asked again meanwhile', async (t) => {
  const page = await open(t);
  await openPanel(page);
  await of(page, () => {
    window.camera.hangs = new Promise((resolve) => { window.camera.goOn = resolve; });
    window.camera.gets = 0;
  });
  await until('it to be asked', () => of(page, () => window.camera.gets === 1));
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press('Escape');
    await openPanel(page);
  }
  expectEqual(await of(page, () => window.camera.gets), 1, 'questions under way');
  await of(page, () => {
    window.camera.controls[0].value = 7;
    window.camera.hangs = null;
    window.camera.goOn();
  });
  await until('its answer', () => of(page, () => document.getElementById('control-brightness').value === '7'));
  await until('it to be asked again', () => of(page, () => window.camera.gets >= 2));
});

suite.test('a server that is busy at first is asked again', async (t) => {
  const server = await Server.start(t, ['test', '--set', 'width=640', '--set', 'height=360']);
  const page = await (await theBrowser()).open(t, server.link, { before: [pretend, true], mayComplain: /503/ });
  await playing(page);
  await until('it to have been refused', () => of(page, () => window.camera.refused > 0));
  expect(await of(page, () => document.getElementById('controls-open').hidden), 'there is a button for nothing');
  await of(page, () => { window.camera.isBusy = false; });
  await openPanel(page);
});

suite.test('by keyboard: opened, a value changed, closed; the focus comes back', async (t) => {
  const page = await open(t);
  await openPanel(page);
  await page.focus('#control-brightness');
  await page.keyboard.press('ArrowRight');
  await until('the value', async () => await valueOf(page, 'brightness') === 1);
  await page.keyboard.press('Escape');
  await until('the panel to go', async () => !await shown(page, '#controls'));
  expectEqual(await of(page, () => document.activeElement.id), 'controls-open', 'what has the focus');
  expect(await shown(page, '#message'), 'the conversation is not back');
});

suite.test('on a phone the whole picture stays in sight beside the panel; dark and light', async (t) => {
  const page = await open(t);
  for (const [shape, size] of Object.entries({ wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 }, across: { width: 844, height: 390 } })) {
    await page.resize(size);
    if (!await shown(page, '#controls'))
      await openPanel(page);
    await until('the picture to stand beside the panel', () => of(page, () => {
      const picture = document.querySelector('sightline-player').getBoundingClientRect();
      const panel = document.getElementById('controls').getBoundingClientRect();
      return picture.height > 100 && (panel.left >= picture.right - 1 || panel.top >= picture.bottom - 1);
    }));
    for (const scheme of name === 'chromium' ? ['dark', 'light'] : []) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.screenshot({ path: artifact(`controls-${shape}-${scheme}.png`) });
    }
  }
});

suite.test('a guest sees none of it', async (t) => {
  const server = await Server.start(t, ['test', '--set', 'width=640']);
  const page = await (await theBrowser()).open(t, server.link, {
    before: [`window.isGuest = true; (${pretend})()`],
  });
  await playing(page);
  expectEqual(await of(page, () => document.getElementById('controls-open').hidden), true, 'the button is hidden');
  expectEqual(await of(page, () => performance.getEntriesByType('resource').filter(({ name: url }) => url.includes('controls.js')).length), 0,
              'loads of the script');
});

await suite.run();
