/** The conversation's files: chosen, dropped or pasted ones are sent; announced ones are shown, and some fetched ahead. */

import { sizeInWords } from './announced.js';
import { make } from './elements.js';
import { FileCard } from './file-card.js';
import { IncomingFile } from './file-in.js';
import { OutgoingFile } from './file-out.js';

const STORED = 'sightline-files-ahead';
/** What may come of itself, in bytes of one file. */
const AHEAD = [0, 1_000_000, 10_000_000, 100_000_000];
const AHEAD_DEFAULT = 10_000_000;
/** So many that were announced wait to be fetched ahead, the newest first. */
const MAX_AHEAD = 16;
/** What has come stays on this page while all of it has no more than this; but for the last one. */
const MAX_HELD_BYTES = 256 * 1024 * 1024;
/** The server takes some more of one client. */
const MAX_SENDING = 2;
const MAX_OUTGOING = 32;
const MAX_SENT = 64;

/**
 * @typedef {object} Parts
 * @property {HTMLElement} drop covers the page while files are dragged over it
 * @property {HTMLButtonElement} attach
 * @property {HTMLInputElement} choose
 * @property {HTMLSelectElement} ahead
 * @property {HTMLElement} said what is read out
 */

/** Events: `sending`: some were chosen, dropped or pasted. */
export class Files extends EventTarget {
  #objects;
  #chat;
  #parts;
  /** @type {Map<string, IncomingFile>} by hash and size: who told of another size told of something else */
  #incoming = new Map();
  /** @type {WeakMap<Element, () => void>} what is to be done when a message leaves the page */
  #leaving = new WeakMap();
  /** @type {IncomingFile[]} that have come, the one that was used longest ago first */
  #shelf = [];
  /** @type {IncomingFile[]} */
  #ahead = [];
  #fetching = false;
  #aheadBytes = recall();
  /** @type {Set<OutgoingFile>} */
  #outgoing = new Set();
  /** @type {OutgoingFile[]} */
  #waiting = [];
  #sending = 0;
  /** @type {Map<string, File>} as #incoming has them: what was sent from here is here */
  #sent = new Map();

