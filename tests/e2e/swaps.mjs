// The pipeline is swapped while people watch: each of them plays on, what is broken is undone.

import { readFileSync } from 'node:fs';
import path from 'node:path';

import { BALL, BALLS, COLOURS, colourValue, describe, makeLibrary, VP8 } from './lib/balls.mjs';
import { Browser } from './lib/browser.mjs';
import { summary } from './lib/figures.mjs';
import { temporaryFolder } from './lib/folders.mjs';
import { NodeViewer, Page } from './lib/onlookers.mjs';
import { says, text } from './lib/player.mjs';
import { Server } from './lib/server.mjs';
import { expect, expectEqual, Suite, until } from './lib/tap.mjs';

const PAY = 'rtpvp8pay picture-id-mode=15-bit mtu=1200';
const suite = new Suite();

const browsers = {};
const browser = async (name) => (browsers[name] ??= await Browser.launch(suite.scope, name));

async function start(scope, name, others = {}, { args = [], env = {} } = {}) {
  const library = makeLibrary(scope, others);
  const server = await Server.start(scope, ['test', '--pipeline', name, ...args], { env: { ...library.env, ...env } });
  return { server, library };
}

/* --- swaps that work --- */

const SMALL = { width: 320, height: 180 };
const LARGE = { width: 480, height: 270 };

const connectionsOf = (onlookers) => Promise.all(onlookers.map((onlooker) => onlooker.connection()));

/** A pipeline, size and colour for a stream that onlookers watch; who is told of what became of it. */
class Show {
  #at = 0;
  swaps = [];

  constructor(server, onlookers, name) {
    Object.assign(this, { server, onlookers, name, size: SMALL });
  }

