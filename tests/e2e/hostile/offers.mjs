// What is no offer (WHEP, WHIP), no fragment, or for nothing, and the answer. Rows: what, the bytes (or a function that acts), the answer.

import { RawConnection } from '../lib/raw.mjs';
import { until } from '../lib/tap.mjs';
import { ask } from './http.mjs';

const SDP = 'application/sdp';
const FRAGMENT = 'application/trickle-ice-sdpfrag';
const FINGERPRINT = 'a=fingerprint:sha-256 DA:7B:57:DC:28:CE:04:4F:31:79:85:C4:31:67:EB:27:58:29:ED:77:2A:0D:24:AE:ED:AD:30:BC:BD:F1:9C:02';
const CANDIDATE = 'a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host';

const video = (direction, mid = '0', codec = 'VP8') => [
  'm=video 9 UDP/TLS/RTP/SAVPF 96', 'c=IN IP4 0.0.0.0', `a=mid:${mid}`, `a=${direction}`, 'a=rtcp-mux', 'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx', 'a=setup:actpass', FINGERPRINT, `a=rtpmap:96 ${codec}/90000`];
const sdp = (...lines) => `${['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0', ...lines.flat()].join('\r\n')}\r\n`;
const OFFER = sdp(video('recvonly'));

const request = (method, path, body = '', type = SDP, ...headers) => [
  `${method} ${path} HTTP/1.1`, 'Host: localhost', ...type ? [`Content-Type: ${type}`] : [], `Content-Length: ${Buffer.byteLength(body)}`,
  ...headers, '', body].join('\r\n');
const watch = (body, ...rest) => request('POST', '/whep/camera', body, ...rest);
const publish = (body, ...rest) => request('POST', '/whip/camera', body, ...rest);

/** A viewer by WHEP, what is said to the address of its session, and its end. */
const said = (make) => async (server) => {
  const made = await fetch(server.address('/whep/camera'), { method: 'POST', headers: { 'Content-Type': SDP }, body: OFFER });
  const path = made.headers.get('Location');
  try {
    return await ask(server, make(path, made.headers.get('ETag')));
  } finally {
    await fetch(server.address(path), { method: 'DELETE' });
  }
};
const patch = (body, type = FRAGMENT, header = (tag) => `If-Match: ${tag}`) =>
  said((path, tag) => request('PATCH', path, body, type, ...[header(tag)].filter(Boolean)));

const fragment = (...lines) => ['a=ice-ufrag:abcd', 'a=ice-pwd:abcdefghijklmnopqrstuvwx', 'm=video 9 UDP/TLS/RTP/SAVPF 0', 'a=mid:0', ...lines, ''].join('\r\n');

/** Offers whose makers do not wait for the answer: they leave no sessions. */
const impatient = (n) => async (server) => {
  await Promise.all(Array.from({ length: n }, async () => {
    const connection = await RawConnection.open(server);
    connection.send(watch(OFFER));
    connection.close();
  }));
  const before = 1; // who watches
  await until('their sessions to end', async () => (await server.status()).sessions === before, { timeoutMs: 40000 });
  return 'no session is left';
};

const NO_STREAM = '404 Not Found: There is no stream of this name here.';
const BAD_ORIGIN = '403 Forbidden: The page that asked for this is of another site. Sites that may embed the player stand under "origins" in the configuration.';
const NO_KEY = '401 Unauthorized: This page needs a link with a key. The person who runs Sightline sees it in the terminal.';
const NO_SESSION = '404 Not Found: There is no such session: it has ended, or never was.';

