// Somebody on one of the machines (member.mjs): takes requests on standard input, a JSON object a line, and answers them.

import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';

import { startObjects } from '../e2e/lib/objects-script.mjs';
import { startRelay } from '../e2e/lib/relay-script.mjs';
import { sleep, until } from '../e2e/lib/tap.mjs';
import { Viewer } from '../e2e/lib/viewer.mjs';
import { Direct } from './direct.mjs';

const CHANNEL = 'chat:camera';
const TALK_EVERY_MS = 50;

/** The same clock in all processes. */
const now = () => Number(process.hrtime.bigint()) / 1e6;

let viewer, relay, objects, direct, flow;
let heard;

/** A file that is like no other. */
function makeFile(bytes, seed) {
  const data = Buffer.alloc(bytes);
  let state = seed * 2654435761 >>> 0 || 1;
  for (let i = 0; i + 4 <= bytes; i += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data.writeInt32LE(state | 0, i);
  }
  return data;
}

/** Web workers, as Node has them: a file is hashed beside what is measured. */
class NodeWorker extends Worker {
  constructor(url) {
    super(new URL(`data:text/javascript,${encodeURIComponent(`import { parentPort } from 'node:worker_threads';
      Object.assign(globalThis, { onmessage: null, postMessage: (data) => parentPort.postMessage(data) });
      await import(${JSON.stringify(url.href)});
      parentPort.on('message', (data) => globalThis.onmessage({ data }));`)}`)); // what came before waits until somebody listens
  }

  set onmessage(handler) {
    this.on('message', (data) => handler({ data }));
  }

  set onerror(handler) {
    this.on('error', handler);
  }
}

/** Notes with each chunk that is put on `channel` how many bytes are not acknowledged: of one transfer at a time. */
function watch(channel) {
  const send = channel.send.bind(channel);
  let acknowledged = 0;
  channel.send = (data) => {
    if (typeof data !== 'string')
      heard?.underWay.push(Number(new DataView(data.buffer).getBigUint64(4)) + data.byteLength - 12 - acknowledged);
    send(data);
  };
  channel.addEventListener('message', ({ data }) => {
    const { type, offset } = typeof data === 'string' ? JSON.parse(data) : {};
    if (type === 'ack' || type === 'putting')
      acknowledged = offset;
  });
  return channel;
}

/** Files that are sent or received one after the other, until end(). */
class Flow {
  #end = new AbortController();
  #done;
  #bytes = 0;
  #beganAt = 0;
  #moves;
  moving = new Promise((resolve) => { this.#moves = resolve; });

  /** @param {(options: object) => Promise<unknown>} transfer a file */
  constructor(transfer) {
    this.#done = this.#run(transfer).catch((error) => { this.error = error; });
    this.#done.then(this.#moves);
  }

  async #run(transfer) {
    while (!this.#end.signal.aborted) {
      let last = 0;
      const onprogress = ({ state, done }) => {
        if (!['sending', 'receiving', 'failed', 'done'].includes(state))
          return;
        if (!this.#beganAt) {
          this.#beganAt = now();
          this.#moves();
        }
        this.#bytes += done - last;
        last = done;
      };
      await transfer({ signal: this.#end.signal, onprogress }).catch((error) => {
        if (!this.#end.signal.aborted)
          throw error;
      });
    }
  }

  /** Gives Mbit/s since the first byte. */
  async end() {
    const ms = now() - this.#beganAt;
    this.#end.abort(new Error('that was long enough'));
    await this.#done;
    if (this.error)
      throw this.error;
    return { mbits: this.#bytes * 8 / 1000 / ms };
  }
}

const requests = {
  /**
   * Joins: the addresses are those of the WebSockets. With `signalling` he watches, and with `channels` messages and files go by his
   * peer's data channels.
   */
  async join({ signalling = null, channels = false, relayUrl, objectsUrl, picture = false }) {
    relay = await startRelay(channels ? '' : relayUrl);
    objects = await startObjects(channels ? '' : objectsUrl, { channels, Worker: NodeWorker });
    relay.addEventListener('message', ({ detail }) => !detail.own && heard?.delays.push(now() - detail.data.ms));
    relay.subscribe(CHANNEL);
    const adopt = (channel) => {
      relay.adopt(channel);
      objects.adopt(() => watch(viewer.peer.createDataChannel('objects')));
    };
    if (signalling) {
      viewer = await Viewer.join(signalling, { sink: picture, adopt: channels ? adopt : () => {} });
      viewer.onShown = () => heard?.frames.push(now());
      await viewer.playing({ frames: 5, timeoutMs: 60000 });
    }
    await until('a way to the relay', () => relay.via !== 'offline', { timeoutMs: 20000 });
  },

  /** Makes a file and puts it. */
  async put({ bytes, seed }) {
    const file = makeFile(bytes, seed);
    let began = 0;
    const hash = await objects.put(new Blob([file]), { onprogress: ({ state }) => { began ||= state === 'hashing' ? 0 : now(); } });
    return { hash, seconds: (now() - began) / 1000 };
  },

  async get({ hash }) {
    const began = now();
    const blob = await objects.get(hash);
    const seconds = (now() - began) / 1000;
    const found = createHash('sha256').update(Buffer.from(await blob.arrayBuffer())).digest('hex');
    if (found !== hash)
      throw new Error('other bytes');
    return { seconds };
  },

  /** Puts files one after the other, from now on, each with a beginning of its own; answers when the first is being sent. */
  async beginPutting({ bytes, seed }) {
    const rest = new Blob([makeFile(bytes - 4, seed)]);
    flow = new Flow((options) => objects.put(new Blob([Uint32Array.of(seed++), rest]), options));
    await flow.moving;
  },

  async beginGetting({ hash }) {
    flow = new Flow((options) => objects.get(hash, options));
    await flow.moving;
  },

  endFlow: () => flow.end(),

  listen() {
    heard = { delays: [], frames: [], underWay: [] };
  },

  async talk({ seconds }) {
    const end = now() + seconds * 1000;
    while (now() < end) {
      relay.publish(CHANNEL, { text: 'what is it like there', ms: now() });
      await sleep(TALK_EVERY_MS);
    }
    await until('what was said to be there', () => relay.pending === 0);
  },

  heard: () => heard,

  // Without a server: from one to the other.
  async offerDirect({ id }) {
    return (direct ??= new Direct()).offer(id);
  },
  async answerDirect({ sdp }) {
    return (direct ??= new Direct()).answer('', sdp);
  },
  async connectDirect({ id, sdp }) {
    await direct.connect(id, sdp);
  },
  sendDirect: ({ id, bytes, seed }) => direct.send(id, makeFile(bytes, seed)),
  receiveDirect: ({ bytes }) => direct.receive('', bytes),
};

createInterface({ input: process.stdin }).on('line', async (line) => {
  const { number, name, ...request } = JSON.parse(line);
  try {
    console.log(`${number} ${JSON.stringify({ result: await requests[name](request) ?? null })}`);
  } catch (error) {
    console.log(`${number} ${JSON.stringify({ error: `${error.code ?? ''} ${error.message}` })}`);
  }
}).on('close', () => process.exit(0));
console.log('ready');
