// Which cameras there are and what they can do; which of their modes is taken, and what becomes of it.

import { artifact } from '../e2e/lib/folders.mjs';
import { playing, rate } from '../e2e/lib/player.mjs';
import { expect, expectEqual, until } from '../e2e/lib/tap.mjs';

/** What the kernel says the camera is set to: "MJPG 640x360 30". */
async function setting(desk, node) {
  const said = await desk.run(`v4l2-ctl -d ${node} --get-fmt-video --get-parm`);
  const [, width, height] = said.match(/Width\/Height\s*: (\d+)\/(\d+)/);
  return `${said.match(/Pixel Format\s*: '(....)'/)[1]} ${width}x${height} ${Number(said.match(/Frames per second: ([\d.]+)/)[1])}`;
}

/** The shape of the ball in the picture, which is round: its width by its height. */
const roundness = (page) => page.evaluate(() => {
  const video = window.seen.video();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const [xs, ys] = [new Set(), new Set()];
  for (let i = 0; i < data.length; i += 4)
    if (data[i] > 128) {
      xs.add(i / 4 % canvas.width);
      ys.add(Math.floor(i / 4 / canvas.width));
    }
  return xs.size / ys.size;
});

/** The picture is `size`, moves, has its shape, and is neither cut nor stretched on the page. */
async function looksRight(t, page, size, name) {
  await playing(page, { timeoutMs: 60000 });
  const measured = await until('frames enough for a rate', () => rate(page, 3), { timeoutMs: 60000 });
  t.note(`${measured.width}x${measured.height}, ${measured.shown.toFixed(1)} frames a second`);
  expectEqual([measured.width, measured.height], size, 'size');
  // Not each time: a frame that was left out under load may smear it.
  await until('the ball to be round', async () => {
    const round = await roundness(page);
    expect(Math.abs(round - 1) < 0.1, `it is ${round.toFixed(2)} times as wide as high`);
    return true;
  });
  expectEqual(await page.evaluate(() => getComputedStyle(window.seen.video()).objectFit), 'contain', 'how the picture fills its place');
  await page.screenshot({ path: artifact(`vm-${name}.png`) });
  return measured;
}

/** Payload bytes and frames that the page's peer connection has got, and its codec. */
const received = (page) => page.evaluate(async () => {
  const stats = [...(await window.seen.stats(window.seen.peers.at(-1))).values()];
  const { bytesReceived, framesReceived, codecId } = stats.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
  return { bytes: bytesReceived, frames: framesReceived, codec: stats.find(({ id }) => id === codecId).mimeType };
});