  get picture() {
    return { ...this.size, colour: this.#at };
  }

  everyoneShows(options) {
    return Promise.all(this.onlookers.map((onlooker) => onlooker.shows(this.picture, options)));
  }

  /** Another description, or the same in another colour or size. Each onlooker plays it; by the same connection where he can. */
  async swap(name, size = this.size) {
    const same = BALLS[name].codecs === BALLS[this.name].codecs;
    const what = `${this.name} to ${name}`;
    const before = await connectionsOf(this.onlookers);
    await Promise.all(this.onlookers.map((onlooker) => onlooker.begin()));
    this.#at = (this.#at + 1) % COLOURS.length;
    const began = Date.now();
    const answer = await this.server.put('pipeline', { name, variables: { ...size, colour: colourValue(this.#at) } });
    const tookMs = Date.now() - began;
    expectEqual([answer.status, answer.name, answer.problem], [200, name, null], `the answer to ${what}: ${answer.detail}`);
    Object.assign(this, { name, size });
    const gaps = await this.everyoneShows();
    await Promise.all(this.onlookers.map((onlooker, i) => this.#expectConnection(onlooker, before[i], same, what)));
    this.swaps.push({ same, gaps, tookMs, what });
  }

  async #expectConnection(onlooker, before, same, what) {
    const after = await until(`${onlooker.name} to have one connection`, async () => {
      const now = await onlooker.connection();
      expectEqual(now.open, 1, 'open ones');
      return now;
    });
    if (same)
      expectEqual(after, before, `${onlooker.name}'s connection from ${what}`);
    else
      expectEqual(after.made, before.made + 1, `connections that ${onlooker.name} made, with the one from ${what}`);
    if (BALLS[this.name].codecs.includes('OPUS'))
      await until(`sound at ${onlooker.name}`, async () => await onlooker.sound() > 0);
  }

  tell(t) {
    for (const [kind, same] of [['same codec', true], ['another codec', false]]) {
      const swaps = this.swaps.filter((swap) => swap.same === same);
      if (!swaps.length)
        continue;
      const trial = summary(swaps.map(({ tookMs }) => tookMs));
      t.note(`${kind}, ${swaps.length} swaps: answered after ${trial.median} ms, at most ${trial.max} ms`);
      for (const [i, { name }] of this.onlookers.entries()) {
        const { median, max } = summary(swaps.map(({ gaps }) => gaps[i]));
        t.note(`  ${name}: the longest gap between two frames ${median.toFixed(0)} ms, at most ${max.toFixed(0)} ms`);
      }
    }
    for (const { what, gaps, tookMs } of this.swaps)
      t.note(`  ${what}: ${tookMs} ms; ${gaps.map((gap) => gap.toFixed(0)).join(', ')} ms`);
  }
}

const NAMES = ['ball-vp8', 'ball-vp8', 'ball-vp8-per-viewer', 'ball-vp8-per-viewer', 'ball-vp8-packets', 'ball-vp8', 'ball-vp9', 'ball-vp9',
               'ball-vp9', 'ball-vp8', 'ball-vp8-audio', 'ball-vp8-audio', 'ball-vp8', 'ball-vp9-audio', 'ball-vp9', 'ball-vp8-audio', 'ball-vp9',
               'ball-vp8-per-viewer', 'ball-vp8-packets', 'ball-vp8'];
const LARGE_ONES = [1, 2, 8, 11, 12, 16];

suite.test(`${NAMES.length} swaps in a row under five viewers: each plays after each, by the same connection where the codec is the same`, async (t) => {
  const { server } = await start(t, 'ball-vp8');
  const onlookers = [await Page.open(t, await browser('chromium'), server.link), await Page.open(t, await browser('chromium'), server.link),
                     await Page.open(t, await browser('firefox'), server.link),
                     await NodeViewer.join(t, server.webSocket('/ws/camera')), await NodeViewer.join(t, server.webSocket('/ws/camera'))];
  const show = new Show(server, onlookers, 'ball-vp8');
  await show.everyoneShows();
  t.after(() => show.tell(t));
  for (const [i, name] of NAMES.entries())
    await show.swap(name, LARGE_ONES.includes(i) ? LARGE : SMALL);
}, { timeoutMs: 180000 });

suite.test('to H.264, with and without sound, and back, under two viewers', async (t) => {
  const { server } = await start(t, 'ball-vp8');
  const show = new Show(server, [await Page.open(t, await browser('chromium'), server.link),
                                 await Page.open(t, await browser('chromium'), server.link)], 'ball-vp8');
  await show.everyoneShows();
  t.after(() => show.tell(t));
  for (const [name, size] of [['ball-h264'], ['ball-h264', LARGE], ['ball-vp9', SMALL], ['ball-h264-audio'], ['ball-h264'], ['ball-vp8']])
    await show.swap(name, size);
}, { timeoutMs: 90000 });

suite.test('a browser that lacks the codec says so, and plays again when there is one that it has', async (t) => {
  const { server } = await start(t, 'ball-vp8');
  const lacking = await Page.open(t, await browser('firefox'), server.link);
  const having = await Page.open(t, await browser('chromium'), server.link);
  const picture = { ...SMALL, colour: 0 };
  await lacking.shows(picture);
  await having.shows(picture);
  const swap = (name, colour) => server.put('pipeline', { name, variables: { ...SMALL, colour: colourValue(colour) } });
  expectEqual((await swap('ball-h264', 1)).status, 200, 'status');
  await having.shows({ ...SMALL, colour: 1 });
  t.note((await says(lacking.page, /The stream is encoded in H\.?264, which this browser did not accept/)).slice(0, 200));
  expectEqual((await swap('ball-vp8', 2)).status, 200, 'status');
  await Promise.all([lacking, having].map((page) => page.shows({ ...SMALL, colour: 2 })));
  await until('nothing to be said of it', async () => !/did not accept/.test(await text(lacking.page)));
}, { timeoutMs: 60000 });

/* --- swaps that do not --- */

const SINK = 'appsink name=video';
const own = (source, viewer) => `[source]\n${source}\n[viewer video]\n${viewer}\n`;
const ball = (source, viewer = PAY) => describe(`${BALL}\n  ${source}`, viewer);

/**
 * Name to description and what is said of it, FILE being its file. Nothing is wrong with those that play before they do: --check finds
 * no mistake in them.
 */
const BROKEN = {
  'unknown-element': { text: ball(`! vp8encc ! ${SINK}`),
    said: "FILE:9: unknown element 'vp8encc', expected one of GStreamer's; did you mean 'vp8enc'?" },
  'no-link': { text: ball(`! opusenc ! ${SINK}`),
    said: 'FILE:7: GStreamer: could not link videotestsrc to opusenc, opusenc can\'t handle caps video/x-raw, format=(string)I420, '
      + 'width=(int)320, height=(int)180, framerate=(fraction)20/1; expected caps that both can handle, as gst-inspect-1.0 lists them' },
  'half-a-file': { text: BALLS['ball-vp8'].text.slice(0, BALLS['ball-vp8'].text.indexOf('appsink')),
    said: "FILE:8: [source] ends with '!', expected an element after it" },
  'no-payloader': { text: describe(`${BALL} ! ${VP8}\n  ! ${SINK}`, 'queue'),
    said: 'FILE:10: [viewer video]: it ends in video/x-vp8, expected RTP, from a payloader' },
  'error-at-first-frame': { plays: true, text: ball(`! identity error-after=1\n  ! ${VP8} ! ${SINK}`),
    said: "FILE:9: 'identity' failed (Failed after iterations as requested); change it or its properties" },
  'error-before-any-came-out': { plays: true, text: ball(`! identity error-after=5\n  ! vp9enc lag-in-frames=10 ! ${SINK}`, 'rtpvp9pay'),
    said: "FILE:9: 'identity' failed (Failed after iterations as requested); change it or its properties" },
  'no-common-format': { plays: true, text: ball(`! ${VP8}\n  ! ${SINK} caps=video/x-vp8,width=7`),
    said: "FILE:7: 'videotestsrc' can give nothing that is taken after it, up to 'vp8enc' in line 9; look at the caps there" },
  'no-frame': { plays: true, text: ball(`! valve drop=true ! ${VP8}\n  ! ${SINK}`),
    said: 'FILE:10: track video gave no frame within 5 s' },
  'no-keyframe': { plays: true, text: ball(`! ${VP8}\n  ! identity drop-buffer-flags=discont ! ${SINK}`),
    said: 'FILE:10: track video gave no frame within 5 s' },
  'a-frame-too-late': { plays: true, text: ball(`! identity sleep-time=8000000\n  ! ${VP8} ! ${SINK}`),
    said: 'FILE:10: track video gave no frame within 5 s' },
  // Before the first frame: after it, it may have taken its place already, as below.
  'ends-at-once': { plays: true, text: describe(`${BALL.replace('videotestsrc', 'videotestsrc num-buffers=0')}\n  ! ${VP8} ! ${SINK}`, PAY),
    said: 'FILE:6: [source] ended; expected elements that go on (num-buffers, or a file that ends?)' },
  'one-of-two': { plays: true, text: describe(`${BALL} ! ${VP8} ! ${SINK}\naudiotestsrc is-live=true ! valve drop=true ! opusenc\n  ! appsink name=audio`, PAY),
    said: 'FILE:10: track audio gave no frame within 5 s' },
  'viewer-gives-nothing': { plays: true, text: ball(`! ${VP8} ! ${SINK}`, `valve drop=true ! ${PAY}`),
    said: 'FILE:10: [viewer video]: it gave nothing for a frame within 5 s; does it end in a payloader?' },
  'viewer-errs': { plays: true, text: ball(`! ${VP8} ! ${SINK}`, `identity error-after=1\n  ! ${PAY}`),
    said: "FILE:11: [viewer video]: 'identity' failed (Failed after iterations as requested.)" },
  'no-file': { plays: true, text: own(`filesrc location=/nonexistent/film.webm\n  ! decodebin ! videoconvert ! ${VP8} ! ${SINK}`, PAY),
    said: "FILE:2: 'filesrc' failed (Resource not found); is what it reads from there, and free?" },
  'no-film': { plays: true, text: own(`filesrc location=/dev/null\n  ! decodebin ! videoconvert ! ${VP8} ! ${SINK}`, PAY),
    said: "FILE:3: 'decodebin' failed (Stream doesn't contain enough data); change it or its properties" },
  'no-device': { plays: true, text: own(`v4l2src device=/dev/video99\n  ! videoconvert ! ${VP8} ! ${SINK}`, PAY),
    said: "FILE:2: 'v4l2src' failed (Cannot identify device '/dev/video99'); is what it reads from there, and free?" },
  'nobody-at-the-port': { plays: true, text: own(`tcpclientsrc host=127.0.0.1 port=1\n  ! decodebin ! videoconvert ! ${VP8} ! ${SINK}`, PAY),
    said: "FILE:2: 'tcpclientsrc' failed (Could not open resource for reading); is what it reads from there, and free?" },
  'odd-size': { plays: true, text: own(`videotestsrc is-live=true ! video/x-raw,format=I420,width=321,height=181\n  ! x264enc tune=zerolatency ! ${SINK}`,
                                       'rtph264pay'),
    said: "FILE:3: 'x264enc' failed (Can not initialize x264 encoder); change it or its properties" },
};

suite.test(`${Object.keys(BROKEN).length} kinds of broken descriptions: each is undone while the picture goes on, and it is said why and where`, async (t) => {
  const { server, library } = await start(t, 'ball-vp8', Object.fromEntries(Object.entries(BROKEN).map(([name, { text }]) => [name, text])));
  const onlookers = [await Page.open(t, await browser('chromium'), server.link), await NodeViewer.join(t, server.webSocket('/ws/camera'))];
  const picture = { ...SMALL, colour: 0 };
  const watched = () => Promise.all(onlookers.map((onlooker) => onlooker.shows(picture)));
  await watched();
  const before = await connectionsOf(onlookers);
  const wrong = [];
  for (const [name, { plays, ...broken }] of Object.entries(BROKEN)) {
    const said = broken.said.replace('FILE', library.file(name));
    await Promise.all(onlookers.map((onlooker) => onlooker.begin()));
    const began = Date.now();
    const { status, detail } = await server.put('pipeline', { name });
    const tookMs = Date.now() - began;
    const gaps = await watched();
    t.note(`${name}${plays ? ' (plays at first)' : ''}: ${status} ${detail} (${tookMs} ms; gaps ${gaps.map((gap) => gap.toFixed(0)).join(', ')} ms)`);
    const { pipeline } = await server.stream();
    if (status !== 422 || detail !== said || pipeline.problem !== said || pipeline.name !== 'ball-vp8'
        || !server.child.stderr.includes(`camera: ${said}; the former one goes on\n`))
      wrong.push(name);
  }
  expectEqual(wrong, [], 'undone otherwise than expected, or said otherwise');
  expectEqual(await connectionsOf(onlookers), before, 'connections');
  const { status, problem } = await server.put('pipeline', { name: 'ball-vp8', variables: { colour: colourValue(1) } });
  expectEqual([status, problem], [200, null], 'the answer to one that works');
  await Promise.all(onlookers.map((onlooker) => onlooker.shows({ ...SMALL, colour: 1 })));
}, { timeoutMs: 180000 });

suite.test('one that breaks when it has taken the place of another gives it back', async (t) => {
  const { server, library } = await start(t, 'ball-vp8', { late: ball(`! identity error-after=20\n  ! ${VP8} ! ${SINK}`) });
  const onlookers = [await Page.open(t, await browser('chromium'), server.link), await NodeViewer.join(t, server.webSocket('/ws/camera'))];
  const watched = (colour) => Promise.all(onlookers.map((onlooker) => onlooker.shows({ ...SMALL, colour })));
  await watched(0);
  const before = await connectionsOf(onlookers);
  await Promise.all(onlookers.map((onlooker) => onlooker.begin()));
  expectEqual((await server.put('pipeline', { name: 'late', variables: { colour: colourValue(1) } })).status, 200, 'status');
  await watched(1);
  const gaps = await watched(0);
  const { name, problem } = (await server.stream()).pipeline;
  t.note(`${problem}; ${gaps.map((gap) => gap.toFixed(0)).join(', ')} ms without a picture`);
  expectEqual([name, problem], ['ball-vp8', `${library.file('late')}:9: 'identity' failed (Failed after iterations as requested); `
    + 'change it or its properties'], 'what is in force, and why');
  expectEqual(await connectionsOf(onlookers), before, 'connections');
});

/* --- values --- */

const LABELLED = `${describe(`${BALL}
  ! textoverlay name=label text=\${text} font-desc=\${font}
  ! ${VP8} ! appsink name=video`, PAY)}
[variable text]
type = string
default = fine
live = label.text

[variable font]
type = string
default = Sans 20
`;

/** Value, and whether it can be text. */
const HOSTILE = [
  ['x ! videoflip ! y', true], ["x' ! videoflip ! '", true], ['x" ! videoflip method=2 ! textoverlay text="y', false], ['"', false],
  ['x \n ! videoflip', false], ['\\', false], ['x\\" ! videoflip', false], ['x\u0000y', false], ['${colour} ${text}', true],
  ['$(reboot) `reboot`', true], [') filesink location=victim (', true], ['name=label', true], ['# ! videoflip', true], ['[source]', true],
  ['x'.repeat(1025), false], ['x'.repeat(60000), false], [['x', '! videoflip'], false], [{ text: '! videoflip' }, false], [null, false],
];

suite.test('hostile values never add an element: they are text, or refused with words', async (t) => {
  const log = path.join(temporaryFolder(t), 'elements.log');
  const { server } = await start(t, 'labelled', { labelled: LABELLED },
                                 { env: { GST_DEBUG: 'GST_ELEMENT_FACTORY:4', GST_DEBUG_FILE: log, GST_DEBUG_NO_COLOR: '1' } });
  const viewer = await NodeViewer.join(t, server.webSocket('/ws/camera'));
  await viewer.shows({ ...SMALL, colour: 0 });
  /** The elements that are made for these values: where the font is among them, for another run of the pipeline. */
  let at = 0;
  const made = async (values) => {
    const before = readFileSync(log, 'utf8').length;
    const next = values.font === undefined ? at : (at + 1) % COLOURS.length;
    const answer = await server.put('variables', { ...values, ...next === at ? {} : { colour: colourValue(next) } });
    if (answer.status === 200)
      at = next;
    await viewer.shows({ ...SMALL, colour: at });
    return { ...answer, elements: [...readFileSync(log, 'utf8').slice(before).matchAll(/creating element "(\w+)"/g)].map(([, name]) => name).sort() };
  };
  const { elements } = await made({ font: 'Sans 21' });
  t.note(elements.join(' '));
  expect(elements.includes('textoverlay'), 'the elements that are made are not seen');
  for (const [value, fits] of HOSTILE)
    for (const [name, expected] of [['text', []], ['font', elements]]) {
      const answer = await made({ [name]: value });
      const what = `${name}=${JSON.stringify(value).slice(0, 60)}`;
      t.note(`${what}: ${answer.status}${answer.detail ? ` ${answer.detail.slice(0, 160)}` : ''}`);
      expectEqual(answer.status, fits ? 200 : 400, `the answer to ${what} (${answer.detail})`);
      expectEqual(answer.elements, fits ? expected : [], `elements made for ${what}`);
    }
}, { timeoutMs: 90000 });

await suite.run();
