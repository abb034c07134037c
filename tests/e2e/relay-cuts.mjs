// Who is cut off at random from the message relay, again and again, while five talk, and are cut off themselves: nothing is lost, nothing
// comes twice; or he is told what is no longer kept.

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { temporaryFolder } from './lib/folders.mjs';
import { settled, total } from './lib/leftovers.mjs';
import { TRANSPORTS } from './lib/relay-people.mjs';
import { Record, Story } from './lib/relay-story.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, sleep, Suite, until } from './lib/tap.mjs';
import { Viewer } from './lib/viewer.mjs';

const LONG = process.env.SIGHTLINE_TEST_LONG === '1';
const [CUTS, MESSAGES] = LONG ? [200, 10000] : [20, 1000];
const PUBLISHERS = ['data channel', 'WebSocket', 'WebSocket', 'Unix socket', 'Unix socket'];
const READERS = ['data channel', 'WebSocket', 'Unix socket'];
const MAX_UNANSWERED = 8;
const MEAN_PAUSE_MS = 25; // of a publisher: some 40 messages a second, 50 are allowed
const BRIEF = { channel: 'brief:talk', history: 20, messages: LONG ? 3000 : 300, absences: LONG ? 20 : 3 };
const suite = new Suite();

/** Cuts somebody off at random numbers of messages, as soon as he is there again. */
class Cuts {
  done = 0;
  #due;

  constructor(person, count, of) {
    this.person = person;
    this.#due = Array.from({ length: count }, () => Math.floor(Math.random() * of)).sort((a, b) => a - b);
  }

  /** What is published until then, he may miss by one cut and the next; further ahead nobody publishes. */
  get horizon() {
    return this.#due[this.done + 1] ?? Infinity;
  }

  async run(record) {
    for (const number of this.#due) {
      await until('a cut to be due', () => record.begun > number && this.person.up, { everyMs: 5, timeoutMs: 600000 });
      await sleep(Math.random() * 100);
      this.person.cut();
      this.done++;
    }
  }
}

/** Says `count` things, not more than some before the first is answered. */
async function talk(person, publisher, channel, count, record, mayGoOn) {
  const unanswered = new Set();
  for (let number = 0; number < count; number++) {
    await sleep(Math.random() * 2 * MEAN_PAUSE_MS);
    await until('publishing to go on', () => unanswered.size < MAX_UNANSWERED && mayGoOn(), { everyMs: 5, timeoutMs: 600000 });
    const data = { publisher, number, padding: 'x'.repeat(Math.random() * 1000) };
    record.begun++;
    const answer = person.client.publish(channel, data).then((offset) => {
      record.add(offset, data);
      unanswered.delete(answer);
    });
    unanswered.add(answer);
  }
  await Promise.all(unanswered);
}

/** Each publisher's messages are there once, in the order that he said them. */
function checkPublishers(record, counts) {
  const next = counts.map(() => 0);
  for (let offset = 1; offset <= record.begun; offset++) {
    const { publisher, number } = record.said.get(offset) ?? {};
    expect(publisher !== undefined, `nobody was told that he said ${offset}`);
    expectEqual(number, next[publisher]++, `what publisher ${publisher} said at ${offset}`);
  }
  expectEqual(next, counts, 'what each has said');
}

/** A server with the channel "chat:camera", which keeps all, and others, "brief:…", which keep little. */
async function startServer(scope) {
  const folder = temporaryFolder(scope);
  const config = path.join(folder, 'sightline.conf');
  writeFileSync(config, `[limits]\nlinger-ms=500\n[namespace chat]\nhistory-messages=${MESSAGES}\nhistory-bytes=${16 << 20}\n`
    + `[namespace brief]\nhistory-messages=${BRIEF.history}\n[stream camera]\ndevice=test\nset=width=160;framerate=5\n`);
  const relaySocket = path.join(folder, 'relay');
  const server = Object.assign(await Server.start(scope, ['--config', config, '--relay-socket', relaySocket]), { relaySocket });
  // Some things are made with the first viewer, or with the second start of a source, and kept.
  for (let i = 0; i < 2; i++) {
    const viewer = await Viewer.join(server.webSocket('/ws/camera'), { sink: false });
    await viewer.playing({ frames: 1 });
    viewer.leave();
    await server.state('idle');
  }
  return server;
}

