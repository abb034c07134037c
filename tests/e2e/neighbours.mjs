// Somebody watches and reads; beside them others are slow, stall, or send garbage. That changes nothing for the one who watches.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child } from './lib/child.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, sleep, Suite, until } from './lib/tap.mjs';
import { openRelay, Signalling, Viewer } from './lib/viewer.mjs';

const CHANNEL = 'chat:camera';
const FRAMES = 60;
const viewersChild = path.join(path.dirname(fileURLToPath(import.meta.url)), 'lib', 'viewers-child.mjs');
const suite = new Suite();

/** A server, who watches and reads by the data channel, and who talks. */
class Neighbourhood {
  #published = 0;

  static async start(t) {
    const self = new Neighbourhood();
    self.server = await Server.start(t, ['test', '--set', 'width=160']);
    self.watcher = await Viewer.join(self.server.webSocket('/ws/camera'));
    t.after(() => self.watcher.leave());
    await self.watcher.playing();
    self.reader = await self.watcher.talking();
    await self.reader.request({ type: 'subscribe', channel: CHANNEL });
    self.talker = await openRelay(self.server.webSocket('/relay'));
    t.after(() => self.talker.signalling.close());
    return self;
  }

  async #sent() {
    return (await this.server.stream()).tracks[0].frames;
  }

  /** While the source makes some frames and somebody talks: the share of the frames that was watched. All that was said has come, in order. */
  async share() {
    const [sent, seen] = [await this.#sent(), this.watcher.frames];
    let now = sent;
    await until(`${FRAMES} frames of the source`, async () => {
      const data = { number: this.#published, padding: 'x'.repeat(4000) };
      const { type, offset } = await this.talker.request({ type: 'publish', channel: CHANNEL, data });
      expectEqual([type, offset], ['published', ++this.#published], 'what the talker is told');
      now = await this.#sent();
      return now >= sent + FRAMES;
    }, { timeoutMs: 30000 });
    await until('all messages', () => this.reader.messages.length >= this.#published);
    expectEqual(this.reader.messages.map(({ offset, data }) => [offset, data.number]),
                Array.from({ length: this.#published }, (_, i) => [i + 1, i]), 'messages of the one who watches');
    return (this.watcher.frames - seen) / (now - sent);
  }
}

/** Sends what `make` gives, as often as allowed and again after it was thrown out, until the test ends. */
async function pester(t, open, make, everyMs) {
  let [done, sent, thrownOut, connection] = [false, 0, 0, null];
  const working = (async () => {
    while (!done) {
      connection = await open();
      while (!done && !connection.closed()) {
        connection.send(make(sent++));
        await sleep(everyMs);
      }
      thrownOut += connection.closed() ? 1 : 0;
      connection.leave();
    }
  })();
  t.after(async () => {
    done = true;
    await working;
    t.note(`${sent} pieces of garbage, thrown out ${thrownOut} times`);
  });
  await Promise.race([working, until('garbage to be sent', () => sent > 5)]);
}

const GARBAGE = ['{"type":"teapot"}', '{"type":"candidate","peer":1,"candidate":"candidate:nonsense","sdpMid":"0"}',
                 '{"type":"subscribe","id":1,"channel":"no:where"}', '{"type":"answer","peer":1,"sdp":"v=0"}'];
const DEADLY = ['{"type":', '', '[[[[', '\u0000', Buffer.from([0, 255, 128, 7])];

/** Mostly what is answered with an error; now and then what ends the connection. */
const garbage = (number) => (number % 20 === 19 ? DEADLY[(number / 20 | 0) % DEADLY.length] : GARBAGE[number % GARBAGE.length]);

const socket = (route, first) => async (server) => {
  const signalling = await Signalling.open(server.webSocket(route));
  first?.(signalling);
  return { send: (data) => signalling.send(data), closed: () => signalling.closed !== null, leave: () => signalling.close() };
};

/** A data channel that was cut off stays open: it is given up after some more pieces. */
const channel = async (server) => {
  const viewer = await Viewer.join(server.webSocket('/ws/camera'), { sink: false });
  await viewer.talking();
  let deadly = 0;
  return { send: (data) => {
             deadly += DEADLY.includes(data) ? 1 : 0;
             viewer.channel.send(data);
           },
           closed: () => deadly > 1 || viewer.channel.readyState !== 'open', leave: () => viewer.leave() };
};

/** Who is beside the one who watches. */
const NEIGHBOURS = {
  'is stopped while it plays': async (t, server) => {
    const child = new Child(process.execPath, [viewersChild, server.webSocket('/ws/camera'), '2'], { stdin: 'pipe' });
    t.after(() => child.stop('SIGKILL'));
    await child.line(/^playing$/, 30000);
    child.kill('SIGSTOP');
  },
  'does not read its WebSocket of the relay': async (t, server) => {
    const client = await openRelay(server.webSocket('/relay'));
    t.after(() => client.signalling.close());
    await client.request({ type: 'subscribe', channel: CHANNEL });
    client.signalling.socket.pause();
  },
  'acknowledges no message on its data channel': async (t, server) => {
    const viewer = await Viewer.join(server.webSocket('/ws/camera'), { sink: false, acknowledges: false });
    t.after(() => viewer.leave());
    await (await viewer.talking()).request({ type: 'subscribe', channel: CHANNEL });
  },
  // 200 messages in 10 s, and 50 requests a second, are allowed.
  'sends garbage to the signalling': (t, server) =>
    pester(t, () => socket('/ws/camera', (signalling) => signalling.hello())(server), garbage, 51),
  'sends garbage to the relay': (t, server) => pester(t, () => socket('/relay')(server), garbage, 21),
  'sends garbage on its data channel': (t, server) => pester(t, () => channel(server), garbage, 21),
};

let neighbourhood;
for (const [what, move] of Object.entries(NEIGHBOURS)) {
  suite.test(`somebody ${what}: frames and messages of another go on`, async (t) => {
    neighbourhood ??= await Neighbourhood.start(suite.scope);
    const { server } = neighbourhood;
    const alone = await neighbourhood.share();
    await move(t, server);
    // A busy machine loses frames by itself for a while; who is disturbed loses them as long as the others are there.
    let beside = 0;
    for (let window = 0; window < 4 && beside < 0.5 * alone; window++)
      beside = await neighbourhood.share();
    t.note(`${(100 * alone).toFixed(0)} % of the source's frames before, ${(100 * beside).toFixed(0)} % beside it`);
    expect(beside >= 0.5 * alone, 'less than half of the frames came');
    expectEqual(neighbourhood.watcher.peers.size, 1, 'peers of the one who watches');
  }, { timeoutMs: 90000 });
}

suite.test('when all of them have gone, there is the one who watches', async () => {
  const { server } = neighbourhood;
  await until('the others to be gone', async () => {
    const { sessions, relay_clients: clients } = await server.status();
    if (sessions !== 1 || clients !== 2)
      throw new Error(`${sessions} sessions, ${clients} clients of the relay`);
    return true;
  }, { timeoutMs: 20000 });
  await neighbourhood.share();
});

await suite.run();
