// Somebody who gets an object, in a process of his own, which stops: by what, the server's addresses as JSON, its hash.
// Prints "getting" once something has come, and stops (SIGSTOP). In the end "got HASH", of the bytes as they came.

import { createHash } from 'node:crypto';
import http from 'node:http';

import { hashOf, OPEN } from './object-client.mjs';

const [kind, addresses, hash] = process.argv.slice(2);
const { sockets, url } = JSON.parse(addresses);
const server = { webSocket: (route) => sockets[route] };
let begun = false;
const begin = () => {
  if (begun)
    return;
  begun = true;
  console.log('getting');
  process.kill(process.pid, 'SIGSTOP');
};

function overHttp() {
  return new Promise((resolve, reject) => {
    http.get(url, (response) => {
      const digest = createHash('sha256');
      response.on('data', (data) => {
        begin();
        digest.update(data);
      });
      response.on('end', () => resolve(digest.digest('hex')));
      response.on('error', reject);
    }).on('error', reject);
  });
}

async function overProtocol() {
  const client = await OPEN[kind](server);
  const { done } = client.get(hash, { onChunk: begin });
  return hashOf(await done);
}

try {
  console.log(`got ${await (kind === 'HTTP' ? overHttp() : overProtocol())}`);
  process.exit(0);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
