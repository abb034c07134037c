// Signalling in the wrong order, answers and candidates that are none. Rows: what, what is done, what comes.

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { root } from '../lib/folders.mjs';
import { frame, RawWebSocket, TEXT } from '../lib/raw.mjs';
import { describe } from './websocket.mjs';

const fixture = (name) => readFileSync(path.join(root, 'tests/fixtures/sdp', name), 'utf8').replaceAll(/\r?\n/g, '\r\n');
const ANSWER = fixture('answers/chromium.sdp');
const HOST = 'candidate:1 1 UDP 2122252543 127.0.0.1 9 typ host';

const hello = (page = randomUUID()) => ({ type: 'hello', version: 1, page });
const answer = (peer, sdp) => ({ type: 'answer', peer, sdp });
const candidate = (peer, text, fields = { sdpMid: 'video0' }) => ({ type: 'candidate', peer, candidate: text, ...fields });

/** What comes of messages until one that surely gets an answer: what is ignored has none. */
async function settle(socket) {
  socket.say({ type: 'probe' });
  const isProbe = ({ code, message }) => code === 'unknown-type' && message.includes('probe');
  await socket.until('an end or an answer', () => socket.closed !== null || socket.messages.some(isProbe));
  socket.messages = socket.messages.filter((message) => !isProbe(message));
  return describe(socket);
}

/** Sends these before hello. */
const first = (...messages) => async (server) => {
  const socket = await RawWebSocket.open(server, '/ws/camera');
  try {
    for (const message of messages)
      socket.say(message);
    await socket.until('the end', () => socket.closed !== null);
    return describe(socket);
  } finally {
    socket.close();
  }
};

/** Sends what `make` makes of an offer. */
const after = (make) => async (server) => {
  const socket = await RawWebSocket.open(server, '/ws/camera');
  try {
    socket.say(hello());
    const { peer, sdp } = await socket.next('offer');
    socket.send(Buffer.concat([make(peer, sdp)].flat().map((message) => frame(TEXT, JSON.stringify(message)))));
    return await settle(socket);
  } finally {
    socket.close();
  }
};

const answers = (sdp) => after((peer) => answer(peer, sdp));
/** The answer of a browser, in which one thing is another. */
const tampered = (found, instead) => {
  if (!ANSWER.includes(found))
    throw new Error(`no ${found} in the answer`);
  return answers(ANSWER.replace(found, instead));
};
const with_ = (...lines) => answers(ANSWER + lines.map((line) => `${line}\r\n`).join(''));
const tells = (text, fields) => after((peer) => candidate(peer, text, fields));

async function replaced(server) {
  const page = randomUUID();
  const [older, newer] = [await RawWebSocket.open(server, '/ws/camera'), await RawWebSocket.open(server, '/ws/camera')];
  try {
    older.say(hello(page));
    await older.next('welcome');
    newer.say(hello(page));
    await older.until('the end', () => older.closed !== null);
    return `${describe(older)}; the newer one: ${await settle(newer)}`;
  } finally {
    older.close();
    newer.close();
  }
}

export const ORDER = [
  ['an answer before hello', first(answer(1, ANSWER)), 'hello-expected: The first message is hello; closed 1008 (hello-expected)'],
  ['a candidate before hello', first(candidate(1, HOST)), 'hello-expected: The first message is hello; closed 1008 (hello-expected)'],
  ['two hellos', first(hello(), hello()), 'repeated-hello: hello is said once on a WebSocket; closed 1008 (repeated-hello)'],
  ['the hello of another WebSocket', replaced,
   'replaced: The same page connected again; closed 4000 (replaced); the newer one: nothing, and it goes on'],
  ['an unknown type', after(() => ({ type: 'teapot' })), 'unknown-type: There is no message of the type "teapot"'],
  ['a type of 40 characters', after(() => ({ type: 'x'.repeat(40) })), 'unknown-type: There is no message of this type'],
  ['65 KiB after hello', after((peer) => ({ type: 'bye', peer, x: 'y'.repeat(65 * 1024) })), 'closed 1009 (a message of more than 65536 bytes)'],
  ['an answer of no peer', after(() => ({ type: 'answer', sdp: ANSWER })),
   'bad-message: “peer” is nothing, expected an integer; closed 1008 (bad-message)'],
  ['an answer of a peer that is a text', after(() => answer('one', ANSWER)),
   'bad-message: “peer” is a string, expected an integer; closed 1008 (bad-message)'],
  ['an answer of peer 2³²', after(() => answer(2 ** 32, ANSWER)),
   'bad-message: “peer” is 4294967296, expected 0 to 4294967295; closed 1008 (bad-message)'],
  ['an answer without SDP', after((peer) => ({ type: 'answer', peer })),
   'bad-message: “sdp” is nothing, expected a string; closed 1008 (bad-message)'],
  ['an answer of a peer that is not there', after((peer) => answer(peer + 1, ANSWER)), 'nothing, and it goes on'],
  ['a candidate of a peer that is not there', after((peer) => candidate(peer + 1, HOST)), 'nothing, and it goes on'],
  ['a bye of a peer that is not there', after((peer) => ({ type: 'bye', peer: peer + 1 })), 'nothing, and it goes on'],
  ['two answers', after((peer) => [answer(peer, ANSWER), answer(peer, ANSWER)]), 'bad-sdp: No answer is expected from this peer now'],
  ['an answer after bye', after((peer) => [{ type: 'bye', peer }, answer(peer, ANSWER)]), 'nothing, and it goes on'],
  ['100 restarts', after(() => Array.from({ length: 100 }, () => ({ type: 'restart' }))), 'nothing, and it goes on'],
  ['5,000 messages at once', after(() => Array.from({ length: 5000 }, () => ({ type: 'restart' }))),
   'too-many: More than 20 messages a second; closed 1008 (too-many)'],
];

