// Viewers of a server in processes of their own, and what they receive: a figure of a server whose viewers starve is worth nothing.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child } from '../../e2e/lib/child.mjs';

const VIEWERS_A_PROCESS = 5;
const child = path.join(path.dirname(fileURLToPath(import.meta.url)), 'viewers-child.mjs');

export class Viewers {
  #scope;
  #kind;
  #url;
  #children = [];
  count = 0;

  /** `kind` is "sightline" or "janus". */
  constructor(scope, kind, url) {
    this.#scope = scope;
    this.#kind = kind;
    this.#url = url;
  }

  /** Joins as many as are missing; gives up where one does not play within a minute. */
  async grow(count) {
    while (this.count < count) {
      const more = Math.min(VIEWERS_A_PROCESS, count - this.count);
      const added = new Child(process.execPath, [child, this.#kind, this.#url, String(more)], { stdin: 'pipe' });
      this.#scope.after(() => added.stop('SIGKILL'));
      await added.line(/^playing$/, 60000);
      this.#children.push(added);
      this.count += more;
    }
  }

  /** What each has received since it joined. */
  async received() {
    const lists = await Promise.all(this.#children.map(async (one) => {
      one.stdout = '';
      one.write('count\n');
      return JSON.parse((await one.line(/^received (.*)$/))[1]);
    }));
    return lists.flat();
  }

  async end() {
    await Promise.all(this.#children.splice(0).map((one) => one.stop('SIGKILL')));
    this.count = 0;
  }
}
