// The program under test, on a port of its own, with state of its own.

import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';

import { Child } from './child.mjs';
import { program, root, temporaryFolder } from './folders.mjs';
import { Failure, Skip, until } from './tap.mjs';

/** GLib's and GStreamer's own complaints: each is a bug of ours, unless listed as harmless. */
const COMPLAINT = /^.*(?:-CRITICAL|-WARNING|-ERROR) \*\*:.*$|^.*(?:AddressSanitizer|runtime error:).*$/m;

export class Server {
  #command;
  #env;
  stopped = false;

  /**
   * `args` as on the command line (without --listen); `prefix` is a command that it is started with (ip netns exec …),
   * `env` is added to its environment, `executable` is another build.
   */
  static async start(scope, args,
                     { listen = '127.0.0.1:0', prefix = [], folder = null, env = {}, executable = program } = {}) {
    if (!existsSync(executable))
      throw new Skip(`${executable} is not built`);
    const self = new Server();
    self.#command = [...prefix, executable];
    self.folder = folder ?? temporaryFolder(scope);
    self.args = args;
    self.#env = { ...process.env, ...env };
    for (const [name, sub] of [['HOME', 'home'], ['XDG_CONFIG_HOME', 'config'], ['XDG_DATA_HOME', 'data'],
                               ['XDG_STATE_HOME', 'state'], ['XDG_CACHE_HOME', 'cache']]) {
      self.#env[name] = path.join(self.folder, sub);
      mkdirSync(self.#env[name], { recursive: true });
    }
    self.#env.SIGHTLINE_PIPELINES ??= path.join(root, 'pipelines');
    self.#env.G_DEBUG ??= 'fatal-criticals,gc-friendly';
    scope.onFailure(() => `server: ${[...self.#command, ...args].join(' ')}\n${self.child.stdout}${self.child.stderr.slice(-4000)}`);
    scope.after(() => self.stopAndCheck());
    await self.launch(listen);
    return self;
  }

  async launch(listen) {
    const [command, ...before] = this.#command;
    this.stopped = false;
    this.child = new Child(command, [...before, '--listen', listen, ...this.args], { env: this.#env });
    const [, link] = await this.child.line(/^Watch at (https?:\S+)$/, 30000);
    if (!this.child.stdout.startsWith('Watch at '))
      throw new Failure(`the first line is not the link: ${this.child.stdout.split('\n')[0]}`);
    this.link = link;
    this.url = new URL(link);
    this.port = Number(this.url.port || (this.url.protocol === 'https:' ? 443 : 80));
    this.key = this.url.searchParams.get('key');
  }

  get pid() {
    return this.child.pid;
  }

  address(route, scheme = null) {
    const url = new URL(route, this.url);
    if (scheme)
      url.protocol = scheme;
    if (this.key && !url.searchParams.has('key'))
      url.searchParams.set('key', this.key);
    return url.href;
  }

  webSocket(route) {
    return this.address(route, this.url.protocol === 'https:' ? 'wss' : 'ws');
  }

  async status() {
    // Without keep-alive: what is counted from /proc is not to include our own connections.
    const response = await fetch(this.address('/api/status'), { headers: { Connection: 'close' } });
    if (!response.ok)
      throw new Error(`/api/status answers ${response.status}`);
    return response.json();
  }

  /** Its live objects by type; `gstreamer` where GST_TRACERS=leaks is in its environment. */
  async objects() {
    const response = await fetch(this.address('/api/debug/objects'), { headers: { Connection: 'close' } });
    if (!response.ok)
      throw new Error(`/api/debug/objects answers ${response.status}`);
    return response.json();
  }

  /** Changes the stream's `pipeline`, `variables`, `controls`: gives the status and what is answered. */
  async put(resource, body) {
    const response = await fetch(this.address(`/api/streams/camera/${resource}`), {
      method: 'PUT', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', Connection: 'close' },
    });
    return { status: response.status, ...await response.json() };
  }

  async stream(name = 'camera') {
    const { streams } = await this.status();
    return streams.find((stream) => stream.name === name);
  }

  viewers(count, options) {
    return until(`the status to show ${count} viewers`,
                 async () => (await this.stream()).viewers === count, options);
  }

  state(wanted, options) {
    return until(`the status to say ${wanted}`,
                 async () => (await this.stream()).state === wanted, options);
  }

  /** Ends it; gives { code, signal, ms }. */
  async stop(signal = 'SIGTERM') {
    const began = Date.now();
    const exit = await this.child.stop(signal, 15000);
    this.stopped = true;
    return { ...exit, ms: Date.now() - began };
  }

  /** The same program on the same port with the same state. */
  async startAgain() {
    await this.launch(`${this.url.hostname}:${this.port}`);
  }

  async stopAndCheck() {
    const { code, signal } = this.stopped ? this.child.exit : await this.stop();
    if (code !== 0)
      throw new Failure(`the server ended with ${signal ?? code}: ${this.child.stderr.trim().slice(-1500)}`);
    const complaint = this.child.stderr.match(COMPLAINT);
    if (complaint)
      throw new Failure(`the server complained: ${complaint[0]}`);
  }
}
