// suite.mjs KERNEL: real V4L2 devices. Sightline runs in a machine that has them, the browser on this side of the wire, in a
// network namespace of its own (see run). The machine is booted once, for the tests of all files.

import { Suite } from '../e2e/lib/tap.mjs';
import { Desk } from './lib/desk.mjs';

/** Each exports a function (suite, desk) that adds its tests. */
const FILES = ['camera', 'modes', 'life', 'controls', 'swaps'];

const suite = new Suite();
const desk = new Desk(suite, process.argv[2]);
for (const name of FILES)
  (await import(`./${name}.mjs`)).default(suite, desk);
await suite.run();
