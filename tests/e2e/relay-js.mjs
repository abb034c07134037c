// What web/relay.js makes of what a server says, and of connections that come and go: against a server of few lines.

import { readFileSync } from 'node:fs';
import path from 'node:path';

import { root } from './lib/folders.mjs';
import { expect, expectEqual, Suite, until } from './lib/tap.mjs';

// Beside no package.json, Node takes a .js for something else than a module.
const { Relay } = await import(`data:text/javascript,${encodeURIComponent(readFileSync(path.join(root, 'web/relay.js'), 'utf8'))}`);

const CHANNEL = 'chat:camera';
const CONTROL = 'control:camera';
const EVENTS = ['message', 'gap', 'reset', 'subscribed', 'refused', 'expired', 'presence', 'holder', 'command'];

/** The server's end of a data channel or WebSocket: what was said to it, and what it says. */
class Link {
  readyState = 'open';
  bufferedAmount = 0;
  said = [];
  texts = 0;

  send(text) {
    if (this.readyState !== 'open')
      throw new Error('closed');
    this.said.push(...text.split('\n').map((line) => JSON.parse(line)));
    this.texts++;
  }

  /** Several are one text. */
  say(...messages) {
    this.onmessage?.({ data: messages.map((message) => JSON.stringify(message)).join('\n') });
  }

  /** The last request of a type. */
  asked(type) {
    return this.said.filter((message) => message.type === type).at(-1);
  }

  /** Answers the last request of a type. */
  answer(type, answer) {
    this.say({ id: this.asked(type).id, channel: this.asked(type).channel, ...answer });
  }

  close() {
    if (this.readyState === 'closed')
      return;
    this.readyState = 'closed';
    this.onclose?.();
  }
}

/** A client of it, and all that it tells. */
class Talk {
  told = [];
  sockets = [];
  links = [];
  controls = [];

  constructor(scope, options = {}) {
    const { sockets } = this;
    this.relay = new Relay('ws://nowhere/relay', { ...options, WebSocket: class extends Link {
      constructor() {
        super();
        sockets.push(this);
      }
    } });
    for (const type of EVENTS)
      this.relay.addEventListener(type, ({ detail }) => this.told.push({ type, ...detail }));
    this.relay.start();
    scope.after(() => this.relay.stop());
  }

  /** Another peer's data channel, welcomed. */
  join(client = `client-${this.links.length + 1}`) {
    const link = new Link();
    this.links.push(link);
    this.relay.adopt(link, { unreliable: () => {
      this.controls.push(new Link());
      return this.controls.at(-1);
    } });
    link.say({ type: 'welcome', version: 1, client });
    return link;
  }

  subscribe(link, { epoch = 'e', offset = 0, recovered = true, ...rest } = {}) {
    link.answer('subscribe', { type: 'subscribed', epoch, offset, recovered, publish: true, ...rest });
  }

  take() {
    const told = this.told.map(({ channel: _, ...rest }) => rest);
    this.told.length = 0;
    return told;
  }
}

const message = (offset, rest = {}) => ({ type: 'message', channel: CHANNEL, offset, time: 0, from: 'x', count: 1, data: offset, ...rest });
const heard = (told) => told.filter(({ type }) => type === 'message').map(({ offset }) => offset);

const suite = new Suite();

suite.test('several lines in a text, and what follows an answer in the same one', (t) => {
  const talk = new Talk(t);
  talk.relay.subscribe(CHANNEL);
  const link = talk.join();
  const { id } = link.asked('subscribe');
  link.say({ type: 'subscribed', id, channel: CHANNEL, epoch: 'e', offset: 2, recovered: true, publish: false },
           message(1, { name: 'Anna', count: 3 }), message(2, { from: 'client-1' }));
  const [subscribed, first, second] = talk.take();
  expectEqual(subscribed, { type: 'subscribed', offset: 2, recovered: true, publish: false }, 'subscription');
  expectEqual(first, { type: 'message', offset: 1, time: 0, from: 'x', name: 'Anna', count: 3, data: 1, own: false }, 'first');
  expectEqual([second.offset, second.name, second.count, second.own], [2, '', 1, true], 'second');
  return until('an ack', () => link.asked('ack')?.received === 2);
});

