/** Steers something by the picture of its camera. What follows the # of this page's address is the camera's link. */

const SEND_EVERY_MS = 50;
/** Above it a stick that rests says nothing. */
const GAMEPAD_REST = 0.12;
const KEYS = {
  ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0],
  KeyW: [0, 1], KeyS: [0, -1], KeyA: [-1, 0], KeyD: [1, 0],
};

const [picture, who, trip, button, pad] = ['picture', 'who', 'trip', 'drive', 'pad'].map((id) => document.getElementById(id));
const camera = new URL(location.hash.slice(1) || `http://${location.hostname}:8080/`, location.href);

const pressed = new Set();
let dragged = [0, 0];
let channel = '';
let relay = null;
let mayDrive = false;

/** The script with the link's key in its path: docs/player.md. */
async function load() {
  const key = camera.searchParams.get('key') ?? camera.pathname.match(/^\/key\/([^/]+)/)?.[1];
  await import(new URL(key ? `/key/${key}/player-element.js` : '/player-element.js', camera).href);
  const element = document.createElement('sightline-player');
  element.setAttribute('src', camera.href);
  picture.append(element);
  ({ relay } = element);
  relay.addEventListener('subscribed', ({ detail }) => { mayDrive = detail.publish; });
  relay.addEventListener('refused', ({ detail }) => say(`Driving is not to be had here: ${detail.message}`));
  relay.addEventListener('command', ({ detail }) => showTrip(detail));
  for (const type of ['subscribed', 'holder', 'state']) relay.addEventListener(type, show);
  element.player.addEventListener('welcome', ({ detail }) => {
    channel = `control:${detail.stream}`;
    relay.subscribe(channel);
  });
}

/** @param {string} text */
function say(text) {
  if (who.textContent !== text) who.textContent = text;
}

const drives = () => Boolean(relay?.holder(channel)?.own);

function show() {
  const holder = relay.holder(channel);
  document.body.classList.toggle('driving', drives());
  button.disabled = !mayDrive || relay.via === 'offline';
  button.textContent = drives() ? 'Stop' : holder ? 'Take over' : 'Drive';
  if (!drives()) trip.textContent = '';
  if (relay.via === 'offline') say('Not connected');
  else if (drives()) say('You drive');
  else if (holder) say(`${holder.name || 'Somebody else'} drives`);
  else say(mayDrive ? 'Nobody drives' : 'Nobody drives; this link is for looking on');
}

/** @param {{ms: number, code: string}} command what became of one */
function showTrip({ ms, code }) {
  if (drives()) trip.textContent = code || `${Math.round(ms)} ms there and back`;
}

/** @returns {number[]} right and ahead, from -1 to 1 */
function stick() {
  const [x, y] = gamepad() ?? dragged;
  const sum = [...pressed].reduce(([right, ahead], code) => [right + KEYS[code][0], ahead + KEYS[code][1]], [x, y]);
  return sum.map((value) => Math.round(100 * Math.max(-1, Math.min(1, value))) / 100);
}

function gamepad() {
  const axes = navigator.getGamepads?.().find(Boolean)?.axes;
  return axes && Math.hypot(axes[0], axes[1]) > GAMEPAD_REST ? [axes[0], -axes[1]] : null;
}

function send() {
  if (!drives()) return;
  const [x, y] = stick();
  pad.firstElementChild.style.translate = `${48 * x}px ${-48 * y}px`;
  relay.command(channel, { x, y });
}

function letGo() {
  pressed.clear();
  dragged = [0, 0];
  pad.firstElementChild.style.translate = '';
}

function stop() {
  letGo();
  if (drives()) relay.release(channel).catch(() => {});
}

button.addEventListener('click', async () => {
  if (drives()) return stop();
  await relay.take(channel, { force: relay.holder(channel) !== null }).catch((error) => say(`You can't drive: ${error.message}`));
});

for (const type of ['keydown', 'keyup']) {
  // Before the player, some of whose keys these are.
  addEventListener(type, (event) => {
    if (!(event.code in KEYS) || !drives() || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (type === 'keydown') pressed.add(event.code);
    else pressed.delete(event.code);
  }, { capture: true });
}
addEventListener('blur', letGo);
addEventListener('pagehide', stop);
document.addEventListener('visibilitychange', () => document.hidden && stop());

function drag(event) {
  const { left, top, width, height } = pad.getBoundingClientRect();
  const [x, y] = [2 * (event.clientX - left) / width - 1, 1 - 2 * (event.clientY - top) / height];
  const length = Math.max(1, Math.hypot(x, y));
  dragged = [x / length, y / length];
}
pad.addEventListener('pointerdown', (event) => {
  pad.setPointerCapture(event.pointerId);
  drag(event);
});
pad.addEventListener('pointermove', (event) => pad.hasPointerCapture(event.pointerId) && drag(event));
pad.addEventListener('lostpointercapture', () => { dragged = [0, 0]; });

setInterval(send, SEND_EVERY_MS);
load().catch(() => say(`No Sightline answers at ${camera.origin}, or it does not admit this page (--allow-origin ${location.origin}), `
  + 'or it wants its link: put that behind a # at the end of this page\'s address'));
