// Clients of objects that can be cut off, by each transport: web/objects.js as it is served, by a data channel or by the WebSocket.
// Each has `client`, comes back by itself, and counts the bytes of objects that it sent and that came (`sent`, `received`).

import { Link } from './link.mjs';
import { Objects } from './objects-script.mjs';
import { Linked, Watching } from './relay-people.mjs';
import { loadWebSocket } from './viewer.mjs';

const HEAD_BYTES = 12;

/** Tells `onCount` of each that is counted, once whoever sent or took it is done with that. */
class Count {
  sent = 0;
  received = 0;
  onCount = null;

  sends(data) {
    if (typeof data !== 'string')
      this.sent += data.byteLength - HEAD_BYTES;
    queueMicrotask(() => this.onCount?.());
  }

  comes(data) {
    if (typeof data !== 'string')
      this.received += data.byteLength - HEAD_BYTES;
    queueMicrotask(() => this.onCount?.());
  }
}

/** The channel that `make` makes, whose bytes are counted. */
function counted(count, make) {
  const channel = make();
  const send = channel.send.bind(channel);
  channel.send = (data) => {
    send(data);
    count.sends(data);
  };
  channel.addEventListener('message', ({ data }) => count.comes(data));
  return channel;
}

async function countedWebSocket(count) {
  const WebSocket = await loadWebSocket();
  return class extends WebSocket {
    constructor(address) {
      super(address);
      this.on('error', () => {}); // as in a browser, where nobody has to listen
      this.on('message', (data, isBinary) => count.comes(isBinary ? data : ''));
    }

    send(data) {
      if (this.readyState === WebSocket.OPEN)
        count.sends(data);
      super.send(data);
    }
  };
}

/** By what somebody gets and puts objects. */
export const OBJECT_TRANSPORTS = {
  'data channel': async (server) => {
    const count = new Count();
    const client = new Objects('');
    const adopt = (relay, control, objects) => client.adopt(() => counted(count, objects));
    return Object.assign(new Watching(client, server.webSocket('/ws/camera'), adopt), { count });
  },
  WebSocket: async (server, scope) => {
    const count = new Count();
    const link = await Link.open(scope, { host: server.url.hostname, port: server.port }, { host: '127.0.0.1', port: 0 });
    const url = new URL(server.webSocket('/objects'));
    url.port = link.port;
    return Object.assign(new Linked(new Objects(url.href, { WebSocket: await countedWebSocket(count) }), link), { count });
  },
};
