// A TAP printer for meson (protocol: 'tap'), with a watchdog for each test.

import { endEverything } from './child.mjs';

export class Skip extends Error {}

/** A failed expectation: its message is the whole story, no stack is printed. */
export class Failure extends Error {}

export function expect(condition, message) {
  if (!condition)
    throw new Failure(message);
}

export function expectEqual(found, expected, what) {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  expect(a === b, `${what}: found ${a}, expected ${b}`);
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Waits until `condition` gives something true and returns that. `what` completes "waited for …".
 * An error that it throws counts as "not yet" and is told if the time runs out.
 */
export async function until(what, condition, { timeoutMs = 15000, everyMs = 50 } = {}) {
  const deadline = Date.now() + timeoutMs;
  let last = '';
  for (;;) {
    try {
      const value = await condition();
      if (value)
        return value;
      last = '';
    } catch (error) {
      if (error instanceof Skip)
        throw error;
      last = ` (${error.message})`;
    }
    if (Date.now() > deadline)
      throw new Failure(`waited ${timeoutMs / 1000} s for ${what}${last}`);
    await sleep(everyMs);
  }
}

function diagnostics(text) {
  for (const line of String(text).trimEnd().split('\n'))
    console.log(`# ${line}`);
}

function withDeadline(promise, ms) {
  let timer;
  const deadline = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Failure(`the test was not done after ${ms / 1000} s`)), ms);
  });
  return Promise.race([promise, deadline]).finally(() => clearTimeout(timer));
}

/** What a test gets: a place for what must be undone after it, and for facts worth printing. */
class Scope {
  #cleanups = [];
  #notes = [];

  after(func) {
    this.#cleanups.push(func);
  }

  note(text) {
    diagnostics(text);
  }

  /** `func` gives text that helps where the test fails: logs, what the page shows. */
  onFailure(func) {
    this.#notes.push(func);
  }

  async tell() {
    for (const func of this.#notes)
      diagnostics(await withDeadline(Promise.resolve().then(func), 5000)
        .catch((error) => `(nothing to tell: ${error.message})`));
  }

  /** Newest first; gives the first error, so that a server that ended badly fails its test. */
  async close() {
    let first = null;
    for (const func of this.#cleanups.reverse())
      await withDeadline(Promise.resolve().then(func), 20000).catch((error) => { first ??= error; });
    return first;
  }
}

export class Suite {
  #tests = [];
  #scope = new Scope();

  /** For what several tests share; undone after the last. */
  get scope() {
    return this.#scope;
  }

  test(name, func, { timeoutMs = 120000 } = {}) {
    this.#tests.push({ name, func, timeoutMs });
  }

  static skipAll(reason) {
    console.log(`1..0 # SKIP ${reason}`);
    process.exit(0);
  }

  async #runOne({ name, func, timeoutMs }, number) {
    const scope = new Scope();
    const began = Date.now();
    let error = null;
    try {
      await withDeadline(func(scope), timeoutMs);
    } catch (thrown) {
      error = thrown;
      if (!(error instanceof Skip)) {
        await scope.tell();
        await this.#scope.tell();
      }
    }
    const closing = await scope.close(); // whatever went wrong before
    error ??= closing;
    if (error instanceof Skip) {
      console.log(`ok ${number} ${name} # SKIP ${error.message}`);
      return true;
    }
    if (error)
      diagnostics(error instanceof Failure ? error.message : error.stack);
    diagnostics(`${((Date.now() - began) / 1000).toFixed(1)} s`);
    console.log(`${error ? 'not ok' : 'ok'} ${number} ${name}`);
    return !error;
  }

  /** ONLY=text on the environment runs the tests whose names have it. */
  async run() {
    const only = process.env.ONLY;
    const tests = this.#tests.filter(({ name }) => !only || name.includes(only));
    let good = true;
    console.log('TAP version 13');
    console.log(`1..${tests.length}`);
    for (const [index, test] of tests.entries())
      good = await this.#runOne(test, index + 1) && good;
    const error = await this.#scope.close();
    if (error)
      diagnostics(error.message);
    await endEverything();
    process.exit(good && !error ? 0 : 1);
  }
}