suite.test('what is said while something has not left yet goes as one text, in its order, of at most 16 KiB', async (t) => {
  const talk = new Talk(t);
  talk.relay.subscribe(CHANNEL);
  const link = talk.join();
  talk.subscribe(link);
  link.bufferedAmount = 1;
  const [before, said] = [link.texts, link.said.length];
  const data = ['a', 'b', 'x'.repeat(16000), 'c'];
  for (const one of data)
    talk.relay.publish(CHANNEL, one).catch(() => {}); // the test ends
  await until('all of it', () => link.said.length === said + data.length);
  expectEqual(link.said.slice(said).map((message) => message.data), data, 'what was said');
  expectEqual(link.texts - before, 2, 'texts');
});

suite.test('it comes back where it was; an epoch that is another begins anew; gaps are told once, jumps are none', (t) => {
  const talk = new Talk(t);
  talk.relay.subscribe(CHANNEL);
  let link = talk.join();
  talk.subscribe(link);
  link.say(message(1), message(2));
  link.close();
  talk.take();

  link = talk.join();
  expectEqual([link.asked('subscribe').epoch, link.asked('subscribe').offset], ['e', 2], 'what it asks for');
  talk.subscribe(link, { offset: 9, recovered: false });
  link.say(message(2), { type: 'gap', channel: CHANNEL, from: 1, to: 4 }, message(5), message(9));
  expectEqual(talk.take(), [{ type: 'subscribed', offset: 9, recovered: false, publish: true }, { type: 'gap', from: 3, to: 4 },
    ...[5, 9].map((offset) => ({ type: 'message', offset, time: 0, from: 'x', name: '', count: 1, data: offset, own: false }))], 'told');

  link.close();
  link = talk.join();
  talk.subscribe(link, { epoch: 'f', offset: 1, recovered: false });
  link.say(message(1));
  const told = talk.take();
  expectEqual(told.map(({ type }) => type), ['reset', 'subscribed', 'message'], 'told');
});

suite.test('what is published goes on over another connection, in its order and by its key, and so does the name', async (t) => {
  const talk = new Talk(t);
  let link = talk.join();
  const published = [talk.relay.publish(CHANNEL, 1, { key: 'mine' }), talk.relay.publish(CHANNEL, 2)];
  const named = talk.relay.setName('Anna');
  expect(published[0] !== talk.relay.publish(CHANNEL, 1, { key: 'mine' }), 'promises are shared');
  expectEqual(link.said.length, 3, 'requests: the key is under way');
  const keys = link.said.map(({ key }) => key);
  expectEqual(keys[0], 'mine', 'key');

  link.answer('name', { type: 'named', name: 'Anna' });
  expectEqual(await named, 'Anna', 'name');
  link.close();
  link = talk.join();
  expectEqual(link.said.map(({ type, name, key }) => [type, name ?? key]),
              [['name', 'Anna'], ['publish', keys[0]], ['publish', keys[1]]], 'over the next one');
  link.answer('publish', { type: 'published', offset: 8 });
  link.say({ type: 'published', id: link.said[1].id, channel: CHANNEL, offset: 7 });
  expectEqual(await Promise.all(published), [7, 8], 'offsets');
  expectEqual(talk.relay.pending, 0, 'pending');
});

suite.test('what is asked too fast is asked again, in its order, and what comes meanwhile behind it', async (t) => {
  const talk = new Talk(t);
  const link = talk.join();
  const first = talk.relay.publish(CHANNEL, 'first');
  link.answer('publish', { type: 'error', code: 'too-fast', message: 'slower' });
  talk.relay.publish(CHANNEL, 'second').catch(() => {});
  expectEqual(link.said.length, 1, 'requests at once');
  await until('both', () => link.said.length === 3);
  expectEqual(link.said.map(({ data }) => data), ['first', 'first', 'second'], 'requests');
  link.say({ type: 'published', id: link.said[1].id, channel: CHANNEL, offset: 1 });
  expectEqual(await first, 1, 'offset');
});

suite.test('who is there: listed, joined, left, renamed; former connections of this client are nobody', (t) => {
  const talk = new Talk(t);
  talk.relay.subscribe(CHANNEL, { presence: true });
  let link = talk.join('old');
  expectEqual(link.asked('subscribe').presence, true, 'asked');
  link = talk.join('new');
  talk.subscribe(link);
  talk.take();
  const presence = (rest) => link.say({ type: 'presence', channel: CHANNEL, ...rest });
  presence({ count: 3, clients: [{ client: 'old' }, { client: 'new', name: 'Me' }, { client: 'a', name: 'Anna' }] });
  const me = { client: 'new', name: 'Me', own: true };
  expectEqual(talk.take(), [{ type: 'presence', count: 2, clients: [me, { client: 'a', name: 'Anna', own: false }], joined: [], left: [] }], 'at first');
  presence({ count: 2, joined: [{ client: 'b' }], left: ['old', 'a'] });
  presence({ count: 2, joined: [{ client: 'b', name: 'Ben' }], left: [] });
  expectEqual(talk.relay.present(CHANNEL), { count: 2, clients: [me, { client: 'b', name: 'Ben', own: false }] }, 'at last');
});

