// Files by curl, and the example that shares them from a shell.

import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { Child, run } from './lib/child.mjs';
import { findCommand, program, root, temporaryFolder } from './lib/folders.mjs';
import { freeTcpPort } from './lib/ports.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Skip, Suite } from './lib/tap.mjs';

const SCRIPT = path.join(root, 'examples', 'share-file.sh');
const MIB = 1024 * 1024;
const suite = new Suite();

const hashOf = (bytes) => createHash('sha256').update(bytes).digest('hex');

async function serve(t, ...args) {
  for (const command of ['curl', 'socat'])
    if (!findCommand(command))
      throw new Skip(`${command} is not installed`);
  const folder = temporaryFolder(t);
  const server = await Server.start(t, ['test', '--set', 'width=320', '--relay-socket', path.join(folder, 'relay'), ...args],
                                    { folder, listen: `127.0.0.1:${await freeTcpPort()}` });
  return Object.assign(server, { folder, relaySocket: path.join(folder, 'relay') });
}

function makeFile(server, name, bytes) {
  const file = path.join(server.folder, 'files', name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return file;
}

/** Runs the example; gives its status, and what it said on each of the two. */
async function share(server, files, { socket = server.relaySocket, env = {} } = {}) {
  const child = new Child(SCRIPT, [socket, ...files], { env: { ...process.env, URL: server.url.origin, ...env } });
  const { code } = await child.ended();
  return [code, child.stdout.trim(), child.stderr.trim()];
}

/** What the conversation has, as the pages see it. */
async function announced(server) {
  const heard = await run('bash', ['-c', `echo '{"type":"subscribe","id":1,"channel":"chat:camera"}' | socat -t 30 - UNIX-CONNECT:${server.relaySocket}`]);
  return heard.trim().split('\n').map((line) => JSON.parse(line)).filter(({ type }) => type === 'message').map(({ data }) => data.object);
}

const figures = async (server) => (await fetch(server.address('/api/objects'), { headers: { Connection: 'close' } })).json();

suite.test('share-file.sh sends files, announces them, and sends nothing twice', async (t) => {
  const server = await serve(t);
  const large = randomBytes(3 * MIB);
  const names = ['we"ird \\ näme {1}.txt', '--large', 'empty'];
  const contents = [Buffer.from('words\n'), large, Buffer.alloc(0)];
  const files = names.map((name, i) => makeFile(server, name, contents[i]));
  const says = (how, i) => `${files[i]}: ${how}, ${contents[i].length} bytes, announced in chat:camera`;

  expectEqual(await share(server, files), [0, names.map((_, i) => says('sent', i)).join('\n'), ''], 'the first time');
  expectEqual((await announced(server)).map(({ hash, size, name }) => [hash, size, name]),
              names.map((name, i) => [hashOf(contents[i]), contents[i].length, name]), 'the conversation has');
  const before = await figures(server);
  expectEqual(await share(server, [files[1]]), [0, says('there already', 1), ''], 'the second time');
  const after = await figures(server);
  expectEqual([after.received_bytes, after.saved_bytes - before.saved_bytes], [before.received_bytes, large.length], 'received, and saved');

  const copy = path.join(server.folder, 'copy');
  await run('curl', ['-sS', '-o', copy, `${server.url.origin}/objects/${hashOf(large)}?name=x`]);
  expect(readFileSync(copy).equals(large), 'curl gets other bytes');
});

suite.test('share-file.sh says what does not work', async (t) => {
  const server = await serve(t);
  const file = makeFile(server, 'a', 'a');
  expectEqual(await share(server, ['/nowhere']), [1, '', '/nowhere: no file that can be read'], 'no file');
  const [code, , words] = await share(server, [file], { socket: '/nowhere/relay' });
  expect(code === 1 && words.endsWith(`${file}: sent, but not announced: no connection to /nowhere/relay`), `no socket: ${code} ${words}`);
  const none = await share(server, [file], { env: { URL: 'http://127.0.0.1:1' } });
  expect(none[0] === 1 && none[1] === '' && /^.+: curl: \(7\) Failed to connect [^\n]+$/.test(none[2]), `no server: ${none}`);
  const elsewhere = await share(server, [file], { env: { STREAM: 'nowhere' } });
  expectEqual(elsewhere, [1, '', `${file}: there already, but not announced: there is no channel “chat:nowhere”`], 'no such stream');
  const strange = await share(server, [file], { env: { URL: `${server.url.origin}/nowhere` } });
  expectEqual(strange, [1, '', `${file}: Only GET and HEAD are known here.`], 'an address that has no objects');
});

suite.test('curl goes on with a GET that was cut', async (t) => {
  const server = await serve(t);
  const bytes = randomBytes(5 * MIB);
  const link = `${server.url.origin}/objects/${hashOf(bytes)}`;
  await run('curl', ['-sS', '--fail', '-T', makeFile(server, 'a', bytes), link]);
  const half = makeFile(server, 'half', bytes.subarray(0, 2 * MIB + 1));
  await run('curl', ['-sS', '--fail', '-C', '-', '-o', half, link]);
  expect(readFileSync(half).equals(bytes), 'the whole is another');
  expectEqual((await figures(server)).served_bytes, bytes.length - (2 * MIB + 1), 'bytes that were served');
});

suite.test('files in a folder outlive a restart', async (t) => {
  const cache = path.join(temporaryFolder(t), 'cache');
  const server = await serve(t, '--cache-dir', cache);
  const file = makeFile(server, 'a', randomBytes(MIB));
  expectEqual((await share(server, [file]))[0], 0, 'status');
  const second = new Child(program, ['test', '--listen', '127.0.0.1:0', '--cache-dir', cache],
                           { env: { ...process.env, SIGHTLINE_PIPELINES: path.join(root, 'pipelines') } });
  const { code } = await second.ended();
  expectEqual(code, 69, 'exit status of another server with this folder');
  t.note(second.stderr.trim());
  await server.stopAndCheck();
  await server.startAgain();
  const [status, said] = await share(server, [file]);
  expectEqual([status, said], [0, `${file}: there already, ${MIB} bytes, announced in chat:camera`], 'after the restart');
});

await suite.run();
