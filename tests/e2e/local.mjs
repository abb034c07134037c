// Programs of this machine on the Unix socket of docs/relay.md: shells, and what browsers have of them.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import { Browser } from './lib/browser.mjs';
import { Child, run } from './lib/child.mjs';
import { findCommand, program, root, temporaryFolder } from './lib/folders.mjs';
import { settled } from './lib/leftovers.mjs';
import { reads, write } from './lib/player.mjs';
import { RelayClient } from './lib/relay-client.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Skip, Suite, until } from './lib/tap.mjs';

const USUAL = '/run/sightline/relay';
const CHANNEL = 'chat:camera';
const suite = new Suite();

function needSocat() {
  if (!findCommand('socat'))
    throw new Skip('socat is not installed');
}

/** A server with a Unix socket, which is at `relaySocket`. */
async function serve(t, { args = [], config = '', env } = {}) {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'sightline.conf');
  writeFileSync(file, config);
  const server = await Server.start(t, ['test', '--set', 'width=320', '--config', file, '--relay-socket', path.join(folder, 'relay'), ...args],
                                    { folder, env });
  server.relaySocket = path.join(folder, 'relay');
  return server;
}

/** A program of this machine: a client, and its socket. */
async function connect(t, server, options) {
  const socket = net.connect({ path: server.relaySocket, allowHalfOpen: true });
  const self = { socket, ended: false, client: new RelayClient((text) => socket.write(`${text}\n`), options) };
  let rest = '';
  t.after(() => socket.destroy());
  socket.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    lines.forEach((line) => self.client.take(JSON.parse(line)));
  });
  socket.on('error', () => {}).on('end', () => { self.ended = true; }).on('close', () => { self.ended = true; });
  return self;
}

/** What a shell does in the socket's folder, and what it prints. */
const shell = (server, command) => run('bash', ['-euo', 'pipefail', '-c', `cd "$1"; ${command.replaceAll(USUAL, server.relaySocket)}`,
                                                'bash', path.dirname(server.relaySocket)]);
const parsed = (printed) => printed.trim().split('\n').map((line) => JSON.parse(line));

suite.test('a shell script, Chromium and Firefox in one channel', async (t) => {
  needSocat();
  const server = await serve(t);
  const pages = [];
  for (const name of ['chromium', 'firefox'])
    pages.push(await (await Browser.launch(t, name)).open(t, server.link));
  const said = ['from chromium', 'from firefox', 'from a shell'];
  for (const [i, page] of pages.entries()) {
    await write(page, said[i]);
    await reads(page, [said[i]]); // it is there when its page has it back
  }
  const answer = parsed(await shell(server, `printf '%s' '{"type":"publish","id":1,"channel":"${CHANNEL}","data":{"text":"from a shell"}}' |
    socat -t 30 - UNIX-CONNECT:${USUAL}`)).at(-1);
  expectEqual([answer.type, answer.offset], ['published', 3], 'the shell is answered');
  for (const page of pages)
    await until('all to be read', async () => { await Promise.all(said.map((text) => reads(page, [text]))); return true; });
  const heard = parsed(await shell(server, `echo '{"type":"subscribe","id":1,"channel":"${CHANNEL}"}' | socat -t 30 - UNIX-CONNECT:${USUAL}`));
  const messages = heard.filter(({ type }) => type === 'message');
  expectEqual(messages.map(({ offset }) => offset), [1, 2, 3], 'offsets that a shell hears');
  expectEqual(messages.map(({ data }) => data.text).sort(), [...said].sort(), 'what a shell hears');
}, { timeoutMs: 240000 });

