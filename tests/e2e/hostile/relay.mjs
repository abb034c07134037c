// What is no request of the relay's protocol, over the WebSocket and over a data channel. Rows: what, what is done, what comes.

import { frame, RawWebSocket, TEXT } from '../lib/raw.mjs';
import { until } from '../lib/tap.mjs';
import { Viewer } from '../lib/viewer.mjs';
import { describe } from './websocket.mjs';

const KIB = 1024;
const CHAT = 'chat:camera';
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

/** As many as the burst, and then so many more; a client that goes on is told the same once for each. */
const tooFast = (count) => async (server) => {
  const found = await asks(...Array.from({ length: count }, () => ({ type: 'unsubscribe', id: 1, channel: CHAT })))(server);
  return [...new Set(found.split('; '))].filter((error) => !error.startsWith('not-subscribed')).join('; ');
};

/** The same over the data channel; a client that is cut off gets no answer any more, and its picture goes on. */
const overData = (...messages) => async (server) => {
  const viewer = await Viewer.join(server.webSocket('/ws/camera'), { sink: false });
  try {
    const relay = await viewer.talking();
    const errors = () => relay.errors.filter((error) => !isLast(error)).map(({ code, message }) => `${code}: ${message}`);
    for (const message of messages)
      viewer.channel.send(Buffer.isBuffer(message) ? message : textOf(message));
    const answered = () => relay.errors.some(isLast);
    viewer.channel.send(textOf(LAST));
    const before = await viewer.framesDecoded();
    await until('an answer, or its own picture without one', async () => answered() || await viewer.framesDecoded() > before + 30);
    return [...new Set(errors()), ...answered() ? [] : ['not read any more']].join('; ') || 'nothing, and it goes on';
  } finally {
    viewer.leave();
  }
};

export const RELAY = [
  ['no JSON', asks('hello'), 'bad-message: JSON has “h” at byte 0, expected an object; closed 1008 (bad-message)'],
  ['an array', asks('[]'), 'bad-message: JSON has “[” at byte 0, expected an object; closed 1008 (bad-message)'],
  ['33 levels', asks(nested(32)), 'bad-message: JSON is nested more than 32 deep; closed 1008 (bad-message)'],
  ['no type', asks({ id: 1 }), 'bad-message: “type” is nothing, expected a string; closed 1008 (bad-message)'],
  ['an unknown type', asks({ type: 'teapot', id: 1 }),
   'unknown-type: “type” is “teapot”, expected “subscribe”, “unsubscribe”, “publish” or “ack”'],
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
  ['300 requests at once', tooFast(300), 'too-fast: more than 50 requests a second'],
  ['600 requests at once', tooFast(600), 'too-fast: more than 50 requests a second; closed 1008 (too-fast)'],
];

export const DATA_CHANNEL = [
  ['no JSON', overData('hello'), 'bad-message: JSON has “h” at byte 0, expected an object; not read any more'],
  ['binary that is no JSON', overData(Buffer.from([0, 255, 1])), 'bad-message: JSON is not UTF-8 at byte 0; not read any more'],
  ['nothing', overData(''), 'bad-message: JSON ends at byte 0, expected an object; not read any more'],
  ['publishing 17 KiB', overData(publish('x'.repeat(17 * KIB))), 'too-large: “data” has 17410 bytes, expected at most 16384'],
  ['publishing 60 KiB', overData(publish('x'.repeat(60 * KIB))), 'too-large: “data” has 61442 bytes, expected at most 16384'],
  ['an ack of the future', overData({ type: 'ack', received: 1 }),
   'bad-message: “received” is 1, but 0 messages were sent; not read any more'],
  ['2,000 requests at once', overData(...Array.from({ length: 2000 }, () => subscribe('x:y'))),
   'unknown-channel: there is no channel “x:y”; too-fast: more than 50 requests a second; not read any more'],
];
