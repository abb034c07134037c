/** The streams that this server has, refreshed while somebody looks. */

const REFRESH_MS = 5_000;
const WORDS = { idle: 'Ready', starting: 'Starting', live: 'Live', 'camera-lost': 'Camera lost', failed: 'Has a problem' };

const list = document.getElementById('streams');
const problem = document.getElementById('list-problem');

/** @param {{name: string, title?: string, state?: string, viewers?: number}} stream */
function item({ name, title, state, viewers }) {
  const heading = document.createElement('strong');
  heading.textContent = name;
  const line = document.createElement('span');
  // Two cameras of one make have the same title.
  line.textContent = [title !== name && title, WORDS[state] ?? state, viewers > 0 && `${viewers} watching`].filter(Boolean).join(' · ');
  const link = document.createElement('a');
  link.href = new URL(`watch/${encodeURIComponent(name)}`, import.meta.url).href;
  link.append(heading, line);
  const entry = document.createElement('li');
  entry.append(link);
  return entry;
}

async function refresh() {
  if (document.hidden) return;
  try {
    const response = await fetch(new URL('api/status', import.meta.url), { cache: 'no-store' });
    if (response.status === 401) throw new Error('This link is no longer valid');
    if (!response.ok) throw new Error(`The server says ${response.status}`);
    const { streams = [] } = await response.json();
    // Replaced only when it changed: the keyboard's focus is in it.
    const entries = streams.map(item);
    const before = [...list.children].map((entry) => entry.innerHTML).join();
    if (entries.map((entry) => entry.innerHTML).join() !== before) list.replaceChildren(...entries);
    problem.hidden = true;
  } catch (error) {
    problem.textContent = error instanceof TypeError ? 'The server does not answer.' : `${error.message}.`;
    problem.hidden = false;
  }
}

refresh();
setInterval(refresh, REFRESH_MS);
document.addEventListener('visibilitychange', refresh);