export const SDP = [
  ['no SDP', answers('nonsense'), 'bad-sdp: SDP line 1: expected “v=0”'],
  ['nothing', answers(''), 'bad-sdp: SDP line 1: the SDP is empty'],
  ['a session part alone', answers('v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n'),
   'bad-sdp: SDP line 1: 0 “m=” lines, the offer has 2'],
  ['the offer as its own answer', after((peer, sdp) => answer(peer, sdp)),
   'bad-sdp: SDP line 9: “a=setup”: expected “active” or “passive”'],
  ['61 KiB', with_(...Array.from({ length: 61 }, () => `a=x:${'x'.repeat(1020)}`)),
   'bad-sdp: SDP of 63456 bytes, at most 61440 are allowed'],
  ['a line of 5,000 bytes', with_(`a=x:${'x'.repeat(5000)}`), 'nothing, and it goes on'],
  ['a control character', with_('a=x:\x01'), 'nothing, and it goes on'],
  ['a line that is none', with_('nonsense'), 'bad-sdp: SDP line 30: expected a type that an SDP has here, and “=”'],
  ['501 attributes', with_(...Array.from({ length: 500 }, () => 'a=x')), 'nothing, and it goes on'],
  ['40 media', with_(...Array.from({ length: 40 }, () => 'm=video 9 UDP/TLS/RTP/SAVPF 96')),
   'bad-sdp: SDP line 60: more than 32 “m=” lines'],
  ['media of another kind', tampered('m=video', 'm=audio'), 'bad-sdp: SDP line 6: “m=audio”, the offer has “m=video” there'],
  ['a port of 70,000', tampered('m=video 9', 'm=video 70000'), 'bad-sdp: SDP line 6: the port of “m=” is not 0 to 65535'],
  ['another protocol', tampered('UDP/TLS/RTP/SAVPF', 'RTP/AVP'),
   'bad-sdp: SDP line 6: protocol “RTP/AVP”, the offer has “UDP/TLS/RTP/SAVPF” there'],
  ['another mid', tampered('a=mid:video0', 'a=mid:x'), 'bad-sdp: SDP line 6: “a=mid:x”, the offer has “a=mid:video0” there'],
  ['a format that was not offered', tampered('SAVPF 96', 'SAVPF 96 97'), 'bad-sdp: SDP line 6: no “a=rtpmap:97”'],
  ['another codec', tampered('VP8/90000', 'H264/90000'), 'bad-sdp: SDP line 17: “a=rtpmap”: not what the offer calls this payload type'],
  ['a direction that was not offered', tampered('a=recvonly', 'a=sendrecv'),
   'bad-sdp: SDP line 6: “a=sendrecv” answers “a=sendonly”, expected “a=recvonly”'],
  ['no credentials', tampered('a=ice-ufrag:1yKL\r\na=ice-pwd:IUhzxSprRuSmUn+ETMxCYaqx\r\n', ''),
   'bad-sdp: SDP line 6: no “a=ice-ufrag” and “a=ice-pwd”'],
  ['half of them', tampered('a=ice-ufrag:1yKL\r\n', ''), 'bad-sdp: SDP line 6: “a=ice-pwd” without “a=ice-ufrag”'],
  ['a short password', tampered('a=ice-pwd:IUhzxSprRuSmUn+ETMxCYaqx', 'a=ice-pwd:short'),
   'bad-sdp: SDP line 9: “a=ice-pwd”: expected 22 to 256 letters, digits, “+” or “/”'],
  ['no fingerprint', tampered(/a=fingerprint:.*\r\n/.exec(ANSWER)[0], ''), 'bad-sdp: SDP line 6: no “a=fingerprint”'],
  ['a fingerprint of MD5', tampered('sha-256 84:0F', 'md5 84:0F'),
   'bad-sdp: SDP line 11: “a=fingerprint”: expected “sha-256”, “sha-384” or “sha-512” and a digest of that length'],
  ['half a fingerprint', tampered(':CA:8B:A0:FE', ''),
   'bad-sdp: SDP line 11: “a=fingerprint”: expected “sha-256”, “sha-384” or “sha-512” and a digest of that length'],
  ['both as client and server', tampered('a=setup:active', 'a=setup:actpass'),
   'bad-sdp: SDP line 12: “a=setup”: expected “active” or “passive”'],
  ['a group of what is not there', tampered('BUNDLE video0', 'BUNDLE x'),
   'bad-sdp: SDP line 6: not in “a=group:BUNDLE”, the only group expected'],
  ['keys of another kind', with_('a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x'), 'bad-sdp: SDP line 30: “a=crypto”: not supported here'],
  ['simulcast', with_('a=simulcast:send 1'), 'bad-sdp: SDP line 30: “a=simulcast”: not supported here'],
  ['33 SSRCs', with_(...Array.from({ length: 33 }, (_, i) => `a=ssrc:${i} cname:x`)), 'nothing, and it goes on'],
  ['101 candidates', with_(...Array.from({ length: 101 }, (_, i) => `a=${HOST.replace(' 9 ', ` ${1024 + i} `)}`)),
   'bad-sdp: SDP line 30: “a=candidate”: too many of these'],
  ['a parameter with another\'s name', tampered('a=rtpmap:96 VP8/90000', 'a=rtpmap:96 VP8/90000\r\na=fmtp:96 a-x=1'),
   'nothing, and it goes on'],
  ['a size', tampered('a=mid:video0', 'a=mid:video0\r\na=framesize:96 1-1'), 'nothing, and it goes on'],
  ['none of our codecs', answers(ANSWER.replace('m=video 9', 'm=video 0').replace('BUNDLE video0 ', 'BUNDLE ')),
   'codec-unsupported: The stream is encoded in VP8, which this browser did not accept'],
];

