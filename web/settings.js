/** Values that are set one by one, as lines of a list: what a camera's controls and a description's variables share. */

import { iconButton, make } from './elements.js';

/** While a slider moves: the last value counts, not each. */
const SEND_EVERY_MS = 100;
/** More steps than a slider can be moved to. */
const MAX_SLIDER_STEPS = 100_000;
/** From here on, what is done to a number is rather to double it than to add to it. */
const WIDE_RANGE = 100;
/** Positions of such a slider. */
const WIDE_STEPS = 200;

const RESET = 'M4 4v5h5M4.6 9A8 8 0 1 1 4 13';

/** @typedef {number | boolean | string} Value */

/**
 * @typedef {object} Setting as docs/api.md has controls and variables
 * @property {string} name
 * @property {string} label
 * @property {'int' | 'number' | 'bool' | 'menu' | 'enum' | 'string' | 'button'} type
 * @property {string} [unit]
 * @property {number} [min]
 * @property {number} [max]
 * @property {number} [step]
 * @property {Value} [default]
 * @property {Value | null} [value]
 * @property {({value: number, label: string} | string)[]} [values]
 * @property {boolean} [read_only]
 * @property {boolean} [inactive]
 * @property {boolean} [grabbed]
 * @property {boolean} [live] takes effect at once; true where nothing is said
 */

/** One setting's line. */
class SettingRow {
  #setting;
  #input;
  #output = make('output');
  #hint = make('small');
  #reset;
  /** Somebody has hold of it: what it shows is theirs. */
  #held = false;