suite.test('a holder stays it from one data channel to the next, and is told when it is not any more', async (t) => {
  const talk = new Talk(t);
  talk.relay.subscribe(CONTROL);
  const first = talk.join('one');
  talk.subscribe(first, { holder: null });
  expectEqual(talk.controls.length, 1, 'unreliable channels, where there are holders');
  const taking = talk.relay.take(CONTROL);
  first.answer('take', { type: 'taken' });
  await taking;
  first.say({ type: 'holder', channel: CONTROL, holder: { client: 'one' }, reason: 'taken' });
  talk.take();

  const second = talk.join('two');
  expectEqual(first.said.slice(-2).map(({ type }) => type), ['release', 'unsubscribe'], 'the old one is left');
  talk.subscribe(second, { holder: { client: 'one' } });
  second.answer('take', { type: 'error', code: 'held', message: 'somebody' });
  second.say({ type: 'holder', channel: CONTROL, holder: null, reason: 'released' });
  expectEqual(talk.relay.holder(CONTROL), { client: 'two', name: '', own: true }, 'holder meanwhile');
  await until('it to be asked for again', () => second.said.filter(({ type }) => type === 'take').length === 2);
  second.answer('take', { type: 'taken' });
  second.say({ type: 'holder', channel: CONTROL, holder: { client: 'two' }, reason: 'taken' });
  expect(talk.relay.holds(CONTROL), 'it is lost');
  expectEqual(talk.take().filter(({ type, holder }) => type === 'holder' && !holder?.own), [], 'told meanwhile');

  second.say({ type: 'holder', channel: CONTROL, holder: { client: 'x', name: 'Anna' }, reason: 'overruled' });
  expect(!talk.relay.holds(CONTROL), 'it is still held');
  expectEqual(talk.take(), [{ type: 'holder', holder: { client: 'x', name: 'Anna', own: false }, reason: 'overruled' }], 'told');
  expectEqual(talk.relay.holder(CONTROL).client, 'x', 'holder');
  const again = talk.relay.take(CONTROL, { force: true });
  second.answer('take', { type: 'taken' });
  await again;
  second.close();
  expectEqual(talk.take(), [{ type: 'holder', holder: null, reason: 'left' }], 'told');
  expectEqual(await talk.relay.take(CONTROL).catch(({ code }) => code), 'offline', 'without a connection');
});

suite.test('commands go now or never, by the unreliable channel once it is open; what is late there is dropped', async (t) => {
  const talk = new Talk(t);
  expectEqual(talk.relay.command(CONTROL, 0), false, 'without a connection');
  const link = talk.join();
  talk.relay.subscribe(CONTROL);
  talk.subscribe(link, { holder: null });
  const [control] = talk.controls;
  control.readyState = 'connecting';
  expect(talk.relay.command(CONTROL, 1), 'it does not go by the reliable one');
  control.readyState = 'open';
  expect(talk.relay.command(CONTROL, 2), 'it does not go');
  expectEqual([link.asked('publish').data, control.asked('publish').data], [1, 2], 'commands');
  expect(control.asked('publish').seq > link.asked('publish').seq && Number.isInteger(control.asked('publish').at), 'no seq, or no at');
  control.bufferedAmount = 100_000;
  expectEqual(talk.relay.command(CONTROL, 3), false, 'while others wait');

  talk.take();
  link.say({ type: 'error', id: control.asked('publish').id, channel: CONTROL, code: 'stale', message: 'late' });
  link.answer('publish', { type: 'published', offset: 1 });
  expectEqual(talk.take().map(({ type, code, ms }) => [type, code, ms >= 0]), [['command', 'stale', true], ['command', '', true]], 'answers');
  for (const offset of [5, 3, 6])
    control.say(message(offset, { channel: CONTROL }));
  expectEqual(heard(talk.take()), [5, 6], 'offsets');
  link.say(message(7, { channel: CONTROL }));
  await until('an ack: of what came reliably', () => link.asked('ack')?.received === 1);
  link.close();
  expectEqual(control.onmessage, null, 'who listens to the unreliable one');
});

