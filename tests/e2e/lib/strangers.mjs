// Viewers who may be anywhere on their way when they go: each state brings a newcomer there and holds it.

import { randomUUID } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';

import { until } from './tap.mjs';
import { openRelay, Signalling, Viewer } from './viewer.mjs';

const CHANNEL = 'chat:camera';
const WAIT = { timeoutMs: 30000 };

async function connectTcp({ signalling }) {
  const { hostname, port } = new URL(signalling);
  const socket = net.connect(Number(port), hostname);
  await once(socket, 'connect');
  return { leave: () => socket.end() };
}

async function openWebSocket({ signalling }) {
  const socket = await Signalling.open(signalling);
  return { signalling: socket, leave: () => socket.close() };
}

/** The offer comes as far as this machine's buffers. */
async function sayHello(place) {
  const stranger = await openWebSocket(place);
  stranger.signalling.socket.pause();
  stranger.signalling.hello();
  return stranger;
}

async function readOffer({ signalling }) {
  const viewer = await Viewer.join(signalling, { answers: false });
  await viewer.signalling.next('offer', WAIT);
  return viewer;
}

async function answered(viewer) {
  await until('an answer to be made', () => viewer.peer?.localDescription || Promise.reject(viewer.error ?? new Error('none yet')), WAIT);
  return viewer;
}

/** Neither side knows where the other is. */
const answer = async ({ signalling }) => answered(await Viewer.join(signalling, { trickles: false }));

/** The server knows of one place, asks there, and is not answered. */
async function letCheck({ signalling }) {
  const silent = dgram.createSocket('udp4').bind();
  await once(silent, 'listening');
  const viewer = await answered(await Viewer.join(signalling, { trickles: false }));
  const hosts = () => viewer.signalling.received.map(({ candidate }) => candidate?.match(/ (\d+\.\d+\.\d+\.\d+) \d+ typ host/)?.[1]);
  const host = await until('an address of the server', () => hosts().find(Boolean), WAIT);
  viewer.signalling.send({ type: 'candidate', peer: viewer.peerNumber, sdpMLineIndex: 0,
                           candidate: `candidate:1 1 UDP 2122252543 ${host} ${silent.address().port} typ host` });
  await once(silent, 'message');
  const leave = viewer.leave.bind(viewer);
  viewer.leave = () => {
    leave();
    silent.close();
  };
  return viewer;
}

/** Has come as far as `wanted`: whoever waits goes on in the moment that this is so. */
async function reaches(viewer, name, wanted) {
  await answered(viewer);
  const { peer } = viewer;
  const event = new Promise((resolve) => {
    peer[`on${name.toLowerCase()}change`] = () => wanted.includes(peer[name]) && resolve();
  });
  await Promise.race([event, until(`${name} ${wanted[0]}`, () => {
    const told = viewer.signalling.received.filter(({ type }) => ['bye', 'error'].includes(type));
    return wanted.includes(peer[name]) || Promise.reject(new Error(`${peer[name]}, ${JSON.stringify(told)}`));
  }, WAIT)]);
  return viewer;
}

/** ICE is connected; each side waits for the other to begin with DTLS. */
async function awaitDtls({ signalling }) {
  const mangleLocal = (sdp) => sdp.replace(/a=setup:active/g, 'a=setup:passive');
  return reaches(await Viewer.join(signalling, { mangleLocal, mangleAnswer: (sdp) => sdp.replace(/a=setup:passive/g, 'a=setup:active') }),
                 'iceConnectionState', ['connected', 'completed']);
}

/** No more than on the way: goes on from there if it is let. */
const beginDtls = async ({ signalling }) =>
  reaches(await Viewer.join(signalling), 'iceConnectionState', ['connected', 'completed']);

async function connect({ signalling }) {
  const viewer = await reaches(await Viewer.join(signalling), 'connectionState', ['connected']);
  return Object.assign(viewer, { at: viewer.frames ? 'playing' : 'connected' }); // on a slow day the picture is first
}

async function play(place, options) {
  const viewer = await Viewer.join(place.signalling, options);
  await viewer.playing({ frames: 2, ...WAIT });
  const relay = await viewer.talking();
  await relay.request({ type: 'subscribe', channel: CHANNEL });
  return viewer;
}

const MESSAGES = 3;

async function leaveUnacknowledged(place) {
  const viewer = await play(place, { acknowledges: false });
  const before = viewer.relay.messages.length;
  for (let i = 0; i < MESSAGES; i++)
    place.published(await viewer.relay.request({ type: 'publish', channel: CHANNEL, data: { text: `unheard ${i}` } }));
  // Who has acknowledged nothing may get no more than the oldest messages: then these wait in the history.
  await until('messages', () => viewer.relay.messages.length >= Math.min(before + MESSAGES, 200), WAIT);
  return viewer;
}

/** Its second hello is on its way to end the first. */
async function replaceItself({ signalling }) {
  const page = randomUUID();
  const first = await Viewer.join(signalling, { page });
  await first.playing({ frames: 2, ...WAIT });
  const second = await Viewer.join(signalling, { page });
  return { leave: () => [first, second].forEach((viewer) => viewer.leave()) };
}

async function seeStart({ signalling }) {
  const viewer = await Viewer.join(signalling);
  await until('the source to start', () => viewer.signalling.received.some(({ state }) => state === 'starting'), { ...WAIT, everyMs: 5 });
  return viewer;
}

/** What a stranger is called that has come so far. */
export const STATES = {
  'TCP connected': { reach: connectTcp, early: true },
  'WebSocket open': { reach: openWebSocket, early: true, relay: true },
  'hello sent': { reach: sayHello, relay: true },
  'offer read': { reach: readOffer, relay: true },
  answered: { reach: answer, relay: true },
  'ICE checking': { reach: letCheck, relay: true },
  'DTLS awaited': { reach: awaitDtls, relay: true },
  playing: { reach: play },
  'messages not acknowledged': { reach: leaveUnacknowledged },
  'being replaced': { reach: replaceItself },
  'DTLS under way': { reach: beginDtls, passing: true },
  connected: { reach: connect, passing: true },
  'source starting': { reach: seeStart, passing: true },
};

/** Brings a newcomer there, with a subscription beside it where it has no data channel yet. */
export async function arrive(state, place) {
  const { reach, relay } = STATES[state];
  const stranger = await reach(place);
  if (!relay)
    return stranger;
  const client = await openRelay(place.relay);
  await client.request({ type: 'subscribe', channel: CHANNEL });
  return Object.assign(stranger, { client });
}

/** How somebody goes who is not killed. */
export const ENDS = {
  /** A program that is written well. */
  bye(stranger) {
    if (stranger.peerNumber !== undefined)
      stranger.signalling.send({ type: 'bye', peer: stranger.peerNumber });
    ENDS.page(stranger);
  },
  /** The WebSocket only: the connection beside it finds out. */
  close(stranger) {
    stranger.client?.signalling.close();
    (stranger.signalling ?? { close: stranger.leave }).close();
  },
  /** All at once, as a page that is closed. */
  page(stranger) {
    stranger.client?.signalling.close();
    stranger.leave();
  },
};