export default function (suite, desk) {
  suite.test('all of a camera\'s modes are listed, for people and for programs; its metadata node is none', async (t) => {
    const camera = await desk.plugIn(t, ['mjpeg:640x480@30,15', 'yuyv:176x144@30', 'yuyv:640x480@7.5', 'h264:640x360@30']);
    const { code, stdout } = await desk.tryProgram(['--list-devices', '--json']);
    expectEqual(code, 0, 'exit status');
    const [{ name, node, stable_paths: paths, formats }, ...others] = JSON.parse(stdout);
    expectEqual([name, node, others.length], ['Test camera', camera.node, 0], 'name, node, further cameras');
    expect(paths.includes('/dev/v4l/by-id/usb-Sightline_tests_Test_camera_0001-video-index0'), `its stable paths are ${paths}`);
    expectEqual(formats.map(({ format, sizes }) => [format, ...sizes.map(({ width, height, rates }) => `${width}x${height} ${rates}`)]),
                [['MJPEG', '640x480 30,15'], ['YUY2', '640x480 7.5', '176x144 30'], ['H.264', '640x360 30']], 'its modes');
    const table = (await desk.tryProgram(['--list-devices'])).stdout;
    for (const words of [/^\/dev\/video0 +Test camera +\/dev\/v4l\/by-id\//m, /MJPEG\s+640x480 at 30, 15$/m, /H\.264\s+640x360 at 30$/m])
      expect(words.test(table), `the table has nothing like ${words}: ${table}`);
  }, { timeoutMs: 120000 });

  suite.test('part of a name is enough; what fits several is told, with what there is', async (t) => {
    await desk.vivid(t, 'n_devs=2 node_types=0x1,0x1 num_inputs=1,1 input_types=0x0,0x0');
    const camera = await desk.plugIn(t, ['yuyv:176x144@30']);
    const server = await desk.serve(t, ['test cam']);
    await until('the log to name it', () => server.child.stderr.includes(`camera: Test camera (${camera.node})`));
    const { code, stderr } = await desk.tryProgram(['--listen', '127.0.0.1:0', 'vivid']);
    expectEqual(code, 69, `exit status: ${stderr}`);
    for (const node of ['/dev/video0', '/dev/video1'])
      expect(stderr.includes(node), `it says nothing of ${node}: ${stderr}`);
    expect(!stderr.includes(camera.node), `it says: ${stderr}`);
    t.note(stderr.trim().split('\n').at(-1));
  }, { timeoutMs: 120000 });

  suite.test('--strict: what is only near is refused, with what the camera has', async (t) => {
    await desk.plugIn(t, ['mjpeg:640x360@30', 'yuyv:176x144@30']);
    const { code, stderr } = await desk.tryProgram(['--listen', '127.0.0.1:0', '--strict', 'Test camera']);
    expectEqual(code, 69, `exit status: ${stderr}`);
    for (const words of ['1280x720', '640x360', '176x144'])
      expect(stderr.includes(words), `it says nothing of ${words}: ${stderr}`);
    t.note(stderr.trim().split('\n').at(-1));
  }, { timeoutMs: 120000 });

  suite.test('MJPEG where raw does not reach the rate, and nothing above what is wanted, with the default pipeline', async (t) => {
    const camera = await desk.plugIn(t, ['yuyv:1920x1080@5', 'yuyv:320x180@10', 'mjpeg:1920x1080@30', 'mjpeg:320x180@30,15']);
    const { server, page } = await desk.watch(t, []);
    expectEqual(await setting(desk, camera.node), 'MJPG 320x180 30', 'what the camera is set to');
    expect(/camera: Test camera \(\/dev\/video\d\), MJPEG 320x180 at 30\b/.test(server.child.stderr), `it says: ${server.child.stderr}`);
    expect(/^MJPEG 320x180 at 30\b/.test((await server.stream()).mode), `the status: ${JSON.stringify(await server.stream())}`);
    await looksRight(t, page, [320, 180], 'mjpeg');
  }, { timeoutMs: 180000 });

  suite.test('a 4:3 camera keeps its shape, with the default pipeline', async (t) => {
    const camera = await desk.plugIn(t, ['mjpeg:320x240@30', 'yuyv:160x120@30']);
    const { page } = await desk.watch(t, []);
    expectEqual(await setting(desk, camera.node), 'MJPG 320x240 30', 'what the camera is set to');
    await looksRight(t, page, [320, 240], '4x3');
  }, { timeoutMs: 180000 });

  suite.test('a camera of 25 frames a second gives 25, with the default pipeline', async (t) => {
    const camera = await desk.plugIn(t, ['mjpeg:320x180@50,25']);
    const { page } = await desk.watch(t, []);
    expectEqual(await setting(desk, camera.node), 'MJPG 320x180 25', 'what the camera is set to');
    const { sent } = await looksRight(t, page, [320, 180], '25');
    expect(sent < 25.5, `${sent} frames a second are sent`);
  }, { timeoutMs: 180000 });

  suite.test('raw pictures of 176x144, with the default pipeline', async (t) => {
    const camera = await desk.plugIn(t, ['yuyv:176x144@30']);
    const { page } = await desk.watch(t, []);
    expectEqual(await setting(desk, camera.node), 'YUYV 176x144 30', 'what the camera is set to');
    await looksRight(t, page, [176, 144], 'yuyv');
  }, { timeoutMs: 180000 });

  suite.test('an H.264 camera with the default pipeline', async (t) => {
    const camera = await desk.plugIn(t, ['h264:320x180@30']);
    const { page } = await desk.watch(t, []);
    expectEqual(await setting(desk, camera.node), 'H264 320x180 30', 'what the camera is set to');
    await looksRight(t, page, [320, 180], 'h264-decoded');
  }, { timeoutMs: 180000 });

  suite.test('an H.264 camera\'s own stream: what it sends is what viewers get', async (t) => {
    const camera = await desk.plugIn(t, ['h264:1280x720@30', 'mjpeg:1280x720@30']);
    const { page } = await desk.watch(t, ['--pipeline', 'h264-camera']);
    expectEqual(await setting(desk, camera.node), 'H264 1280x720 30', 'what the camera is set to');
    await looksRight(t, page, [1280, 720], 'h264-camera');
    const before = await received(page);
    // Ten keyframes are among so many: one more or less matters little.
    const after = await until('150 frames', async () => {
      const now = await received(page);
      return now.frames - before.frames >= 150 && now;
    }, { timeoutMs: 60000 });
    expectEqual(after.codec, 'video/H264', 'codec');
    const size = (after.bytes - before.bytes) / (after.frames - before.frames);
    const own = desk.meanSize('h264', 1280, 720);
    t.note(`${size.toFixed(0)} bytes a frame, the camera's have ${own.toFixed(0)}`);
    expect(Math.abs(size / own - 1) < 0.1, `${size} bytes a frame come, the camera's have ${own}: they were made anew`);
  }, { timeoutMs: 180000 });
}
