// Everybody of one cell of script/bench relay, in a process of its own: clients in one channel, one of which speaks; each receives what it
// says. Its argument is JSON: { way, url, pid (of the server), clients, bytes, seconds, rate }. Prints, as JSON, what was measured, first
// with as much under way as the server takes, then at `rate` messages a second.

import { readFileSync } from 'node:fs';

import { quantile } from '../../e2e/lib/figures.mjs';
import { expect, Failure, sleep, until } from '../../e2e/lib/tap.mjs';
import { FlaskTalker } from './flask.mjs';
import { JanusTalker } from './janus.mjs';
import { RelayTalker } from './relay-talker.mjs';

const UNDER_WAY = 64; // messages that not everybody has yet
const STALL_MS = 10000;
const NUMBER_DIGITS = 9;
const WARM_UP_MS = 1000;
const JOINING = 10; // at once

const { way, url, pid, clients, bytes, seconds, rate } = JSON.parse(process.argv[2]);
const join = {
  'relay-channel': () => RelayTalker.overChannel(url),
  'relay-websocket': () => RelayTalker.overWebSocket(url),
  flask: () => FlaskTalker.join(url),
  janus: (i) => JanusTalker.join(url, `talker-${i}`),
}[way];

/** Of all its threads, those that have ended included; in hundredths. */
function cpuSeconds() {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** One says numbers, all listen for them: each has to get each, in order, once. */
class Room {
  #talkers = [];
  #next = []; // the number that each waits for
  #missing = []; // by number: how many have not got it yet
  #saidAt = [];
  #filler = 'x'.repeat(bytes - NUMBER_DIGITS - 1);
  said = 0;
  delivered = 0;
  complete = 0; // numbers that all have
  delays = null;
  fault = null;
  onComplete = () => {};

  async fill() {
    for (let i = 0; i < clients; i += JOINING)
      this.#talkers.push(...await Promise.all(Array.from({ length: Math.min(JOINING, clients - i) }, (_, k) => join(i + k))));
    this.#talkers.forEach((talker, i) => {
      this.#next.push(0);
      talker.onText = (text) => this.#take(talker, i, text);
    });
  }

  /** Messages are found by their numbers, whatever is around them and however many a text has. */
  #take(talker, i, text) {
    let n = 0;
    for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + bytes)) {
      const number = Number(text.slice(at + 1, at + 1 + NUMBER_DIGITS));
      if (number !== this.#next[i]++)
        this.fault ??= `message ${number} came where ${this.#next[i] - 1} was due`;
      this.delays?.push(performance.now() - this.#saidAt[number]);
      if (--this.#missing[number] === 0)
        this.complete++;
      n++;
    }
    if (n === 0 && text.includes('"error"'))
      this.fault ??= text;
    this.delivered += n;
    talker.took?.(n);
    if (n > 0)
      this.onComplete();
  }

  say() {
    this.#saidAt.push(performance.now());
    this.#missing.push(clients);
    this.#talkers[0].say(`@${String(this.said++).padStart(NUMBER_DIGITS, '0')}${this.#filler}`);
  }

  /** Says as much as goes while `ms` pass. */
  async flood(ms) {
    let [last, lastAt] = [this.complete, performance.now()];
    this.onComplete = () => {
      while (this.said - this.complete < UNDER_WAY)
        this.say();
    };
    this.onComplete();
    for (const end = performance.now() + ms; performance.now() < end && !this.fault; await sleep(20)) {
      if (this.complete > last)
        [last, lastAt] = [this.complete, performance.now()];
      if (performance.now() - lastAt > STALL_MS)
        this.fault = `${this.said - this.complete} messages did not reach everybody`;
    }
    this.onComplete = () => {};
    if (this.fault)
      throw new Failure(this.fault);
  }

  /** Says a message every now and then while `ms` pass; gives the delays of all who got one. */
  async talk(ms) {
    this.delays = [];
    const began = performance.now();
    for (let i = 0; performance.now() - began < ms; i++) {
      await sleep(Math.max(0, began + i * 1000 / rate - performance.now()));
      this.say();
    }
    await this.settled();
    const { delays } = this;
    this.delays = null;
    return delays;
  }

  async settled() {
    await until('all messages', () => this.fault || this.complete === this.said);
    expect(!this.fault, this.fault);
  }

  leave() {
    for (const talker of this.#talkers)
      talker.leave();
  }
}

async function observe(room, act) {
  const [cpu, began, delivered] = [cpuSeconds(), performance.now(), room.delivered];
  const delays = await act();
  return { cpu: cpuSeconds() - cpu, seconds: (performance.now() - began) / 1000, delivered: room.delivered - delivered, delays };
}

try {
  const room = new Room();
  await room.fill();
  await room.flood(WARM_UP_MS);
  const flood = await observe(room, () => room.flood(seconds * 1000));
  await room.settled();
  const { delays, ...talk } = await observe(room, () => room.talk(seconds * 1000));
  console.log(`measured ${JSON.stringify({ flood, talk: { ...talk, p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) } })}`);
  room.leave();
  process.exit(0); // not before everything is said: libwebrtc would take its time
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
