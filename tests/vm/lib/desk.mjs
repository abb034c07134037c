// What the tests of the suite share: one machine, the cameras that are on it, one browser on this side of the wire.

import { Browser } from '../../e2e/lib/browser.mjs';
import { program } from '../../e2e/lib/folders.mjs';
import { playing, rate } from '../../e2e/lib/player.mjs';
import { Server } from '../../e2e/lib/server.mjs';
import { expect, expectEqual, until } from '../../e2e/lib/tap.mjs';
import { GUEST_ADDRESS, Machine } from './machine.mjs';

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
    this.#machine ??= await Machine.boot(this.#suite.scope, this.#kernel);
    return this.#machine;
  }

  async run(script) {
    return (await this.machine()).run(script);
  }

  /** The only camera is vivid's from now on. */
  async vivid(options) {
    await this.run(`
      busybox rmmod vivid 2>/dev/null || true
      busybox modprobe vivid ${options}
      udevadm settle`);
  }

  async serve(scope, args, options = {}) {
    const machine = await this.machine();
    const server = await Server.start(scope, args, { listen: ':8080', prefix: machine.prefix(), ...options });
    expectEqual(server.url.hostname, GUEST_ADDRESS, 'address of the printed link');
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

  /** The program as somebody types it, to its end: { code, stdout, stderr }. */
  async tryProgram(args, options) {
    const machine = await this.machine();
    return machine.try([program, ...args], { timeoutMs: 30000, ...options });
  }
}

/** At a rate that a person calls moving, once the machine gives it the time. */
export const moves = (page) => until('the picture to move', async () => {
  const measured = await rate(page, 3);
  expect(measured.shown >= ENOUGH, `${measured.shown.toFixed(1)} frames a second are shown`);
  return measured;
}, { timeoutMs: 60000 });
