// Fifty read, and one of them stops reading altogether: the other 49 lose nothing and wait for nothing, the server keeps no more for him than it
// says, and he goes on from where he was, or is told what he missed.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child } from './lib/child.mjs';
import { quantile } from './lib/figures.mjs';
import { temporaryFolder } from './lib/folders.mjs';
import { resident } from './lib/proc.mjs';
import { TRANSPORTS } from './lib/relay-people.mjs';
import { startRelay } from './lib/relay-script.mjs';
import { checkTold, Record, Story } from './lib/relay-story.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, sleep, Suite, until } from './lib/tap.mjs';

const LONG = process.env.SIGHTLINE_TEST_LONG === '1';
const READERS = { 'data channel': 4, WebSocket: 25, 'Unix socket': 20 };
const STALLED = Object.keys(READERS);
const TALK = 'chat:camera';
const BULK = 'chat:bulk'; // what fills the stalled one's window: nobody else reads it
const MESSAGES = LONG ? 1000 : 40; // in a window of time
const EVERY_MS = 25;
const BULK_MESSAGES = 1000;
const BULK_TALKERS = 5; // each has a burst of 200
const BULK_BYTES = 16000;
/** The window of 1 MiB, and what malloc and others make of it. */
const MOST_BYTES = 3 * 1024 * 1024;
/** No window begins later than this after he was stopped: who is silent for 12 s (pong-timeout) is let go. */
const LAST_WINDOW_MS = 7000;
const suite = new Suite();
const brief = ({ number }) => number;

class Hall {
  delays = [];
  talk = new Record();
  bulk = new Record();

  static async open(scope) {
    const self = new Hall();
    const folder = temporaryFolder(scope);
    const config = path.join(folder, 'sightline.conf');
    writeFileSync(config, '[limits]\nrelay-bytes-per-second=8388608\nrelay-byte-burst=8388608\nrelay-requests-per-second=1000\nrelay-request-burst=1000\n'
      + '[stream camera]\ndevice=test\nset=width=160;framerate=5\n[stream bulk]\ndevice=test\n');
    const relaySocket = path.join(folder, 'relay');
    self.server = Object.assign(await Server.start(scope, ['--config', config, '--relay-socket', relaySocket]), { relaySocket });
    scope.onFailure(() => `${self.talk.begun} said, ${self.talk.done} answered; heard ${self.readers?.map(({ last }) => last).join(', ')}`);
    const open = async (kind) => (kind === 'WebSocket' ? { client: await startRelay(self.server.webSocket('/relay')) }
      : TRANSPORTS[kind](self.server, scope));
    const kinds = Object.entries(READERS).flatMap(([kind, count]) => Array(count).fill(kind));
    self.people = await Promise.all(kinds.map(open)); // a peer connection ends when nobody holds it
    self.readers = self.people.map(({ client }) => {
      client.addEventListener('message', ({ detail: { data } }) => self.delays.push(performance.now() - data.at));
      return new Story(client, TALK, brief);
    });
    self.talker = await startRelay(self.server.webSocket('/relay'));
    self.bulkTalkers = await Promise.all(Array.from({ length: BULK_TALKERS }, () => startRelay(self.server.webSocket('/relay'))));
    await until('all to read', () => self.readers.every((reader) => reader.count('subscribed') === 1), { timeoutMs: 30000 });
    return self;
  }

  async #publish(talker, channel, record, more) {
    const data = { number: record.begun++, ...more };
    record.add(await talker.publish(channel, data), data.number);
  }

  async fill() {
    await Promise.all(this.bulkTalkers.map(async (talker) => {
      for (let i = 0; i < BULK_MESSAGES / BULK_TALKERS; i++)
        await this.#publish(talker, BULK, this.bulk, { padding: 'x'.repeat(BULK_BYTES) });
    }));
  }

  /** While somebody talks: how long it takes to each of the 49, who get everything. */
  async window() {
    this.delays = [];
    const answers = [];
    for (let i = 0; i < MESSAGES; i++) {
      answers.push(this.#publish(this.talker, TALK, this.talk, { at: performance.now() }));
      await sleep(EVERY_MS);
    }
    await Promise.all(answers);
    await until('all to have heard all', () => this.readers.every(({ last }) => last === this.talk.done));
    expectEqual(this.delays.length, MESSAGES * this.readers.length, 'messages that the 49 got');
    return { median: quantile(this.delays, 0.5), p99: quantile(this.delays, 0.99), max: Math.max(...this.delays) };
  }

  addresses() {
    const { server } = this;
    const sockets = Object.fromEntries(['/relay', '/ws/camera'].map((route) => [route, server.webSocket(route)]));
    return JSON.stringify({ sockets, url: server.url, port: server.port, folder: server.folder, relaySocket: server.relaySocket });
  }
}

const inWords = ({ median, p99, max }) => `${median.toFixed(1)} ms (p99 ${p99.toFixed(1)}, most ${max.toFixed(1)})`;
const relayChild = path.join(path.dirname(fileURLToPath(import.meta.url)), 'lib', 'relay-child.mjs');

let hall;
for (const kind of STALLED) {
  suite.test(`one of fifty is stopped (${kind}): the others lose nothing and wait for nothing`, async (t) => {
    hall ??= await Hall.open(suite.scope);
    const child = new Child(process.execPath, [relayChild, kind, hall.addresses(), TALK, BULK], { stdin: 'pipe' });
    t.after(() => child.stop('SIGKILL'));
    await child.line(/^reading$/);

    await hall.fill();
    const before = await hall.window();
    const memory = resident(hall.server.pid);
    child.kill('SIGSTOP');
    const stopped = Date.now();
    await hall.fill();
    // Who waited for the stopped one would wait for seconds, each time; who has no processor for a while waits once.
    const mayTake = 5 * before.median + 20;
    let beside = await hall.window();
    for (let again = 3; again > 0 && beside.median >= mayTake && Date.now() - stopped < LAST_WINDOW_MS; again--)
      beside = await hall.window();
    const grown = resident(hall.server.pid) - memory;
    child.kill('SIGCONT');
    const after = await hall.window();

    t.note(`to 49 others: ${inWords(before)} before, ${inWords(beside)} beside the stopped one, ${inWords(after)} after`);
    t.note(`${(BULK_MESSAGES * BULK_BYTES / 1e6).toFixed(0)} MB came for the stopped one: the server grew by ${(grown / 1e6).toFixed(1)} MB`);
    expect(grown < MOST_BYTES, 'the server grew by more than it says');
    expect(beside.median < Math.max(mayTake, 5 * after.median + 20), 'the others waited');
    for (const reader of hall.readers)
      expectEqual(reader.check(hall.talk), 0, 'messages that one of the others was told are lost');

    let told;
    await until('the stopped one to have read all', async () => {
      const line = child.next(/^told (.*)$/);
      child.write('\n');
      told = JSON.parse((await line)[1]);
      return told[0].at(-1).to === hall.talk.done && told[1].at(-1).to === hall.bulk.done;
    }, { everyMs: 200, timeoutMs: 30000 });
    const missed = [checkTold(told[0], hall.talk), checkTold(told[1], hall.bulk)];
    t.note(`the stopped one, as he was told, missed ${missed[0]} of ${hall.talk.done} and ${missed[1]} of ${hall.bulk.done}`);
    expect(missed[1] > 0, 'nothing was lost to him: his window was not full');
  }, { timeoutMs: LONG ? 600000 : 90000 });
}

await suite.run();
