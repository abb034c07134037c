// One camera, as it is: named or not, busy, not there, without permission.

import { artifact } from '../e2e/lib/folders.mjs';
import { playing, rate, says } from '../e2e/lib/player.mjs';
import { expect, expectEqual, until } from '../e2e/lib/tap.mjs';
import { moves, SMALL, TELEVISION, WEBCAM } from './lib/desk.mjs';

/** How many descriptors of the camera there are in the machine. */
const holders = async (desk) => Number(await desk.run('find /proc/[0-9]*/fd -lname /dev/video0 2>/dev/null | wc -l || true'));

export default function (suite, desk) {
  const tryCamera = (args, options) => desk.tryProgram(['--listen', '127.0.0.1:0', ...args], options);

  suite.test('the devices are listed', async (t) => {
    await desk.vivid(t, WEBCAM);
    const { code, stdout } = await desk.tryProgram(['--list-devices']);
    expectEqual(code, 0, 'exit status');
    expect(/\/dev\/video0 +vivid/.test(stdout), `the list has no vivid: ${stdout}`);
    expect(/YUY2[^]*3840x2160/.test(stdout), `the list has no YUY2: ${stdout}`);
  }, { timeoutMs: 240000 }); // the first one boots the machine

  suite.test('a camera that is named plays in a browser on another machine; who else wants it is told that it is in use', async (t) => {
    await desk.vivid(t, WEBCAM);
    const { page } = await desk.watch(t, [...SMALL, '/dev/video0']);
    await says(page, /\bLive\b/);
    const measured = await moves(page);
    t.note(`${measured.width}x${measured.height}, ${measured.shown.toFixed(1)} frames a second`);
    expectEqual([measured.width, measured.height], [320, 180], 'size');
    await page.screenshot({ path: artifact('vm-camera.png') });

    for (const device of [['/dev/video0'], []]) {
      const { code, stdout, stderr } = await tryCamera(device);
      expectEqual([code, stdout], [69, ''], `exit status and standard output, with ${device.length} device named: ${stderr}`);
      expect(/\/dev\/video0 is in use by another program, sightline \(process \d+\)/.test(stderr), `it says: ${stderr}`);
    }
    await moves(page);
  }, { timeoutMs: 180000 });

  suite.test('a camera that nobody watches is let go, and taken again', async (t) => {
    await desk.vivid(t, WEBCAM);
    const { server, page } = await desk.watch(t, [...SMALL, '/dev/video0']);
    expect(await holders(desk) > 0, 'nobody has the camera, though it is watched');
    await page.close();
    await until('the camera to be let go', async () => await holders(desk) === 0, { timeoutMs: 60000, everyMs: 500 });
    await playing(await desk.open(t, server.link));
  }, { timeoutMs: 240000 });

  suite.test('without permission: the group is named, with what to do, and the end is 69', async (t) => {
    await desk.vivid(t, WEBCAM);
    const isTold = async (words, device, options) => {
      const { code, stdout, stderr } = await tryCamera(device, { user: true, ...options });
      expectEqual([code, stdout], [69, ''], `exit status and standard output, with ${device.length} device named: ${stderr}`);
      expect(stderr.includes(`no permission to open /dev/video0: it belongs to the group video${words}`), `it says: ${stderr}`);
    };
    for (const device of [['/dev/video0'], []])
      await isTold('; `sudo usermod -aG video $USER`', device);
    await isTold(', and this is a container; `docker run --device /dev/video0 --group-add video …`', ['/dev/video0'],
               { before: ['env', 'container=docker'] });
  }, { timeoutMs: 180000 });

  suite.test('not there: what is there is said, and the end is 69', async (t) => {
    await desk.vivid(t, WEBCAM);
    const { code, stderr } = await tryCamera(['/dev/video7']);
    expectEqual(code, 69, 'exit status');
    expect(/\/dev\/video7 is not there; there are \/dev\/video0\b/.test(stderr), `it says: ${stderr}`);
  });

  suite.test('without a name it is the first camera, never at 4K; its 4:3 picture keeps its shape', async (t) => {
    await desk.vivid(t, WEBCAM);
    // Above 640x480 this camera has less than half of the rate that is wanted.
    const { server, page } = await desk.watch(t, []);
    expect(/camera: vivid \(\/dev\/video0\)/.test(server.child.stderr), `it says: ${server.child.stderr}`);
    const { width, height, shown, sent } = await until('frames enough for a rate', () => rate(page, 4), { timeoutMs: 60000 });
    t.note(`${width}x${height}, ${shown.toFixed(1)} frames a second`);
    expectEqual([width, height], [640, 480], 'size');
    expect(sent < 25.5, `${sent} frames a second are sent, the camera has 25`);
    await page.screenshot({ path: artifact('vm-default.png') });
  }, { timeoutMs: 120000 });

  suite.test('television (PAL, whose pixels are not square) keeps its shape, and gets no frames that it has not', async (t) => {
    await desk.vivid(t, TELEVISION);
    const { page } = await desk.watch(t, ['--set', 'height=200', '/dev/video0']);
    const { width, height, shown, sent } = await moves(page);
    t.note(`${width}x${height}, ${shown.toFixed(1)} frames a second`);
    const shape = 720 * 59 / (576 * 54); // of the picture: its pixels are not square
    expect(Math.abs(width / height - shape) < 0.03, `${width}x${height} is not the shape of PAL, ${shape.toFixed(3)}`);
    expect(sent < 25.5, `${sent} frames a second are sent, the camera has 25`);
    await page.screenshot({ path: artifact('vm-pal.png') });
  }, { timeoutMs: 120000 });
}
