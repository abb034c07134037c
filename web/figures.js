/** What `/api/relay` says of a stream's channels, and `/api/objects` of the cache (docs/relay.md), as the few lines a person wants to read. */

import { announcedIn, sizeInWords } from './announced.js';

const ASK_EVERY_MS = 2_000;
const MOST_SAID = 3;
const MAX_SHOWN = 24;
const TRANSPORTS = { channel: 'data channel', websocket: 'WebSocket', local: 'Unix socket' };

/** Asks again and again, for as long as it is read; read() gives what was answered last. */
class Figures {
  #url;
  #linesOf;
  /** @type {import('./stats.js').Lines} */
  #lines = [];
  #askAt = 0;

  /**
   * @param {string} url
   * @param {(figures: any) => import('./stats.js').Lines} linesOf
   */
  constructor(url, linesOf) {
    this.#url = url;
    this.#linesOf = linesOf;
  }

  /** @returns {Promise<import('./stats.js').Lines>} */
  async read() {
    if (performance.now() < this.#askAt) return this.#lines;
    this.#askAt = performance.now() + ASK_EVERY_MS;
    const response = await fetch(this.#url, { cache: 'no-store' }).catch(() => null);
    const figures = response?.ok ? await response.json().catch(() => null) : null;
    this.#lines = figures ? this.#linesOf(figures) : [];
    return this.#lines;
  }
}

/**
 * @param {{relayFigures: string, objectFigures: string}} endpoints
 * @param {string} stream
 */
export function figuresOf(endpoints, stream) {
  return [
    new Figures(endpoints.relayFigures, (figures) => relayLines(figures, stream)),
    new Figures(endpoints.objectFigures, objectLines),
  ];
}

/**
 * @param {any} figures
 * @param {string} stream
 * @returns {import('./stats.js').Lines}
 */
function relayLines({ clients, transports, channels }, stream) {
  const ways = Object.entries(TRANSPORTS).filter(([way]) => transports[way] > 0).map(([way, words]) => `${transports[way]} by ${words}`);
  const own = channels.filter(({ channel }) => channel.slice(channel.indexOf(':') + 1).split('.')[0] === stream);
  return [
    ['Clients', ways.length > 0 ? ways.join(', ') : String(clients)],
    ...own.filter(({ subscribers, published }) => subscribers > 0 || published.messages > 0).flatMap(channelLines),
  ];
}

/** @returns {import('./stats.js').Lines} */
function channelLines({ channel, subscribers, published, delivered, contents = [] }) {
  const listeners = `${subscribers} ${subscribers === 1 ? 'subscriber' : 'subscribers'}`;
  const often = contents.filter(({ count, data }) => count > 1 && data !== undefined).slice(0, MOST_SAID).map(({ count, data }) => `“${brief(data)}” ×${count}`);
  return [
    [channel, `${amount(published)} in, ${amount(delivered)} out, ${listeners}`],
    ...(often.length > 0 ? [['Most often', often.join(', ')]] : []),
  ];
}

/** @param {{messages: number, bytes: number}} said */
function amount({ messages, bytes }) {
  return `${messages} (${sizeInWords(bytes)})`;
}

/** @param {unknown} data; U+2068 and U+2069 keep it in its place, whichever way it is written */
function brief(data) {
  const text = typeof data?.text === 'string' ? data.text : announcedIn(data)?.name ?? JSON.stringify(data);
  const signs = Array.from(text.replace(/[\s\u202a-\u202e\u2066-\u2069]+/gu, ' '));
  return `\u2068${signs.length > MAX_SHOWN ? `${signs.slice(0, MAX_SHOWN).join('')}…` : signs.join('')}\u2069`;
}

/**
 * @param {any} figures
 * @returns {import('./stats.js').Lines}
 */
function objectLines({ objects, bytes, hits, misses, received_bytes: received, served_bytes: served, saved_bytes: saved }) {
  if (objects + hits + misses === 0) return [];
  return [
    ['Files', `${objects} kept, ${sizeInWords(bytes)}`],
    ['Asked for', `${hits} there, ${misses} not`],
    ['Their bytes', `${sizeInWords(received)} in, ${sizeInWords(served)} out, ${sizeInWords(saved)} saved`],
  ];
}
