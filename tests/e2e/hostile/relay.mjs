// What is no request of the relay's protocol, over the WebSocket and over a data channel. Rows: what, what is done, what comes.

import { once } from 'node:events';
import net from 'node:net';

import { frame, RawWebSocket, TEXT } from '../lib/raw.mjs';
import { until } from '../lib/tap.mjs';
import { Viewer } from '../lib/viewer.mjs';
import { describe } from './websocket.mjs';

const KIB = 1024;
const CHAT = 'chat:camera';
const CONTROL = 'control:camera';
const subscribe = (channel = CHAT, fields = {}) => ({ type: 'subscribe', id: 1, channel, ...fields });
const publish = (data, fields = {}) => ({ type: 'publish', id: 1, channel: CHAT, data, ...fields });
const nested = (depth) => `{"type":"publish","id":1,"channel":"${CHAT}","data":${'['.repeat(depth)}${']'.repeat(depth)}}`;
const textOf = (message) => (typeof message === 'string' ? message : JSON.stringify(message));
const LAST = { type: 'unsubscribe', id: 4711, channel: 'x:last' };
const isLast = ({ id }) => id === LAST.id;

/** Sends these to /relay, then one that surely gets an answer. */
const asks = (...messages) => async (server) => {
  const socket = await RawWebSocket.open(server, '/relay');
  try {
    socket.send(Buffer.concat([...messages, LAST].map((message) => frame(TEXT, textOf(message)))));
    await socket.until('an end or an answer', () => socket.closed !== null || socket.messages.some(isLast));
    socket.messages = socket.messages.filter((message) => !isLast(message));
    return describe(socket);
  } finally {
    socket.close();
  }
};

/** The same, while somebody else holds the channel. */
const besideHolder = (...messages) => async (server) => {
  const holder = await RawWebSocket.open(server, '/relay');
  try {
    holder.send(frame(TEXT, textOf({ type: 'take', id: 1, channel: CONTROL })));
    await holder.until('the channel', () => holder.messages.some(({ type }) => type === 'taken'));
    return await asks(...messages)(server);
  } finally {
    holder.close();
  }
};

/** More than the burst of 200 and what a busy machine adds; a client that goes on is told the same once for each, and closed at 200 more. */
const tooFast = (count) => async (server) => {
  const found = await asks(...Array.from({ length: count }, () => ({ type: 'unsubscribe', id: 1, channel: CHAT })))(server);
  return [...new Set(found.split('; '))].filter((error) => !error.startsWith('not-subscribed')).join('; ');
};

/** The same over the data channel; after an error `last` (null: none) a client gets no answer any more, and its picture goes on. */
const overDataUntil = (last, ...messages) => async (server) => {
  const viewer = await Viewer.join(server.webSocket('/ws/camera'), { sink: false });
  try {
    const relay = await viewer.talking();
    const errors = () => relay.errors.filter((error) => !isLast(error)).map(({ code, message }) => `${code}: ${message}`);
    for (const message of messages)
      viewer.channel.send(Buffer.isBuffer(message) ? message : textOf(message));
    const answered = () => relay.errors.some(isLast);
    viewer.channel.send(textOf(LAST));
    await until('an answer, or the last error', () => answered() || relay.errors.some(({ code }) => code === last));
    const before = await viewer.framesDecoded();
    await until('an answer, or its own picture without one', async () => answered() || await viewer.framesDecoded() > before + 30);
    return [...new Set(errors()), ...answered() ? [] : ['not read any more']].join('; ') || 'nothing, and it goes on';
  } finally {
    viewer.leave();
  }
};

const overData = (...messages) => overDataUntil(null, ...messages);

/** On the data channel `control`, made by the viewer; whether `relay` still answers, which after an error `last` it does not. */
const overControlUntil = (last, ...messages) => async (server) => {
  const viewer = await Viewer.join(server.webSocket('/ws/camera'), { sink: false });
  try {
    const relay = await viewer.talking();
    const channel = viewer.peer.createDataChannel('control', { ordered: false, maxRetransmits: 0 });
    await until('the channel', () => channel.readyState === 'open');
    for (const message of messages)
      channel.send(Buffer.isBuffer(message) ? message : textOf(message));
    await until('an error, or its channel\'s end', () => relay.errors.length > 0 || channel.readyState === 'closed');
    relay.request(LAST).catch(() => {});
    const answered = () => relay.errors.some(({ code }) => code === 'not-subscribed');
    await until('an answer, or the last error', () => answered() || relay.errors.some(({ code }) => code === last));
    const before = await viewer.framesDecoded();
    await until('an answer, or its own picture without one', async () => answered() || await viewer.framesDecoded() > before + 30);
    return [...new Set(relay.errors.filter(({ code }) => code !== 'not-subscribed').map(({ code, message }) => `${code}: ${message}`))].join('; ')
      + (answered() ? '; and it goes on' : '; not read any more');
  } finally {
    viewer.leave();
  }
};

