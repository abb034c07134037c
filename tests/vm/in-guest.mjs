// in-guest.mjs MAILBOX COMMAND…: runs a command in the machine that reads the mailbox, as if it ran here: its output,
// its exit status, and the signals that end it.

import { existsSync, openSync, readFileSync, readSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const PASSED_ON = /^(HOME|XDG_.*|G_.*|GST_DEBUG.*|SIGHTLINE.*|LANG|LC_.*)$/;
const [mailbox, ...command] = process.argv.slice(2);
const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

function post(id, script) {
  const file = path.join(mailbox, `${id}.sh`);
  writeFileSync(`${file}.new`, script);
  renameSync(`${file}.new`, file);
}

const id = `${process.pid}-${Date.now()}`;
const file = (suffix) => path.join(mailbox, `${id}.${suffix}`);
const env = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name));
const folders = env.filter(([name]) => /^(HOME|XDG_.*_HOME)$/.test(name)).map(([, value]) => quote(value));
post(id, `
if [ -e /run/gst-registry.bin ]; then
    export GST_REGISTRY=/run/gst-registry.bin GST_REGISTRY_UPDATE=no
fi
${env.map(([name, value]) => `export ${name}=${quote(value)}`).join('\n')}
${folders.length ? `mkdir -p ${folders.join(' ')}` : ''}
echo $$ >${quote(`${id}.pid`)}
cd /
exec ${command.map(quote).join(' ')}
`);

for (const [signal, name] of [['SIGTERM', 'TERM'], ['SIGINT', 'INT'], ['SIGHUP', 'HUP']]) {
  let count = 0;
  process.on(signal, () => post(`${id}-${name}-${count++}`, `kill -${name} "$(cat ${quote(`${id}.pid`)})"\n`));
}

const outputs = [['out', process.stdout], ['err', process.stderr]].map(([suffix, stream]) =>
  ({ suffix, stream, fd: null, position: 0 }));
const buffer = Buffer.alloc(65536);

function relay() {
  for (const output of outputs) {
    if (output.fd === null && existsSync(file(output.suffix)))
      output.fd = openSync(file(output.suffix));
    let length;
    while (output.fd !== null && (length = readSync(output.fd, buffer, 0, buffer.length, output.position)) > 0) {
      output.position += length;
      output.stream.write(Buffer.from(buffer.subarray(0, length)));
    }
  }
}

const timer = setInterval(() => {
  const ended = existsSync(file('status'));
  relay();
  if (ended) {
    clearInterval(timer);
    for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'])
      process.removeAllListeners(name);
    process.exitCode = Number(readFileSync(file('status'), 'utf8'));
  }
}, 50);
