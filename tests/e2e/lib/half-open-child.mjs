// Connections that begin a request and never end it, from many addresses of this machine: host, port, how many.
// Prints "held N" once that many have been made; N is how many of them are still open then.

import net from 'node:net';

const [host, port, count] = process.argv.slice(2);
const AT_ONCE = 200;
const PER_ADDRESS = 100;
let open = 0;

function hold(index) {
  const address = Math.floor(index / PER_ADDRESS);
  const localAddress = `127.0.${1 + Math.floor(address / 250)}.${1 + address % 250}`;
  return new Promise((resolve) => {
    const socket = net.connect({ host, port: Number(port), localAddress });
    socket.on('connect', () => {
      open++;
      socket.write('GET / HTTP/1.1\r\nHost: loc');
      resolve();
    });
    socket.on('error', resolve);
    socket.on('close', () => { open--; });
    socket.resume();
  });
}

for (let i = 0; i < Number(count); i += AT_ONCE)
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, Number(count) - i) }, (_, n) => hold(i + n)));
console.log(`held ${open}`);
setInterval(() => {}, 60000);
