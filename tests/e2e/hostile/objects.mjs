// What is no request of the objects' protocol, over the WebSocket and over a data channel. Rows: what, what is done, what comes.

import { chunkOf, hashOf, newFile, overChannel } from '../lib/object-client.mjs';
import { BINARY, frame, RawWebSocket, TEXT } from '../lib/raw.mjs';
import { until } from '../lib/tap.mjs';
import { Viewer } from '../lib/viewer.mjs';
import { describe } from './websocket.mjs';

const KIB = 1024;
const HERE = Buffer.from('what is here already');
const NOWHERE = hashOf('what nobody ever put');
const LAST = { type: 'stop', id: 4294967295 };
const isLast = ({ id }) => id === LAST.id;

const put = (fields) => ({ type: 'put', id: 1, hash: NOWHERE, size: 100000, key: 'mine', ...fields });
const get = (fields) => ({ type: 'get', id: 1, hash: hashOf(HERE), ...fields });
const bytes = (size) => Buffer.alloc(size, 'x');
const textOf = (message) => (typeof message === 'string' ? message : JSON.stringify(message));

const toFrame = (message) => (Buffer.isBuffer(message) ? frame(BINARY, message) : frame(TEXT, textOf(message)));

const ready = new WeakSet();

/** What surely is here. */
async function putHere(server) {
  if (ready.has(server))
    return;
  const socket = await RawWebSocket.open(server, '/objects');
  socket.say({ type: 'put', id: 1, hash: hashOf(HERE), size: HERE.length, key: 'here' });
  await socket.next('putting');
  socket.send(frame(BINARY, chunkOf(1, 0, HERE)));
  await socket.next('stored');
  socket.close();
  ready.add(server);
}

/** Sends these to /objects, all in one, but those after `{await: TYPE}` when that has come; then what surely gets an answer. */
const asks = (...messages) => async (server) => {
  await putHere(server);
  const socket = await RawWebSocket.open(server, '/objects');
  try {
    let together = [];
    for (const message of [...messages, LAST]) {
      if (!message.await) {
        together.push(toFrame(message));
        continue;
      }
      socket.send(Buffer.concat(together));
      together = [];
      await (message.await === 'chunk' ? socket.until('a chunk', () => socket.chunks > 0) : socket.next(message.await));
    }
    socket.send(Buffer.concat(together));
    await socket.until('an end or an answer', () => socket.closed !== null || socket.messages.some(isLast));
    socket.messages = socket.messages.filter((message) => !isLast(message));
    return describe(socket);
  } finally {
    socket.close();
  }
};

/** Puts these bytes, and awaits what is said of them. */
const puts = (hash, data, size = data.length) => asks(put({ hash, size }), { await: 'putting' }, chunkOf(1, 0, data), { await: 'error' });

/** More than the burst of 200 and what a busy machine adds; at 200 more it is closed. */
const tooFast = (count) => async (server) => {
  const found = await asks(...Array.from({ length: count }, () => ({ type: 'stop', id: 7 })))(server);
  return [...new Set(found.split('; '))].filter((error) => !error.startsWith('unknown-transfer')).join('; ');
};

/** Somebody uploads, and somebody else names the same key. */
async function takeOver(server) {
  const { hash } = newFile(10);
  const first = await RawWebSocket.open(server, '/objects');
  try {
    first.say(put({ hash }));
    await first.next('putting');
    const other = await asks(put({ hash }), { await: 'putting' })(server);
    await first.next('error');
    return `${describe(first)}; the other: ${other}`;
  } finally {
    first.close();
  }
}

/** The same over the data channel `objects`; after an error `last` (null: none) it answers no more, and its picture goes on. */
const overDataUntil = (last, ...messages) => async (server) => {
  await putHere(server);
  const viewer = await Viewer.join(server.webSocket('/ws/camera'), { sink: false });
  try {
    await viewer.talking();
    const errors = [];
    const channel = viewer.peer.createDataChannel('objects');
    const client = overChannel(channel);
    const { onmessage } = channel;
    channel.onmessage = (event) => {
      const message = typeof event.data === 'string' ? JSON.parse(event.data) : {};
      if (message.type === 'error')
        errors.push(message);
      onmessage(event);
    };
    await until('the welcome', () => client.welcome);
    for (const message of messages)
      channel.send(Buffer.isBuffer(message) ? message : textOf(message));
    channel.send(textOf(LAST));
    const answered = () => errors.some(isLast);
    await until('an answer, or the last error', () => answered() || errors.some(({ code }) => code === last));
    const before = await viewer.framesDecoded();
    await until('an answer, or its own picture without one', async () => answered() || await viewer.framesDecoded() > before + 30);
    const told = errors.filter((error) => !isLast(error)).map(({ code, message }) => `${code}: ${message}`);
    return [...new Set(told), ...answered() ? [] : ['not read any more']].join('; ') || 'nothing, and it goes on';
  } finally {
    viewer.leave();
  }
};

