// Janus with its streaming and textroom plugins, to measure beside: started with a configuration of its own (which has IPv6, so that its
// clients have as many paths to look after); a viewer of it, and a talker in a room.
// Its protocol: https://janus.conf.meetecho.com/docs/rest.html, …/streaming.html and …/textroom.html

import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

import { Child } from '../../e2e/lib/child.mjs';
import { findCommand, temporaryFolder } from '../../e2e/lib/folders.mjs';
import { Failure, Skip, until } from '../../e2e/lib/tap.mjs';
import { loadWebrtc, loadWebSocket, receivedVideo } from '../../e2e/lib/viewer.mjs';

const MOUNTPOINT = 1;
const ROOM = 1;

export function freeTcpPort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function findPlugins() {
  const folders = ['/usr/lib/x86_64-linux-gnu/janus', '/usr/lib/aarch64-linux-gnu/janus', '/usr/lib/janus', '/usr/local/lib/janus'];
  const found = folders.find((folder) => existsSync(path.join(folder, 'plugins', 'libjanus_streaming.so')));
  if (!found)
    throw new Skip('Janus is there, its streaming plugin is not');
  return found;
}

export class Janus {
  /** `port` is where its RTP comes in (none without it); throws Skip with the reason where there is no Janus. */
  static async start(scope, { port = null, payloadType = 96 } = {}) {
    const command = findCommand('janus');
    if (!command)
      throw new Skip('not installed (Debian\'s package janus)');
    const [plugins, webSocketPort, folder] = [findPlugins(), await freeTcpPort(), temporaryFolder(scope)];
    const write = (name, text) => writeFileSync(path.join(folder, name), text);
    mkdirSync(path.join(folder, 'none'));
    write('janus.jcfg', `general: { configs_folder = "${folder}", plugins_folder = "${plugins}/plugins",
        transports_folder = "${plugins}/transports", events_folder = "${folder}/none", loggers_folder = "${folder}/none",
        debug_level = 2, session_timeout = 0 }
      media: { ipv6 = true }
      plugins: { disable = "${['audiobridge', 'duktape', 'echotest', 'lua', 'nosip', 'recordplay', 'sip', 'videocall', 'videoroom',
                               'voicemail'].map((name) => `libjanus_${name}.so`).join(',')}" }
      transports: { disable = "${['http', 'mqtt', 'nanomsg', 'pfunix', 'rabbitmq'].map((name) => `libjanus_${name}.so`).join(',')}" }\n`);
    write('janus.transport.websockets.jcfg', `general: { json = "compact", ws = true, ws_ip = "127.0.0.1", ws_port = ${webSocketPort} }\n`);
    write('janus.plugin.textroom.jcfg', `general: { json = "compact" }\nroom-${ROOM}: { description = "bench" }\n`);
    write('janus.plugin.streaming.jcfg', port === null ? '' : `camera: { type = "rtp", id = ${MOUNTPOINT}, audio = false, video = true,
        videoport = ${port}, videoiface = "lo", videopt = ${payloadType}, videocodec = "vp8" }\n`);

    const self = new Janus();
    self.url = `ws://127.0.0.1:${webSocketPort}/`;
    self.child = new Child(command, ['--disable-colors', '-F', folder]);
    scope.onFailure(() => `janus: ${self.child.stdout.slice(-1500)}${self.child.stderr.slice(-1500)}`);
    scope.after(() => self.child.stop());
    await until('Janus to answer', async () => {
      if (self.child.exit)
        throw new Skip(`it ended: ${(self.child.stdout + self.child.stderr).trim().split('\n').at(-1)}`);
      (await JanusSession.open(self.url)).close();
      return true;
    });
    self.version = self.child.stdout.match(/version: \d+ \(([\d.]+)\)/)?.[1] ?? '';
    return self;
  }

  get pid() {
    return this.child.pid;
  }
}

/** A session with one handle on a plugin. */
class JanusSession {
  #answers = new Map();

  static async open(url, plugin = 'streaming') {
    const WebSocket = await loadWebSocket();
    const self = new JanusSession();
    self.socket = new WebSocket(url, 'janus-protocol');
    await new Promise((resolve, reject) => {
      self.socket.once('open', resolve);
      self.socket.once('error', reject);
    });
    self.socket.on('error', () => {});
    self.socket.on('message', (data) => self.#take(JSON.parse(data.toString())));
    self.session = (await self.request({ janus: 'create' })).data.id;
    self.handle = (await self.request({ janus: 'attach', plugin: `janus.plugin.${plugin}` })).data.id;
    return self;
  }

  #take(message) {
    if (message.janus === 'error')
      this.error = message.error.reason;
    if (message.jsep)
      this.offer = message.jsep.sdp;
    this.#answers.get(message.transaction)?.(message);
    this.#answers.delete(message.transaction);
  }

  request(message) {
    const transaction = randomUUID();
    const answer = new Promise((resolve) => this.#answers.set(transaction, resolve));
    this.socket.send(JSON.stringify({ ...message, transaction, session_id: this.session, handle_id: this.handle }));
    return answer;
  }

  message(body, jsep) {
    return this.request({ janus: 'message', body, jsep });
  }

  close() {
    this.socket.close();
  }
}

/** Answers the offer that `request` brings; gives the peer connection. `prepare` gets it before it answers. */
async function answer(session, request, confirm, prepare = () => {}) {
  const webrtc = await loadWebrtc();
  session.message(request);
  const sdp = await until('Janus\' offer', () => {
    if (session.error)
      throw new Failure(session.error);
    return session.offer;
  });
  const peer = new webrtc.RTCPeerConnection({ iceServers: [] });
  prepare(peer);
  peer.onicecandidate = ({ candidate }) => session.request({ janus: 'trickle', candidate: candidate
    ? { candidate: candidate.candidate, sdpMid: candidate.sdpMid, sdpMLineIndex: candidate.sdpMLineIndex } : { completed: true } });
  await peer.setRemoteDescription({ type: 'offer', sdp });
  const local = await peer.createAnswer();
  await peer.setLocalDescription(local);
  session.message(confirm, { type: 'answer', sdp: local.sdp });
  return peer;
}

export class JanusViewer {
  static async join(url) {
    const self = new JanusViewer();
    self.session = await JanusSession.open(url);
    self.peer = await answer(self.session, { request: 'watch', id: MOUNTPOINT }, { request: 'start' });
    return self;
  }

  received() {
    return receivedVideo(this.peer);
  }
}

/** Somebody in the room, over a data channel. What comes goes to `onText`. */
export class JanusTalker {
  onText = () => {};

  static async join(url, username) {
    const self = new JanusTalker();
    let joined = false;
    const take = ({ data }) => {
      joined ||= data.includes('"success"');
      self.onText(data);
    };
    self.session = await JanusSession.open(url, 'textroom');
    self.peer = await answer(self.session, { request: 'setup' }, { request: 'ack' }, (peer) => {
      self.channel = peer.createDataChannel('JanusDataChannel');
      self.channel.onmessage = take;
      peer.ondatachannel = ({ channel }) => { channel.onmessage = take; };
    });
    await until('Janus\' data channel', () => self.channel.readyState === 'open');
    self.channel.send(JSON.stringify({ textroom: 'join', transaction: 'join', room: ROOM, username }));
    await until('the room', () => joined);
    return self;
  }

  say(text) {
    this.channel.send(JSON.stringify({ textroom: 'message', transaction: 'say', room: ROOM, text, ack: false }));
  }

  leave() {
    this.peer.close();
    this.session.close();
  }
}
