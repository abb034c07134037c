/** The page around the player: its title, who watches, and the conversation. */

import { SightlinePlayerElement } from './player-element.js';
import { Chat } from './chat.js';
import { briefly } from './player-state.js';

/** Where there is no room beside or below the picture, the conversation waits until it is asked for. */
const CRAMPED = matchMedia('(max-height: 30rem) and (orientation: landscape)');

/** Where the number of viewers is known. */
const CONNECTED = new Set(['connecting', 'live', 'tap-to-play', 'waiting', 'no-path', 'unsupported']);
/** Nothing more will be sent. */
const OVER = new Set(['invalid-link', 'replaced']);

const byId = (id) => document.getElementById(id);
const element = /** @type {SightlinePlayerElement} */ (document.querySelector('sightline-player'));
const { stream } = element;

const chat = new Chat(element.relay, {
  scroll: document.querySelector('#chat .scroll'),
  messages: byId('messages'),
  unsent: byId('unsent'),
  empty: byId('empty'),
  newer: byId('newer'),
  form: byId('composer'),
  input: byId('message'),
  send: byId('send'),
  problem: byId('problem'),
});

showTitle(stream);
showState(element.player);
element.player.addEventListener('state', ({ detail }) => showState(detail));
element.player.addEventListener('welcome', ({ detail }) => {
  if (detail.channels.length > 0) chat.join(detail.channels[0]);
});
element.player.addEventListener('title', ({ detail }) => showTitle(detail.title || stream));
element.player.addEventListener('viewers', ({ detail }) => {
  byId('viewers').textContent = `${detail.count} watching`;
  showState(element.player);
});

let operates = false;
/** @type {Promise<import('./controls.js').CameraControls> | null} loaded for those who may use them */
let controls = null;
element.player.addEventListener('welcome', ({ detail }) => {
  operates = detail.roles.includes('operate');
});
element.player.addEventListener('stream', async ({ detail }) => {
  const available = operates && detail.live && detail.controls;
  // Where it can't be fetched, the server is ending: another message tries again.
  if (available) controls ??= loadControls().catch(() => (controls = null));
  (await controls)?.setAvailable(available);
});

/** @type {Promise<import('./pipeline.js').PipelinePanel> | null} loaded for those who may use it */
let pipeline = null;
element.player.addEventListener('pipeline', async ({ detail }) => {
  if (!operates) return;
  pipeline ??= loadPipeline().catch(() => (pipeline = null));
  (await pipeline)?.tell(detail);
});

let unread = 0;
chat.addEventListener('said', () => {
  if (!document.body.classList.contains('chat-closed')) return;
  unread++;
  byId('unread').textContent = unread > 99 ? '99+' : String(unread);
  byId('unread').hidden = false;
});
byId('chat-open').addEventListener('click', () => {
  showChat(true);
  byId('message').focus();
});
byId('chat-close').addEventListener('click', () => {
  showChat(false);
  byId('chat-open').focus();
});
CRAMPED.addEventListener('change', () => showChat(!CRAMPED.matches));
showChat(!CRAMPED.matches);

async function loadControls() {
  const { CameraControls } = await import('./controls.js');
  return new CameraControls(element.player.endpoints.controls, byId('controls-open'), byId('controls'));
}

async function loadPipeline() {
  const { PipelinePanel } = await import('./pipeline.js');
  return new PipelinePanel(element.player.endpoints, byId('pipeline-open'), byId('pipeline'));
}

/** @param {boolean} open */
function showChat(open) {
  document.body.classList.toggle('chat-closed', !open);
  byId('chat-open').hidden = open;
  if (!open) return;
  unread = 0;
  byId('unread').hidden = true;
  chat.settle();
}

/** @param {string} title */
function showTitle(title) {
  byId('title').textContent = title;
  document.title = `${title} · Sightline`;
}

/** @param {{state: string, words: string, detail: string}} said */
function showState(said) {
  const { state, detail } = said;
  byId('state').textContent = briefly(said);
  byId('state').dataset.state = state;
  // Any other explanation stands over the picture.
  byId('detail').textContent = state === 'live' ? detail : '';
  byId('composer').hidden = OVER.has(state);
  byId('viewers').hidden = !CONNECTED.has(state) || !byId('viewers').textContent;
}
