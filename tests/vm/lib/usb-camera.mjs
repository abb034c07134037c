// A webcam at the machine's virtual USB: a program (usb-camera/) to the kernel's uvcvideo, and a device like any other to Sightline.

import path from 'node:path';

import { Child } from '../../e2e/lib/child.mjs';
import { buildRoot } from '../../e2e/lib/folders.mjs';

const program = path.join(buildRoot, 'tests', 'vm', 'usb-camera', 'usb-camera');

export class UsbCamera {
  #machine;
  #modes;
  #options;
  #child = null;
  #pid = 0;
  /** Its node since it was plugged in last. */
  node = '';

  /** `modes` and `options` (name, serial, product, port) are those of the program. */
  constructor(machine, modes, options) {
    this.#machine = machine;
    this.#modes = modes;
    this.#options = { name: 'Test camera', serial: '0001', ...options };
  }

  /**
   * Done when its node is there, with links and group where udev makes them; gives when it was plugged in (Date.now()).
   * `options` differ from now on.
   */
  async plugIn(options = {}) {
    Object.assign(this.#options, options);
    const args = Object.entries(this.#options).map(([name, value]) => `--${name}=${value}`);
    const [first, ...rest] = this.#machine.prefix();
    this.#child = new Child(first, [...rest, program, ...args, ...this.#modes]);
    [, this.#pid] = await this.#child.line(/^plugged in, process (\d+)$/);
    const pluggedIn = Date.now();
    this.node = (await this.#machine.run(`
      while :; do
        for node in /sys/class/video4linux/video*; do
          if [ "$(cat $node/index $node/device/../serial 2>/dev/null | tr '\\n' ' ')" = '0 ${this.#options.serial} ' ]; then
            [ ! -e /run/udev/control ] || udevadm settle
            echo /dev/\${node##*/}
            exit
          fi
        done
        busybox usleep 50000
      done`)).trim();
    return pluggedIn;
  }

  async unplug() {
    await this.#child.stop();
  }

  /** It sends no more pictures, and no error. */
  freeze() {
    return this.#machine.run(`kill -USR1 ${this.#pid}`);
  }

  /** It sends every third. */
  slowDown() {
    return this.#machine.run(`kill -USR2 ${this.#pid}`);
  }

  goOn() {
    return this.#machine.run(`kill -HUP ${this.#pid}`);
  }
}