export const CANDIDATES = [
  ['no candidate', tells('nonsense'), 'bad-candidate: candidate: expected “candidate:” at its beginning'],
  ['a name alone', tells('candidate:'),
   'bad-candidate: candidate: expected “candidate:FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS PORT typ TYPE …”'],
  ['nothing', tells(''), 'nothing, and it goes on'],
  ['a line break', tells(`${HOST}\r\na=x`), 'bad-candidate: candidate: something that is not printable ASCII'],
  ['more than there is room for', tells(`${HOST} x ${'y'.repeat(5000)}`), 'bad-candidate: candidate: 5052 bytes, at most 1024 are allowed'],
  ['a foundation of 33 characters', tells(HOST.replace(':1', `:${'1'.repeat(33)}`)),
   'bad-candidate: candidate: the foundation is not 1 to 32 letters, digits, “+” or “/”'],
  ['component 0', tells(HOST.replace(' 1 ', ' 0 ')), 'bad-candidate: candidate: the component is not 1 to 256'],
  ['a priority of 2³²', tells(HOST.replace('2122252543', '4294967296')), 'bad-candidate: candidate: the priority is not 1 to 4294967295'],
  ['an address with a semicolon', tells(HOST.replace('127.0.0.1', '127;0')),
   'bad-candidate: candidate: the address is neither an address nor a name'],
  ['port 65536', tells(HOST.replace(' 9 ', ' 65536 ')), 'bad-candidate: candidate: the port is not 0 to 65535'],
  ['no type', tells(HOST.replace('typ', 'type')), 'bad-candidate: candidate: expected “typ” after the port'],
  ['a name without a value', tells(`${HOST} generation`), 'bad-candidate: candidate: a name without a value at the end'],
  ['a related address that is none', tells(`${HOST} raddr ;`), 'bad-candidate: candidate: “raddr” is not an address'],
  ['a related port of 2¹⁶', tells(`${HOST} rport 65536`), 'bad-candidate: candidate: “rport” is not 0 to 65535'],
  ['a candidate that is a number', after((peer) => candidate(peer, 1)),
   'bad-message: “candidate” is an integer, expected a string; closed 1008 (bad-message)'],
  ['media that is not there', tells(HOST, { sdpMLineIndex: 9 }), 'bad-candidate: sdpMid or sdpMLineIndex names none of the offer\'s media'],
  ['media 65536', tells(HOST, { sdpMLineIndex: 65536 }),
   'bad-message: “sdpMLineIndex” is 65536, expected 0 to 65535; closed 1008 (bad-message)'],
  ['a mid that is not there', tells(HOST, { sdpMid: 'x' }), 'bad-candidate: sdpMid or sdpMLineIndex names none of the offer\'s media'],
  ['neither', tells(HOST, {}), 'bad-candidate: sdpMid or sdpMLineIndex names none of the offer\'s media'],
  ['a name of mDNS', tells('candidate:0 1 UDP 2122187007 61191a58-8b86-4ae5-826a-b84adc6d9e02.local 39999 typ host'),
   'nothing, and it goes on'],
  ['TCP', tells('candidate:1 1 tcp 1518083839 127.0.0.1 9 typ host tcptype passive'), 'nothing, and it goes on'],
  ['a multicast address', tells(HOST.replace('127.0.0.1', '224.0.0.251')), 'nothing, and it goes on'],
  ['an unknown type', tells(HOST.replace('typ host', 'typ x')), 'nothing, and it goes on'],
  ['101 candidates', after((peer) => Array.from({ length: 101 }, (_, i) => candidate(peer, HOST.replace(' 9 ', ` ${1024 + i} `)))),
   'too-many: More than 100 candidates for one peer; closed 1008 (too-many)'],
];