const overData = (...messages) => overDataUntil(null, ...messages);

/** A data channel that is not as it should be. */
const badChannel = (label, options) => async (server) => {
  const viewer = await Viewer.join(server.webSocket('/ws/camera'), { sink: false });
  try {
    await viewer.talking();
    const channel = viewer.peer.createDataChannel(label, options);
    const client = overChannel(channel);
    const before = await viewer.framesDecoded();
    await until('a welcome, an end, or its own picture without one', async () =>
      client.welcome || channel.readyState === 'closed' || await viewer.framesDecoded() > before + 30);
    return client.welcome ? 'a welcome' : 'no welcome';
  } finally {
    viewer.leave();
  }
};

const WRONG = newFile(20000);

export const OBJECTS = [
  ['no JSON', asks('hello'), 'bad-message: JSON has “h” at byte 0, expected an object; closed 1008 (bad-message)'],
  ['an array', asks('[]'), 'bad-message: JSON has “[” at byte 0, expected an object; closed 1008 (bad-message)'],
  ['two lines', asks(`${textOf(get())}\n${textOf(get({ id: 2 }))}`),
   'bad-message: JSON has “{” at byte 96, expected its end; closed 1008 (bad-message)'],
  ['a text of 4 KiB and more', asks({ ...get(), x: 'x'.repeat(4 * KIB) }),
   'bad-message: a text of 4198 bytes, at most 4096 are allowed; closed 1008 (bad-message)'],
  ['a text of 65 KiB', asks('x'.repeat(65 * KIB)), 'closed 1009 (a message of more than 65536 bytes)'],
  ['no type', asks({ id: 1 }), 'bad-message: “type” is nothing, expected a string; closed 1008 (bad-message)'],
  ['an unknown type', asks({ type: 'teapot', id: 1 }), 'unknown-type: “type” is “teapot”, expected “put”, “get”, “ack” or “stop”'],
  ['no id', asks(get({ id: undefined })), 'bad-message: “id” is nothing, expected an integer; closed 1008 (bad-message)'],
  ['id −1', asks(get({ id: -1 })), 'bad-message: “id” is -1, expected 0 to 4294967295; closed 1008 (bad-message)'],
  ['id 2³²', asks(get({ id: 2 ** 32 })), 'bad-message: “id” is 4294967296, expected 0 to 4294967295; closed 1008 (bad-message)'],
  ['id 1.5', asks(get({ id: 1.5 })), 'bad-message: “id” is a number, expected an integer; closed 1008 (bad-message)'],
  ['an id twice', asks(get(), get()), 'bad-message: “id” is 1, expected more than 1; closed 1008 (bad-message)'],
  ['an id that is less', asks(get({ id: 7 }), get({ id: 6 })), 'bad-message: “id” is 6, expected more than 7; closed 1008 (bad-message)'],
  ['no hash', asks(get({ hash: undefined })), 'bad-message: “hash” is nothing, expected a string; closed 1008 (bad-message)'],
  ['a hash of 63 digits', asks(get({ hash: NOWHERE.slice(1) })), 'bad-message: “hash” is not 64 digits of 0-9 and a-f; closed 1008 (bad-message)'],
  ['a hash in capitals', asks(get({ hash: NOWHERE.toUpperCase() })),
   'bad-message: “hash” is not 64 digits of 0-9 and a-f; closed 1008 (bad-message)'],
  ['a hash that is a path', asks(get({ hash: `../../etc/${'x'.repeat(54)}` })),
   'bad-message: “hash” is not 64 digits of 0-9 and a-f; closed 1008 (bad-message)'],
  ['what is not here', asks(get({ hash: NOWHERE }), { await: 'error' }), 'unknown-object: There is no such object, or no longer'],
  ['from beyond the end', asks(get({ offset: HERE.length + 1 }), { await: 'error' }), 'bad-offset: the object has 20 bytes'],
  ['from less than nothing', asks(get({ offset: -1 })), 'bad-message: “offset” is -1, expected 0 to 9007199254740991; closed 1008 (bad-message)'],
  ['from 2⁵³', asks(get({ offset: 2 ** 53 })),
   'bad-message: “offset” is 9007199254740992, expected 0 to 9007199254740991; closed 1008 (bad-message)'],
  ['nine at once', asks(...Array.from({ length: 9 }, (_, id) => get({ id }))), 'too-many: more than 8 downloads at once'],
  ['putting nothing', asks(put({ size: 0 }), { await: 'error' }), 'hash-mismatch: The bytes that came have another hash'],
  ['putting less than nothing', asks(put({ size: -1 })), 'bad-message: “size” is -1, expected 0 to 9007199254740991; closed 1008 (bad-message)'],
  ['putting 2⁵³ bytes', asks(put({ size: 2 ** 53 })),
   'bad-message: “size” is 9007199254740992, expected 0 to 9007199254740991; closed 1008 (bad-message)'],
  ['putting 2⁵³ − 1 bytes', asks(put({ size: 2 ** 53 - 1 }), { await: 'error' }), 'too-large: An object may have 256 MiB'],
  ['putting 256 MiB and a byte', asks(put({ size: 256 * KIB * KIB + 1 }), { await: 'error' }), 'too-large: An object may have 256 MiB'],
  ['putting without a key', asks(put({ key: undefined })), 'bad-message: “key” is nothing, expected a string; closed 1008 (bad-message)'],
  ['a key of none', asks(put({ key: '' })), 'bad-message: “key” has 0 characters, expected 1 to 64; closed 1008 (bad-message)'],
  ['a key of 65 characters', asks(put({ key: 'x'.repeat(65) })), 'bad-message: “key” has 65 characters, expected 1 to 64; closed 1008 (bad-message)'],
  ['five uploads at once', asks(...[1, 2, 3, 4, 5].map((id) => put({ id, key: `key ${id}` }))), 'too-many: more than 4 uploads at once'],
  ['the same upload twice', asks(put(), put({ id: 2 }), { await: 'error' }), 'taken-over: Somebody else goes on with this upload'],
  ['somebody else\'s upload, whose key is known', takeOver, 'taken-over: Somebody else goes on with this upload; the other: nothing, and it goes on'],
  ['the same hash with another size', asks(put({ hash: hashOf(HERE), size: 7 }), { await: 'error' }),
   'hash-mismatch: the object with this hash has another size'],
  ['a chunk without an upload', asks(chunkOf(1, 0, bytes(10))), 'unknown-transfer: there is no transfer 1'],
  ['a chunk before it is asked for', asks(put({ key: 'early' }), chunkOf(1, 0, bytes(10))),
   'bad-message: a chunk before “putting”, of transfer 1; closed 1008 (bad-message)'],
  ['a chunk for a download', asks(get(), { await: 'getting' }, chunkOf(1, 0, bytes(10))),
   'bad-message: a chunk of a “get”; closed 1008 (bad-message)'],
  ['a chunk without bytes', asks(put(), { await: 'putting' }, chunkOf(1, 0, bytes(0))),
   'bad-message: a chunk of 12 bytes, expected 13 to 16396; closed 1008 (bad-message)'],
  ['a chunk of 11 bytes', asks(put(), { await: 'putting' }, bytes(11)),
   'bad-message: a chunk of 11 bytes, expected 13 to 16396; closed 1008 (bad-message)'],
  ['an empty binary message', asks(put(), { await: 'putting' }, bytes(0)),
   'bad-message: a chunk of 0 bytes, expected 13 to 16396; closed 1008 (bad-message)'],
  ['a chunk of 16 KiB and a byte', asks(put(), { await: 'putting' }, chunkOf(1, 0, bytes(16 * KIB + 1))),
   'bad-message: a chunk of 16397 bytes, expected 13 to 16396; closed 1008 (bad-message)'],
  ['a binary message of 65 KiB', asks(put(), { await: 'putting' }, bytes(65 * KIB)), 'closed 1009 (a message of more than 65536 bytes)'],
  ['a chunk that leaves some out', asks(put(), { await: 'putting' }, chunkOf(1, 1, bytes(10))),
   'bad-message: a chunk that does not begin at 0; closed 1008 (bad-message)'],
  ['a chunk twice', asks(put({ key: 'twice' }), { await: 'putting' }, chunkOf(1, 0, bytes(10)), chunkOf(1, 0, bytes(10))),
   'bad-message: a chunk that does not begin at 10; closed 1008 (bad-message)'],
  ['a chunk at 2⁶⁴ − 1', asks(put(), { await: 'putting' }, chunkOf(1, 2n ** 64n - 1n, bytes(10))),
   'bad-message: a chunk that does not begin at 0; closed 1008 (bad-message)'],
  ['a chunk over the end', asks(put({ size: 5 }), { await: 'putting' }, chunkOf(1, 0, bytes(10))),
   'bad-message: a chunk that goes beyond the object\'s size of 5; closed 1008 (bad-message)'],
  ['a chunk after the end of an upload', asks(put(), { await: 'putting' }, { type: 'stop', id: 1 }, { await: 'stopped' }, chunkOf(1, 0, bytes(10))),
   'nothing, and it goes on'],
  ['other bytes than their hash', puts(NOWHERE, bytes(10)), 'hash-mismatch: The bytes that came have another hash'],
  ['a bit that is another', puts(WRONG.hash, Buffer.concat([WRONG.bytes.subarray(0, 9999), bytes(1)]), 10000),
   'hash-mismatch: The bytes that came have another hash'],
  ['an ack of what was not sent', asks(get(), { await: 'chunk' }, { type: 'ack', id: 1, offset: HERE.length + 1 }),
   'bad-message: “offset” is 21, but what comes before 20 was sent; closed 1008 (bad-message)'],
  ['an ack of less than nothing', asks(get(), { type: 'ack', id: 1, offset: -1 }),
   'bad-message: “offset” is -1, expected 0 to 9007199254740991; closed 1008 (bad-message)'],
  ['an ack of less than before', asks(get(), { await: 'chunk' }, { type: 'ack', id: 1, offset: 10 }, { type: 'ack', id: 1, offset: 9 }),
   'nothing, and it goes on'],
  ['an ack of an upload', asks(put(), { type: 'ack', id: 1, offset: 0 }), 'bad-message: an “ack” of a “put”; closed 1008 (bad-message)'],
  ['an ack without a transfer', asks({ type: 'ack', id: 1, offset: 0 }), 'unknown-transfer: there is no transfer 1'],
  ['the end of none', asks({ type: 'stop', id: 1 }), 'unknown-transfer: there is no transfer 1'],
  ['the end twice', asks(put(), { type: 'stop', id: 1 }, { type: 'stop', id: 1 }), 'unknown-transfer: there is no transfer 1'],
  ['390 requests at once', tooFast(390), 'too-fast: more than 50 requests a second'],
  ['1,200 requests at once', tooFast(1200), 'too-fast: more than 50 requests a second; closed 1008 (too-fast)'],
];

