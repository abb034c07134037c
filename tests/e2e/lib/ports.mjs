// A port that nobody has, for a program that has to be told which.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that the system gives to whoever asks for any: what other tests open meanwhile does not take it. */
const [FIRST, COUNT] = [20000, 12000];

async function isFree(port, open) {
  const socket = open(port);
  try {
    await once(socket, 'listening');
  } catch {
    return false;
  }
  await new Promise((resolve) => { socket.close(resolve); });
  return true;
}

async function find(open) {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port, open))
      return port;
  }
}

export const freeUdpPort = () => find((port) => createSocket('udp4').bind(port));
export const freeTcpPort = () => find((port) => createServer().listen(port, '127.0.0.1'));
