// What the tests of the suite share: one machine, the cameras that are on it, one browser on this side of the wire.

import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

import { Browser } from '../../e2e/lib/browser.mjs';
import { program, temporaryFolder } from '../../e2e/lib/folders.mjs';
import { playing, rate } from '../../e2e/lib/player.mjs';
import { Server } from '../../e2e/lib/server.mjs';
import { expect, expectEqual, until } from '../../e2e/lib/tap.mjs';
import { GUEST_ADDRESS, Machine } from './machine.mjs';
import { makePictures } from './pictures.mjs';
import { UsbCamera } from './usb-camera.mjs';

/**
 * What an emulated processor must reach, with a picture that is small enough for it: it captures, converts and encodes at
 * a twentieth of a real one's speed, on a machine that runs the browser too.
 */
const ENOUGH = 15;
export const SMALL = ['--set', 'width=320', '--set', 'height=180'];

/** Options of vivid, the kernel's camera that needs no hardware: a webcam of many raw formats; an analogue television. */
export const WEBCAM = 'n_devs=1 node_types=0x1 num_inputs=1 input_types=0x0';
export const TELEVISION = 'n_devs=1 node_types=0x1 num_inputs=1 input_types=0x1'; // PAL until told otherwise

export class Desk {
  #suite;
  #folder = null;
  #kernel;
  #machine = null;
  #browser = null;

  /** `kernel` is a folder that tests/vm/prepare made. Nothing is started before a test wants it. */
  constructor(suite, kernel) {
    this.#suite = suite;
    this.#kernel = kernel;
  }

  /** Booted at the first call. */
  async machine() {
    if (!this.#machine) {
      this.#machine = await Machine.boot(this.#suite.scope, this.#kernel);
      // A device that sleeps is more than this controller can wake.
      await this.run(`busybox modprobe usbcore autosuspend=-1
        busybox modprobe vhci-hcd
        busybox modprobe uvcvideo`);
    }
    return this.#machine;
  }

  /** A USB camera, plugged in; unplugged after the scope. `modes` and `options` as UsbCamera has them. */
  async plugIn(scope, modes, options = {}) {
    const camera = new UsbCamera(await this.machine(), await this.#withPictures(modes), options);
    scope.after(() => camera.unplug());
    await camera.plugIn();
    return camera;
  }

  /** Of the pictures of a USB camera in this mode, in bytes. */
  meanSize(format, width, height) {
    const folder = this.#pictures(format, width, height);
    const sizes = readdirSync(folder).map((name) => statSync(path.join(folder, name)).size);
    return sizes.reduce((sum, size) => sum + size) / sizes.length;
  }

  #pictures(format, width, height) {
    this.#folder ??= temporaryFolder(this.#suite.scope);
    return path.join(this.#folder, `${format}-${width}x${height}`);
  }

  async #withPictures(modes) {
    const complete = [];
    for (const mode of modes) {
      const [, format, width, height] = mode.match(/^(\w+):(\d+)x(\d+)@/);
      const folder = this.#pictures(format, width, height);
      if (!existsSync(folder))
        await makePictures(folder, format, width, height);
      complete.push(`${mode}=${folder}`);
    }
    return complete;
  }

  async run(script) {
    return (await this.machine()).run(script);
  }

  /** Vivid's are the cameras until the scope ends. */
  async vivid(scope, options) {
    scope.after(() => this.run('busybox rmmod vivid'));
    await this.run(`busybox modprobe vivid ${options}; udevadm settle`);
  }

  /** Until the scope ends nobody tells what is plugged in, and makes links. */
  async stopUdev(scope) {
    await this.run('udevadm control --exit; rm -rf /run/udev /dev/v4l');
    scope.after(() => this.run('/lib/systemd/systemd-udevd --daemon; udevadm trigger --action=add --subsystem-match=video4linux; udevadm settle'));
  }

  async serve(scope, args, options = {}) {
    const machine = await this.machine();
    const server = await Server.start(scope, args, { listen: ':8080', prefix: machine.prefix(), ...options });
    expectEqual(server.url.hostname, GUEST_ADDRESS, 'address of the printed link');
    const [, operator] = await server.child.line(/^For whoever runs it: (\S+)$/);
    server.key = new URL(operator).searchParams.get('key'); // for status and objects; pages have the guest link
    return server;
  }

  async open(scope, url, options) {
    this.#browser ??= await Browser.launch(this.#suite.scope, 'chromium');
    return this.#browser.open(scope, url, options);
  }

  /** A server and a page that plays. */
  async watch(scope, args) {
    const server = await this.serve(scope, args);
    const page = await this.open(scope, server.link);
    await playing(page, { timeoutMs: 60000 });
    return { server, page };
  }

  /** The program as somebody types it, to its end: { code, stdout, stderr }; `before` starts it (env NAME=VALUE). */
  async tryProgram(args, { before = [], ...options } = {}) {
    const machine = await this.machine();
    return machine.try([...before, program, ...args], { timeoutMs: 30000, ...options });
  }
}

/** At a rate that a person calls moving, once the machine gives it the time. */
export const moves = (page) => until('the picture to move', async () => {
  const measured = await rate(page, 3);
  expect(measured.shown >= ENOUGH, `${measured.shown.toFixed(1)} frames a second are shown`);
  return measured;
}, { timeoutMs: 60000 });