export const OBJECTS_CHANNEL = [
  ['no JSON', overDataUntil('bad-message', 'hello'), 'bad-message: JSON has “h” at byte 0, expected an object; not read any more'],
  ['nothing', overDataUntil('bad-message', ''), 'bad-message: JSON ends at byte 0, expected an object; not read any more'],
  ['a chunk without an upload', overData(chunkOf(1, 0, bytes(10))), 'unknown-transfer: there is no transfer 1'],
  ['a chunk without bytes', overDataUntil('bad-message', put(), chunkOf(1, 0, bytes(0))),
   'bad-message: a chunk of 12 bytes, expected 13 to 16396; not read any more'],
  ['a chunk of 16 KiB and a byte', overDataUntil('bad-message', put(), chunkOf(1, 0, bytes(16 * KIB + 1))),
   'bad-message: a chunk of 16397 bytes, expected 13 to 16396; not read any more'],
  ['60 KiB', overDataUntil('bad-message', bytes(60 * KIB)), 'bad-message: a chunk of 61440 bytes, expected 13 to 16396; not read any more'],
  ['a text of 60 KiB', overDataUntil('bad-message', 'x'.repeat(60 * KIB)),
   'bad-message: a text of 61440 bytes, at most 4096 are allowed; not read any more'],
  ['2,000 requests at once', overDataUntil('too-fast', ...Array.from({ length: 2000 }, () => ({ type: 'stop', id: 7 }))),
   'unknown-transfer: there is no transfer 7; too-fast: more than 50 requests a second; not read any more'],
  ['a channel without order', badChannel('objects', { ordered: false }), 'no welcome'],
  ['a channel that may lose something', badChannel('objects', { maxRetransmits: 0 }), 'no welcome'],
];