export const OFFERS = [
  ['no type', watch(OFFER, ''), '415 Unsupported Media Type: The body is to be application/sdp.'],
  ['JSON', watch('{"type":"offer"}', 'application/json'), '415 Unsupported Media Type: The body is to be application/sdp.'],
  ['nothing', watch(''), '400 Bad Request: The body is empty.'],
  ['nonsense', watch('nonsense'), '400 Bad Request: SDP line 1: expected “v=0”'],
  ['NULs', watch('\0'.repeat(100)), '400 Bad Request: The body has a NUL in it.'],
  ['an offer with a NUL', watch(OFFER.replace('s=-', 's=\0')), '400 Bad Request: The body has a NUL in it.'],
  ['bytes that are not UTF-8', Buffer.from(watch(OFFER.replace('s=-', 's=@')).replace('@', '\xff'), 'latin1'), '400 Bad Request: SDP is not UTF-8'],
  ['an offer of 61 KiB', watch(OFFER + `a=x:${'x'.repeat(61 * 1024)}\r\n`),
   '413 Request Entity Too Large: SDP of 62827 bytes, at most 61440 are allowed'],
  ['an offer of 65 KiB', watch('x'.repeat(66560)), '413 Request Entity Too Large: A request\'s body may have 65536 bytes.'],
  ['a line of 30 KiB', watch(OFFER + `a=x:${'x'.repeat(30000)}\r\n`), '400 Bad Request: SDP line 16: longer than 4096 bytes'],
  ['1,000 m-lines', watch(sdp(...Array.from({ length: 1000 }, (_, i) => [`m=video 9 UDP/TLS/RTP/SAVPF 96`, `a=mid:${i}`]))),
   '400 Bad Request: SDP line 70: more than 32 “m=” lines'],
  ['an answer', watch(OFFER.replace('actpass', 'active').replace('recvonly', 'sendonly')),
   '400 Bad Request: The offer would receive neither picture nor sound, expected “a=recvonly”'],
  ['no m-line', watch(sdp()), '400 Bad Request: SDP line 1: no “m=” line follows'],
  ['without encryption', watch(OFFER.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP')),
   '400 Bad Request: SDP line 6: protocol “RTP/AVP”, expected “UDP/TLS/RTP/SAVPF”'],
  ['without a fingerprint', watch(OFFER.replace(`${FINGERPRINT}\r\n`, '')), '400 Bad Request: SDP line 6: no “a=fingerprint”'],
  ['another\'s codec', watch(sdp(video('recvonly', '0', 'H265'))), '406 Not Acceptable: The stream is encoded in VP8; the offer has H265'],
  ['to send what is watched', watch(sdp(video('sendonly'))),
   '400 Bad Request: The offer would receive neither picture nor sound, expected “a=recvonly”'],
  ['to watch what is published', publish(OFFER), '400 Bad Request: The offer sends nothing: a publisher\'s m-lines are “a=sendonly”'],
  ['two pictures to publish', publish(sdp(video('sendonly', '0'), video('sendonly', '1')).replace('BUNDLE 0', 'BUNDLE 0 1')),
   '400 Bad Request: The offer has 2 pictures and 0 sounds; a publisher sends one of each at the most'],
  ['simulcast', publish(sdp([...video('sendonly'), 'a=rid:h send', 'a=rid:l send', 'a=simulcast:send h;l'])),
   '422 Unprocessable Entity: The offer has one picture in several encodings (simulcast), of which none is chosen here; send one'],
  ['a codec that is not passed on', publish(sdp(video('sendonly', '0', 'AV1'))),
   '422 Unprocessable Entity: The offer has AV1; what is taken is VP8, VP9 (profile 0), H264 (packetization-mode 1; Baseline, Main or High) and OPUS'],
  ['a stream that is not there', request('POST', '/whep/nowhere', OFFER), NO_STREAM],
  ['a stream upwards', request('POST', '/whep/%2e%2e/api/status', OFFER), '405 Method Not Allowed: Only GET and HEAD are known here.'],
  ['PUT', request('PUT', '/whep/camera', OFFER), '405 Method Not Allowed: Only GET, HEAD, OPTIONS and POST are known here.'],
  ['a page of another site', watch(OFFER, SDP, 'Origin: http://evil.example.org'), BAD_ORIGIN],
  ['a page of another site asks whether it may', request('OPTIONS', '/whep/camera', '', '', 'Origin: http://evil.example.org', 'Access-Control-Request-Method: POST'),
   BAD_ORIGIN],
  ['a proxy without a key', watch(OFFER, SDP, 'Via: 1.1 proxy'), NO_KEY],
  ['a session that is not there', request('DELETE', '/whep/camera/0123456789abcdef0123456789abcdef'), NO_SESSION],
  ['a session of the other kind', said((path) => request('DELETE', path.replace('/whep/', '/whip/'))), NO_SESSION],
  ['no tag', patch(fragment(CANDIDATE), FRAGMENT, () => ''),
   '428 Precondition Required: If-Match is missing: it says to which ICE session this belongs, by the ETag that came with the answer.'],
  ['another tag', patch(fragment(CANDIDATE), FRAGMENT, () => 'If-Match: "another"'), '412 Precondition Failed: If-Match names another ICE session.'],
  ['an offer for a fragment', patch(OFFER, SDP), '415 Unsupported Media Type: The body is to be application/trickle-ice-sdpfrag.'],
  ['a fragment of nonsense', patch('nonsense'), '400 Bad Request: SDP line 1: expected a type that an SDP has here, and “=”'],
  ['a candidate of nonsense', patch(fragment('a=candidate:nonsense')),
   '400 Bad Request: SDP line 5: candidate: expected “candidate:FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS PORT typ TYPE …”'],
  ['a candidate for another m-line', patch(fragment('m=audio 9 UDP/TLS/RTP/SAVPF 0', 'a=mid:7', CANDIDATE)),
   '400 Bad Request: sdpMid or sdpMLineIndex names none of the offer\'s media'],
  ['1,000 candidates', patch(fragment(...Array(1000).fill(CANDIDATE))), '400 Bad Request: SDP line 3: more than 500 attributes follow'],
  ['an ICE restart', patch(fragment(CANDIDATE).replace('ufrag:abcd', 'ufrag:efgh')),
   '422 Unprocessable Entity: ICE restarts are not known here: delete this session and post another offer.'],
  ['50 offers whose makers are gone', impatient(50), 'no session is left'],
];
