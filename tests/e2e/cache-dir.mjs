// Objects in a folder (--cache-dir): the program is killed while objects are written, again and again. It opens each time, has what it said
// that it has, and never gives a wrong byte; what is damaged is dropped, what is not its own is left alone.

import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { Readable } from 'node:stream';

import { Child } from './lib/child.mjs';
import { program, temporaryFolder } from './lib/folders.mjs';
import { hashOf, newFile, OPEN } from './lib/object-client.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, sleep, Suite, until } from './lib/tap.mjs';

const LONG = process.env.SIGHTLINE_TEST_LONG === '1';
const KILLS = LONG ? 50 : 5;
const MAX_BYTES = 1000 * 1000; // of a file
const MAX_FILES = 12; // that one puts in a round
const MAX_ALIVE_MS = 400; // from when all have begun
const PIECE_BYTES = 32 * 1024;
const suite = new Suite();

const folder = path.join(temporaryFolder(suite.scope), 'cache');
const config = path.join(temporaryFolder(suite.scope), 'sightline.conf');
mkdirSync(folder);
writeFileSync(config, `[limits]\ncache-mib=1024\n[stream camera]\ndevice=test\n`);
const ARGS = ['--config', config, '--cache-dir', folder];

/** Gives the status of a request without keep-alive, and its body. */
function request(server, method, route, write = (outgoing) => outgoing.end(), headers = {}) {
  return new Promise((resolve, reject) => {
    const outgoing = http.request(server.address(route), { method, agent: false, headers: { Connection: 'close', ...headers } }, (response) => {
      const pieces = [];
      response.on('data', (data) => pieces.push(data));
      response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(pieces) }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    write(outgoing);
  });
}

function* pieces(bytes, onPiece) {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    onPiece();
    yield bytes.subarray(at, at + PIECE_BYTES);
  }
}

const putByHttp = (server, { hash, bytes }, onPiece = () => {}) => request(server, 'PUT', `/objects/${hash}`,
  (outgoing) => Readable.from(pieces(bytes, onPiece)).pipe(outgoing), { 'Content-Length': bytes.length });

const getByHttp = (server, { hash }) => request(server, 'GET', `/objects/${hash}`);

/** "there", "not there", or what is wrong. */
async function look(server, file) {
  const { status, body } = await getByHttp(server, file);
  if (status === 200)
    return hashOf(body) === file.hash ? 'there' : `${body.length} bytes that are others`;
  return status === 404 ? 'not there' : `status ${status}`;
}

/** Puts one file after the other until it is killed; `begun` are those that it tried, `stored` those that are safe. */
async function upload(put, begun, stored, onBegin) {
  for (let i = 0; i < MAX_FILES; i++) {
    const file = newFile(1 + Math.floor(Math.random() * MAX_BYTES));
    begun.push(file);
    try {
      await put(file, onBegin);
    } catch (error) {
      return;
    }
    stored.push(file);
  }
}

const BY_HTTP = (server) => async (file, onBegin) => {
  const { status } = await putByHttp(server, file, onBegin);
  expectEqual(status, 201, 'the status of a PUT');
};
const byWebSocket = async (server) => {
  const client = await OPEN.WebSocket(server);
  return async ({ hash, bytes }, onBegin) => {
    const { done } = client.put(hash, bytes);
    onBegin();
    await done;
  };
};

let server;
const kept = [];
suite.test(`killed ${KILLS} times while objects are written: it opens each time, with every object that was stored, and no wrong byte`, async (t) => {
  server = await Server.start(suite.scope, ARGS);
  const counts = { stored: 0, begun: 0, there: 0 };
  for (let round = 0; round < KILLS; round++) {
    const [begun, stored] = [[], []];
    const puts = [BY_HTTP(server), BY_HTTP(server), await byWebSocket(server), await byWebSocket(server)];
    const uploads = puts.map((put) => {
      let running;
      const started = new Promise((resolve) => { running = upload(put, begun, stored, resolve); });
      return { started, running };
    });
    await Promise.all(uploads.map(({ started }) => started));
    if (round === 0)
      await until('one to be stored', () => stored.length > 0, { everyMs: 5 });
    await sleep(Math.random() * MAX_ALIVE_MS);
    const told = server.stop('SIGKILL');
    await Promise.all([told, ...uploads.map(({ running }) => running)]);
    await server.startAgain();
    expect(readdirSync(folder, { recursive: true }).every((name) => !/partials\/./.test(name)), 'something unfinished is left in the folder');

    for (const file of begun) {
      const found = await look(server, file);
      if (stored.includes(file))
        expectEqual(found, 'there', `a file of ${file.bytes.length} bytes that was stored`);
      expect(['there', 'not there'].includes(found), `of a file of ${file.bytes.length} bytes there are ${found}`);
      counts.there += found === 'there';
    }
    counts.begun += begun.length;
    counts.stored += stored.length;
    kept.push(...stored);
  }
  for (const file of kept)
    expectEqual(await look(server, file), 'there', `in the end a file of ${file.bytes.length} bytes`);
  t.note(`${counts.begun} uploads were begun, ${counts.stored} stored, ${counts.there} there after ${KILLS} kills`);
  expect(counts.stored > 0 && counts.stored < counts.begun, 'no upload was cut off, or all were');
}, { timeoutMs: LONG ? 900000 : 60000 });

