// Several machines: network namespaces on one switch, which is the server's. Needs root.

import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { run } from '../e2e/lib/child.mjs';
import { findCommand } from '../e2e/lib/folders.mjs';
import { Suite } from '../e2e/lib/tap.mjs';

const NETWORK = '10.203.0';
export const SERVER_ADDRESS = `${NETWORK}.1`;
export const BROWSER_ADDRESS = `${NETWORK}.2`;
/** What may leave at once, beside its rate. */
const BURST_MS = 4;
const MIN_BURST_BYTES = 4000;

const ip = (...args) => run('ip', args);
/** Where the cables are. */
const middleOf = (serverSide) => serverSide.replace(/s$/, 'c');

/** A machine beside the server's, on a cable of its own: in the middle of it is a bridge, between its two ends. */
class Machine {
  #serverSide;
  #middle;
  #port;
  #ends;

  constructor(serverSide, number) {
    this.#serverSide = serverSide;
    this.#middle = middleOf(serverSide);
    this.#port = `port${number}`;
    this.#ends = { near: `near${number}`, far: `far${number}` };
    this.namespace = serverSide.replace(/s$/, `m${number}`);
    this.address = `${NETWORK}.${number + 2}`;
    /** What starts a program on it. */
    this.prefix = ['ip', 'netns', 'exec', this.namespace];
  }

  async make() {
    const { near, far } = this.#ends;
    const bridge = this.#port;
    await ip('netns', 'add', this.namespace);
    await ip('-n', this.#middle, 'link', 'add', bridge, 'type', 'bridge');
    await ip('-n', this.namespace, 'link', 'add', 'lan', 'type', 'veth', 'peer', 'name', near, 'netns', this.#middle);
    await ip('-n', this.#serverSide, 'link', 'add', this.#port, 'type', 'veth', 'peer', 'name', far, 'netns', this.#middle);
    await ip('-n', this.#serverSide, 'link', 'set', this.#port, 'addrgenmode', 'none', 'master', 'lan', 'up');
    for (const end of [near, far])
      await ip('-n', this.#middle, 'link', 'set', end, 'addrgenmode', 'none', 'master', bridge, 'up');
    await ip('-n', this.#middle, 'link', 'set', bridge, 'addrgenmode', 'none', 'up');
    await up(this.namespace, this.address);
  }

  /**
   * Its cable takes so much, in kbit/s, to and from the switch; what comes faster waits, for at most `queueMs`, in the middle: a
   * sender sees its own queue and leaves room in it, as it could not in a modem's.
   */
  async shape({ up: upKbit, down: downKbit, queueMs }) {
    await this.#makePacketsSingle();
    for (const [end, kbit] of [[this.#ends.far, upKbit], [this.#ends.near, downKbit]]) {
      const burst = Math.max(MIN_BURST_BYTES, Math.round(kbit / 8 * BURST_MS));
      await run('tc', ['-n', this.#middle, 'qdisc', 'replace', 'dev', end, 'root', 'tbf', 'rate', `${kbit}kbit`, 'burst', String(burst),
                       'latency', `${queueMs}ms`]);
    }
  }

  /** Its cable loses so many of a thousand packets, each way. */
  async lose(perMille) {
    await this.#makePacketsSingle();
    for (const end of Object.values(this.#ends))
      await run('ip', ['netns', 'exec', this.#middle, 'nft', `add table netdev lossy-${end}; add chain netdev lossy-${end} in `
        + `{ type filter hook ingress device "${end}" priority 0; }; add rule netdev lossy-${end} in `
        + `meta protocol ip numgen random mod 1000 < ${perMille} drop`]);
  }

  /** As they are on a cable, not several in one: what is lost and what waits is to be of their size. */
  async #makePacketsSingle() {
    for (const [side, device] of [[this.namespace, 'lan'], [this.#serverSide, this.#port]])
      await ip('-n', side, 'link', 'set', device, 'gso_max_segs', '1');
  }

  /** What it has sent on its cable so far, in bytes. */
  async sentBytes() {
    const [link] = JSON.parse(await ip('-n', this.namespace, '-s', '-j', 'link', 'show', 'dev', 'lan'));
    return link.stats64.tx.bytes;
  }
}

async function up(namespace, address) {
  // No IPv6 address that appears late: Chromium gives up what it is loading when its network changes.
  await ip('-n', namespace, 'link', 'set', 'lan', 'addrgenmode', 'none');
  await ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'lan');
  await ip('-n', namespace, 'link', 'set', 'lan', 'up');
  await ip('-n', namespace, 'link', 'set', 'lo', 'up');
}

async function makeNamespaces(serverSide, machines) {
  await ip('netns', 'add', serverSide);
  await ip('netns', 'add', middleOf(serverSide));
  await ip('-n', serverSide, 'link', 'add', 'lan', 'type', 'bridge');
  await up(serverSide, SERVER_ADDRESS);
  for (const machine of machines)
    await machine.make();
}

async function runInside(script, namespace, serverSide) {
  const inside = spawn('ip', ['netns', 'exec', namespace, process.execPath, script, ...process.argv.slice(2)],
                       { stdio: 'inherit', env: { ...process.env, SIGHTLINE_LAN: serverSide } });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => inside.kill(signal));
  return new Promise((resolve) => inside.on('close', (code) => resolve(code ?? 1)));
}

async function outside(script, count, onServer) {
  if (process.getuid() !== 0)
    Suite.skipAll('making network namespaces needs root');
  for (const [command, packageName] of [['ip', 'iproute2'], ['tc', 'iproute2'], ['nft', 'nftables']])
    if (!findCommand(command))
      Suite.skipAll(`${command} is not installed (${packageName})`);
  const serverSide = `sightline-${process.pid}s`;
  const machines = Array.from({ length: count }, (_, i) => new Machine(serverSide, i));
  // However this ends: some of them may never have been made.
  process.on('exit', () => {
    for (const name of [serverSide, middleOf(serverSide), ...machines.map(({ namespace }) => namespace)])
      spawnSync('ip', ['netns', 'delete', name]);
  });
  await makeNamespaces(serverSide, machines).catch((error) => Suite.skipAll(`no network namespaces here: ${error.message}`));
  return runInside(script, onServer ? serverSide : machines[0].namespace, serverSide);
}

/**
 * Runs the script again on the server's machine (`onServer`) or the first of `count` others: there it gives these, and what starts a
 * program on the server's.
 * @param {string} url the script's import.meta.url
 */
export async function enterNet(url, count, { onServer = true } = {}) {
  const serverSide = process.env.SIGHTLINE_LAN;
  if (!serverSide)
    process.exit(await outside(fileURLToPath(url), count, onServer));
  return { serverSide, onServerSide: ['ip', 'netns', 'exec', serverSide],
           machines: Array.from({ length: count }, (_, i) => new Machine(serverSide, i)) };
}

/** Two machines, the script on the one that is not the server's. */
export const enterLan = (url) => enterNet(url, 1, { onServer: false });
