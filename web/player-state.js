/** What a viewer is told, and how it follows from what is known. Nothing here has an effect. */

/** @enum {string} */
export const PlayerState = Object.freeze({
  CONNECTING: 'connecting',
  LIVE: 'live',
  TAP_TO_PLAY: 'tap-to-play',
  /** The server is there; its camera, or whoever publishes, is not. */
  WAITING: 'waiting',
  /** Signalling works, media does not get through. */
  NO_PATH: 'no-path',
  RECONNECTING: 'reconnecting',
  FULL: 'full',
  REPLACED: 'replaced',
  INVALID_LINK: 'invalid-link',
  /** This browser does not speak the stream's codec. */
  UNSUPPORTED: 'unsupported',
});

/**
 * @typedef {object} Facts
 * @property {'' | 'replaced' | 'invalid-link'} over nothing more is tried
 * @property {'' | 'server' | 'address'} full what admits no more viewers: all of the server, or from this address
 * @property {'opening' | 'open' | 'lost'} link signalling
 * @property {number} failures attempts to open it in a row that led nowhere
 * @property {string} trouble why they did, in words
 * @property {'unknown' | 'starting' | 'live' | 'camera-lost' | 'failed' | 'waiting'} stream what the server says of it
 * @property {string} detail the server's words
 * @property {string} unsupported why this browser can't play it, if that is so; else ''
 * @property {string} refused why the server gave its last offer up, if it did and not for want of a path; else ''
 * @property {boolean} blocked the browser wants a tap
 * @property {'none' | 'moving' | 'stalled'} picture
 * @property {boolean} pathBlocked connecting took too long or failed
 */

/** @returns {Facts} */
export function initialFacts() {
  return {
    over: '',
    full: '',
    link: 'opening',
    failures: 0,
    trouble: '',
    stream: 'unknown',
    detail: '',
    unsupported: '',
    refused: '',
    blocked: false,
    picture: 'none',
    pathBlocked: false,
  };
}

/** What a person can do about it, or what comes by itself. */
const FULL_ADVICE = {
  server: 'As many watch as the server admits; trying again',
  address: 'As many watch from your address as the server admits; trying again',
};

const ADVICE = {
  [PlayerState.REPLACED]: 'To watch here, load this page again',
  [PlayerState.INVALID_LINK]: 'Ask whoever gave it to you for a new one',
  [PlayerState.NO_PATH]: 'A firewall or a VPN may be in between; trying again',
};

/** The server's words for the commonest cause: they need no heading above them. */
const UNPLUGGED = 'Camera unplugged, waiting for it';

/**
 * @param {Facts} facts
 * @returns {{state: PlayerState, detail: string}}
 */
export function stateOf(facts) {
  if (facts.over) return { state: facts.over, detail: ADVICE[facts.over] };
  if (facts.full) return { state: PlayerState.FULL, detail: FULL_ADVICE[facts.full] };
  if (facts.link !== 'open') {
    if (facts.link === 'opening' && facts.failures === 0 && facts.picture === 'none') {
      return { state: PlayerState.CONNECTING, detail: '' };
    }
    return { state: PlayerState.RECONNECTING, detail: facts.failures > 0 ? facts.trouble : '' };
  }
  if (facts.unsupported) return { state: PlayerState.UNSUPPORTED, detail: facts.unsupported };
  if (facts.stream === 'camera-lost' || facts.stream === 'failed') {
    return { state: PlayerState.WAITING, detail: facts.detail === UNPLUGGED ? '' : facts.detail };
  }
  if (facts.stream === 'waiting') return { state: PlayerState.WAITING, detail: '' };
  if (facts.blocked) return { state: PlayerState.TAP_TO_PLAY, detail: '' };
  // Of a picture that moves the server may have something to say, too: that the camera is slow.
  if (facts.picture === 'moving') return { state: PlayerState.LIVE, detail: facts.stream === 'live' ? facts.detail : '' };
  if (facts.refused) return { state: PlayerState.RECONNECTING, detail: facts.refused };
  if (facts.pathBlocked) return { state: PlayerState.NO_PATH, detail: ADVICE[PlayerState.NO_PATH] };
  // What keeps the picture away stands when the camera has started, too.
  if (facts.stream === 'starting' && facts.picture === 'none') return { state: PlayerState.CONNECTING, detail: facts.detail };
  if (facts.picture === 'stalled') return { state: PlayerState.RECONNECTING, detail: '' };
  return { state: PlayerState.CONNECTING, detail: '' };
}

/** Short ones, for beside a picture that has the others over it. */
const BRIEFLY = {
  [PlayerState.WAITING]: 'No picture',
  [PlayerState.NO_PATH]: 'No picture',
  [PlayerState.UNSUPPORTED]: 'No picture',
  [PlayerState.INVALID_LINK]: 'Not connected',
};

/**
 * @param {{state: string, words: string}} said
 */
export function briefly({ state, words }) {
  return BRIEFLY[state] ?? words;
}

/**
 * The words a person reads. One place for all of them.
 * @param {PlayerState} state
 * @param {Facts} facts
 */
export function wordsFor(state, { stream, detail }) {
  switch (state) {
    case PlayerState.LIVE:
      return 'Live';
    case PlayerState.TAP_TO_PLAY:
      return 'Tap to play';
    case PlayerState.WAITING:
      if (stream === 'waiting') return detail || 'Waiting for somebody to publish';
      if (stream === 'failed') return 'The stream has a problem, trying again';
      return detail === UNPLUGGED ? UNPLUGGED : 'Camera lost, waiting for it';
    case PlayerState.NO_PATH:
      return "Connected, but the picture can't get through (UDP to this address seems blocked)";
    case PlayerState.RECONNECTING:
      return 'Reconnecting';
    case PlayerState.FULL:
      return 'Full';
    case PlayerState.REPLACED:
      return 'Playing elsewhere';
    case PlayerState.INVALID_LINK:
      return 'This link is no longer valid';
    case PlayerState.UNSUPPORTED:
      return "This browser can't play the stream";
    default:
      return 'Connecting';
  }
}
