// A real V4L2 device: Sightline runs in a machine that has one, the browser on this side of the wire.
// camera.mjs KERNEL, in a network namespace of its own (see run).

import { Browser } from '../e2e/lib/browser.mjs';
import { artifact, program } from '../e2e/lib/folders.mjs';
import { playing, rate, says } from '../e2e/lib/player.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { expect, expectEqual, Suite, until } from '../e2e/lib/tap.mjs';
import { GUEST_ADDRESS, Machine } from './lib/machine.mjs';

/**
 * What an emulated processor must reach, with a picture that is small enough for it: it captures, converts and encodes at
 * a twentieth of a real one's speed, on a machine that runs the browser too.
 */
const ENOUGH = 15;
const SMALL = ['--set', 'width=320', '--set', 'height=180'];

const kernel = process.argv[2];
const suite = new Suite();
let machine;
let browser;

const WEBCAM = 'n_devs=1 node_types=0x1 num_inputs=1 input_types=0x0';
const TELEVISION = 'n_devs=1 node_types=0x1 num_inputs=1 input_types=0x1'; // PAL until told otherwise

/** Boots at the first call; then only changes the camera. */
async function plugIn(options) {
  machine ??= await Machine.boot(suite.scope, kernel);
  // Nobody but udev would give the node to its group.
  await machine.run(`
    busybox rmmod vivid 2>/dev/null || true
    busybox modprobe vivid ${options}
    while [ ! -e /dev/video0 ]; do busybox usleep 20000; done
    chgrp video /dev/video0
    chmod 660 /dev/video0`);
}

async function watch(t, args) {
  const server = await Server.start(t, args, { listen: ':8080', prefix: machine.prefix() });
  expectEqual(server.url.hostname, GUEST_ADDRESS, 'address of the printed link');
  browser ??= await Browser.launch(suite.scope, 'chromium');
  const page = await browser.open(t, server.link);
  await playing(page);
  return { server, page };
}

/** At a rate that a person calls moving, once the machine gives it the time. */
const moves = (page) => until('the picture to move', async () => {
  const measured = await rate(page, 3);
  expect(measured.shown >= ENOUGH, `${measured.shown.toFixed(1)} frames a second are shown`);
  return measured;
}, { timeoutMs: 60000 });

/** How many descriptors of the camera there are in the machine. */
const holders = async () => Number(await machine.run('find /proc/[0-9]*/fd -lname /dev/video0 2>/dev/null | wc -l || true'));

const tryProgram = (args, options) =>
  machine.try([program, '--listen', '127.0.0.1:0', ...args], { ...options, timeoutMs: 20000 });

suite.test('the devices are listed', async () => {
  await plugIn(WEBCAM);
  const { code, stdout } = await machine.try([program, '--list-devices']);
  expectEqual(code, 0, 'exit status');
  expect(/\/dev\/video0 +vivid/.test(stdout), `the list has no vivid: ${stdout}`);
  expect(/YUY2 3840x2160/.test(stdout), `the list has no YUY2: ${stdout}`);
}, { timeoutMs: 120000 });

suite.test('a camera that is named plays in a browser on another machine; who else wants it is told that it is in use', async (t) => {
  await plugIn(WEBCAM);
  const { page } = await watch(t, [...SMALL, '/dev/video0']);
  await says(page, /\bLive\b/);
  const measured = await moves(page);
  t.note(`${measured.width}x${measured.height}, ${measured.shown.toFixed(1)} frames a second`);
  expectEqual([measured.width, measured.height], [320, 180], 'size');
  await page.screenshot({ path: artifact('vm-camera.png') });

  for (const device of [['/dev/video0'], []]) {
    const { code, stdout, stderr } = await tryProgram(device);
    expectEqual([code, stdout], [69, ''], `exit status and standard output, with ${device.length} device named: ${stderr}`);
    expect(/\/dev\/video0 is in use by another program, sightline \(process \d+\)/.test(stderr), `it says: ${stderr}`);
  }
  await moves(page);
}, { timeoutMs: 180000 });

suite.test('a camera that nobody watches is let go, and taken again', async (t) => {
  await plugIn(WEBCAM);
  const { server, page } = await watch(t, [...SMALL, '/dev/video0']);
  expect(await holders() > 0, 'nobody has the camera, though it is watched');
  await page.close();
  await until('the camera to be let go', async () => await holders() === 0, { timeoutMs: 60000, everyMs: 500 });
  await playing(await browser.open(t, server.link));
}, { timeoutMs: 240000 });

suite.test('without permission: the group is named, with what to do, and the end is 69', async () => {
  await plugIn(WEBCAM);
  for (const device of [['/dev/video0'], []]) {
    const { code, stdout, stderr } = await tryProgram(device, { user: true });
    expectEqual([code, stdout], [69, ''], `exit status and standard output, with ${device.length} device named: ${stderr}`);
    expect(/no permission to open \/dev\/video0: it belongs to the group video; `sudo usermod -aG video \$USER`/.test(stderr),
           `it says: ${stderr}`);
  }
}, { timeoutMs: 60000 });

suite.test('not there: what is there is said, and the end is 69', async () => {
  await plugIn(WEBCAM);
  const { code, stderr } = await tryProgram(['/dev/video7']);
  expectEqual(code, 69, 'exit status');
  expect(/\/dev\/video7 is not there; there are \/dev\/video0\b/.test(stderr), `it says: ${stderr}`);
});

suite.test('without a name it is the first camera, never at 4K; its 4:3 picture keeps its shape', async (t) => {
  await plugIn(WEBCAM);
  // Above 640x480 this camera has less than half of the rate that is wanted.
  const { server, page } = await watch(t, []);
  expect(/camera: vivid \(\/dev\/video0\)/.test(server.child.stderr), `it says: ${server.child.stderr}`);
  const { width, height, shown, sent } = await rate(page, 4);
  t.note(`${width}x${height}, ${shown.toFixed(1)} frames a second`);
  expectEqual([width, height], [640, 480], 'size');
  expect(sent < 25.5, `${sent} frames a second are sent, the camera has 25`);
  await page.screenshot({ path: artifact('vm-default.png') });
}, { timeoutMs: 120000 });

suite.test('television (PAL, whose pixels are not square) keeps its shape, and gets no frames that it has not', async (t) => {
  await plugIn(TELEVISION);
  const { page } = await watch(t, ['--set', 'height=200', '/dev/video0']);
  const { width, height, shown, sent } = await moves(page);
  t.note(`${width}x${height}, ${shown.toFixed(1)} frames a second`);
  const shape = 720 * 59 / (576 * 54); // of the picture: its pixels are not square
  expect(Math.abs(width / height - shape) < 0.03, `${width}x${height} is not the shape of PAL, ${shape.toFixed(3)}`);
  expect(sent < 25.5, `${sent} frames a second are sent, the camera has 25`);
  await page.screenshot({ path: artifact('vm-pal.png') });
}, { timeoutMs: 120000 });

await suite.run();
