// A description is edited while somebody watches: edit.mjs chromium|firefox

import { spawnSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import WebSocket from 'ws';

import { Browser } from './lib/browser.mjs';
import { findCommand, root, temporaryFolder } from './lib/folders.mjs';
import { peerCount, playing } from './lib/player.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Skip, Suite, until } from './lib/tap.mjs';

const name = process.argv[2];
const suite = new Suite();

let browser;
const theBrowser = async () => (browser ??= await Browser.launch(suite.scope, name));

const RED = '0xffff0000';
const GREEN = '0xff00ff00';
const BLUE = '0xff0000ff';

/** A ball on a colour. `more` comes before the encoder. */
const description = (colour, { more = '', width = 320 } = {}) => `[about]
title = ${colour}

[variables]
bitrate = 500000

[source]
videotestsrc is-live=true pattern=ball background-color=${colour}
  ! video/x-raw,width=${width},height=240,framerate=30/1 ${more}
  ! vp8enc name=encoder deadline=1 cpu-used=8 target-bitrate=\${bitrate} keyframe-max-dist=2000
  ! appsink name=video
`;

/** What the page shows around its ball, as one of the colours; else as it is. */
const colourOf = (page) => page.evaluate(() => {
  const video = window.seen.video();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [64, 48];
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  const count = new Map();
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < data.length; i += 4) {
    const colour = `0xff${[0, 1, 2].map((k) => (data[i + k] > 128 ? 'ff' : '00')).join('')}`;
    count.set(colour, (count.get(colour) ?? 0) + 1);
  }
  return [...count].sort(([, a], [, b]) => b - a)[0][0];
});

async function shows(page, colour) {
  await until(`the page to show ${colour}`, async () => {
    const shown = await colourOf(page);
    if (shown !== colour)
      throw new Error(`it shows ${shown}`);
    return true;
  });
  await playing(page);
}

const api = (server, resource) => server.address(`/api/streams/camera/${resource}`);

async function pipelineOf(server) {
  return (await fetch(api(server, 'pipeline'))).json();
}

const logs = (server, pattern) => until(`the log to say ${pattern}`, () => pattern.test(server.child.stderr));

/** A server with a file of its own, and a page that watches. */
async function start(t, { args = (file) => ['--pipeline', file, 'test'], before = () => {} } = {}) {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'my.pipeline');
  writeFileSync(file, description(RED));
  await before(folder);
  const server = await Server.start(t, args(file, folder));
  const page = await (await theBrowser()).open(t, server.link);
  await shows(page, RED);
  return { server, page, file, folder };
}

const vim = findCommand('vim', 'vim.tiny');
const nano = findCommand('nano') && path.join(root, 'tests/component/nano.py');
const WAYS = [
  ['vim', vim, (file, from, to) => [vim, '-u', 'NONE', '-es', '-c', `%s/${from}/${to}/`, '-c', 'wq', file]],
  ['nano', nano, (file, from, to) => [nano, file, from, to]],
  ['sed -i', 'sed', (file, from, to) => ['sed', '-i', `s/${from}/${to}/`, file]],
  ['mv', 'mv', (file, from, to) => ['sh', '-c', `sed s/${from}/${to}/ "$0" > "$0.new" && mv "$0.new" "$0"`, file]],
  ['cp', 'cp', (file, from, to) => ['sh', '-c', `sed s/${from}/${to}/ "$0" > "$0.new" && cp "$0.new" "$0"`, file]],
];

suite.test('the file is saved with vim, nano, sed -i, mv and cp: the picture changes, in the same peer', async (t) => {
  const { server, page, file } = await start(t);
  let from = RED;
  for (const [way, program, command] of WAYS) {
    if (!program)
      throw new Skip(`${way} is not installed`);
    const to = { [RED]: GREEN, [GREEN]: BLUE, [BLUE]: RED }[from];
    const [first, ...args] = command(file, from, to);
    const { status, stderr } = spawnSync(first, args, { encoding: 'utf8', timeout: 30000 });
    expectEqual(status, 0, `${way}: ${stderr}`);
    expect(readFileSync(file, 'utf8').includes(to), `${way} has saved`);
    await shows(page, to);
    t.note(`${way}: ${to}`);
    from = to;
  }
  const { title, problem } = await pipelineOf(server);
  expectEqual([title, problem], [from, null], 'what is in force');
  expectEqual(await peerCount(page), 1, 'peer connections');
});

