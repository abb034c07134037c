// Descriptions whose pictures say which of them is seen: a white ball that moves on a ground of one colour. Each brings
// its own source, so that it opens as often as wanted.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { root, temporaryFolder } from './folders.mjs';

/** The grounds, as far from each other as encoders need. */
export const COLOURS = [[200, 0, 0], [0, 140, 0], [0, 0, 210], [190, 190, 0], [190, 0, 190], [0, 170, 170]];

/** As videotestsrc has it: 0xAARRGGBB. */
export const colourValue = (index) => COLOURS[index].reduce((value, part) => value * 256 + part, 255);

const VARIABLES = `[variables]
width = 320
height = 180
framerate = 20
colour = ${colourValue(0)}
`;
export const BALL = `videotestsrc is-live=true pattern=ball animation-mode=frames background-color=\${colour}
  ! video/x-raw,format=I420,width=\${width},height=\${height},framerate=\${framerate}/1`;
const LIVE = 'deadline=1 cpu-used=8 threads=1 lag-in-frames=0 end-usage=cbr target-bitrate=600000 keyframe-max-dist=2000';
export const VP8 = `vp8enc ${LIVE}`;
const H264 = 'openh264enc complexity=low bitrate=600000 gop-size=0 ! video/x-h264,profile=constrained-baseline ! h264parse';
const TONE = '\naudiotestsrc is-live=true freq=440 volume=0.1 ! audioconvert ! opusenc ! appsink name=audio';
const PAY_VP8 = 'rtpvp8pay picture-id-mode=15-bit mtu=1200';
const PAY_VP9 = 'rtpvp9pay picture-id-mode=15-bit mtu=1200';
const PAY_H264 = 'rtph264pay aggregate-mode=zero-latency config-interval=-1 mtu=1200';

export const describe = (source, viewer) =>
  `${VARIABLES}[source]\n${source}\n${viewer ? `[viewer video]\n${viewer}\n` : ''}`;

/** Name to text and what a viewer must be able to play. */
export const BALLS = {
  'ball-vp8': { codecs: 'VP8', text: describe(`${BALL} ! ${VP8} ! appsink name=video`, PAY_VP8) },
  'ball-vp8-per-viewer': { codecs: 'VP8', text: describe(`${BALL} ! appsink name=video`, `${VP8} ! ${PAY_VP8}`) },
  'ball-vp8-packets': { codecs: 'VP8', text: describe(`${BALL} ! ${VP8} ! ${PAY_VP8} ! appsink name=video`) },
  'ball-vp8-audio': { codecs: 'VP8 OPUS', text: describe(`${BALL} ! ${VP8} ! appsink name=video${TONE}`, PAY_VP8) },
  'ball-vp9': { codecs: 'VP9', text: describe(`${BALL} ! vp9enc ${LIVE} ! appsink name=video`, PAY_VP9) },
  'ball-vp9-audio': { codecs: 'VP9 OPUS', text: describe(`${BALL} ! vp9enc ${LIVE} ! appsink name=video${TONE}`, PAY_VP9) },
  'ball-h264': { codecs: 'H264', text: describe(`${BALL} ! ${H264} ! appsink name=video`, PAY_H264) },
  'ball-h264-audio': { codecs: 'H264 OPUS', text: describe(`${BALL} ! ${H264} ! appsink name=video${TONE}`, PAY_H264) },
};

/** A folder of the scope's with these descriptions, and others: name to text; `env` makes a server find them. */
export function makeLibrary(scope, others = {}) {
  const folder = path.join(temporaryFolder(scope), 'pipelines');
  mkdirSync(folder);
  const file = (name) => path.join(folder, `${name}.pipeline`);
  for (const [name, { text }] of Object.entries(BALLS))
    writeFileSync(file(name), text);
  for (const [name, text] of Object.entries(others))
    writeFileSync(file(name), text);
  return { file, env: { SIGHTLINE_PIPELINES: `${folder}:${path.join(root, 'pipelines')}` } };
}
