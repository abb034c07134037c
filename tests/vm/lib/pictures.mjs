// What the cameras of the tests show: a white circle that moves on a blue ground, unlike the page's black, as JPEGs, as raw pictures, as H.264.

import { mkdirSync } from 'node:fs';

import { run } from '../../e2e/lib/child.mjs';

const ENCODERS = {
  mjpeg: ['video/x-raw,format=I420', '!', 'jpegenc', 'quality=70'],
  yuyv: ['video/x-raw,format=YUY2'],
  // Each round begins with a keyframe; the decoder needs nothing of the round before.
  h264: ['video/x-raw,format=I420', '!', 'x264enc', 'tune=zerolatency', 'speed-preset=ultrafast', 'bitrate=2000', 'key-int-max=15', '!',
         'video/x-h264,stream-format=byte-stream,alignment=au,profile=constrained-baseline'],
};

/** A second's worth at 15 a second, a file each. */
const COUNT = 15;

/** Makes them in `folder`. */
export async function makePictures(folder, format, width, height) {
  mkdirSync(folder, { recursive: true });
  await run('gst-launch-1.0', ['-q', 'videotestsrc', `num-buffers=${COUNT}`, 'pattern=ball',
    'background-color=0xff305070', 'animation-mode=frames', '!',
    `video/x-raw,width=${width},height=${height},framerate=${COUNT}/1`, '!', 'videoconvert', '!', ...ENCODERS[format], '!',
    'multifilesink', `location=${folder}/%03d`]);
}
