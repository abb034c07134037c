// Frames that are not as RFC 6455 has them, and texts that are no messages. Rows: what, the frames (or a function that acts), what comes.

import { randomUUID } from 'node:crypto';

import { BINARY, CLOSE, CONTINUATION, frame, PING, PONG, RawWebSocket, TEXT } from '../lib/raw.mjs';

const KIB = 1024;
const hello = (fields) => ({ type: 'hello', version: 1, page: randomUUID(), ...fields });
const nested = (depth) => `{"type":"hello","x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
const code = (number, reason = '') => frame(CLOSE, Buffer.concat([Buffer.from([number >> 8, number & 255]), Buffer.from(reason)]));
const text = (string, options) => frame(TEXT, string, options);
const more = (string, options) => frame(CONTINUATION, string, options);

/** What came of it: the errors, and how it closed. */
export function describe(socket) {
  const errors = socket.messages.filter(({ type }) => type === 'error').map(({ code: name, message }) => `${name}: ${message}`);
  return [...errors, ...socket.closed === null ? [] : [`closed ${socket.closed}`]].join('; ') || 'nothing, and it goes on';
}

/** Sends these to a new WebSocket until it is closed. */
const closes = (...frames) => (server) => send(server, frames);
const closesInside = (...frames) => (server) => send(server, frames, { answersPings: false });

async function send(server, frames, options) {
  const socket = await RawWebSocket.open(server, '/ws/camera', options);
  try {
    for (const bytes of frames)
      socket.send(bytes);
    await socket.until('the end', () => socket.closed !== null, 30000);
    return describe(socket);
  } finally {
    socket.close();
  }
}

/** The same, where it stays open: a pong shows that what came before it has been read. */
const stays = (...frames) => async (server) => {
  const socket = await RawWebSocket.open(server, '/ws/camera');
  try {
    for (const bytes of frames)
      socket.send(bytes);
    socket.send(frame(PING, 'mine'));
    await socket.until('a pong', () => socket.pongs > 0 || socket.closed !== null);
    return describe(socket);
  } finally {
    socket.close();
  }
};

const says = (message) => closes(text(typeof message === 'string' ? message : JSON.stringify(message)));

async function byteByByte(server) {
  const socket = await RawWebSocket.open(server, '/ws/camera');
  try {
    for (const byte of text('{"type":"restart"}')) {
      socket.send(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    await socket.until('the end', () => socket.closed !== null);
    return describe(socket);
  } finally {
    socket.close();
  }
}

/** Many WebSockets, each of which is left in the middle of a frame. */
async function torn(server) {
  for (let i = 0; i < 100; i++) {
    const socket = await RawWebSocket.open(server, i % 2 ? '/ws/camera' : '/relay');
    socket.send(text('x'.repeat(1000)).subarray(0, i * 10));
    socket.connection[i % 3 ? 'reset' : 'close']();
  }
  return stays()(server);
}

export const FRAMES = [
  ['a frame without a mask', closes(text('{}', { mask: null })), 'closed 1002 (not as RFC 6455 has it)'],
  ['a mask of zeros', closes(text('hello', { mask: [0, 0, 0, 0] })),
   'bad-message: JSON has “h” at byte 0, expected an object; closed 1008 (bad-message)'],
  ['a mask that is not the one', closes(Buffer.concat([text('').subarray(0, 1), Buffer.from([0x82, 9, 9, 9, 9]), Buffer.from('{}')])),
   'bad-message: JSON has “r” at byte 0, expected an object; closed 1008 (bad-message)'],
  ['a reserved bit', closes(text('{}', { rsv: 1 })), 'closed 1002 (not as RFC 6455 has it)'],
  ['the bit of compression', closes(text('{}', { rsv: 4 })), 'closed 1002 (not as RFC 6455 has it)'],
  ['an opcode that is reserved', closes(frame(3, '{}')), 'closed 1002 (not as RFC 6455 has it)'],
  ['a control opcode that is reserved', closes(frame(11)), 'closed 1002 (not as RFC 6455 has it)'],
  ['a length of 2⁶³', closes(text('', { length: 2 ** 63 })), 'closed 1009 (a frame of more than twice what a message may have)'],
  ['a length of 1 TiB', closes(text('', { length: 2 ** 40 })), 'closed 1009 (a frame of more than twice what a message may have)'],
  ['a length in more bytes than it needs', closes(Buffer.from([0x81, 0xfe, 0, 2, 0, 0, 0, 0, 0x7b, 0x7d])),
   'closed 1002 (not as RFC 6455 has it)'],
  ['65 KiB', closes(text('x'.repeat(65 * KIB))), 'closed 1009 (a message of more than 65536 bytes)'],
  ['200 KiB', closes(text('x'.repeat(200 * KIB))), 'closed 1009 (a frame of more than twice what a message may have)'],
  ['1 MiB in fragments', closes(text('x', { fin: false }), ...Array.from({ length: 1024 }, () => more('x'.repeat(KIB), { fin: false }))),
   'closed 1009 (a message of more than 65536 bytes)'],
  ['65 KiB in fragments', closes(text('x', { fin: false }), ...Array.from({ length: 65 }, () => more('x'.repeat(KIB), { fin: false }))),
   'closed 1009 (a message of more than 65536 bytes)'],
  ['10,000 empty fragments', closes(text('', { fin: false }), ...Array.from({ length: 10000 }, () => more('', { fin: false }))),
   'closed 1008 (more than 5 empty fragments a second)'],
  ['a fragment of nothing', closes(more('{}')), 'closed 1002 (not as RFC 6455 has it)'],
  ['a text inside of a text', closes(text('{', { fin: false }), text('}')), 'closed 1002 (not as RFC 6455 has it)'],
  ['binary', closes(frame(BINARY, '{}')), 'closed 1003 (text expected)'],
  ['binary in fragments', closes(frame(BINARY, '{', { fin: false }), more('}')), 'closed 1003 (text expected)'],
  ['bytes that are not UTF-8', closes(text(Buffer.from([0x7b, 0xff, 0x7d]))), 'closed 1007 (a text that is not UTF-8)'],
  ['half a surrogate pair in UTF-8', closes(text(Buffer.from([0xed, 0xa0, 0x80]))), 'closed 1007 (a text that is not UTF-8)'],
  ['a ping of 126 bytes', closes(frame(PING, 'x'.repeat(126))), 'closed 1002 (not as RFC 6455 has it)'],
  ['a ping in fragments', closes(frame(PING, 'x', { fin: false })), 'closed 1002 (not as RFC 6455 has it)'],
  ['1,000 pings', closes(...Array.from({ length: 1000 }, () => frame(PING, 'x'))), 'closed 1008 (more than 5 pings or pongs a second)'],
  ['1,000 pongs that nobody asked for', closes(...Array.from({ length: 1000 }, () => frame(PONG, 'x'))),
   'closed 1008 (more than 5 pings or pongs a second)'],
  ['a close of one byte', closes(frame(CLOSE, 'x')), 'closed 1002 (not as RFC 6455 has it)'],
  ['a close with code 999', closes(code(999)), 'closed 1002 (not as RFC 6455 has it)'],
  ['a close with code 1005', closes(code(1005)), 'closed 1002 (not as RFC 6455 has it)'],
  ['a close whose reason is not UTF-8', closes(code(1000, Buffer.from([0xff]))), 'closed 1002 (not as RFC 6455 has it)'],
  ['a close of 126 bytes', closes(code(1000, 'x'.repeat(124))), 'closed 1002'],
  ['messages after a close', closes(Buffer.concat([code(1000), text('nonsense'), frame(PING, 'x')])), 'closed 1000'],
  ['HTTP on a WebSocket', closes(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')), 'closed 1002 (not as RFC 6455 has it)'],
  ['a frame byte by byte', byteByByte, 'hello-expected: The first message is hello; closed 1008 (hello-expected)'],
  ['100 that break off in a frame', torn, 'nothing, and it goes on'],
];

export const TEXTS = [
  ['no JSON', says('hello'), 'bad-message: JSON has “h” at byte 0, expected an object; closed 1008 (bad-message)'],
  ['nothing', says(''), 'bad-message: JSON ends at byte 0, expected an object; closed 1008 (bad-message)'],
  ['an array', says('[]'), 'bad-message: JSON has “[” at byte 0, expected an object; closed 1008 (bad-message)'],
  ['two objects', says('{"type":"hello"} {}'), 'bad-message: JSON has “{” at byte 17, expected its end; closed 1008 (bad-message)'],
  ['a comment', says('{"type":"hello"/**/}'), 'bad-message: JSON has “/” at byte 15, expected “,” or “}”; closed 1008 (bad-message)'],
  ['NUL in a string', says('{"type":"\\u0000"}'),
   'bad-message: JSON has “0” at byte 11, expected no NUL in a string; closed 1008 (bad-message)'],
  ['a number of 401 digits', says(`{"type":${'1'.repeat(401)}}`),
   'bad-message: JSON has “1” at byte 8, expected a number of at most 64 bits; closed 1008 (bad-message)'],
  ['33 levels', says(nested(32)), 'bad-message: JSON is nested more than 32 deep; closed 1008 (bad-message)'],
  ['30,000 levels', says(nested(30000)), 'bad-message: JSON is nested more than 32 deep; closed 1008 (bad-message)'],
  ['no type', says('{}'), 'bad-message: “type” is nothing, expected a string; closed 1008 (bad-message)'],
  ['a type that is a number', says('{"type":1}'), 'bad-message: “type” is an integer, expected a string; closed 1008 (bad-message)'],
  ['a hello without a version', says({ type: 'hello', page: randomUUID() }),
   'bad-message: “version” is nothing, expected an integer; closed 1008 (bad-message)'],
  ['a hello without a page', says({ type: 'hello', version: 1 }),
   'bad-message: “page” is nothing, expected a string; closed 1008 (bad-message)'],
  ['a page ID of 7 characters', says(hello({ page: 'x'.repeat(7) })),
   'bad-message: "page" must be 8 to 64 characters A-Z a-z 0-9 _ -; closed 1008 (bad-message)'],
  ['a page ID of 65 characters', says(hello({ page: 'x'.repeat(65) })),
   'bad-message: "page" must be 8 to 64 characters A-Z a-z 0-9 _ -; closed 1008 (bad-message)'],
  ['a page ID with a line break', says(hello({ page: 'abcdefgh\n' })),
   'bad-message: "page" must be 8 to 64 characters A-Z a-z 0-9 _ -; closed 1008 (bad-message)'],
  ['a version of the future', says(hello({ version: 2 })), 'bad-version: Version 2 is not spoken here, 1 is; closed 1008 (bad-version)'],
  ['a version of a million digits', says(hello({ version: 2 ** 53 })),
   'bad-message: “version” is 9007199254740992, expected 0 to 9007199254740991; closed 1008 (bad-message)'],
];

export const SLOW_FRAMES = [
  ['a WebSocket that says nothing', closes(), 'hello-expected: hello did not come in time; closed 1008 (hello-expected)'],
  ['half a frame', closesInside(text('{"type":"hello"').subarray(0, 9)),
   'hello-expected: hello did not come in time; closed 1008 (hello-expected)'],
  ['fragments without an end', closes(text('{', { fin: false }), more(' ', { fin: false })),
   'hello-expected: hello did not come in time; closed 1008 (hello-expected)'],
];
