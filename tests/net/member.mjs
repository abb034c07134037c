// Somebody on one of the machines, in a process of his own (member-child.mjs), who is told what to do.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child } from '../e2e/lib/child.mjs';
import { quantile } from '../e2e/lib/figures.mjs';
import { sleep } from '../e2e/lib/tap.mjs';

const SETTLE_MS = 1000;
const child = path.join(path.dirname(fileURLToPath(import.meta.url)), 'member-child.mjs');

export class Member {
  #child;
  #number = 0;

  /** `prefix` is what starts a program on his machine. */
  static async start(scope, prefix = []) {
    const [command, ...args] = [...prefix, process.execPath, child];
    const self = new Member();
    self.#child = new Child(command, args, { stdin: 'pipe' });
    scope.onFailure(() => `member: ${self.#child.stderr.slice(-1000)}`);
    scope.after(() => self.end());
    await self.#child.line(/^ready$/);
    return self;
  }

  /** Has him do what member-child.mjs calls `name`; gives what it gives. */
  async ask(name, request = {}, { timeoutMs = 60000 } = {}) {
    const number = ++this.#number;
    this.#child.write(`${JSON.stringify({ ...request, number, name })}\n`);
    const [, text] = await this.#child.next(new RegExp(`^${number} (.*)$`), timeoutMs);
    const { error, result } = JSON.parse(text);
    if (error)
      throw new Error(`${name}: ${error}`);
    return result;
  }

  end() {
    return this.#child.stop('SIGKILL');
  }
}

const figures = (values) => values.length > 0 && ({ count: values.length, median: quantile(values, 0.5), p99: quantile(values, 0.99), max: Math.max(...values) });

/**
 * `near` and `far` talk for so long: how long their messages took, out from `near` and in to it, how many of them more than `lateMs`,
 * and how far `near`'s frames were apart; with files that he, or `mover`, puts ({ bytes, seed }) or gets ({ hash }) all the while,
 * how fast that was, and how many bytes of what he put were under way.
 */
export async function talk(near, far, seconds, { put = null, get = null, mover = near, lateMs = Infinity } = {}) {
  const timeout = { timeoutMs: (seconds + 60) * 1000 };
  if (put)
    await mover.ask('beginPutting', put, timeout);
  if (get)
    await mover.ask('beginGetting', get, timeout);
  await sleep(SETTLE_MS); // what was held up while a file was made
  await Promise.all([near, far].map((one) => one.ask('listen')));
  await Promise.all([near, far].map((one) => one.ask('talk', { seconds }, timeout)));
  const [here, there] = await Promise.all([near, far].map((one) => one.ask('heard')));
  const { mbits } = put || get ? await mover.ask('endFlow') : { mbits: 0 };
  const delays = (values) => ({ ...figures(values), late: values.filter((ms) => ms > lateMs).length });
  return { mbits, out: delays(there.delays), in: delays(here.delays), frames: figures(here.frames.slice(1).map((ms, i) => ms - here.frames[i])),
           underWay: figures(here.underWay) };
}
