// Child processes: their output line by line, and an end for each of them whatever happens.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

const MAX_KEPT_CHARS = 200000;
const running = new Set();

export class Child {
  #process;
  #exited;
  #waiting = [];
  #stdoutRest = '';
  stdout = '';
  stderr = '';
  exit = null; // { code, signal } once it has ended

  constructor(command, args, { env = process.env, onLine = null, stdin = 'ignore', cwd } = {}) {
    this.name = command.split('/').pop();
    this.onLine = onLine;
    this.#process = spawn(command, args, { env, cwd, stdio: [stdin, 'pipe', 'pipe'] });
    running.add(this);
    this.#process.stdout.setEncoding('utf8').on('data', (text) => this.#read(text));
    this.#process.stderr.setEncoding('utf8').on('data', (text) => {
      this.stderr = (this.stderr + text).slice(-MAX_KEPT_CHARS);
    });
    this.#exited = new Promise((resolve) => {
      const ended = (code, signal) => {
        running.delete(this);
        this.exit ??= { code, signal };
        for (const { reject } of this.#waiting.splice(0))
          reject(new Error(`${this.name} ended (${signal ?? code}): ${this.stderr.trim().slice(-500)}`));
        resolve(this.exit);
      };
      this.#process.on('close', ended);
      this.#process.on('error', (error) => {
        this.stderr += error.message;
        ended(127, null);
      });
    });
  }

  get pid() {
    return this.#process.pid;
  }

  #read(text) {
    this.stdout = (this.stdout + text).slice(-MAX_KEPT_CHARS);
    const lines = (this.#stdoutRest + text).split('\n');
    this.#stdoutRest = lines.pop();
    for (const line of lines) {
      this.onLine?.(line);
      for (const waiter of [...this.#waiting]) {
        const match = line.match(waiter.pattern);
        if (match) {
          this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
          waiter.resolve(match);
        }
      }
    }
  }

  /** The match of the first line of standard output, there already or to come, with `pattern`. */
  async line(pattern, timeoutMs = 20000) {
    for (const line of this.stdout.split('\n').slice(0, -1)) {
      const match = line.match(pattern);
      if (match)
        return match;
    }
    return this.next(pattern, timeoutMs);
  }

  /** The match of the next line of standard output with `pattern`. */
  async next(pattern, timeoutMs = 20000) {
    if (this.exit)
      throw new Error(`${this.name} ended (${this.exit.signal ?? this.exit.code}): ${this.stderr.trim().slice(-500)}`);
    let timer;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ pattern, resolve, reject });
      timer = setTimeout(() => reject(new Error(`${this.name} printed nothing like ${pattern}: ` +
        `${this.stdout.slice(-500)}${this.stderr.slice(-500)}`)), timeoutMs);
    }).finally(() => clearTimeout(timer));
  }

  write(text) {
    this.#process.stdin.write(text);
  }

  kill(signal) {
    if (!this.exit)
      this.#process.kill(signal);
  }

  ended() {
    return this.#exited;
  }

  /** Asks it to end, and makes it end after `graceMs`. Gives { code, signal }. */
  async stop(signal = 'SIGTERM', graceMs = 5000) {
    if (this.exit)
      return this.exit;
    this.kill('SIGCONT');
    this.kill(signal);
    const timer = setTimeout(() => this.kill('SIGKILL'), graceMs);
    await this.#exited;
    clearTimeout(timer);
    return this.exit;
  }
}

/** Runs a command to its end; gives what it printed, or throws with what it complained of. */
export async function run(command, args, options = {}) {
  const child = new Child(command, args, options);
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 60000);
  const { code, signal } = await child.ended();
  clearTimeout(timer);
  if (code !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${signal ?? code}: ${child.stderr.trim().slice(-1000)}`);
  return child.stdout;
}

export async function endEverything() {
  await Promise.all([...running].map((child) => child.stop('SIGTERM', 3000)));
}

process.on('exit', () => {
  for (const child of running)
    child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  once(process, signal).then(async () => {
    await endEverything();
    process.exit(1);
  });