/** Where a file's bytes are. */
const placeOf = ({ hash }) => path.join(folder, 'objects', hash);

const flip = (place) => {
  const bytes = readFileSync(place);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(place, bytes);
};
const DAMAGES = {
  'a bit is another': flip,
  'the end is missing': (place) => truncateSync(place, statSync(place).size - 1),
  'nothing is left': (place) => truncateSync(place, 0),
  'there is more': (place) => appendFileSync(place, 'x'),
  'a link to the same bytes': (place) => {
    renameSync(place, path.join(folder, 'elsewhere'));
    symlinkSync(path.join(folder, 'elsewhere'), place);
  },
  'it is not there': (place) => rmSync(place),
};

suite.test('what was damaged meanwhile is dropped, and can be put again; pins survive', async (t) => {
  server ??= await Server.start(suite.scope, ARGS);
  const names = Object.keys(DAMAGES);
  const [pinned, ...files] = [null, ...names].map(() => newFile(200000));
  for (const file of [pinned, ...files])
    expectEqual((await putByHttp(server, file)).status, 201, 'the status of a PUT');
  const pin = await request(server, 'PUT', `/api/objects/${pinned.hash}`, (outgoing) => outgoing.end('{"pinned":true}'), { 'Content-Type': 'application/json' });
  expect(pin.status === 204, `pinning is answered ${pin.status}: ${pin.body}`);
  await server.stop();
  names.forEach((name, i) => DAMAGES[name](placeOf(files[i])));
  writeFileSync(path.join(folder, 'notes.txt'), 'mine');
  await server.startAgain();

  for (const [i, name] of names.entries())
    expectEqual(await look(server, files[i]), 'not there', name);
  expectEqual(await look(server, pinned), 'there', 'the file that nobody touched');
  const { list, damaged } = await figures();
  t.note(`${damaged} were damaged`);
  expectEqual(list.filter(({ pinned: is }) => is).map(({ hash }) => hash), [pinned.hash], 'what is pinned');
  expect(existsSync(path.join(folder, 'notes.txt')), 'a file that is not its own is gone');
  for (const [i, name] of names.entries()) {
    const { status } = await putByHttp(server, files[i]);
    expectEqual([status, await look(server, files[i])], [201, 'there'], `put again (${name})`);
  }
  // And while it runs: what it had checked is another file now.
  flip(placeOf(files[0]));
  expectEqual(await look(server, files[0]), 'not there', 'what was damaged after it was given');
}, { timeoutMs: 60000 });

async function figures() {
  const { status, body } = await request(server, 'GET', '/api/objects');
  expectEqual(status, 200, 'the status of /api/objects');
  return JSON.parse(body);
}

suite.test('the folder is one server\'s, and nobody else reads it', async () => {
  server ??= await Server.start(suite.scope, ARGS);
  const second = new Child(program, ['--listen', '127.0.0.1:0', ...ARGS], { env: process.env });
  const { code } = await second.ended();
  expectEqual(code, 69, `the exit status of a second one (${second.stderr.trim()})`);
  expect(second.stderr.includes(folder), `it says: ${second.stderr}`);
  const open = readdirSync(folder, { recursive: true }).map((name) => path.join(folder, name))
    .filter((place) => !/notes|elsewhere/.test(place) && statSync(place).mode & 0o077);
  expectEqual(open, [], 'what others may read');
});

await suite.run();