suite.test('the commands of docs/relay.md print what the comments behind them say', async (t) => {
  needSocat();
  const server = await serve(t);
  const text = readFileSync(path.join(root, 'docs/relay.md'), 'utf8');
  const commands = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block).join('\n');
  const file = 'what is in it';
  writeFileSync(path.join(path.dirname(server.relaySocket), 'FILE'), file);
  const printed = await shell(server, commands.replaceAll('http://127.0.0.1:8080', server.url.origin));
  const kept = await fetch(server.address(`/objects/${createHash('sha256').update(file).digest('hex')}`));
  expectEqual(await kept.text(), file, 'what was put with curl');
  const wanted = [...commands.matchAll(/^# (?:… )?(.*)$/gm)].map(([, line]) => line);
  expect(wanted.length > 1, 'no examples');
  let from = 0;
  for (const line of wanted) {
    const place = printed.indexOf(line, from);
    expect(place >= 0, `${JSON.stringify(line)} does not come in: ${printed.slice(from)}`);
    from = place + line.length;
  }
});

suite.test('examples/telemetry.sh publishes load and temperature, prints commands, and ends with the server', async (t) => {
  needSocat();
  const server = await serve(t, { config: '[namespace control]\nholder-silence-ms=10000\n' });
  const example = new Child(path.join(root, 'examples/telemetry.sh'), [server.relaySocket]);
  t.after(() => example.stop('SIGKILL'));
  t.onFailure(() => `telemetry.sh: ${example.stdout}${example.stderr}`);
  const { client } = await connect(t, server);
  await client.request({ type: 'subscribe', channel: 'telemetry:camera' });
  const { data } = await until('telemetry', () => client.messages[0]);
  expect(typeof data.load === 'number' && data.load >= 0, `the load is ${data.load}`);
  expect('celsius' in data, 'no temperature');
  await until('more of it', () => client.messages.length > 2);
  expectEqual((await client.request({ type: 'take', channel: 'control:camera' })).type, 'taken', 'taking');
  expectEqual((await client.request({ type: 'publish', channel: 'control:camera', data: { lamp: 'on', say: 'a "data":' } })).type, 'published', 'a command');
  await example.line(/^\{"lamp":"on","say":"a \\"data\\":"\}$/);
  await server.stop();
  await until('the script to end', () => example.exit);
});

suite.test('a flood of broken programs takes nothing from those who behave, and leaves nothing', async (t) => {
  const rounds = 5;
  const server = await serve(t, { config: `[limits]\nmax-local-clients=8\n[namespace chat]\nhistory-messages=${rounds}\n` });
  const filler = await connect(t, server); // what is kept counts, too
  for (let i = 0; i < rounds; i++)
    await filler.client.request({ type: 'publish', channel: CHANNEL, data: i });
  filler.socket.destroy();
  const before = await settled(server);
  const well = await connect(t, server);
  await well.client.request({ type: 'subscribe', channel: CHANNEL });
  const kinds = [
    (socket) => socket.write('x'.repeat(1024 * 1024)),
    (socket) => socket.write('{"type":"ack","received":0}\n'.repeat(20000)),
    (socket) => socket.write('not JSON\n'.repeat(1000)),
    (socket) => { socket.write('{"type":"publish"'); socket.destroy(); },
    (socket) => { socket.write(`{"type":"subscribe","id":1,"channel":"${CHANNEL}"}\n`); socket.pause(); },
    () => {},
  ];
  for (let round = 0; round < rounds; round++) {
    const broken = [];
    for (let i = 0; i < 12; i++) {
      const one = await connect(t, server, { acknowledges: false });
      kinds[i % kinds.length](one.socket);
      broken.push(one);
    }
    const { offset } = await well.client.request({ type: 'publish', channel: CHANNEL, data: { text: `${round}` } });
    expectEqual(offset, rounds + round + 1, 'the offset');
    await until('some to be turned away', () => broken.some(({ client }) => client.errors.some(({ code }) => code === 'too-many')));
    broken.forEach(({ socket }) => socket.destroy());
    await until('room again', async () => {
      const { limits } = await server.status();
      return limits['local-clients'].now === 1;
    });
  }
  await until('everything to be heard', () => well.client.messages.length === 2 * rounds);
  expectEqual(well.client.errors, [], 'errors of who behaves');
  well.socket.destroy();
  await settled(server, before);
}, { timeoutMs: 120000 });

suite.test('what a crash left is replaced, what lives is not, and nothing is left in the end', async (t) => {
  const folder = temporaryFolder(t);
  const socket = path.join(folder, 'relay');
  const env = { ...process.env, HOME: folder, SIGHTLINE_PIPELINES: path.join(root, 'pipelines') };
  const start = (...args) => {
    const child = new Child(program, ['--listen', '127.0.0.1:0', '--relay-socket', socket, ...args, 'test'], { env });
    t.after(() => child.stop('SIGKILL'));
    return child;
  };
  const mode = () => (statSync(socket).mode & 0o777).toString(8);
  const first = start();
  await first.line(/^Watch at/);
  expectEqual(mode(), '660', 'the mode');
  const second = start();
  expectEqual((await second.ended()).code, 69, 'exit status');
  expectEqual(second.stderr.split('\n').at(-2), `sightline: --relay-socket ${socket} is in use by another program`, 'words');
  await first.stop('SIGKILL');
  expect(existsSync(socket), 'a crash removes it');
  const third = start('--relay-socket-mode', '0600');
  await third.line(/^Watch at/);
  expectEqual(mode(), '600', 'the mode');
  expectEqual((await third.stop('SIGTERM', 20000)).code, 0, 'exit status');
  expect(!existsSync(socket), 'it is still there');
  writeFileSync(socket, 'precious');
  const fourth = start();
  expectEqual((await fourth.ended()).code, 69, 'exit status');
  expectEqual(readFileSync(socket, 'utf8'), 'precious', 'a file');
});

await suite.run();