const overControl = (...messages) => overControlUntil(null, ...messages);

/** Sends these bytes on the Unix socket, and that there are no more (null: nothing at all); gives what comes till the server has closed it. */
const onUnix = (bytes) => async (server) => {
  const socket = net.connect({ path: server.relaySocket });
  let came = '';
  socket.setEncoding('utf8').on('data', (text) => { came += text; });
  socket.on('error', () => {});
  if (bytes !== null)
    socket.end(bytes);
  await new Promise((resolve) => { socket.on('close', resolve); });
  const errors = came.split('\n').filter(Boolean).map((line) => JSON.parse(line)).filter(({ type }) => type === 'error');
  return [...new Set(errors.map(({ code, message }) => `${code}: ${message}`)), 'closed'].join('; ');
};

/** Beside as many programs as these. */
const programs = (count) => async (server) => {
  const sockets = Array.from({ length: count }, () => net.connect({ path: server.relaySocket }));
  try {
    await Promise.all(sockets.map((socket) => once(socket, 'data')));
    return await onUnix(null)(server);
  } finally {
    sockets.forEach((socket) => socket.destroy());
  }
};

export const RELAY = [
  ['no JSON', asks('hello'), 'bad-message: JSON has “h” at byte 0, expected an object; closed 1008 (bad-message)'],
  ['an array', asks('[]'), 'bad-message: JSON has “[” at byte 0, expected an object; closed 1008 (bad-message)'],
  ['33 levels', asks(nested(32)), 'bad-message: JSON is nested more than 32 deep; closed 1008 (bad-message)'],
  ['no type', asks({ id: 1 }), 'bad-message: “type” is nothing, expected a string; closed 1008 (bad-message)'],
  ['an unknown type', asks({ type: 'teapot', id: 1 }),
   'unknown-type: “type” is “teapot”, expected “subscribe”, “unsubscribe”, “publish”, “take”, “release”, “name” or “ack”'],
  ['a type of 33 characters', asks({ type: 'x'.repeat(33), id: 1 }),
   'bad-message: “type” has 33 bytes, expected at most 32; closed 1008 (bad-message)'],
  ['no id', asks({ type: 'subscribe', channel: CHAT }), 'bad-message: “id” is nothing, expected an integer; closed 1008 (bad-message)'],
  ['id −1', asks({ ...subscribe(), id: -1 }), 'bad-message: “id” is -1, expected 0 to 9007199254740991; closed 1008 (bad-message)'],
  ['id 2⁵³', asks({ ...subscribe(), id: 2 ** 53 }),
   'bad-message: “id” is 9007199254740992, expected 0 to 9007199254740991; closed 1008 (bad-message)'],
  ['no channel', asks({ type: 'subscribe', id: 1 }), 'bad-message: “channel” is nothing, expected a string; closed 1008 (bad-message)'],
  ['a channel that is a number', asks(subscribe(1)), 'bad-message: “channel” is an integer, expected a string; closed 1008 (bad-message)'],
  ['a channel without a name', asks(subscribe('')), 'unknown-channel: there is no channel “”'],
  ['a channel that is not there', asks(subscribe('chat:nowhere')), 'unknown-channel: there is no channel “chat:nowhere”'],
  ['a channel of another kind', asks(subscribe('../../etc/passwd')), 'unknown-channel: there is no channel “../../etc/passwd”'],
  ['a channel of 129 bytes', asks(subscribe('x'.repeat(129))),
   'bad-message: “channel” has 129 bytes, expected at most 128; closed 1008 (bad-message)'],
  ['an epoch without an offset', asks(subscribe(CHAT, { epoch: 'x' })),
   'bad-message: “epoch” without “offset”, expected both or neither; closed 1008 (bad-message)'],
  ['an offset of less than nothing', asks(subscribe(CHAT, { epoch: 'x', offset: -1 })),
   'bad-message: “offset” is -1, expected 0 to 9007199254740991; closed 1008 (bad-message)'],
  ['an offset of the future', asks(subscribe(CHAT, { epoch: 'x', offset: 2 ** 52 })), 'nothing, and it goes on'],
  ['two subscriptions', asks(subscribe(), subscribe()), 'already-subscribed: already subscribed to “chat:camera”'],
  ['the end of none', asks({ type: 'unsubscribe', id: 1, channel: CHAT }), 'not-subscribed: not subscribed to “chat:camera”'],
  ['publishing nothing', asks({ type: 'publish', id: 1, channel: CHAT }),
   'bad-message: “data” is nothing, expected any value; closed 1008 (bad-message)'],
  ['publishing where there is nothing', asks({ ...publish(1), channel: 'x:y' }), 'unknown-channel: there is no channel “x:y”'],
  ['publishing 17 KiB', asks(publish('x'.repeat(17 * KIB))), 'too-large: “data” has 17410 bytes, expected at most 16384'],
  ['publishing 65 KiB', asks(publish('x'.repeat(65 * KIB))), 'closed 1009 (a message of more than 65536 bytes)'],
  ['a key of 65 characters', asks(publish(1, { key: 'x'.repeat(65) })),
   'bad-message: “key” has 65 characters, expected 1 to 64; closed 1008 (bad-message)'],
  ['a key of none', asks(publish(1, { key: '' })), 'bad-message: “key” has 0 characters, expected 1 to 64; closed 1008 (bad-message)'],
  ['an ack of the future', asks({ type: 'ack', received: 1 }),
   'bad-message: “received” is 1, but 0 messages were sent; closed 1008 (bad-message)'],
  ['an ack of less than nothing', asks({ type: 'ack', received: -1 }),
   'bad-message: “received” is -1, expected 0 to 9007199254740991; closed 1008 (bad-message)'],
  ['an ack without a number', asks({ type: 'ack' }), 'bad-message: “received” is nothing, expected an integer; closed 1008 (bad-message)'],
  ['two lines, one of them no JSON', asks(`${textOf(subscribe())}\n{`),
   'bad-message: JSON ends at byte 1, expected a member\'s name; closed 1008 (bad-message)'],
  ['empty lines', asks('\n\n\n'), 'nothing, and it goes on'],
  ['presence that is a text', asks(subscribe(CHAT, { presence: 'yes' })),
   'bad-message: “presence” is a string, expected true or false; closed 1008 (bad-message)'],
  ['a channel of capitals', asks(subscribe('telemetry:Motor')), 'unknown-channel: there is no channel “telemetry:Motor”'],
  ['a channel in a namespace that is not there', asks(publish(1, { channel: 'nothing:at.all' })),
   'unknown-channel: there is no channel “nothing:at.all”'],
  ['more channels than a namespace allows', asks(...Array.from({ length: 17 }, (_, i) => subscribe(`control:arm-${i}`))),
   'too-many: there are 16 channels “control:…” already, and may be no more'],
  ['a name of 33 characters', asks({ type: 'name', id: 1, name: 'x'.repeat(33) }), 'bad-name: a name has 1 to 32 printable characters on one line'],
  ['a name of two lines', asks({ type: 'name', id: 1, name: 'two\nlines' }), 'bad-name: a name has 1 to 32 printable characters on one line'],
  ['a name that turns what follows around', asks({ type: 'name', id: 1, name: 'evil\u202egnp' }),
   'bad-name: a name has 1 to 32 printable characters on one line'],
  ['a name of spaces', asks({ type: 'name', id: 1, name: '  ' }), 'bad-name: a name has 1 to 32 printable characters on one line'],
  ['a name that is a number', asks({ type: 'name', id: 1, name: 7 }),
   'bad-message: “name” is an integer, expected a string; closed 1008 (bad-message)'],
  ['no name', asks({ type: 'name', id: 1 }), 'bad-message: “name” is nothing, expected a string; closed 1008 (bad-message)'],
  ['taking where nobody can hold', asks({ type: 'take', id: 1, channel: CHAT }), 'not-allowed: nobody can hold “chat:camera”'],
  ['taking what somebody holds', besideHolder({ type: 'take', id: 1, channel: CONTROL }), 'held: somebody else holds the channel'],
  ['force that is a number', asks({ type: 'take', id: 1, channel: CONTROL, force: 1 }),
   'bad-message: “force” is an integer, expected true or false; closed 1008 (bad-message)'],
  ['releasing what it does not hold', asks({ type: 'release', id: 1, channel: CONTROL }), 'not-holder: this client does not hold it'],
  ['a command without holding', asks(publish(1, { channel: CONTROL, seq: 1, at: 1 })), 'not-holder: this client does not hold it'],
  ['a command beside who holds', besideHolder(publish(1, { channel: CONTROL, seq: 1, at: 1 })), 'not-holder: this client does not hold it'],
  ['a command of 1 KiB and more', asks({ type: 'take', id: 1, channel: CONTROL }, publish('x'.repeat(KIB), { channel: CONTROL })),
   'too-large: “data” has 1026 bytes, expected at most 1024'],
  ['a command twice', asks({ type: 'take', id: 1, channel: CONTROL }, publish(1, { channel: CONTROL, seq: 7, at: 1 }), publish(1, { channel: CONTROL, seq: 7, at: 2 })),
   'stale: “seq” is 7, but 7 came before'],
  ['seq without at', asks(publish(1, { seq: 1 })), 'bad-message: “seq” without “at”, expected both or neither; closed 1008 (bad-message)'],
  ['at without seq', asks(publish(1, { at: 1 })), 'bad-message: “at” without “seq”, expected both or neither; closed 1008 (bad-message)'],
  ['at of less than nothing', asks(publish(1, { seq: 1, at: -1 })),
   'bad-message: “at” is -1, expected 0 to 9007199254740991; closed 1008 (bad-message)'],
  ['at beyond all clocks', asks(publish(1, { seq: 1, at: 1e300 })),
   'bad-message: “at” is 1e+300, expected 0 to 9007199254740991; closed 1008 (bad-message)'],
  ['seq 2⁵³', asks(publish(1, { seq: 2 ** 53, at: 1 })),
   'bad-message: “seq” is 9007199254740992, expected 0 to 9007199254740991; closed 1008 (bad-message)'],
  ['390 requests at once', tooFast(390), 'too-fast: more than 50 requests a second'],
  ['1,200 requests at once', tooFast(1200), 'too-fast: more than 50 requests a second; closed 1008 (too-fast)'],
];

