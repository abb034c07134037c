// The server by https: certificates that are made and that come from files, and handshakes that come to nothing.

import { X509Certificate } from 'node:crypto';
import { readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';

import { Child } from './lib/child.mjs';
import { program, root, temporaryFolder } from './lib/folders.mjs';
import { descriptors, resident, threads } from './lib/proc.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Suite, until } from './lib/tap.mjs';

const suite = new Suite();
const SELF_SIGNED = ['test', '--tls-self-signed'];
const ownFile = (server) => path.join(server.folder, 'state', 'sightline', 'tls.pem');
const fingerprintOf = (server) => server.child.stdout.match(/SHA-256 fingerprint is (\S+)$/m)?.[1];

const said = (server, pattern) => until(`standard error to say ${pattern}`, () => server.child.stderr.match(pattern));

/** The status of an answer, whose sender's certificate `ca` vouches for. */
function ask(url, ca) {
  return new Promise((resolve, reject) => {
    https.get(url, { ca, agent: false, timeout: 5000 }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}

/** What the server shows to whoever comes: its certificate, and those that lead to its issuer. */
function certificateOf(server) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: server.url.hostname.replace(/[[\]]/g, ''), port: server.port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate(true));
      socket.destroy();
    }).on('error', reject);
  });
}

const shownTo = async (server) => (await certificateOf(server)).fingerprint256;

suite.test('the certificate that is made is for the link, and for good', async (t) => {
  const server = await Server.start(t, SELF_SIGNED, { listen: ':0' });
  const ca = readFileSync(ownFile(server));
  expectEqual(server.url.protocol, 'https:', 'scheme of the link');
  expectEqual([await ask(server.link, ca), await ask(`https://127.0.0.1:${server.port}/`, ca),
               await ask(`https://localhost:${server.port}/`, ca)], [200, 200, 200], 'answers, with the certificate checked');
  expectEqual(await shownTo(server), fingerprintOf(server), 'fingerprint');
  expectEqual(statSync(ownFile(server)).mode & 0o777, 0o600, 'mode of the file');
  const before = fingerprintOf(server);
  expectEqual((await server.stop()).code, 0, 'exit status');
  await server.launch(':0');
  expectEqual(fingerprintOf(server), before, 'fingerprint after a restart');
});

/** Two certificates with their keys, each in one file. */
async function makeCertificates(t) {
  const server = await Server.start(t, SELF_SIGNED);
  const first = readFileSync(ownFile(server));
  unlinkSync(ownFile(server));
  server.child.kill('SIGHUP');
  await said(server, /Another certificate from now on, SHA-256 \S+$/m);
  return [first, readFileSync(ownFile(server))];
}

suite.test('SIGHUP reads certificates again; a bad one is told, and the former goes on', async (t) => {
  const [first, second] = await makeCertificates(t);
  const file = path.join(temporaryFolder(t), 'both.pem');
  writeFileSync(file, first);
  const server = await Server.start(t, ['test', '--tls-cert', file, '--tls-key', file]);
  const before = await shownTo(server);
  expectEqual([fingerprintOf(server), await ask(server.link, first)], [undefined, 200], 'what is printed, and an answer');

  writeFileSync(file, 'nothing of the kind');
  server.child.kill('SIGHUP');
  await said(server, /both\.pem: no certificate, expected a PEM file with -----BEGIN CERTIFICATE-----; the former certificate goes on$/m);
  expectEqual(await shownTo(server), before, 'fingerprint, since the other is bad');

  writeFileSync(`${file}.new`, second);
  renameSync(`${file}.new`, file);
  server.child.kill('SIGHUP');
  const [, told] = await said(server, /Another certificate from now on, SHA-256 (\S+)$/m);
  expect(told !== before, 'the certificate is the former');
  expectEqual([await shownTo(server), await ask(server.link, second)], [told, 200], 'fingerprint, and an answer');
});