  /**
   * @param {Setting} setting
   * @param {string} id
   * @param {(name: string, value: Value) => void} set
   */
  constructor(setting, id, set) {
    this.#setting = setting;
    const { name, label, type, live = true } = setting;
    this.#input = makeInput(setting, id);
    this.#reset = iconButton('reset', RESET, `Reset ${label}`, () => {
      this.#show(this.#setting.default);
      set(name, this.#setting.default);
    });
    if (type === 'button') {
      this.#input.addEventListener('click', () => set(name, true));
      this.element = make('li', { class: 'button' }, this.#input);
      return;
    }
    const changed = () => {
      const value = this.#given();
      if (value === null) return;
      if (this.#input.type !== 'text' && this.#input.type !== 'number') this.#show(value);
      set(name, value);
    };
    // A number being typed goes through values that nobody means.
    this.#input.addEventListener(this.#input.type === 'number' && live ? 'change' : 'input', changed);
    this.#input.addEventListener('pointerdown', () => { this.#held = true; });
    for (const event of ['pointerup', 'pointercancel', 'change', 'blur']) {
      this.#input.addEventListener(event, () => { this.#held = false; });
    }
    this.#hint.id = `${id}-hint`;
    this.#input.setAttribute('aria-describedby', this.#hint.id);
    this.element = make('li', { class: this.#input.type ?? 'select' },
                        make('label', { for: id }, label, this.#hint), this.#output, this.#input, this.#reset);
  }

  /** What stays the same as long as what is set is the same. */
  static shapeOf({ name, label, type, unit, min, max, step, values, read_only, live }) {
    return JSON.stringify([name, label, type, unit, min, max, step, values, read_only, live]);
  }

  /**
   * @param {Setting} setting as it is now
   * @param {boolean} pending another value is on its way
   */
  update(setting, pending) {
    this.#setting = setting;
    this.#input.disabled = Boolean(setting.read_only || setting.inactive || setting.grabbed);
    this.element.classList.toggle('inactive', Boolean(setting.inactive));
    this.element.classList.toggle('pending', pending && setting.live === false);
    this.#hint.textContent = pending && setting.live === false ? `now ${this.#inWords(setting.value)}` : this.#bounds();
    if (setting.type === 'button' || pending || this.#held) return;
    if (['number', 'text'].includes(this.#input.type) && this.#input === document.activeElement) return;
    this.#show(setting.value);
  }

  #given() {
    const { type, values } = this.#setting;
    const { value } = this.#input;
    if (type === 'bool') return this.#input.checked;
    if (type === 'string') return value;
    if (type === 'enum') return values[Number(value)];
    if (value === '' || !this.#input.checkValidity()) return null;
    return isWide(this.#setting) ? fromPosition(Number(value), this.#setting) : Number(value);
  }

  /** @param {Value | null} value */
  #show(value) {
    const setting = this.#setting;
    const input = this.#input;
    const slides = input.type === 'range';
    if (setting.type === 'bool') input.checked = value === true;
    else if (setting.type === 'enum') input.value = String(setting.values.indexOf(value));
    else if (slides && isWide(setting)) input.value = String(toPosition(value, setting));
    else input.value = String(value ?? '');
    this.#output.textContent = slides ? this.#inWords(value) : '';
    if (slides) input.setAttribute('aria-valuetext', this.#output.textContent);
    const changed = value !== setting.default && value !== null;
    this.#reset.classList.toggle('idle', !changed || input.disabled || Boolean(setting.read_only));
  }

  /** @param {Value | null | undefined} value */
  #inWords(value) {
    const { type, unit = '' } = this.#setting;
    if (type === 'bool') return value ? 'on' : 'off';
    const words = typeof value === 'number' && unit ? value.toLocaleString('en', { maximumFractionDigits: 6 }) : String(value ?? '');
    return [words, unit].filter(Boolean).join(' ');
  }

  /** Of a number that is typed. */
  #bounds() {
    const { min, max, unit = '' } = this.#setting;
    if (this.#input.type !== 'number' || this.#setting.live === undefined) return '';
    const words = (value) => value.toLocaleString('en', { maximumFractionDigits: 6 });
    if (min !== undefined && max !== undefined) return `${words(min)} to ${words(max)} ${unit}`.trim();
    if (min !== undefined) return `from ${words(min)} ${unit}`.trim();
    return max !== undefined ? `up to ${words(max)} ${unit}`.trim() : unit;
  }
}

/** @param {Setting} setting a slider of it has to reach small values as well as large ones */
function isWide({ min, max, step, live = true }) {
  return live && step === undefined && min > 0 && max / min >= WIDE_RANGE;
}

/**
 * Where a value is on a slider each of whose steps is as many per cent.
 * @param {Value | null | undefined} value
 * @param {Setting} setting
 */
function toPosition(value, { min, max }) {
  return Math.round((WIDE_STEPS * Math.log(Number(value) / min)) / Math.log(max / min));
}

/**
 * @param {number} position
 * @param {Setting} setting
 */
function fromPosition(position, { min, max, type }) {
  if (position === 0) return min;
  if (position === WIDE_STEPS) return max;
  const value = Number((min * (max / min) ** (position / WIDE_STEPS)).toPrecision(2));
  return Math.min(max, Math.max(min, type === 'int' ? Math.round(value) : value));
}

/** @param {Setting} setting can be slid to what is meant; what needs a new pipeline is rather typed */
function isSlider({ min, max, step, type, read_only, live = true }) {
  if (read_only || min === undefined || max === undefined) return false;
  const steps = (max - min) / (step ?? (type === 'int' ? 1 : (max - min) / WIDE_STEPS));
  return steps <= (live ? MAX_SLIDER_STEPS : WIDE_STEPS);
}

/**
 * @param {Setting} setting
 * @param {string} id
 */
function makeInput(setting, id) {
  const { type, label, min, max, step, values } = setting;
  if (type === 'button') return make('button', { type: 'button', id }, label);
  if (type === 'bool') return make('input', { type: 'checkbox', role: 'switch', id });
  if (type === 'string') return make('input', { type: 'text', id, autocomplete: 'off', spellcheck: 'false' });
  if (type === 'menu') {
    return make('select', { id }, ...values.map(({ value, label: words }) => make('option', { value: String(value) }, words)));
  }
  if (type === 'enum') return make('select', { id }, ...values.map((words, i) => make('option', { value: String(i) }, words)));

  if (isWide(setting)) return make('input', { type: 'range', id, min: '0', max: String(WIDE_STEPS), step: '1' });
  const slider = isSlider(setting);
  const finest = slider ? String((max - min) / WIDE_STEPS) : 'any';
  const limits = { step: String(step ?? (type === 'int' ? 1 : finest)) };
  // Numbers beyond 2^53 are not exact in a browser.
  if (min !== undefined) limits.min = String(Math.max(min, Number.MIN_SAFE_INTEGER));
  if (max !== undefined) limits.max = String(Math.min(max, Number.MAX_SAFE_INTEGER));
  return make('input', { type: slider ? 'range' : 'number', id, required: '', ...limits });
}

/** All of them. */
export class SettingList {
  element = make('ul');
  #prefix;
  #set;
  #shape = '';
  /** @type {Map<string, SettingRow>} */
  #rows = new Map();

  /**
   * @param {string} prefix of the inputs' IDs
   * @param {(name: string, value: Value) => void} set
   */
  constructor(prefix, set) {
    this.#prefix = prefix;
    this.#set = set;
  }

  /**
   * @param {Setting[]} settings as they are
   * @param {(name: string) => boolean} isPending whether another value of it is on its way
   */
  show(settings, isPending) {
    const shape = settings.map(SettingRow.shapeOf).join();
    if (shape !== this.#shape) {
      this.#shape = shape;
      this.#rows = new Map(settings.map((setting) =>
        [setting.name, new SettingRow(setting, `${this.#prefix}-${setting.name}`, this.#set)]));
      this.element.replaceChildren(...[...this.#rows.values()].map(({ element }) => element));
    }
    for (const setting of settings) this.#rows.get(setting.name).update(setting, isPending(setting.name));
  }
}

/** Sends what is set, a request at a time and about ten a second at the most: what is wanted meanwhile goes with the next. */
export class Sender {
  #send;
  /** @type {Map<string, Value>} what is still to be sent */
  #wanted = new Map();
  /** @type {Set<string>} what is being sent */
  #sending = new Set();
  #timer = 0;

  /** @param {(values: Record<string, Value>) => Promise<void>} send */
  constructor(send) {
    this.#send = send;
  }

  get busy() {
    return this.#sending.size > 0;
  }

  /** @param {string} name whether a value of it is on its way */
  has(name) {
    return this.#wanted.has(name) || this.#sending.has(name);
  }

  /**
   * @param {string} name
   * @param {Value} value
   */
  set(name, value) {
    this.#wanted.set(name, value);
    this.#timer ||= setTimeout(() => this.#onTimer(), SEND_EVERY_MS);
  }

  /** All of them with one request, now. @param {Iterable<[string, Value]>} values */
  async setAll(values) {
    for (const [name, value] of values) this.#wanted.set(name, value);
    await this.#flush();
  }

  #onTimer() {
    this.#timer = 0;
    this.#flush();
  }

  async #flush() {
    if (this.busy || this.#wanted.size === 0) return;
    const values = Object.fromEntries(this.#wanted);
    this.#sending = new Set(this.#wanted.keys());
    this.#wanted.clear();
    try {
      await this.#send(values);
    } finally {
      this.sent();
    }
    if (this.#timer === 0) await this.#flush();
  }

  /** The server has answered: what it says holds for all that is not wanted anew. To be called before that is shown. */
  sent() {
    this.#sending.clear();
  }
}

/**
 * @param {string} url
 * @param {object} [values] puts them; without it asks
 * @returns {Promise<{status: number, body: any, problem: string, detail: string}>} `body` is null where there is a problem: in words, and as the server has it
 */
export async function ask(url, values) {
  const put = { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(values) };
  try {
    const response = await fetch(url, values ? put : { cache: 'no-store' });
    const body = await response.json().catch(() => null);
    if (response.ok && body) return { status: response.status, body, problem: '', detail: '' };
    const detail = String(body?.detail ?? `The server says ${response.status}`);
    return { status: response.status, body: null, problem: sentence(detail), detail };
  } catch {
    return { status: 0, body: null, problem: 'The server does not answer.', detail: '' };
  }
}

/** @param {string} words */
export function sentence(words) {
  const text = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