  /**
   * @param {import('./objects.js').Objects} objects
   * @param {import('./chat.js').Chat} chat
   * @param {Parts} parts
   */
  constructor(objects, chat, parts) {
    super();
    this.#objects = objects;
    this.#chat = chat;
    this.#parts = parts;
    const { attach, choose } = parts;
    attach.hidden = false;
    attach.addEventListener('click', () => choose.click());
    choose.addEventListener('change', () => {
      this.send([...choose.files]);
      choose.value = ''; // the same one may be chosen again
    });
    this.#listenForDrops();
    document.addEventListener('paste', (event) => this.#onPaste(event));
    this.#offerAhead();
    navigator.connection?.addEventListener?.('change', () => this.#fetchAhead());
  }

  /** @param {File[]} chosen */
  send(chosen) {
    this.dispatchEvent(new CustomEvent('sending'));
    const room = MAX_OUTGOING - this.#outgoing.size;
    if (chosen.length > room) this.#chat.complain(`At most ${MAX_OUTGOING} files are sent at once.`);
    else this.#chat.complain('');
    for (const blob of chosen.slice(0, room)) this.#add(blob);
    this.#sendNext();
  }

  /**
   * @param {HTMLElement} place in the message
   * @param {import('./announced.js').Announced} announced
   * @param {boolean} own it was sent from here
   */
  show(place, announced, own) {
    const id = `${announced.hash}:${announced.size}`;
    const incoming = this.#incoming.get(id) ?? this.#expect(id, announced);
    const card = new FileCard(announced);
    place.append(card.element);
    this.#leaving.set(place, () => {
      incoming.detach(card);
      if (!incoming.isShown) this.#forget(id, incoming);
    });
    incoming.attach(card);
    if (own && this.#sent.has(id)) incoming.keep(this.#sent.get(id));
    if (own || incoming.phase !== 'away') return;
    this.#ahead = [...this.#ahead.filter((other) => other !== incoming), incoming].slice(-MAX_AHEAD);
    // The last of what is shown at once goes first.
    queueMicrotask(() => this.#fetchAhead());
  }

  /** @param {HTMLElement} place whose message has left the page */
  leave(place) {
    this.#leaving.get(place)?.();
    this.#leaving.delete(place);
  }

  /**
   * @param {string} id
   * @param {import('./announced.js').Announced} announced
   */
  #expect(id, announced) {
    const incoming = new IncomingFile(this.#objects, announced);
    this.#incoming.set(id, incoming);
    incoming.addEventListener('here', () => this.#shelve(incoming));
    incoming.addEventListener('told', ({ detail }) => this.#say(detail.words));
    return incoming;
  }

  /**
   * @param {string} id
   * @param {IncomingFile} incoming
   */
  #forget(id, incoming) {
    this.#incoming.delete(id);
    this.#ahead = this.#ahead.filter((other) => other !== incoming);
    this.#shelf = this.#shelf.filter((other) => other !== incoming);
  }

  /** @param {IncomingFile} incoming that has come */
  #shelve(incoming) {
    this.#shelf = [...this.#shelf.filter((other) => other !== incoming), incoming];
    let held = this.#shelf.reduce((sum, { held: bytes }) => sum + bytes, 0);
    while (held > MAX_HELD_BYTES && this.#shelf.length > 1) {
      const oldest = this.#shelf.shift();
      held -= oldest.held;
      oldest.forget();
    }
  }

  async #fetchAhead() {
    if (this.#fetching) return;
    this.#fetching = true;
    while (this.#ahead.length > 0 && !isMetered()) {
      const next = this.#ahead.pop();
      if (next.phase !== 'away' || next.file.size > this.#aheadBytes) continue;
      // The others do not wait for one that somebody paused.
      const paused = new Promise((resolve) => next.addEventListener('paused', resolve, { once: true }));
      await Promise.race([next.fetch(), paused]);
    }
    this.#fetching = false;
  }

  /** @param {File} blob */
  #add(blob) {
    const outgoing = new OutgoingFile(this.#objects, (data) => this.#announce(outgoing, data), blob);
    const item = make('li', { class: 'message own with-file' }, outgoing.element);
    this.#outgoing.add(outgoing);
    this.#waiting.push(outgoing);
    outgoing.addEventListener('again', () => {
      this.#waiting.push(outgoing);
      this.#sendNext();
    });
    outgoing.addEventListener('ended', () => {
      this.#sending--;
      this.#sendNext();
    });
    outgoing.addEventListener('removed', () => {
      this.#outgoing.delete(outgoing);
      this.#waiting = this.#waiting.filter((other) => other !== outgoing);
      const focused = item.contains(document.activeElement);
      item.remove();
      if (focused) this.#parts.attach.focus();
    });
    outgoing.addEventListener('told', ({ detail }) => this.#say(detail.words));
    this.#chat.addUnsent(item);
  }

  #sendNext() {
    while (this.#sending < MAX_SENDING && this.#waiting.length > 0) {
      this.#sending++;
      this.#waiting.shift().start();
    }
  }

  /**
   * @param {OutgoingFile} outgoing
   * @param {{object: import('./announced.js').Announced}} data
   */
  async #announce(outgoing, data) {
    this.#sent.set(`${data.object.hash}:${data.object.size}`, outgoing.blob);
    if (this.#sent.size > MAX_SENT) this.#sent.delete(this.#sent.keys().next().value);
    await this.#chat.publish(data);
  }

  #listenForDrops() {
    const { drop } = this.#parts;
    const carriesFiles = ({ dataTransfer }) => dataTransfer?.types.includes('Files');
    const over = (event) => {
      if (!carriesFiles(event)) return;
      // Where they can't be sent, they do not replace the page either.
      event.preventDefault();
      event.dataTransfer.dropEffect = this.#chat.canWrite ? 'copy' : 'none';
      drop.hidden = !this.#chat.canWrite;
    };
    document.addEventListener('dragenter', over);
    document.addEventListener('dragover', over);
    document.addEventListener('dragleave', ({ relatedTarget }) => {
      if (!relatedTarget) drop.hidden = true;
    });
    document.addEventListener('drop', (event) => {
      drop.hidden = true;
      if (!carriesFiles(event)) return;
      event.preventDefault();
      if (this.#chat.canWrite) this.#take(event.dataTransfer);
    });
  }

  /** @param {DataTransfer} dropped */
  #take(dropped) {
    const isFolder = (item) => Boolean(item.webkitGetAsEntry?.()?.isDirectory);
    const items = [...dropped.items].filter(({ kind }) => kind === 'file');
    const folders = items.filter(isFolder).length;
    const files = items.length > 0 ? items.filter((item) => !isFolder(item)).map((item) => item.getAsFile()).filter(Boolean) : [...dropped.files];
    this.send(files);
    if (folders > 0) this.#chat.complain('Folders can’t be sent, only files.');
  }

  /** @param {ClipboardEvent} event */
  #onPaste(event) {
    const { clipboardData: pasted, target } = event;
    // Where there is text, that is what was meant: many programs put a picture of it beside it.
    if (!pasted?.files.length || pasted.types.includes('text/plain') || !this.#chat.canWrite) return;
    if (target instanceof Element && target.closest('.settings, #naming')) return;
    event.preventDefault();
    this.send([...pasted.files]);
  }

  #offerAhead() {
    const { ahead } = this.#parts;
    for (const bytes of AHEAD) ahead.append(make('option', { value: String(bytes) }, bytes > 0 ? `up to ${sizeInWords(bytes)}` : 'never'));
    ahead.value = String(this.#aheadBytes);
    ahead.addEventListener('change', () => {
      this.#aheadBytes = Number(ahead.value);
      remember(this.#aheadBytes);
    });
  }

  /** @param {string} words */
  #say(words) {
    this.#parts.said.textContent = words;
  }
}

/** Somebody pays for each byte, or has asked for few of them. */
function isMetered() {
  const { saveData, type, metered } = navigator.connection ?? {};
  return Boolean(saveData || metered || type === 'cellular');
}

function recall() {
  try {
    const bytes = Number(localStorage.getItem(STORED) ?? AHEAD_DEFAULT);
    return AHEAD.includes(bytes) ? bytes : AHEAD_DEFAULT;
  } catch {
    return AHEAD_DEFAULT; // this browser keeps nothing
  }
}

/** @param {number} bytes */
function remember(bytes) {
  try {
    localStorage.setItem(STORED, String(bytes));
  } catch {
    // It is set again, then.
  }
}
