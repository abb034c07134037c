/** The page around the player: its title, who watches, and the conversation. */

import { SightlinePlayerElement } from './player-element.js';
import { Chat } from './chat.js';
import { People } from './people.js';
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
  readOnly: byId('read-only'),
});
const people = new People(element.relay, {
  open: byId('people-open'),
  count: byId('people-count'),
  list: byId('people'),
  namingOpen: byId('naming-open'),
  initial: byId('initial'),
  naming: byId('naming'),
  name: byId('name'),
  problem: byId('name-problem'),
  message: byId('message'),
});
people.addEventListener('news', ({ detail }) => chat.tell(detail.words));

let unread = 0;
showTitle(stream);
showState(element.player);
element.player.addEventListener('state', ({ detail }) => showState(detail));
element.player.addEventListener('welcome', ({ detail }) => {
  if (detail.channels.length === 0) return;
  people.join(detail.channels[0]);
  chat.join(detail.channels[0]);
});
element.player.addEventListener('title', ({ detail }) => showTitle(detail.title || stream));
element.player.addEventListener('viewers', ({ detail }) => {
  byId('viewers').textContent = `${detail.count} watching`;
  showState(element.player);
});

/** Nothing for operators, and nothing of files, is fetched or built while the picture is on its way: it comes first. */
const settled = new Promise((resolve) => {
  const look = ({ state }) => state === 'connecting' || resolve();
  element.player.addEventListener('state', ({ detail }) => look(detail));
  look(element.player);
});

loadFiles();

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

/** @type {Promise<import('./publish.js').PublishPanel> | null} loaded for those who may use it */
let publish = null;
element.player.addEventListener('welcome', ({ detail }) => {
  if (!detail.roles.includes('ingest')) return;
  byId('publish-secure').hidden = window.isSecureContext;
  if (navigator.mediaDevices && globalThis.RTCPeerConnection) publish ??= loadPublish().catch(() => (publish = null));
});

chat.addEventListener('said', () => {
  if (isRead()) return;
  unread++;
  showUnread();
});
document.addEventListener('visibilitychange', () => isRead() && forgetUnread());
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

async function loadFiles() {
  await settled;
  // Where it can't be fetched, the server is ending, and whoever comes back loads the page again or does without.
  const [{ Files }, objects] = await Promise.all([import('./files.js'), element.objects]).catch(() => [{}]);
  if (!Files) return;
  const files = new Files(objects, chat, {
    drop: byId('drop'),
    attach: byId('attach'),
    choose: byId('choose'),
    ahead: byId('ahead'),
    said: byId('files-said'),
  });
  files.addEventListener('sending', () => showChat(true));
  chat.files = files;
}

async function loadControls() {
  await settled;
  const { CameraControls } = await import('./controls.js');
  return new CameraControls(element.player.endpoints.controls, byId('controls-open'), byId('controls'));
}

async function loadPipeline() {
  await settled;
  const { PipelinePanel } = await import('./pipeline.js');
  return new PipelinePanel(element.player.endpoints, byId('pipeline-open'), byId('pipeline'));
}

async function loadPublish() {
  await settled;
  const { PublishPanel } = await import('./publish.js');
  const panel = new PublishPanel(element.player.endpoints, byId('publish-open'), byId('publish'));
  // Whoever hears what his own microphone hears, hears it for ever.
  panel.addEventListener('on-air', () => element.player.muted || element.toggleSound());
  return panel;
}

/** @param {boolean} open */
function showChat(open) {
  document.body.classList.toggle('chat-closed', !open);
  byId('chat-open').hidden = open;
  if (!open) return;
  forgetUnread();
  chat.settle();
}

/** Somebody has the conversation before him. */
function isRead() {
  return !document.hidden && !document.body.classList.contains('chat-closed');
}

function forgetUnread() {
  unread = 0;
  showUnread();
}

function showUnread() {
  byId('unread').textContent = unread > 99 ? '99+' : String(unread);
  byId('unread').hidden = unread === 0;
  document.title = `${unread > 0 ? `(${byId('unread').textContent}) ` : ''}${byId('title').textContent} · Sightline`;
}

/** @param {string} title */
function showTitle(title) {
  byId('title').textContent = title;
  showUnread();
}

/** @param {{state: string, words: string, detail: string}} said */
function showState(said) {
  const { state, detail } = said;
  byId('state').textContent = briefly(said);
  byId('state').dataset.state = state;
  // Any other explanation stands over the picture.
  byId('detail').textContent = state === 'live' ? detail : '';
  byId('writing').hidden = OVER.has(state);
  byId('viewers').hidden = !CONNECTED.has(state) || !byId('viewers').textContent;
}