suite.test("SIGHUP takes what was forgotten of the same certificate: its issuer's", async (t) => {
  const [leaf, issuer, key] = readFileSync(path.join(root, 'tests/fixtures/tls/issued.pem'), 'utf8').split(/(?<=-----END [A-Z ]+-----\n)/);
  const file = path.join(temporaryFolder(t), 'both.pem');
  writeFileSync(file, leaf + key);
  const server = await Server.start(t, ['test', '--tls-cert', file, '--tls-key', file]);
  const issuerShown = async () => (await certificateOf(server)).issuerCertificate?.subject.CN;
  expectEqual([await issuerShown(), await shownTo(server)], [undefined, new X509Certificate(leaf).fingerprint256], 'issuer, and fingerprint');
  writeFileSync(`${file}.new`, leaf + issuer + key);
  renameSync(`${file}.new`, file);
  server.child.kill('SIGHUP');
  await until('the issuer to be shown', async () => await issuerShown() === 'Test authority');
});

suite.test('what is wrong with the files is said, with exit status 78', async (t) => {
  const [first, second] = await makeCertificates(t);
  const folder = temporaryFolder(t);
  const [cert, key] = ['cert.pem', 'key.pem'].map((name) => path.join(folder, name));
  writeFileSync(cert, first);
  writeFileSync(key, second);
  for (const [args, words] of [
    [['--tls-cert', cert, '--tls-key', key], `${key}: not the key of the first certificate in ${cert}`],
    [['--tls-cert', cert, '--tls-key', path.join(folder, 'none')], `${path.join(folder, 'none')}: No such file or directory`],
  ]) {
    const child = new Child(program, ['test', '--listen', '127.0.0.1:0', ...args], { env: { ...process.env, XDG_STATE_HOME: folder } });
    const { code } = await child.ended();
    expectEqual([code, child.stdout, child.stderr.trim().split('\n').at(-1)], [78, '', `sightline: ${words}`], 'exit status and words');
  }
});

/** What a client begins with. */
async function makeHello(t) {
  const hello = new Promise((resolve) => {
    const listener = net.createServer((socket) => socket.once('data', (data) => {
      resolve(data);
      socket.destroy();
    }));
    t.after(() => listener.close());
    listener.listen(0, '127.0.0.1', () => tls.connect({ port: listener.address().port }).on('error', () => {}));
  });
  return hello;
}

suite.test('a hundred handshakes that are cut leave nothing behind', async (t) => {
  const server = await Server.start(t, SELF_SIGNED);
  const ca = readFileSync(ownFile(server));
  const hello = await makeHello(t);
  const cut = (bytes) => new Promise((resolve, reject) => {
    const socket = net.connect(server.port, '127.0.0.1', () => socket.write(hello.subarray(0, bytes)));
    socket.on('data', () => socket.destroy());
    socket.on('close', resolve);
    socket.on('error', (error) => (error.code === 'ECONNRESET' ? resolve() : reject(error))); // the server may let one go for another
    if (bytes < hello.length)
      socket.setTimeout(50, () => socket.destroy());
  });
  const cutMany = () => Promise.all(Array.from({ length: 100 }, (_, i) => cut(i % 2 ? hello.length : 100)));
  await cutMany(); // what is made once is made
  expectEqual(await ask(server.link, ca), 200, 'an answer');
  const counts = () => [threads(server.pid).length, descriptors(server.pid).length];
  const before = counts();
  const bytes = resident(server.pid);
  for (let i = 0; i < 5; i++)
    await cutMany();
  await until(`no more than ${before.join(' threads and ')} descriptors, as before`, () => {
    const now = counts();
    return now.every((count, i) => count <= before[i]) || Promise.reject(new Error(`${now.join(' threads, ')} descriptors`));
  });
  const grown = resident(server.pid) - bytes;
  t.note(`resident memory: ${(bytes / 1e6).toFixed(1)} MB, and ${(grown / 1e3).toFixed(0)} kB more after 500`);
  // A session that stays is some 20 kB.
  expect(grown < 4e6, `resident memory has grown by ${grown} bytes`);
  expectEqual(await ask(server.link, ca), 200, 'an answer');
});

await suite.run();
