// libwebrtc in Node as a client of WHEP and WHIP: node-client.mjs OPTIONS, see ../lib/doors.mjs.

import { createInterface } from 'node:readline';

import { loadWebrtc } from '../lib/viewer.mjs';
import { makeRtcClient } from './rtc-client.mjs';

const options = JSON.parse(process.argv[2]);
const tell = (event, rest = {}) => console.log(JSON.stringify({ event, ...rest }));

/** An I420 picture of one colour in which something moves. */
function paint(width, height, [y, u, v], n) {
  const data = new Uint8ClampedArray(width * height * 3 / 2);
  data.fill(y, 0, width * height);
  data.fill(u, width * height, width * height * 5 / 4);
  data.fill(v, width * height * 5 / 4);
  const size = height >> 2;
  const [left, top] = [n * 4 % (width - size), height >> 1];
  for (let row = top; row < top + size; row++)
    data.fill(y > 128 ? 16 : 235, row * width + left, row * width + left + size);
  return { width, height, data };
}

function makePicture(webrtc, { width = 640, height = 360, framerate = 30, yuv = [81, 90, 240] }) {
  const source = new webrtc.nonstandard.RTCVideoSource();
  const pictures = Array.from({ length: 30 }, (_, n) => paint(width, height, yuv, n * 3));
  let n = 0;
  setInterval(() => source.onFrame(pictures[n++ % pictures.length]), 1000 / framerate);
  return source.createTrack();
}

/** 440 Hz in packets of 10 ms. */
function makeSound(webrtc) {
  const source = new webrtc.nonstandard.RTCAudioSource();
  const rate = 48000;
  let at = 0;
  setInterval(() => {
    const samples = Int16Array.from({ length: rate / 100 }, (_, i) => 3000 * Math.sin((at + i) / rate * 2 * Math.PI * 440));
    at += samples.length;
    source.onData({ samples, sampleRate: rate, bitsPerSample: 16, channelCount: 1, numberOfFrames: samples.length });
  }, 10);
  return source.createTrack();
}

async function main() {
  let webrtc;
  try {
    webrtc = await loadWebrtc();
  } catch (error) {
    return tell('skip', { reason: error.message });
  }
  const RtcClient = makeRtcClient(webrtc);
  const client = new RtcClient(options.url, options);
  createInterface({ input: process.stdin }).on('line', async (line) => {
    const [, command, text] = line.match(/^(\w+) ?(.*)$/);
    if (command === 'stats')
      tell('stats', await client.stats());
    else if (command === 'say')
      client.say(text);
    else if (command === 'leave') {
      tell('left', { status: await client.leave() });
      process.exit(0);
    }
  });
  client.onTrack = (track) => {
    if (track.kind !== 'video')
      return;
    const sink = new webrtc.nonstandard.RTCVideoSink(track);
    sink.onframe = () => {
      tell('first', { ms: performance.now() - client.postedAt });
      sink.stop();
    };
  };
  try {
    if (options.publish)
      await client.publish([makePicture(webrtc, options), ...options.audio ? [makeSound(webrtc)] : []], options);
    else
      await client.watch(options);
  } catch (error) {
    tell('refused', { reason: error.message });
    return process.exit(1);
  }
  if (client.channel)
    client.channel.onmessage = ({ data }) => tell('heard', { text: data });
  tell('answered', { location: client.location, etag: client.etag });
}

await main();
