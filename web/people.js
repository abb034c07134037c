/** Who takes part in the conversation, and what one is called oneself. */

import { make } from './elements.js';

const STORED = 'sightline-name';
/** Where more are there, it is nobody's news that one of them comes or goes. */
const FEW = 12;
/** Who comes back within this time has never been away. */
const NEWS_AFTER_MS = 4_000;
/** What comes along when a name is pasted, marks of direction above all; but for what joins letters and emoji. */
const UNSEEN = /(?!\u200c|\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * @typedef {object} Parts
 * @property {HTMLButtonElement} open shows and hides who is there; its label says how many
 * @property {HTMLElement} count
 * @property {HTMLElement} list
 * @property {HTMLButtonElement} namingOpen
 * @property {HTMLElement} initial of one's own name
 * @property {HTMLFormElement} naming
 * @property {HTMLInputElement} name
 * @property {HTMLElement} problem
 * @property {HTMLTextAreaElement} message
 */

/** Events: `news` {words}: somebody with a name has come or left. */
export class People extends EventTarget {
  #relay;
  #parts;
  #channel = '';
  /** @type {Map<string, string> | null} names by client, as they were told last */
  #told = null;
  #newsTimer = 0;

  /**
   * @param {import('./relay.js').Relay} relay
   * @param {Parts} parts
   */
  constructor(relay, parts) {
    super();
    this.#relay = relay;
    this.#parts = parts;
    relay.addEventListener('presence', ({ detail }) => {
      if (detail.channel === this.#channel) this.#show(detail);
    });
    relay.addEventListener('message', ({ detail }) => {
      if (detail.channel === this.#channel) this.#hear(detail);
    });
    const { open, list, namingOpen, naming, name } = parts;
    open.addEventListener('click', () => {
      list.hidden = !list.hidden;
      open.setAttribute('aria-expanded', String(!list.hidden));
    });
    namingOpen.addEventListener('click', () => this.#toggleNaming(naming.hidden));
    naming.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#rename(name.value.replace(UNSEEN, '').trim());
    });
    naming.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.#toggleNaming(false);
    });
    this.#showOwn('');
    const stored = recall();
    if (stored) this.#take(stored).catch(() => {});
  }

  /** @param {string} channel whose presence is told */
  join(channel) {
    if (channel === this.#channel) return;
    this.#channel = channel;
    this.#told = null;
    clearTimeout(this.#newsTimer);
    this.#parts.open.hidden = true;
  }

  /** @param {{count: number, clients: import('./relay.js').Client[]}} presence */
  #show({ count, clients }) {
    const { open, count: number, list } = this.#parts;
    open.hidden = false;
    number.textContent = String(count);
    const label = `Who is here: ${count}`;
    open.title = label;
    open.setAttribute('aria-label', label);
    const named = clients.filter(({ name, own }) => name && !own).sort((a, b) => a.name.localeCompare(b.name));
    const own = clients.find((client) => client.own);
    const others = count - named.length - (own ? 1 : 0);
    list.replaceChildren(...[
      ...(own ? [make('li', {}, own.name ? make('bdi', {}, own.name) : 'You', own.name ? ' (you)' : '')] : []),
      ...named.map(({ name }) => make('li', {}, make('bdi', {}, name))),
      ...(others > 0 ? [make('li', { class: 'others' }, someOthers(others, named.length + (own ? 1 : 0)))] : []),
    ]);
    this.#noteNews(count, clients);
  }

  /**
   * @param {number} count
   * @param {import('./relay.js').Client[]} clients
   */
  #noteNews(count, clients) {
    const now = new Map(clients.filter(({ own }) => !own).map(({ client, name }) => [client, name]));
    clearTimeout(this.#newsTimer);
    if (!this.#told || count > FEW) {
      this.#told = now;
      return;
    }
    this.#newsTimer = setTimeout(() => {
      const words = newsOf(this.#told, now);
      this.#told = now;
      if (words) this.dispatchEvent(new CustomEvent('news', { detail: { words } }));
    }, NEWS_AFTER_MS);
  }

  /**
   * Whoever says something is here: that is no news any more.
   * @param {{from: string, name: string}} message
   */
  #hear({ from, name }) {
    const { clients } = this.#relay.present(this.#channel);
    if (clients.some(({ client, own }) => client === from && !own)) this.#told?.set(from, name);
  }

  /** @param {boolean} open */
  #toggleNaming(open) {
    const { namingOpen, naming, name, message } = this.#parts;
    naming.hidden = !open;
    namingOpen.setAttribute('aria-expanded', String(open));
    if (open) name.value = this.#relay.name;
    (open ? name : message).focus();
    this.#complain('');
  }

  /** @param {string} name '' for none */
  async #rename(name) {
    try {
      await this.#take(name);
      remember(name);
      this.#toggleNaming(false);
    } catch (error) {
      this.#complain(error.code === 'bad-name' ? 'A name has 1 to 32 letters or other signs, on one line.' : `Not changed: ${error.message}.`);
    }
  }

  /** @param {string} name */
  async #take(name) {
    this.#showOwn(await this.#relay.setName(name));
  }

  /** @param {string} name */
  #showOwn(name) {
    const { namingOpen, initial, message } = this.#parts;
    const label = name ? `Your name: ${name}` : 'Your name';
    namingOpen.title = label;
    namingOpen.setAttribute('aria-label', label);
    namingOpen.classList.toggle('named', Boolean(name));
    initial.textContent = name && firstSign(name);
    message.placeholder = name ? `Message as ${name}` : 'Message';
  }

  /** @param {string} words '' takes them back */
  #complain(words) {
    this.#parts.problem.textContent = words;
    this.#parts.problem.hidden = !words;
  }
}

/**
 * @param {number} others who have no name, or are too many to be listed
 * @param {number} listed
 */
function someOthers(others, listed) {
  if (listed === 0) return String(others);
  return others === 1 ? 'and one more' : `and ${others} more`;
}

/**
 * By name: who has another connection, or two, is the same one.
 * @param {Map<string, string>} before
 * @param {Map<string, string>} now
 */
function newsOf(before, now) {
  const missing = (from, to) => {
    const names = new Set(to.values());
    return [...new Set([...from].filter(([client, name]) => name && !names.has(name) && !to.get(client)).map(([, name]) => name))];
  };
  const told = (names, verb) => (names.length > 0 ? [`${names.map(isolated).join(', ')} ${verb}`] : []);
  const came = missing(now, before);
  return [...told(came, came.length > 1 ? 'are here' : 'is here'), ...told(missing(before, now), 'left')].join(' · ');
}

/** Within other words: whichever way it is written, they stay in their order. U+2068 and U+2069. */
function isolated(name) {
  return `\u2068${name}\u2069`;
}

/** As a person counts: a letter with what stands on it, a flag. */
function firstSign(name) {
  if (!globalThis.Intl?.Segmenter) return Array.from(name)[0];
  for (const { segment } of new Intl.Segmenter().segment(name)) return segment;
  return '';
}

function recall() {
  try {
    return localStorage.getItem(STORED) ?? '';
  } catch {
    return ''; // this browser keeps nothing
  }
}

/** @param {string} name */
function remember(name) {
  try {
    if (name) localStorage.setItem(STORED, name);
    else localStorage.removeItem(STORED);
  } catch {
    // It is asked for again, then.
  }
}
