// What is asked of a stream's pipeline and its variables that is not done. Rows: what, the bytes, the answer.

const put = (path, body, type = 'application/json') => [
  `PUT /api/streams/camera/${path} HTTP/1.1`, 'Host: localhost', `Content-Type: ${type}`,
  `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close', '', body].join('\r\n');
const pipeline = (body) => put('pipeline', JSON.stringify(body));
const variables = (body) => put('variables', JSON.stringify(body));
const plain = (method, path, ...headers) =>
  [`${method} /api/streams/${path} HTTP/1.1`, 'Host: localhost', ...headers, 'Connection: close', '', ''].join('\r\n');

const bad = (words) => `400 Bad Request: ${words}`;
const unknown = (name) => `404 Not Found: found '${name}', expected the name of a description of the library`;
const METHODS = '405 Method Not Allowed: Only GET, HEAD and PUT are known here.';
const NO_KEY = '401 Unauthorized: This page needs a link with a key. The person who runs Sightline sees it in the terminal.';
const ONE_OF = bad('expected one of name and text');
const noWidth = (found) => bad(`width is '${found}', expected a whole number (pixels)`);
const noValue = bad('\'width\' is neither a number nor true, false or a text, expected one of them');
const VARIABLES = 'width, height, framerate, bitrate, threads';

export const PIPELINE = [
  ['POST', plain('POST', 'camera/pipeline', 'Content-Length: 0'), METHODS],
  ['DELETE', plain('DELETE', 'camera/variables'), METHODS],
  ['a stream that is not there', plain('GET', 'other/pipeline'), '404 Not Found: There is no stream of this name here.'],
  ['a stream upwards', plain('GET', '%2e%2e/pipeline'), '404 Not Found: There is nothing at this address.'],
  ['a proxy without a key', plain('GET', 'camera/pipeline', 'Via: 1.1 proxy'), NO_KEY],
  ['another origin', plain('GET', 'camera/pipeline', 'Origin: http://evil.example.org'),
   '403 Forbidden: The page that asked for this is of another site. Sites that may embed the player stand under "origins" in the ' +
   'configuration.'],
  ['a form', put('pipeline', 'name=vp8', 'application/x-www-form-urlencoded'),
   '415 Unsupported Media Type: The body is to be application/json: {"name": NAME, "variables": {…}}.'],
  ['no JSON', put('pipeline', '{"name":'), bad('JSON ends at byte 8, expected a value')],
  ['60,000 brackets', put('variables', `{"a":${'['.repeat(60000)}`), bad('JSON is nested more than 32 deep')],
  ['no object', put('pipeline', '["vp8"]'), bad('JSON has “[” at byte 0, expected an object')],
  ['nothing', pipeline({}), ONE_OF],
  ['a name and a text', pipeline({ name: 'vp8', text: '' }), ONE_OF],
  ['a member that is unknown', pipeline({ name: 'vp8', file: '/etc/passwd' }), bad('found \'file\', expected name, text or variables')],
  ['a name that is a number', pipeline({ name: 1 }), bad('“name” is an integer, expected a string')],
  ['a name with NUL', pipeline({ name: 'vp8\0' }), bad('JSON has “0” at byte 14, expected no NUL in a string')],
  ['a path', pipeline({ name: '/etc/passwd' }), unknown('/etc/passwd')],
  ['a path upwards', pipeline({ name: '../../../../tmp/x' }), unknown('../../../../tmp/x')],
  ['a path with backslashes', pipeline({ name: '..\\x' }), unknown('..\\x')],
  ['a file', pipeline({ name: 'vp8.pipeline' }), unknown('vp8.pipeline')],
  ['a name of control characters', pipeline({ name: 'vp8\r\nX: y' }), unknown('vp8  X: y')],
  ['a name of 60 KiB', pipeline({ name: 'a'.repeat(60000) }), unknown(`${'a'.repeat(60)}…`)],
  ['a text', pipeline({ text: '[source]\nfilesrc location=/etc/passwd ! appsink name=video\n' }),
   '403 Forbidden: A description can read and write files: texts are taken where the server was started with --allow-edit.'],
  ['a text of 65 KiB', pipeline({ text: 'x'.repeat(66560) }), '413 Request Entity Too Large: A request\'s body may have 65536 bytes.'],
  ['variables that are a list', pipeline({ name: 'vp8', variables: [1] }), bad('"variables" must be an object: {"NAME": VALUE, …}')],
  ['a variable that is not there', pipeline({ name: 'vp8', variables: { colour: 1 } }),
   bad(`vp8 has no variable 'colour', expected ${VARIABLES}`)],

  ['a value out of range', variables({ bitrate: 1 }), bad('bitrate is \'1\', expected 50000 or more (bit/s)')],
  ['a value beyond 64 bits', put('variables', '{"bitrate":99999999999999999999}'),
   bad('JSON has “9” at byte 11, expected a number of at most 64 bits')],
  ['a fraction', variables({ width: 320.5 }), noWidth('320.5')],
  ['a value that closes its quotes', variables({ width: '320" ! fakesink name="x' }), noWidth('320" ! fakesink name="x')],
  ['a value with an element', variables({ width: '320 ! filesink location=/tmp/x' }), noWidth('320 ! filesink location=/tmp/x')],
  ['a value with a placeholder', variables({ width: '${height}' }), noWidth('${height}')],
  ['a value with a line break', variables({ width: '320\n[viewer video]' }), noWidth('320 [viewer video]')],
  ['a value that is null', variables({ width: null }), noValue],
  ['a value that is an object', variables({ width: { a: 1 } }), noValue],
  ['a name with an equals sign', variables({ 'width=320 ': 1 }), bad('\'width=320 \' is no name, expected that of a variable')],
  ['a good value and a bad one', variables({ bitrate: 100000, width: 0 }), bad('width is \'0\', expected 16 or more (pixels)')],
  ['1,000 variables', variables(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`a${i}`, 1]))),
   bad('No description has so many variables.')],
];