export const DATA_CHANNEL = [
  ['no JSON', overDataUntil('bad-message', 'hello'), 'bad-message: JSON has “h” at byte 0, expected an object; not read any more'],
  ['binary that is no JSON', overDataUntil('bad-message', Buffer.from([0, 255, 1])), 'bad-message: binary, a text is expected; not read any more'],
  ['nothing', overDataUntil('bad-message', ''), 'bad-message: JSON ends at byte 0, expected an object; not read any more'],
  ['publishing 17 KiB', overData(publish('x'.repeat(17 * KIB))), 'too-large: “data” has 17410 bytes, expected at most 16384'],
  ['publishing 60 KiB', overData(publish('x'.repeat(60 * KIB))), 'too-large: “data” has 61442 bytes, expected at most 16384'],
  ['an ack of the future', overDataUntil('bad-message', { type: 'ack', received: 1 }),
   'bad-message: “received” is 1, but 0 messages were sent; not read any more'],
  ['2,000 requests at once', overDataUntil('too-fast', ...Array.from({ length: 2000 }, () => subscribe('x:y'))),
   'unknown-channel: there is no channel “x:y”; too-fast: more than 50 requests a second; not read any more'],
];

export const CONTROL_CHANNEL = [
  ['no JSON', overControlUntil('bad-message', 'hello'), 'bad-message: JSON has “h” at byte 0, expected an object; not read any more'],
  ['a command without holding', overControl(publish(1, { channel: CONTROL, seq: 1, at: 1 })),
   'not-holder: this client does not hold it; and it goes on'],
  ['60 KiB', overControl(publish('x'.repeat(60 * KIB), { channel: CONTROL })),
   'too-large: “data” has 61442 bytes, expected at most 1024; and it goes on'],
];

export const UNIX_SOCKET = [
  ['nothing', onUnix(''), 'closed'],
  ['no JSON', onUnix('hello\n'), 'bad-message: JSON has “h” at byte 0, expected an object; closed'],
  ['no text', onUnix(Buffer.from([0, 255, 10])), 'bad-message: JSON is not UTF-8 at byte 0; closed'],
  ['half a line', onUnix('{"type":'), 'bad-message: JSON ends at byte 8, expected a value; closed'],
  ['a line of 65 KiB', onUnix('x'.repeat(65 * KIB)), 'too-large: a line has more than 65536 bytes; closed'],
  ['a line of 65 KiB that ends', onUnix(`${'x'.repeat(65 * KIB)}\n`), 'too-large: a line has more than 65536 bytes; closed'],
  ['1,200 requests at once', onUnix(`${textOf(LAST)}\n`.repeat(1200)),
   'not-subscribed: not subscribed to “x:last”; too-fast: more than 50 requests a second; closed'],
  ['a program beside 64 others', programs(64), 'too-many: at most 64 programs can be connected at once; closed'],
];
