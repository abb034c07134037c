// What is no request, or a bad one, and the answer. Rows: what, the bytes (or a function that acts), the answer.

import { describeAnswer, RawConnection } from '../lib/raw.mjs';
import { until } from '../lib/tap.mjs';

const KIB = 1024;

/** A request with the right Host, unless the headers say another. */
const get = (path, ...headers) => request('GET', path, ...headers);
const request = (method, path, ...headers) =>
  [`${method} ${path} HTTP/1.1`, ...headers.some((header) => /^host:/i.test(header)) ? [] : ['Host: localhost'], ...headers, '', ''].join('\r\n');
const chunked = (body) => get('/', 'Transfer-Encoding: chunked') + body;
const upgrade = (...headers) => get('/relay', 'Connection: Upgrade', ...headers);

/** Sends it, and gives the answer once the server has closed. */
export async function ask(server, bytes, { halfClose = false } = {}) {
  const connection = await RawConnection.open(server);
  try {
    connection.send(bytes);
    if (halfClose)
      connection.socket.end();
    await connection.until('an answer and the end', () => connection.ended !== null, 30000);
    return describeAnswer(connection);
  } finally {
    connection.close();
  }
}

const halfClosed = (bytes) => (server) => ask(server, bytes, { halfClose: true });

/** The same `length` times, one byte after the other, until the server has enough. */
const byteByByte = (text, repeated) => async (server) => {
  const connection = await RawConnection.open(server);
  try {
    connection.send(text);
    while (connection.ended === null) {
      connection.send(repeated);
      await connection.until('a moment', () => connection.ended !== null, 200).catch(() => {});
    }
    return describeAnswer(connection);
  } finally {
    connection.close();
  }
};

/** Many connections, each of which is left in the middle. */
const many = (count, bytes, leave) => async (server) => {
  for (let i = 0; i < count; i += 50) {
    const connections = await Promise.all(Array.from({ length: 50 }, () => RawConnection.open(server)));
    for (const connection of connections) {
      connection.send(bytes);
      connection[leave]();
    }
  }
  // They are out of the way of whoever comes next.
  return until('an answer to somebody else', () => ask(server, get('/player.js', 'If-None-Match: *')));
};

const NOT_FOUND = '404 Not Found: There is nothing at this address.';
const BAD_ADDRESS = '400 Bad Request: This is not an address.';
const BAD_ORIGIN = '403 Forbidden: The page that asked for this is of another site. Sites that may embed the ' +
  'player stand under "origins" in the configuration.';
const BAD_METHOD = '405 Method Not Allowed: Only GET and HEAD are known here.';
const NO_UPGRADE = '426 Upgrade Required: This address speaks WebSocket, version 13.';
const LONG_HEADER = '431 Request Header Fields Too Large: A request\'s header may have 16384 bytes.';
const BAD_LINE = '400 Bad Request: The first line of a request is METHOD ADDRESS HTTP/1.1, with one space between them.';
const NOT_HTTP = '400 Bad Request: This is not HTTP. The address begins with http://';
const LONG_BODY = '413 Request Entity Too Large: A request\'s body may have 65536 bytes.';
const BAD_VERSION = '505 HTTP Version Not Supported: This server speaks HTTP/1.1.';
const BAD_ESCAPE = '400 Bad Request: Two hexadecimal digits are expected after each % of an address.';
const BAD_LENGTH = '400 Bad Request: Content-Length is not a number of bytes.';
const BAD_FIELD = '400 Bad Request: A line of the header is not NAME: VALUE.';
const TIMEOUT = '408 Request Timeout: The request did not come in time.';
const SERVED = '304 Not Modified';
const NO_HASH = '400 Bad Request: An object is called by its SHA-256: expected 64 digits of 0-9 and a-f.';
const NO_OBJECT = '404 Not Found: There is no such object, or no longer';
const NOT_WHOLE = '400 Bad Request: An object is sent whole and as it is: without Content-Range and Content-Encoding.';
const EXPECTED_PINNED = '400 Bad Request: Expected {"pinned": true or false}.';
/** Of what is nowhere; and of 1,000 bytes that are no such thing. */
const HASH = '0'.repeat(64);
const put = (hash, length, ...headers) => request('PUT', `/objects/${hash}`, `Content-Length: ${length}`, ...headers);
const pin = (body) => request('PUT', `/api/objects/${HASH}`, 'Content-Type: application/json', `Content-Length: ${body.length}`) + body;

