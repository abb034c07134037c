// Starts that come to nothing: options, config files, descriptions. Rows: what, the arguments and files, the exit status and words.

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { Child } from '../lib/child.mjs';
import { program, root, temporaryFolder } from '../lib/folders.mjs';

/** `files` are written into an empty folder, in which it is started. */
const start = (args, files = {}) => async (server, t) => {
  const cwd = temporaryFolder(t);
  for (const [name, content] of Object.entries(files))
    writeFileSync(path.join(cwd, name), content);
  const env = { ...process.env, HOME: cwd, XDG_CONFIG_HOME: cwd, XDG_DATA_HOME: cwd, XDG_STATE_HOME: cwd,
                SIGHTLINE_PIPELINES: path.join(root, 'pipelines'), LC_ALL: 'C.UTF-8' };
  const child = new Child(path.resolve(program), args, { cwd, env });
  t.after(() => child.stop('SIGKILL'));
  const { code, signal } = await child.ended();
  const words = child.stderr.trim().replaceAll(String(server.port), 'PORT').replaceAll(String(server.port + 1), 'PORT + 1');
  return `exit ${signal ?? code}: ${words.replaceAll('\n', ' / ')}`;
};
const config = (text) => start(['--config', 'my.conf'], { 'my.conf': text });
const description = (text) => start(['--pipeline', './my.pipeline', 'test'], { 'my.pipeline': text });

const SOURCE = '[source]\nvideotestsrc ! vp8enc ! appsink name=video\n';

export const STARTS = [
  ['an unknown option', start(['--nonsense']), 'exit 64: sightline: Unknown option --nonsense; see --help'],
  ['two devices', start(['test', '/dev/video0']),
   'exit 64: sightline: One DEVICE at most: found "test" and "/dev/video0"; several streams go into --config'],
  ['an address that is none', start(['--listen', '127.0.0.1:70000', 'test']),
   'exit 64: sightline: --listen 127.0.0.1:70000: expected [ADDRESS]:PORT, such as 127.0.0.1:8080, or :8080 for every address'],
  ['an address in use', (server, t) => start(['--listen', `127.0.0.1:${server.port}`, 'test'])(server, t),
   'exit 69: sightline: Port PORT is in use; try --listen 127.0.0.1:PORT + 1'],
  ['an address of another machine', start(['--listen', '192.0.2.1:8080', 'test']),
   'exit 69: sightline: 192.0.2.1 is no address of this machine; try --listen :8080, which is every address'],
  ['ports from high to low', start(['--media-ports', '9-1', 'test']),
   'exit 64: sightline: --media-ports 9-1: expected MIN-MAX, from 1024 to 65535, such as 50000-50100'],
  ['an ICE server of another kind', start(['--ice-server', 'http://x', 'test']),
   'exit 64: sightline: --ice-server: expected “stun:HOST”, “turn:USER:PASSWORD@HOST” or “turns:USER:PASSWORD@HOST”'],
  ['a device that is no camera', start(['/dev/null']), 'exit 69: sightline: /dev/null is no camera; --list-devices shows what is one'],
  ['a film that is not there', start(['file:///nowhere.mp4']),
   'exit 69: sightline: can\'t read /nowhere.mp4: No such file or directory'],
  ['a variable without a value', start(['--set', 'bitrate', 'test']), 'exit 78: sightline: found \'bitrate\', expected NAME=VALUE'],
  ['a variable that is not there', start(['--set', 'nope=1', 'test']),
   'exit 78: sightline: vp8 has no variable \'nope\', expected width, height, framerate, bitrate, threads'],
  ['a number that is none', start(['--set', 'bitrate=abc', 'test']), 'exit 78: sightline: bitrate is \'abc\', expected a whole number (bit/s)'],
  ['a width of less than nothing', start(['--set', 'width=-1', 'test']), 'exit 78: sightline: width is \'-1\', expected 16 or more (pixels)'],
  ['a config file that is not there', start(['--config', 'my.conf']), 'exit 78: sightline: can\'t read my.conf: No such file or directory'],
  ['a config file without an end', start(['--config', '/dev/zero']),
   'exit 78: sightline: /dev/zero: larger than 65536 bytes, expected a file of settings'],
  ['a config file that is a folder', start(['--config', '.']), 'exit 78: sightline: can\'t read .: Is a directory'],
  ['a config file of 200 KiB', config('#\n'.repeat(100 * 1024)),
   'exit 78: sightline: my.conf: larger than 65536 bytes, expected a file of settings'],
  ['a line that is no setting', config('[nonsense'),
   'exit 78: sightline: my.conf: Key file contains line “[nonsense” which is not a key-value pair, group, or comment'],
  ['a setting that is not there', config('[server]\nlistem = :8080\n'),
   'exit 78: sightline: my.conf: [server] listem: expected one of listen, tls-self-signed, tls-cert, tls-key, media-ports, ice-server, ' +
   'allow-host, allow-origin, no-keys, wait, allow-edit, publish, relay-socket, relay-socket-mode, relay-socket-group, cache-dir; ' +
   'did you mean \'listen\'?'],
  ['a stream with a slash', config('[stream a/b]\ndevice = test\n'),
   'exit 78: sightline: my.conf: [stream a/b]: expected a name of a-z, 0-9, \'_\' and \'-\' that begins with a letter'],
  ['a description that is not there', start(['--pipeline', './my.pipeline', 'test']), 'exit 78: sightline: ./my.pipeline: no such file'],
  ['an empty description', description(''), 'exit 78: sightline: ./my.pipeline: no [source] section, expected one'],
  ['a description of 70 KiB', description('#'.repeat(70 * 1024)), 'exit 78: sightline: ./my.pipeline: more bytes than 65536, expected that at most'],
  ['an element that is not there', description(SOURCE.replace('vp8enc', 'nonsense')),
   'exit 78: sightline: ./my.pipeline:2: unknown element \'nonsense\', expected one of GStreamer\'s'],
  ['a property that is not there', description(SOURCE.replace('vp8enc', 'vp8enc nope=1')),
   'exit 78: sightline: ./my.pipeline:2: \'vp8enc\' has no property \'nope\', expected one that gst-inspect-1.0 vp8enc lists; did ' +
   'you mean \'name\'?'],
];