suite.test('a device that slept: where all its commands are late for good, it comes back by another connection', async (t) => {
  const talk = new Talk(t);
  const link = talk.join();
  talk.relay.command(CONTROL, 0);
  talk.controls[0].readyState = 'connecting';
  const late = (code) => {
    talk.relay.command(CONTROL, 1);
    link.answer('publish', code ? { type: 'error', code, message: 'late' } : { type: 'published', offset: 1 });
  };
  const { now } = performance;
  t.after(() => { performance.now = now; });
  const sleep = (ms) => { const before = performance.now(); performance.now = () => before + ms; };
  late('stale');
  sleep(2000);
  late('stale');
  late('');
  late('stale');
  sleep(2000);
  late('stale');
  expectEqual(talk.relay.via, 'channel', 'way after a time that was not long');
  sleep(2000);
  talk.relay.command(CONTROL, 1);
  expectEqual(talk.relay.via, 'offline', 'way when they were late for long');
});

suite.test('the WebSocket is opened at once, unless data channels are to come; one that comes takes its place', async (t) => {
  const [alone, patient] = [new Talk(t), new Talk(t, { channels: true })];
  await until('it to be opened', () => alone.sockets.length === 1);
  expectEqual(patient.sockets.length, 0, 'WebSockets of who waits');
  alone.sockets[0].say({ type: 'welcome', version: 1, client: 'by-socket' });
  expectEqual([alone.relay.via, alone.relay.client], ['websocket', 'by-socket'], 'way');
  alone.join('by-channel');
  expectEqual([alone.relay.via, alone.relay.client, alone.sockets[0].readyState], ['channel', 'by-channel', 'closed'], 'way');
});

suite.test('of two peers at once the newer one stays, whichever is welcomed first', (t) => {
  const talk = new Talk(t);
  talk.relay.subscribe(CHANNEL);
  const [older, newer] = [new Link(), new Link()];
  talk.relay.adopt(older);
  talk.relay.adopt(newer);
  newer.say({ type: 'welcome', version: 1, client: 'newer' });
  older.say({ type: 'welcome', version: 1, client: 'older' });
  expectEqual([talk.relay.client, older.said.length], ['newer', 0], 'the connection');
  older.close();
  expectEqual([talk.relay.via, talk.relay.client], ['channel', 'newer'], 'when the older peer has ended');
});

suite.test('where there is no WebSocket, it is said at once what to do', async () => {
  const present = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket');
  try {
    delete globalThis.WebSocket;
    let words = '';
    try {
      new Relay('ws://nowhere/relay');
    } catch (error) {
      words = error.message;
    }
    expectEqual(words, 'there is no WebSocket here: give one as the option WebSocket', 'what is said');
    new Relay(''); // data channels only
  } finally {
    if (present)
      Object.defineProperty(globalThis, 'WebSocket', present);
  }
});

suite.test('a WebSocket that is still being made is closed when it stands: browsers would complain', async (t) => {
  const talk = new Talk(t);
  await until('it to be opened', () => talk.sockets.length === 1);
  const [socket] = talk.sockets;
  socket.readyState = 0;
  talk.join('by-channel');
  expectEqual(socket.readyState, 0, 'state while it is being made');
  socket.readyState = 'open';
  socket.onopen();
  expectEqual(socket.readyState, 'closed', 'state when it stands');
});

suite.test('subscriptions that the server ends, and connections: it is said, and they are left', async (t) => {
  const talk = new Talk(t);
  for (const channel of [CHANNEL, 'telemetry:gone', 'telemetry:never'])
    talk.relay.subscribe(channel);
  const link = talk.join();
  link.answer('subscribe', { type: 'error', code: 'not-allowed', message: 'no' });
  link.say({ type: 'error', channel: 'telemetry:gone', code: 'unknown-channel', message: 'gone' },
           { type: 'error', channel: CHANNEL, code: 'not-allowed', message: 'no longer' });
  expectEqual(talk.take().map(({ type, code }) => [type, code]),
              [['refused', 'not-allowed'], ['refused', 'unknown-channel'], ['expired', undefined]], 'told');
  // The server reads no more of a data channel that it has closed.
  link.say({ type: 'error', channel: CHANNEL, code: 'slow', message: 'too slow' });
  expectEqual(talk.relay.via, 'offline', 'way');
  await until('a WebSocket', () => talk.sockets.length === 1);
});

await suite.run();
