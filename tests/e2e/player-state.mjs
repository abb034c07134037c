// What viewers are told, as it follows from what the player knows: a table.

import { readFileSync } from 'node:fs';
import path from 'node:path';

import { root } from './lib/folders.mjs';
import { expectEqual, Suite } from './lib/tap.mjs';

// Beside no package.json, Node takes a .js for something else than a module.
const { initialFacts, stateOf, wordsFor } = await import(
  `data:text/javascript,${encodeURIComponent(readFileSync(path.join(root, 'web/player-state.js'), 'utf8'))}`);

const ADVICE = 'A firewall or a VPN may be in between; trying again';

/** What is known, with `link` open where it is not said; the state, the words, the detail. */
const TABLE = [
  [{ link: 'opening' }, 'connecting', 'Connecting', ''],
  [{ link: 'opening', failures: 1, trouble: 'the server does not answer' }, 'reconnecting', 'Reconnecting', 'the server does not answer'],
  [{ link: 'opening', picture: 'stalled' }, 'reconnecting', 'Reconnecting', ''],
  [{ link: 'lost', over: 'replaced' }, 'replaced', 'Playing elsewhere', 'To watch here, load this page again'],
  [{ link: 'lost', over: 'invalid-link' }, 'invalid-link', 'This link is no longer valid', 'Ask whoever gave it to you for a new one'],
  [{ link: 'lost', full: 'server' }, 'full', 'Full', 'As many watch as the server admits; trying again'],
  [{ link: 'lost', full: 'address' }, 'full', 'Full', 'As many watch from your address as the server admits; trying again'],

  [{ stream: 'starting', detail: 'asking the camera' }, 'connecting', 'Connecting', 'asking the camera'],
  [{ stream: 'live' }, 'connecting', 'Connecting', ''],
  [{ stream: 'live', picture: 'moving' }, 'live', 'Live', ''],
  [{ stream: 'live', picture: 'moving', detail: '12 of 30 frames a second' }, 'live', 'Live', '12 of 30 frames a second'],
  [{ stream: 'starting', picture: 'moving', detail: 'asking the camera' }, 'live', 'Live', ''],
  [{ stream: 'starting', picture: 'stalled' }, 'reconnecting', 'Reconnecting', ''],
  [{ stream: 'live', picture: 'stalled' }, 'reconnecting', 'Reconnecting', ''],
  [{ stream: 'live', blocked: true }, 'tap-to-play', 'Tap to play', ''],

  [{ stream: 'camera-lost', detail: 'No camera is there' }, 'waiting', 'Camera lost, waiting for it', 'No camera is there'],
  [{ stream: 'camera-lost', detail: 'Camera unplugged, waiting for it' }, 'waiting', 'Camera unplugged, waiting for it', ''],
  [{ stream: 'failed', detail: 'x' }, 'waiting', 'The stream has a problem, trying again', 'x'],
  [{ stream: 'camera-lost', pathBlocked: true, blocked: true, picture: 'moving', detail: 'x' }, 'waiting', 'Camera lost, waiting for it', 'x'],

  [{ stream: 'waiting', detail: 'Waiting for somebody to publish' }, 'waiting', 'Waiting for somebody to publish', ''],
  [{ stream: 'waiting', detail: 'The publisher has left, waiting for another', picture: 'stalled' }, 'waiting', 'The publisher has left, waiting for another', ''],
  [{ stream: 'waiting', pathBlocked: true, blocked: true, picture: 'moving' }, 'waiting', 'Waiting for somebody to publish', ''],

  // What keeps the picture away is said before that the camera starts, which it may do for long.
  [{ stream: 'starting', pathBlocked: true }, 'no-path', /^Connected, but the picture can't get through/, ADVICE],
  [{ stream: 'starting', refused: 'why' }, 'reconnecting', 'Reconnecting', 'why'],
  [{ stream: 'live', pathBlocked: true }, 'no-path', /^Connected, but the picture can't get through/, ADVICE],
  [{ stream: 'live', pathBlocked: true, refused: 'why' }, 'reconnecting', 'Reconnecting', 'why'],
  [{ stream: 'live', pathBlocked: true, picture: 'stalled' }, 'no-path', /^Connected, but the picture can't get through/, ADVICE],
  // Another peer that can't be had is no reason to cover the one that plays.
  [{ stream: 'live', pathBlocked: true, refused: 'why', picture: 'moving' }, 'live', 'Live', ''],
  // But a codec that this browser lacks is: the picture that still moves is of what goes.
  [{ stream: 'live', unsupported: 'why', picture: 'moving' }, 'unsupported', "This browser can't play the stream", 'why'],
  [{ stream: 'camera-lost', unsupported: 'why' }, 'unsupported', "This browser can't play the stream", 'why'],
];

const suite = new Suite();

suite.test('the state and the words that follow from what is known', () => {
  for (const [known, state, words, detail] of TABLE) {
    const facts = { ...initialFacts(), link: 'open', ...known };
    const what = JSON.stringify(known);
    const said = stateOf(facts);
    expectEqual(said, { state, detail }, what);
    const found = wordsFor(said.state, facts);
    expectEqual(words instanceof RegExp && words.test(found) ? words.source : found, words.source ?? words, what);
  }
});

await suite.run();