export const HTTP = [
  ['TLS', Buffer.from('1603010200010001fc0303' + '00'.repeat(505), 'hex'), NOT_HTTP],
  ['a line of nonsense', 'nonsense\r\n\r\n', BAD_LINE],
  ['NULs', Buffer.alloc(100), NOT_HTTP],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', BAD_VERSION],
  ['HTTP/9.9', 'GET / HTTP/9.9\r\nHost: localhost\r\n\r\n', BAD_VERSION],
  ['HTTP/0.9', 'GET /\r\n\r\n', BAD_LINE],
  ['another protocol', 'GET / ICY/1.1\r\nHost: localhost\r\n\r\n', BAD_LINE],
  ['an expectation', get('/', 'Expect: the-unexpected'), '417 Expectation Failed'],
  ['a small method', request('get', '/'), BAD_METHOD],
  ['POST', request('POST', '/', 'Content-Length: 0'), BAD_METHOD],
  ['DELETE', request('DELETE', '/'), BAD_METHOD],
  ['TRACE', request('TRACE', '/'), BAD_METHOD],
  ['CONNECT', request('CONNECT', 'localhost:22'), BAD_METHOD],
  ['OPTIONS *', request('OPTIONS', '*'), BAD_METHOD],
  ['a method of 4 KiB', request('X'.repeat(4 * KIB), '/'), BAD_METHOD],

  ['an address of 20 KiB', get(`/${'a'.repeat(20 * KIB)}`), LONG_HEADER],
  ['a header of 200 KiB', get('/', `X: ${'x'.repeat(200 * KIB)}`), LONG_HEADER],
  ['10,000 headers', get('/', ...Array.from({ length: 10000 }, (_, i) => `X-${i}: 1`)), LONG_HEADER],
  ['a header without a colon', get('/', 'nonsense'), BAD_FIELD],
  ['a header with NUL', get('/', 'X: \0'), '400 Bad Request: A line of the header has a control character.'],
  ['a header with no name', get('/', ': x'), BAD_FIELD],
  ['lines that end in LF alone', get('/').replaceAll('\r\n', '\n'), '200 OK'],
  ['two hosts', get('/', 'Host: localhost', 'Host: evil.example.org'), '400 Bad Request: There is more than one Host.'],
  ['no host', 'GET / HTTP/1.1\r\n\r\n', '400 Bad Request: There is no Host.'],
  ['another host', get('/', 'Host: evil.example.org'),
   '421 Misdirected Request: This server does not know itself by the name in the address. Use its IP address, or name it under ' +
   '"hosts" in the configuration.'],
  ['a host with a user', get('/', 'Host: localhost@evil.example.org'), '400 Bad Request: Host is neither a name nor an address.'],
  ['an address of another host', get('http://evil.example.org/'), '200 OK'],
  ['another origin', get('/', 'Origin: http://evil.example.org'), BAD_ORIGIN],
  ['the origin of no page', get('/', 'Origin: null'), BAD_ORIGIN],
  ['20 KiB of cookies', get('/', `Cookie: ${'a=b; '.repeat(4 * KIB)}`), LONG_HEADER],
  ['5,000 ranges', get('/player.js', `Range: bytes=${'0-,'.repeat(5000)}0-`), '200 OK'],
  ['a proxy without a key', get('/', 'Via: 1.1 proxy', 'Authorization: Bearer nonsense\x80'),
   '401 Unauthorized: This link is no longer valid. Ask for a new one: the person who runs Sightline sees it in the terminal.'],
  ['a proxy with a key of NULs', get('/?key=%00%00', 'Via: 1.1 proxy'),
   '401 Unauthorized: This page needs a link with a key. The person who runs Sightline sees it in the terminal.'],

  ['an address above all', get('/../../etc/passwd'), NOT_FOUND],
  ['the same, encoded', get('/%2e%2e/%2e%2e/etc/passwd'), NOT_FOUND],
  ['the same, encoded slashes', get('/..%2f..%2fetc%2fpasswd'), BAD_ADDRESS],
  ['the same, encoded twice', get('/%252e%252e%252fetc%252fpasswd'), NOT_FOUND],
  ['the same, backslashes', get('/..\\..\\etc\\passwd'), NOT_FOUND],
  ['NUL in the address', get('/player.js%00.css'), BAD_ADDRESS],
  ['half an escape', get('/%'), BAD_ESCAPE],
  ['an escape that is none', get('/%zz'), BAD_ESCAPE],
  ['bytes that are not UTF-8', get('/%ff%fe'), NOT_FOUND],
  ['the same, not encoded', Buffer.from(get('/\xff\xfe'), 'latin1'), NOT_FOUND],
  ['a line break in the address', get('/%0d%0aSet-Cookie:a=b'), NOT_FOUND],
  ['a template', get('/index.html'), NOT_FOUND],
  ['a key without an end', get('/key/x'), NOT_FOUND],
  ['an address without a slash', get('player.js'), '400 Bad Request: An address begins with a slash.'],
  ['a stream that is not there', get('/watch/%3Cscript%3E'), '404 Not Found: There is no stream of this name here.'],

  ['a body of 65 KiB', get('/', 'Content-Length: 66560') + 'x'.repeat(66560), LONG_BODY],
  ['a body of 8 MiB', get('/', 'Content-Length: 8388608') + 'x'.repeat(8 * KIB * KIB), 'closed'],
  ['a body of less than nothing', get('/', 'Content-Length: -1'), BAD_LENGTH],
  ['a body of more than 64 bits say', get('/', 'Content-Length: 99999999999999999999999'), BAD_LENGTH],
  ['two lengths', get('/', 'Content-Length: 4', 'Content-Length: 5') + 'abcde', '400 Bad Request: There are two Content-Lengths.'],
  ['a length, and chunks', get('/', 'Content-Length: 4', 'Transfer-Encoding: chunked') + '0\r\n\r\n',
   '400 Bad Request: There are both Content-Length and Transfer-Encoding: one is expected.'],
  ['a body that ends early', halfClosed(get('/', 'Content-Length: 100') + 'x'), 'closed'],
  ['a coding that is unknown', get('/', 'Transfer-Encoding: gzip'),
   '501 Not Implemented: The one Transfer-Encoding that is known here is chunked.'],
  ['a chunk of less than nothing', chunked('-1\r\nx\r\n'), '200 OK'],
  ['more than its chunk says', chunked('1\r\nxyz\r\n0\r\n\r\n'), '200 OK'],
  ['100 KiB of small chunks', chunked('1\r\nx\r\n'.repeat(100 * KIB) + '0\r\n\r\n'), LONG_BODY],
  ['a line of a chunk without an end', chunked('0'.repeat(200 * KIB)), 'closed'],
  ['trailers without an end', chunked(`0\r\n${'X: 1\r\n'.repeat(50000)}`), '200 OK'],
  ['nonsense behind a request', `${get('/nothing')}nonsense\r\n\r\n`, NOT_FOUND],
  ['1,000 requests at once', get('/nothing').repeat(1000), NOT_FOUND],

  ['a WebSocket that is not asked for', get('/relay'), NO_UPGRADE],
  ['a WebSocket without a key', upgrade('Upgrade: websocket', 'Sec-WebSocket-Version: 13'), NO_UPGRADE],
  ['a WebSocket of version 8', upgrade('Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 8'), NO_UPGRADE],
  ['an upgrade to HTTP/2', get('/relay', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AA'), NO_UPGRADE],
  ['a WebSocket from another origin', upgrade('Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13',
                                              'Origin: http://evil.example.org'), BAD_ORIGIN],
  ['a WebSocket of a stream that is not there', get('/ws/nowhere'), '404 Not Found: There is no stream of this name here.'],

  ['an end before the request\'s', halfClosed('GET / HTTP/1.1\r\nHost: loc'), 'closed'],
  ['an end at once', halfClosed(''), 'closed'],
  ['500 connections that end before the request\'s', many(500, 'GET / HTTP/1.1\r\n', 'close'), SERVED],
  ['500 connections that are reset in a request', many(500, 'GET / HTTP/1.1\r\n', 'reset'), SERVED],
  ['500 connections that are reset in an answer', many(500, get('/player.js'), 'reset'), SERVED],
];

export const OBJECTS = [
  ['no hash', get('/objects/'), NO_OBJECT],
  ['a hash that is a path', get('/objects/../../etc/passwd'), NOT_FOUND],
  ['the same, encoded', get('/objects/%2e%2e%2f%2e%2e%2fetc%2fpasswd'), BAD_ADDRESS],
  ['a hash in capitals', get(`/objects/${'A'.repeat(64)}`), NO_OBJECT],
  ['a hash of 8 KiB', get(`/objects/${'a'.repeat(8 * KIB)}`), NO_OBJECT],
  ['a hash with NUL', get(`/objects/${HASH}%00`), BAD_ADDRESS],
  ['what is not here', get(`/objects/${HASH}`), NO_OBJECT],
  ['5,000 ranges of what is not here', get(`/objects/${HASH}`, `Range: bytes=${'0-,'.repeat(5000)}0-`), NO_OBJECT],
  ['DELETE', request('DELETE', `/objects/${HASH}`), '405 Method Not Allowed: Only GET, HEAD and PUT are known here.'],
  ['POST', request('POST', `/objects/${HASH}`, 'Content-Length: 0'), '405 Method Not Allowed: Only GET, HEAD and PUT are known here.'],
  ['PUT of no hash', put('x', 1) + 'x', NO_HASH],
  ['PUT of a hash of 8 KiB', put('a'.repeat(8 * KIB), 1) + 'x', NO_HASH],
  ['PUT of another hash', put(HASH, 1000) + 'x'.repeat(1000), '422 Unprocessable Entity: The bytes that came have another hash'],
  ['PUT of nothing by another hash', put(HASH, 0), '422 Unprocessable Entity: The bytes that came have another hash'],
  ['PUT of no length', request('PUT', `/objects/${HASH}`, 'Transfer-Encoding: chunked') + '1\r\nx\r\n0\r\n\r\n',
   '411 Length Required: How large the object is has to be said first, by Content-Length.'],
  ['PUT of 10¹⁸ bytes', put(HASH, '999999999999999999', 'Expect: 100-continue'),
   '413 Request Entity Too Large: An object may have 268435456 bytes.'],
  ['PUT of 2⁶⁴ bytes', put(HASH, '18446744073709551616', 'Expect: 100-continue'), BAD_LENGTH],
  ['PUT of less than nothing', put(HASH, '-1'), BAD_LENGTH],
  ['PUT of a part', put(HASH, 1, 'Content-Range: bytes 0-0/1000') + 'x', NOT_WHOLE],
  ['PUT of something packed', put(HASH, 1, 'Content-Encoding: gzip') + 'x', NOT_WHOLE],
  ['PUT that ends early', halfClosed(put(HASH, 1000) + 'x'), 'closed'],
  ['PUT that says too little', put(HASH, 1) + 'x'.repeat(1000), '422 Unprocessable Entity: The bytes that came have another hash'],
  ['PUT from another origin', put(HASH, 1, 'Origin: http://evil.example.org') + 'x', BAD_ORIGIN],
  ['PUT without a key', put(HASH, 1, 'Via: 1.1 proxy') + 'x',
   '401 Unauthorized: This page needs a link with a key. The person who runs Sightline sees it in the terminal.'],
  ['pinned as text', pin('{"pinned":"yes"}'), EXPECTED_PINNED],
  ['pinned, and more', pin('{"pinned":true,"size":1}'), EXPECTED_PINNED],
  ['pinned, and not here', pin('{"pinned":true}'), NO_OBJECT],
  ['removed, and not here', request('DELETE', `/api/objects/${HASH}`), NO_OBJECT],
  ['removed all', request('DELETE', '/api/objects'), '405 Method Not Allowed: Only GET and HEAD are known here.'],
  ['200 uploads that are reset', many(200, put(HASH, 1000) + 'x', 'reset'), SERVED],
  ['200 uploads that end', many(200, put(HASH, 1000) + 'x', 'close'), SERVED],
];

export const SLOW_HTTP = [
  ['nothing at all', '', 'closed'],
  ['a header byte by byte', byteByByte('GET / HTTP/1.1\r\nHost: localhost\r\nX: ', 'x'), TIMEOUT],
  ['one header after the other', byteByByte('GET / HTTP/1.1\r\nHost: localhost\r\n', 'X: y\r\n'), TIMEOUT],
  ['a body byte by byte', byteByByte(get('/', 'Content-Length: 1000'), 'x'), 'closed'],
  ['a body that does not come', get('/', 'Content-Length: 1000'), 'closed'],
  ['chunks of nonsense', chunked('nonsense\r\n'), 'closed'],
  ['a chunk of 2⁶⁴ bytes', chunked('FFFFFFFFFFFFFFFFF\r\n'), 'closed'],
  ['chunks byte by byte', byteByByte(chunked(''), '1\r\nx\r\n'), 'closed'],
];