let server;
suite.test(`${CUTS} cuts for each who reads while 5 who are cut off, too, say ${MESSAGES} things: all has come, in order`, async (t) => {
  server ??= await startServer(suite.scope);
  const before = await settled(server, null, { pools: false });
  const record = new Record();
  const open = (kind) => TRANSPORTS[kind](server, t);
  const [readers, publishers] = [await Promise.all(READERS.map(open)), await Promise.all(PUBLISHERS.map(open))];
  const stories = readers.map(({ client }) => new Story(client, 'chat:camera'));
  const cuts = [...readers.map((reader) => new Cuts(reader, CUTS, MESSAGES)),
                ...publishers.map((publisher) => new Cuts(publisher, CUTS / 4, MESSAGES))];
  const mayGoOn = () => cuts.every(({ horizon }) => record.begun <= horizon);
  const counts = PUBLISHERS.map(() => MESSAGES / PUBLISHERS.length);

  t.onFailure(() => `${record.begun} begun, ${record.done} answered; cuts ${cuts.map(({ done, person }) => `${done}${person.up ? '' : ' (away)'}`).join(', ')}; `
    + `heard ${stories.map(({ last }) => last).join(', ')}`);
  const began = Date.now();
  await Promise.all([...cuts.map((each) => each.run(record)),
                     ...publishers.map((person, i) => talk(person, i, 'chat:camera', counts[i], record, mayGoOn))]);
  checkPublishers(record, counts);
  for (const [i, story] of stories.entries()) {
    await until(`the last message by ${READERS[i]}`, () => story.last === MESSAGES, { timeoutMs: 30000 });
    expectEqual(story.check(record), 0, `messages that he is told are lost (${READERS[i]})`);
    t.note(`${READERS[i]}: ${story.count('subscribed')} subscriptions, ${MESSAGES} messages`);
  }
  t.note(`${cuts.reduce((sum, { done }) => sum + done, 0)} cuts in ${((Date.now() - began) / 1000).toFixed(1)} s`);

  await Promise.all([...readers, ...publishers].map((person) => person.leave()));
  before.objects.SlMessage = MESSAGES;
  const after = await settled(server, before, { pools: false });
  t.note(`${total(after.threads)} threads, ${total(after.descriptors)} descriptors, ${total(after.objects)} objects as before`);
}, { timeoutMs: LONG ? 1800000 : 120000 });

/** Some absences are shorter than the history, and others are not. */
async function beAway(person, story, record) {
  for (let i = 0; i < BRIEF.absences; i++) {
    const from = Math.max(record.begun, Math.floor((i + 0.3) * BRIEF.messages / BRIEF.absences));
    const missing = i % 2 ? BRIEF.history / 4 : BRIEF.history * 2;
    await until('an absence to be due', () => record.begun > from && person.up || record.begun === BRIEF.messages, { everyMs: 5, timeoutMs: 60000 });
    if (record.begun === BRIEF.messages)
      return; // he came back late, and there is nothing more to miss
    person.hold();
    await until('messages to be missed', () => record.begun > from + missing || record.done === BRIEF.messages, { everyMs: 5, timeoutMs: 60000 });
    person.release();
  }
}

suite.test(`who was away for more than the ${BRIEF.history} messages that are kept is told which are lost, and gets the others`, async (t) => {
  server ??= await startServer(suite.scope);
  const record = new Record();
  const open = (kind) => TRANSPORTS[kind](server, t);
  const [readers, publishers] = [await Promise.all(READERS.map(open)), await Promise.all(PUBLISHERS.slice(1).map(open))];
  const stories = readers.map(({ client }) => new Story(client, BRIEF.channel));
  const counts = publishers.map(() => BRIEF.messages / publishers.length);
  t.onFailure(() => `${record.begun} begun, ${record.done} answered; `
    + readers.map(({ up }, i) => `${READERS[i]}: ${up ? 'there' : 'away'}, ${stories[i].count('subscribed')} subscriptions, heard ${stories[i].last}`).join('; '));
  await until('all to read', () => stories.every((story) => story.count('subscribed') > 0));

  await Promise.all([...readers.map((reader, i) => beAway(reader, stories[i], record)),
                     ...publishers.map((person, i) => talk(person, i, BRIEF.channel, counts[i], record, () => true))]);
  checkPublishers(record, counts);
  for (const [i, story] of stories.entries()) {
    await until(`the last message by ${READERS[i]}`, () => story.last === BRIEF.messages, { timeoutMs: 30000 });
    const missed = story.check(record);
    t.note(`${READERS[i]}: ${missed} of ${BRIEF.messages} lost, as he was told; ${story.count('subscribed')} subscriptions`);
    expect(missed > 0, 'nothing was lost: the history was not exceeded');
  }
  await Promise.all([...readers, ...publishers].map((person) => person.leave()));
}, { timeoutMs: LONG ? 300000 : 60000 });

await suite.run();
