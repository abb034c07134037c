/** The streams that this server has, refreshed while somebody looks; those that are in view play. */

import { Tile } from './tile.js';

const REFRESH_MS = 5_000;
/** Each is a connection of its own. */
const MAX_PLAYING = 6;
/** So much of a picture is in view. */
const IN_VIEW = 0.25;
/** What is only scrolled past does not begin. */
const SETTLE_MS = 150;

const list = document.getElementById('streams');
const problem = document.getElementById('list-problem');

/** @type {Map<string, Tile>} in the server's order */
let tiles = new Map();
/** @type {Set<Tile>} */
const inView = new Set();
/** @type {Set<Tile>} that somebody asked for, the last one last */
const asked = new Set();
let left = false;
let starting = 0;

const observer = new IntersectionObserver((entries) => {
  for (const { target, intersectionRatio } of entries) {
    const tile = [...tiles.values()].find(({ element }) => element === target);
    if (!tile) continue;
    if (intersectionRatio >= IN_VIEW) inView.add(tile);
    else inView.delete(tile);
  }
  arrange();
}, { threshold: IN_VIEW });

/** Those that shall play: what was asked for before what only is there, up to the limit. */
function chosen() {
  if (left || document.hidden) return new Set();
  const saving = navigator.connection?.saveData;
  const candidates = [...[...asked].reverse(), ...(saving ? [] : tiles.values())].filter((tile) => inView.has(tile));
  return new Set([...new Set(candidates)].slice(0, MAX_PLAYING));
}

/** Stops at once what need not play any more; what shall play begins when that has stayed so for a moment. */
function arrange() {
  const playing = chosen();
  for (const tile of tiles.values()) {
    if (!playing.has(tile)) tile.stop();
    tile.waits = !playing.has(tile);
  }
  clearTimeout(starting);
  starting = setTimeout(() => playing.forEach((tile) => tile.play()), SETTLE_MS);
}

/** @param {import('./tile.js').Stream} stream */
function makeTile(stream) {
  const tile = new Tile(stream);
  tile.addEventListener('asked', () => {
    asked.delete(tile);
    asked.add(tile);
    arrange();
  });
  return tile;
}

/** @param {Tile} tile */
function drop(tile) {
  tile.stop();
  tile.element.remove();
  observer.unobserve(tile.element);
  inView.delete(tile);
  asked.delete(tile);
  arrange(); // it may have been about to begin
}

/** @param {import('./tile.js').Stream[]} streams */
function show(streams) {
  const before = tiles;
  tiles = new Map(streams.map((stream) => [stream.name, before.get(stream.name) ?? makeTile(stream)]));
  for (const [name, tile] of before) if (!tiles.has(name)) drop(tile);
  for (const stream of streams) tiles.get(stream.name).update(stream);
  // What is moved in a document loses the focus, and pictures stop.
  const elements = [...tiles.values()].map(({ element }) => element);
  if (elements.some((element, i) => element !== list.children[i])) list.replaceChildren(...elements);
  for (const element of elements) observer.observe(element);
}

async function refresh() {
  if (left || document.hidden) return;
  try {
    const response = await fetch(new URL('api/status', import.meta.url), { cache: 'no-store' })
      .catch(() => { throw new Error('The server does not answer'); });
    if (response.status === 401) throw new Error('This link is no longer valid');
    if (!response.ok) throw new Error(`The server says ${response.status}`);
    show((await response.json()).streams);
    problem.hidden = true;
  } catch (error) {
    problem.textContent = `${error.message}.`;
    problem.hidden = false;
  }
}

function onLook() {
  arrange();
  refresh();
}

refresh();
setInterval(refresh, REFRESH_MS);
document.addEventListener('visibilitychange', onLook);
// A page that is left may be kept, and come back.
addEventListener('pagehide', () => {
  left = true;
  arrange();
});
addEventListener('pageshow', ({ persisted }) => {
  left = false;
  if (persisted) onLook();
});
navigator.connection?.addEventListener?.('change', arrange);
