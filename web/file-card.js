/** One file as it stands in the conversation: what it is, how far it has come, and what can be done with it. */

import { kindOf, nameParts, sizeInWords } from './announced.js';
import { icon, iconButton, make } from './elements.js';

const KINDS = {
  picture: 'M4 5h16v14H4zM4 16l4.5-4.5 4 4 3-3L20 17M15.5 9.5v.01',
  film: 'M4 5h16v14H4zM8 5v14M16 5v14M4 9.5h4M4 14.5h4M16 9.5h4M16 14.5h4',
  sound: 'M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM19 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z',
  words: 'M6 3.5h8l4 4v13H6zM9 11h6M9 14h6M9 17h4',
  parcel: 'M4 8l8-4 8 4v8.5l-8 4-8-4zM4 8l8 4 8-4M12 12v8.5',
  file: 'M6 3.5h8l4 4v13H6zM14 3.5v4h4',
};
const KIND_WORDS = { picture: 'Picture', film: 'Film', sound: 'Sound', words: 'Text', parcel: 'Archive', file: 'File' };

/** What can be done, in the order in which it stands there. */
const ACTIONS = {
  resume: ['Go on with', 'M8 5.2v13.6L19 12z'],
  pause: ['Pause', 'M8.5 6v12M15.5 6v12'],
  retry: ['Try again:', 'M4 4v5h5M4.6 9A8 8 0 1 1 4 13'],
  save: ['Save', 'M12 4v11M6.5 10.5 12 16l5.5-5.5M5 20h14'],
  cancel: ['Cancel', 'M6 6l12 12M18 6 6 18'],
};

/** @typedef {Partial<Record<keyof typeof ACTIONS, () => void>>} Actions */

export class FileCard {
  #picture = make('div', { class: 'drawing', hidden: '' });
  #state = make('span', { class: 'file-state' });
  #progress;
  #row = make('span', { class: 'file-actions' });
  /** @type {Map<string, HTMLButtonElement>} made when they are first needed: a conversation may have many files */
  #buttons = new Map();
  /** @type {Actions} */
  #actions = {};

  /** @param {{name: string, size: number, type: string}} file */
  constructor(file) {
    const kind = kindOf(file);
    const [stem, end] = nameParts(file.name);
    this.size = file.size;
    this.name = file.name;
    this.#progress = make('progress', { max: '1', value: '0', 'aria-label': file.name, hidden: '' });
    // How far it has come is there to be read, and not to be read out at each step.
    this.element = make('div', { class: 'file', role: 'group', tabindex: '-1', 'aria-label': `${KIND_WORDS[kind]} ${isolated(file.name)}`, 'aria-live': 'off' },
      this.#picture,
      make('span', { class: 'file-name', dir: 'auto', title: file.name }, icon(KINDS[kind]), make('span', { class: 'stem' }, stem), make('span', {}, end)),
      this.#progress,
      make('span', { class: 'file-foot' }, this.#state, this.#row));
  }

  /**
   * @param {{words?: string, bad?: boolean, share?: number | null, actions?: Actions}} now `share` is how much of it has come, from 0
   *   to 1; null where nothing is on its way. `words` stand behind the size.
   */
  show({ words = '', bad = false, share = null, actions = {} }) {
    this.#state.textContent = bad ? words : [sizeInWords(this.size), words].filter(Boolean).join(' · ');
    this.#state.classList.toggle('bad', bad);
    this.#progress.hidden = share === null;
    if (share !== null) this.#progress.value = Math.min(1, Math.max(0, share));
    this.#actions = actions;
    const focused = document.activeElement;
    for (const action of Object.keys(actions)) this.#buttons.get(action) ?? this.#makeButton(action);
    for (const [action, button] of this.#buttons) button.hidden = !Object.hasOwn(actions, action);
    if (!this.element.contains(focused) || !focused.hidden) return;
    // Whoever pressed what has gone finds what came in its place.
    (this.#row.querySelector('button:not([hidden])') ?? this.element).focus();
  }

  /** @param {HTMLCanvasElement | null} drawing */
  draw(drawing) {
    if (!drawing || !this.#picture.hidden) return;
    const canvas = make('canvas', { role: 'img', 'aria-label': `Picture ${this.name}` });
    canvas.width = drawing.width;
    canvas.height = drawing.height;
    canvas.getContext('2d').drawImage(drawing, 0, 0);
    this.#picture.append(canvas);
    this.#picture.hidden = false;
  }

  /** @param {keyof typeof ACTIONS} action */
  #makeButton(action) {
    const [verb, d] = ACTIONS[action];
    const button = iconButton(action, d, `${verb} ${isolated(this.name)}`, () => this.#actions[action]?.());
    const order = Object.keys(ACTIONS);
    const next = order.slice(order.indexOf(action) + 1).find((later) => this.#buttons.has(later));
    this.#row.insertBefore(button, this.#buttons.get(next) ?? null);
    this.#buttons.set(action, button);
  }
}

/** Within other words: whichever way it is written, they stay in their order. U+2068 and U+2069. */
function isolated(name) {
  return `\u2068${name}\u2069`;
}
