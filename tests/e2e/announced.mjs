// What web/announced.js and web/picture.js make of what others say and send: tables.

import { readFileSync } from 'node:fs';
import path from 'node:path';

import { root } from './lib/folders.mjs';
import { expectEqual, Suite } from './lib/tap.mjs';

// Beside no package.json, Node takes a .js for something else than a module.
const load = (name) => import(`data:text/javascript,${encodeURIComponent(readFileSync(path.join(root, 'web', name), 'utf8'))}`);
const { announcedIn, kindOf, nameParts, safeName, sizeInWords } = await load('announced.js');
const { isBearable, readHeader } = await load('picture.js');

const suite = new Suite();
const HASH = '0123456789abcdef'.repeat(4);
const GOOD = { hash: HASH, size: 5, name: 'a.txt', type: 'text/plain' };

suite.test('announcements: what is none is none, and what is one is bounded', () => {
  expectEqual(announcedIn({ object: GOOD }), GOOD, 'a good one');
  expectEqual(announcedIn({ object: { hash: HASH, size: 0 } }), { hash: HASH, size: 0, name: 'file', type: '' }, 'the least');
  expectEqual(announcedIn({ object: { ...GOOD, size: 2 ** 40 } })?.size, 2 ** 40, 'the largest');
  for (const data of [null, undefined, 5, 'object', [], {}, { object: null }, { object: [] }, { object: 'x' }, { object: { ...GOOD, hash: undefined } }])
    expectEqual(announcedIn(data), null, JSON.stringify(data) ?? 'undefined');
  for (const hash of ['', HASH.slice(1), `${HASH}0`, HASH.toUpperCase(), `${HASH}\n`, `../${HASH.slice(3)}`, 5, [HASH], { toString: 5 }])
    expectEqual(announcedIn({ object: { ...GOOD, hash } }), null, JSON.stringify(hash));
  for (const size of [-1, 0.5, NaN, Infinity, 2 ** 53, 2 ** 40 + 1, '5', null, [5]])
    expectEqual(announcedIn({ object: { ...GOOD, size } }), null, `size ${JSON.stringify(size)}`);
  for (const type of ['text/html; charset=x', 'TEXT/HTML', 'text', 'a/b/c', '<script>/x', `a/${'b'.repeat(65)}`, 'text/plain\n', 5, ['image/png'], null])
    expectEqual(announcedIn({ object: { ...GOOD, type } })?.type, '', `type ${JSON.stringify(type)}`);
  for (const name of [5, null, {}, ['a'], { toString: 5 }, ''])
    expectEqual(announcedIn({ object: { ...GOOD, name } })?.name, 'file', `name ${JSON.stringify(name)}`);
});

const NAMES = [
  ['holiday at the lake.png', 'holiday at the lake.png'],
  ['صورة.jpg', 'صورة.jpg'],
  ['👨\u200d👩\u200d👧.png', '👨\u200d👩\u200d👧.png'],
  ['\u202egpj.exe', 'gpj.exe'],
  ['a\u200f\u2066b\u2069.txt', 'ab.txt'],
  ['a\u0000b\nc\td', 'abcd'],
  ['\ud800x\udc00', 'x'],
  ['../../etc/passwd', '_.._etc_passwd'],
  ['C:\\Windows\\x', 'C__Windows_x'],
  ['/', '_'],
  ['<a href="x">?*|', '_a href=_x_____'],
  ['.bashrc', 'bashrc'],
  ['...', 'file'],
  ['. .', 'file'],
  ['name. . ', 'name'],
  ['   ', 'file'],
  ['bill.pdf          .exe', 'bill.pdf .exe'],
  ['CON', '_CON'],
  ['nul.txt', '_nul.txt'],
  ['Com1.tar.gz', '_Com1.tar.gz'],
  ['console', 'console'],
  ['x'.repeat(101), `${'x'.repeat(99)}…`],
  [`${'x'.repeat(200)}.tar`, `${'x'.repeat(95)}….tar`],
  ['x'.repeat(1e6), `${'x'.repeat(99)}…`],
  [`${'😀'.repeat(400)}`, `${'😀'.repeat(99)}…`],
];

suite.test('names are safe to show and to save under', () => {
  for (const [name, expected] of NAMES) {
    const [found, shown] = [safeName(name), JSON.stringify(name.slice(0, 40))];
    expectEqual(found, expected, shown);
    expectEqual(safeName(found), found, `${shown}, again`);
    expectEqual(nameParts(found).join(''), found, `${shown}, its parts`);
  }
  for (const [name, parts] of [['a.tar.gz', ['a.tar', '.gz']], ['noend', ['noend', '']], [`a.${'b'.repeat(16)}`, [`a.${'b'.repeat(16)}`, '']], ['a. b', ['a', '. b']]])
    expectEqual(nameParts(name), parts, name);
});

