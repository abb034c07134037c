// Two machines: two network namespaces with a cable between them. Needs root.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { run } from '../e2e/lib/child.mjs';
import { findCommand } from '../e2e/lib/folders.mjs';
import { Suite } from '../e2e/lib/tap.mjs';

export const SERVER_ADDRESS = '10.203.0.1';
export const BROWSER_ADDRESS = '10.203.0.2';

async function makeNamespaces(serverSide, browserSide) {
  const ip = (...args) => run('ip', args);
  await ip('netns', 'add', serverSide);
  await ip('netns', 'add', browserSide);
  await ip('-n', serverSide, 'link', 'add', 'lan', 'type', 'veth', 'peer', 'name', 'lan', 'netns', browserSide);
  for (const [side, address] of [[serverSide, SERVER_ADDRESS], [browserSide, BROWSER_ADDRESS]]) {
    // No IPv6 address that appears late: Chromium gives up what it is loading when its network changes.
    await ip('-n', side, 'link', 'set', 'lan', 'addrgenmode', 'none');
    await ip('-n', side, 'address', 'add', `${address}/24`, 'dev', 'lan');
    await ip('-n', side, 'link', 'set', 'lan', 'up');
    await ip('-n', side, 'link', 'set', 'lo', 'up');
  }
}

async function runInside(script, serverSide, browserSide) {
  const inside = spawn('ip', ['netns', 'exec', browserSide, process.execPath, script, ...process.argv.slice(2)],
                       { stdio: 'inherit', env: { ...process.env, SIGHTLINE_LAN: serverSide } });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => inside.kill(signal));
  return new Promise((resolve) => inside.on('close', (code) => resolve(code ?? 1)));
}

async function outside(script) {
  if (process.getuid() !== 0)
    Suite.skipAll('making network namespaces needs root');
  for (const [command, packageName] of [['ip', 'iproute2'], ['nft', 'nftables']])
    if (!findCommand(command))
      Suite.skipAll(`${command} is not installed (${packageName})`);
  const names = ['s', 'b'].map((side) => `sightline-${process.pid}${side}`);
  try {
    await makeNamespaces(...names).catch((error) => Suite.skipAll(`no network namespaces here: ${error.message}`));
    return await runInside(script, ...names);
  } finally {
    for (const name of names)
      await run('ip', ['netns', 'delete', name]).catch(() => {}); // it may never have been made
  }
}

/**
 * Runs the script again inside the browser's namespace: there it gives what starts a program on the server's side.
 * @param {string} url the script's import.meta.url
 */
export async function enterLan(url) {
  const serverSide = process.env.SIGHTLINE_LAN;
  if (!serverSide)
    process.exit(await outside(fileURLToPath(url)));
  return { serverSide, onServerSide: ['ip', 'netns', 'exec', serverSide] };
}