const BROKEN = [
  ['does not parse', description(BLUE).replace('vp8enc', 'vp8encc'),
   /my\.pipeline:10: unknown element 'vp8encc', expected one of GStreamer's; did you mean 'vp8enc'\?$/],
  ['fails while it runs', description(BLUE, { more: '! identity error-after=1' }), /my\.pipeline:9: 'identity' failed/],
  ['brings no frame', description(BLUE, { more: '! valve drop=true' }), /my\.pipeline:11: track video gave no frame within 5 s$/],
];

suite.test('what does not work is undone, and the reason told', async (t) => {
  const { server, page, file } = await start(t);
  const told = [];
  const socket = new WebSocket(server.webSocket('/ws/camera'));
  t.after(() => socket.close());
  socket.on('message', (text) => told.push(JSON.parse(text)));
  socket.on('open', () => socket.send(JSON.stringify({ type: 'hello', version: 1, page: 'page-of-a-test' })));
  const pipeline = () => told.findLast(({ type }) => type === 'pipeline');
  await until('the pipeline to be told', pipeline);

  for (const [what, text, expected] of BROKEN) {
    writeFileSync(file, text);
    const problem = await until(`a problem, since it ${what}`, async () => {
      const { problem: found } = await pipelineOf(server);
      return expected.test(found ?? '') && found;
    });
    t.note(`${what}: ${problem}`);
    await until('the same to be told', () => pipeline().problem === problem && !pipeline().swapping);
    await until('the log to have it', () => server.child.stderr.includes(`Warning: camera: ${problem}; the former one goes on`));
    await shows(page, RED);
  }
  writeFileSync(file, description(GREEN));
  await shows(page, GREEN);
  await until('no problem to be told', () => pipeline().problem === null && pipeline().title === GREEN);
  expectEqual(await peerCount(page), 1, 'peer connections');
}, { timeoutMs: 120000 });

suite.test('SIGHUP: another pipeline and other values of the configuration', async (t) => {
  const configure = (folder, text) => {
    writeFileSync(path.join(folder, 'new'), `[stream camera]\ndevice=test\n${text}\n`);
    renameSync(path.join(folder, 'new'), path.join(folder, 'my.conf'));
  };
  const { server, page, folder, file } = await start(t, {
    args: (_, where) => ['--config', path.join(where, 'my.conf')],
    before: (where) => {
      configure(where, `pipeline=${where}/my.pipeline`);
      writeFileSync(path.join(where, 'other.pipeline'), description(GREEN));
    },
  });
  configure(folder, `pipeline=${folder}/other.pipeline\nset=bitrate=300000`);
  process.kill(server.pid, 'SIGHUP');
  await shows(page, GREEN);
  const { variables } = await (await fetch(api(server, 'variables'))).json();
  expectEqual(variables.find((variable) => variable.name === 'bitrate').value, 300000, 'bitrate');

  configure(folder, `pipeline=${folder}/my.pipeline\nset=bitrat=1`);
  process.kill(server.pid, 'SIGHUP');
  await logs(server, /camera: my has no variable 'bitrat', expected bitrate; did you mean 'bitrate'\?; the former one goes on/);
  configure(folder, 'pipelin=vp8');
  process.kill(server.pid, 'SIGHUP');
  await logs(server, /my\.conf: \[stream camera\] pipelin: expected one of .*; the former configuration goes on/);
  await shows(page, GREEN);

  configure(folder, `pipeline=${file}`);
  process.kill(server.pid, 'SIGHUP');
  await shows(page, RED);
  expectEqual(await peerCount(page), 1, 'peer connections');
});

suite.test('by name: another codec, back again, what is not there; values at once and by a swap', async (t) => {
  const { server, page } = await start(t);
  const vp9 = await server.put('pipeline', { name: 'vp9', variables: { width: 640, height: 360 } });
  expectEqual([vp9.status, vp9.name, vp9.problem], [200, 'vp9', null], 'vp9');
  await until('640 pixels', async () => (await playing(page)).width === 640);
  expectEqual(await peerCount(page), 2, 'peer connections');

  const missing = await server.put('pipeline', { name: 'vp99' });
  expect(missing.status === 404 && missing.detail.includes('did you mean'), missing.detail);
  const { status, variables } = await server.put('variables', { bitrate: 400000 });
  expectEqual([status, variables.find((variable) => variable.name === 'bitrate').value], [200, 400000], 'bitrate');
  const narrow = await server.put('variables', { width: 320 });
  expectEqual(narrow.status, 200, narrow.detail ?? 'width');
  await until('320 pixels', async () => (await playing(page)).width === 320);
  expectEqual(await peerCount(page), 2, 'peer connections');

  const text = await server.put('pipeline', { text: description(BLUE) });
  expectEqual(text.status, 403, 'a text');
  const back = await server.put('pipeline', { name: 'my' });
  expectEqual([back.status, back.name], [200, 'my'], 'back');
  await shows(page, RED);
});

suite.test('--allow-edit: a text is in force until something else is chosen', async (t) => {
  const { server, page, file } = await start(t, { args: (where) => ['--allow-edit', '--pipeline', where, 'test'] });
  const { text, edit } = await pipelineOf(server);
  expectEqual([text, edit], [readFileSync(file, 'utf8'), true], 'the text');
  const sent = await server.put('pipeline', { text: text.replaceAll(RED, GREEN) });
  expectEqual([sent.status, sent.file, sent.text.includes(GREEN)], [200, null, true], 'what is in force');
  await shows(page, GREEN);
  expect(readFileSync(file, 'utf8').includes(RED), 'the file is as it was');
  const wrong = await server.put('pipeline', { text: text.replace('vp8enc', 'vp8encc') });
  expect(wrong.status === 422 && wrong.detail.startsWith('edited.pipeline:10: unknown element \'vp8encc\''), wrong.detail);
  await server.put('pipeline', { name: 'my' });
  await shows(page, RED);
});

await suite.run();