suite.test('sizes and kinds in words', () => {
  for (const [bytes, words] of [[0, '0 B'], [999, '999 B'], [1000, '1.0 kB'], [9949, '9.9 kB'], [9950, '10 kB'], [999499, '999 kB'], [999500, '1.0 MB'],
                                [123456789, '123 MB'], [1e9, '1.0 GB'], [2 ** 40, '1.1 TB']])
    expectEqual(sizeInWords(bytes), words, String(bytes));
  for (const [name, type, kind] of [['a.png', 'image/png', 'picture'], ['a.PNG', '', 'picture'], ['a.exe', 'image/png', 'file'], ['a', 'image/png', 'picture'],
                                    ['a', 'constructor/x', 'file'], ['a.tar.gz', '', 'parcel'], ['a', '', 'file'], ['a.constructor', '', 'file']])
    expectEqual(kindOf({ name, type }), kind, `${name} ${type}`);
});

const bytesOf = (...parts) => new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part)))));
const png = (width, height) => { const size = Buffer.alloc(8); size.writeUInt32BE(width); size.writeUInt32BE(height, 4); return bytesOf('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', size); };
const sof = (marker, width, height) => [0xff, marker, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255];
const vp8x = (width, height) => bytesOf('RIFF\0\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0', [width - 1 & 255, width - 1 >> 8 & 255, width - 1 >> 16, height - 1 & 255, height - 1 >> 8 & 255, height - 1 >> 16]);

const PICTURES = [
  ['PNG', png(640, 480), 'image/png', 640, 480],
  ['a PNG with the longest sides', png(0xffffffff, 0xffffffff), 'image/png', 0xffffffff, 0xffffffff],
  ['GIF', bytesOf('GIF89a', [3, 1, 2, 0]), 'image/gif', 259, 2],
  ['JPEG', bytesOf([0xff, 0xd8], sof(0xc0, 640, 480)), 'image/jpeg', 640, 480],
  ['a progressive JPEG behind other segments and fill bytes', bytesOf([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xff], sof(0xc2, 5, 7)), 'image/jpeg', 5, 7],
  ['WebP, extended', vp8x(16777216, 2), 'image/webp', 16777216, 2],
  ['WebP, lossless', bytesOf('RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f', [0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0, 0]), 'image/webp', 16384, 16384],
  ['WebP, lossy', bytesOf('RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a', [0x80, 0x02, 0xe0, 0x01]), 'image/webp', 640, 480],
];
const NO_PICTURES = [
  ['nothing', bytesOf()],
  ['SVG', bytesOf('<svg xmlns="http://www.w3.org/2000/svg" width="5" height="5"/>')],
  ['HTML', bytesOf('<!doctype html><script>alert(1)</script>')],
  ['a PNG without a width', png(0, 5)],
  ['a PNG that begins with something else', bytesOf('\x89PNG\r\n\x1a\n\0\0\0\rIDAT\0\0\0\x05\0\0\0\x05')],
  ['a JPEG whose picture comes before its size', bytesOf([0xff, 0xd8, 0xff, 0xda, 0, 4, 0, 0], sof(0xc0, 5, 5))],
  ['a JPEG with a segment of no length', bytesOf([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0])],
  ['a JPEG with a segment that leads out of it', bytesOf([0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff, 0, 0, 0, 0])],
  ['a JPEG of fill bytes', bytesOf([0xff, 0xd8], Buffer.alloc(300000, 0xff))],
  ['RIFF, but no WebP', bytesOf('RIFF\0\0\0\0WAVEfmt ', Buffer.alloc(20))],
  ['AVIF', bytesOf('\0\0\0\x1cftypavif', Buffer.alloc(20))],
];

suite.test('pictures are told by their first bytes, wherever these end', () => {
  for (const [what, bytes, type, width, height] of PICTURES) {
    expectEqual(readHeader(bytes), { type, width, height }, what);
    for (let length = 0; length < bytes.length; length++) {
      const found = readHeader(bytes.subarray(0, length));
      expectEqual(found?.type ?? type, type, `${what}, ${length} bytes of it`);
    }
    const behind = new Uint8Array(bytes.length + 3); // not at the start of its memory
    behind.set(bytes, 3);
    expectEqual(readHeader(behind.subarray(3)), { type, width, height }, `${what}, further behind`);
  }
  for (const [what, bytes] of NO_PICTURES)
    expectEqual(readHeader(bytes), null, what);
  for (const [width, height, expected] of [[1, 1, true], [10000, 5000, true], [10001, 5000, false], [16384, 1, true], [16385, 1, false], [0xffffffff, 0xffffffff, false]])
    expectEqual(isBearable({ width, height }), expected, `${width}x${height}`);
});

await suite.run();
