// Inputs for the program: files that are made, an RTSP camera, descriptions.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { Child, run } from './child.mjs';
import { findCommand } from './folders.mjs';
import { Skip } from './tap.mjs';

/** A WebM file of a moving ball; gives its file:// URI. */
export async function makeFile(folder, { width = 640, height = 480, framerate = 25, seconds = 3 } = {}) {
  if (!findCommand('gst-launch-1.0'))
    throw new Skip('gst-launch-1.0 is not installed (gstreamer1.0-tools)');
  const file = path.join(folder, `${width}x${height}-${framerate}.webm`);
  await run('gst-launch-1.0', ['-q', 'videotestsrc', `num-buffers=${framerate * seconds}`, 'pattern=ball', '!',
    `video/x-raw,width=${width},height=${height},framerate=${framerate}/1`, '!',
    'vp8enc', 'deadline=1', 'cpu-used=8', 'target-bitrate=1000000', '!', 'webmmux', '!', 'filesink', `location=${file}`]);
  return pathToFileURL(file).href;
}

/** A camera that speaks RTSP, as a program of its own that can be killed. */
export class RtspCamera {
  static async start(scope, port = 0) {
    const self = new RtspCamera();
    scope.after(() => self.kill());
    await self.#launch(port);
    return self;
  }

  async #launch(port) {
    const script = path.join(path.dirname(fileURLToPath(import.meta.url)), 'rtsp-camera.py');
    // The system's Python first: another one in front of it in PATH has no GObject bindings.
    const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
    this.child = new Child(python, [script, String(port)]);
    const [, found, reason] = await this.child.line(/^(?:port (\d+)|skip (.*))$/);
    if (reason)
      throw new Skip(reason);
    this.port = Number(found);
    this.uri = `rtsp://127.0.0.1:${this.port}/camera`;
  }

  kill() {
    return this.child?.stop('SIGKILL');
  }

  comeBack() {
    return this.#launch(this.port);
  }
}
