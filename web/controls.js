/** What the camera is set to: a panel beside the picture, for operators. */

import { iconButton, make } from './elements.js';

/** The camera changes some by itself, and so do other operators. */
const REFRESH_MS = 3_000;
/** While a slider moves: the last value counts, not each. */
const DEBOUNCE_MS = 60;
/** More steps than a slider can be moved to. */
const MAX_SLIDER_STEPS = 100_000;

/**
 * @typedef {object} Control as docs/api.md has it
 * @property {string} name
 * @property {string} label
 * @property {'int' | 'bool' | 'menu' | 'button'} type
 * @property {number} [min]
 * @property {number} [max]
 * @property {number} [step]
 * @property {number | boolean} [default]
 * @property {number | boolean | null} [value]
 * @property {{value: number, label: string}[]} [values]
 * @property {boolean} read_only
 * @property {boolean} inactive
 * @property {boolean} grabbed
 */

const CLOSE = 'M6 6l12 12M18 6 6 18';
const RESET = 'M4 4v5h5M4.6 9A8 8 0 1 1 4 13';

/** One control's line. */
class Row {
  #control;
  #input;
  #output = make('output');
  #reset;
  /** Somebody has hold of it: what it shows is theirs. */
  #held = false;

  /**
   * @param {Control} control
   * @param {(name: string, value: number | boolean) => void} set
   */
  constructor(control, set) {
    this.#control = control;
    const { name, label, type } = control;
    const id = `control-${name}`;
    this.#input = makeInput(control, id);
    this.#reset = iconButton('reset', RESET, `Reset ${label}`, () => set(name, this.#control.default));
    if (type === 'button') {
      this.#input.addEventListener('click', () => set(name, true));
      this.element = make('li', { class: 'button' }, this.#input);
      return;
    }
    const changed = () => {
      const value = this.#given();
      if (value === null) return;
      this.#show(value);
      set(name, value);
    };
    // A number being typed goes through values that nobody means.
    this.#input.addEventListener(this.#input.type === 'number' ? 'change' : 'input', changed);
    this.#input.addEventListener('pointerdown', () => { this.#held = true; });
    for (const event of ['pointerup', 'pointercancel', 'change', 'blur']) {
      this.#input.addEventListener(event, () => { this.#held = false; });
    }
    this.element = make('li', { class: this.#input.type ?? 'text' },
                        make('label', { for: id }, label), this.#output, this.#input, this.#reset);
  }

  /** What stays the same as long as the camera is the same. */
  static shapeOf({ name, label, type, min, max, step, values, read_only }) {
    return JSON.stringify([name, label, type, min, max, step, values, read_only]);
  }

  /**
   * @param {Control} control as it is now
   * @param {boolean} pending another value is on its way
   */
  update(control, pending) {
    this.#control = control;
    const free = !control.read_only && !control.inactive && !control.grabbed;
    this.#input.disabled = !free;
    this.element.classList.toggle('inactive', control.inactive);
    if (control.type === 'button' || pending || this.#held) return;
    if (this.#input.type === 'number' && this.#input === document.activeElement) return;
    this.#show(control.value);
  }

  #given() {
    const { type } = this.#control;
    if (type === 'bool') return this.#input.checked;
    return this.#input.value === '' || !this.#input.checkValidity() ? null : Number(this.#input.value);
  }

  /** @param {number | boolean | null} value */
  #show(value) {
    const control = this.#control;
    if (control.type === 'bool') this.#input.checked = value === true;
    else this.#input.value = String(value ?? '');
    this.#output.textContent = this.#input.type === 'range' ? String(value ?? '') : '';
    const changed = value !== control.default && value !== null;
    this.#reset.classList.toggle('idle', !changed || this.#input.disabled || control.read_only);
  }
}

/**
 * @param {Control} control
 * @param {string} id
 */
function makeInput({ type, label, min, max, step, values, read_only }, id) {
  if (type === 'button') return make('button', { type: 'button', id }, label);
  if (type === 'bool') return make('input', { type: 'checkbox', role: 'switch', id });
  if (type === 'menu') {
    return make('select', { id }, ...values.map(({ value, label: words }) => make('option', { value: String(value) }, words)));
  }
  // Numbers beyond 2^53 are not exact in a browser.
  const limits = {
    min: String(Math.max(min, Number.MIN_SAFE_INTEGER)),
    max: String(Math.min(max, Number.MAX_SAFE_INTEGER)),
    step: String(step),
  };
  const slider = !read_only && (max - min) / step <= MAX_SLIDER_STEPS;
  return make('input', { type: slider ? 'range' : 'number', id, ...limits });
}

/** The panel and the button that opens it. */
export class CameraControls {
  #url;
  #button;
  #panel;
  #list = make('ul');
  #fields = make('fieldset', {}, this.#list);
  #problem = make('p', { class: 'problem', role: 'alert', hidden: '' });
  #resetAll = make('button', { type: 'button' }, 'Reset all');
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #shape = '';
  /** @type {Control[]} as the server said last */
  #controls = [];
  #available = false;
  #timer = 0;

  /** @type {Map<string, number | boolean>} what is still to be sent */
  #wanted = new Map();
  /** @type {Set<string>} what is being sent */
  #sending = new Set();
  #debounce = 0;
  /** Counts what is sent: an answer that was asked for before is old. */
  #version = 0;
  /** The version that is being asked for: a camera that takes its time is not asked again meanwhile. */
  #asking = -1;
  /** Why the last setting was refused: it stands until the next one. */
  #refusal = '';

  /**
   * @param {string} url of the stream's controls
   * @param {HTMLButtonElement} button opens the panel; hidden while there is nothing to set
   * @param {HTMLElement} panel empty
   */
  constructor(url, button, panel) {
    this.#url = url;
    this.#button = button;
    this.#panel = panel;
    panel.append(
      make('header', {}, make('h2', {}, 'Camera'), this.#resetAll, iconButton('close', CLOSE, 'Close the camera controls', () => this.#open(false))),
      this.#problem,
      make('div', { class: 'scroll' }, this.#fields),
    );
    button.addEventListener('click', () => this.#open(panel.hidden));
    this.#resetAll.addEventListener('click', () => this.#resetEverything());
    panel.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      event.preventDefault();
      this.#open(false);
    });
    document.addEventListener('visibilitychange', () => this.#poll());
  }

  /** @param {boolean} available the stream shows a camera that can be asked */
  setAvailable(available) {
    this.#available = available;
    this.#fields.disabled = this.#resetAll.disabled = !available;
    if (available) {
      this.#refresh();
    } else {
      this.#button.hidden = this.#panel.hidden;
      this.#refusal = '';
      this.#complain('The camera gives no picture now. It gets back what was set here when it does.');
    }
    this.#poll();
  }

  /** @param {boolean} open */
  #open(open) {
    this.#panel.hidden = !open;
    this.#button.setAttribute('aria-expanded', String(open));
    document.body.classList.toggle('controls-open', open);
    this.#poll();
    if (open) {
      this.#refresh();
      this.#panel.querySelector('header button:last-child').focus();
    } else {
      this.#refusal = '';
      this.#button.hidden = !this.#available;
      this.#button.focus();
    }
  }

  #poll() {
    clearInterval(this.#timer);
    if (this.#panel.hidden || !this.#available || document.hidden) return;
    this.#timer = setInterval(() => this.#refresh(), REFRESH_MS);
  }

  async #refresh() {
    const version = this.#version;
    if (this.#sending.size > 0 || this.#asking === version) return;
    this.#asking = version;
    const { controls, problem } = await this.#ask({ cache: 'no-store' });
    if (this.#asking === version) this.#asking = -1;
    if (version !== this.#version || !this.#available) return;
    this.#complain(problem || this.#refusal);
    if (controls) this.#show(controls);
    if (!controls && this.#panel.hidden) this.#button.hidden = true;
  }

  /**
   * @param {RequestInit} request
   * @returns {Promise<{controls: Control[] | null, problem: string}>}
   */
  async #ask(request) {
    try {
      const response = await fetch(this.#url, request);
      const body = await response.json().catch(() => null);
      if (response.ok && Array.isArray(body?.controls)) return { controls: body.controls, problem: '' };
      return { controls: null, problem: sentence(body?.detail ?? `The server says ${response.status}`) };
    } catch {
      return { controls: null, problem: 'The server does not answer.' };
    }
  }

  /** @param {Control[]} controls */
  #show(controls) {
    this.#controls = controls;
    this.#button.hidden = controls.length === 0 && this.#panel.hidden;
    const shape = controls.map(Row.shapeOf).join();
    if (shape !== this.#shape) {
      this.#shape = shape;
      this.#rows = new Map(controls.map((control) => [control.name, new Row(control, (name, value) => this.#set(name, value))]));
      this.#list.replaceChildren(...[...this.#rows.values()].map(({ element }) => element));
    }
    for (const control of controls) {
      const pending = this.#wanted.has(control.name) || this.#sending.has(control.name);
      this.#rows.get(control.name).update(control, pending);
    }
  }

  /**
   * @param {string} name
   * @param {number | boolean} value
   */
  #set(name, value) {
    this.#wanted.set(name, value);
    this.#debounce ||= setTimeout(() => {
      this.#debounce = 0;
      this.#flush();
    }, DEBOUNCE_MS);
  }

  /** One request at a time: what is wanted meanwhile goes with the next. */
  async #flush() {
    if (this.#sending.size > 0 || this.#wanted.size === 0) return;
    const values = Object.fromEntries(this.#wanted);
    this.#sending = new Set(this.#wanted.keys());
    this.#wanted.clear();
    const { controls, problem } = await this.#put(values);
    this.#sending.clear();
    this.#refusal = problem;
    this.#complain(problem);
    if (controls) this.#show(controls);
    if (this.#wanted.size > 0) await this.#flush();
    else if (problem) await this.#refresh();
  }

  /** @param {Record<string, number | boolean>} values */
  #put(values) {
    this.#version++;
    return this.#ask({ method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(values) });
  }

  /** Automatics first: they decide which of the others can be set at all. */
  async #resetEverything() {
    const changed = (types) => this.#controls.filter((control) => types.includes(control.type) && !control.read_only
      && !control.inactive && !control.grabbed && control.value !== null && control.value !== control.default);
    for (const types of [['bool', 'menu'], ['int']]) {
      for (const control of changed(types)) this.#wanted.set(control.name, control.default);
      await this.#flush();
    }
  }

  /** @param {string} words '' takes them back */
  #complain(words) {
    if (this.#problem.textContent !== words) this.#problem.textContent = words;
    this.#problem.hidden = !words;
  }
}

/** @param {string} words */
function sentence(words) {
  const text = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
