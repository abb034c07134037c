/** What the camera is set to: a panel beside the picture, for operators. */

import { make } from './elements.js';
import { ask, Sender, SettingList } from './settings.js';
import { SidePanel } from './side-panel.js';

/** The camera changes some by itself, and so do other operators. */
const REFRESH_MS = 3_000;

/** @typedef {import('./settings.js').Setting} Control */

/** The panel and the button that opens it. */
export class CameraControls {
  #url;
  #button;
  #panel;
  #sender = new Sender((values) => this.#put(values));
  #list = new SettingList('control', (name, value) => this.#sender.set(name, value));
  #fields = make('fieldset', {}, this.#list.element);
  #problem = make('p', { class: 'problem', role: 'alert', hidden: '' });
  #resetAll = make('button', { type: 'button' }, 'Reset all');
  /** @type {Control[]} as the server said last */
  #controls = [];
  #available = false;
  #timer = 0;
  #again = 0;

  /** Counts what is sent: an answer that was asked for before is old. */
  #version = 0;
  /** The version that is being asked for: a camera that takes its time is not asked again meanwhile. */
  #asking = -1;
  /** Why the last setting was refused: it stands until the next one. */
  #refusal = '';

  /**
   * @param {string} url of the stream's controls
   * @param {HTMLButtonElement} button opens the panel; hidden while there is nothing to set
   * @param {HTMLElement} element empty
   */
  constructor(url, button, element) {
    this.#url = url;
    this.#button = button;
    this.#panel = new SidePanel(button, element, { title: 'Camera', close: 'Close the camera controls' }, [this.#resetAll]);
    element.append(this.#problem, make('div', { class: 'scroll' }, this.#fields));
    this.#panel.addEventListener('toggled', () => this.#onToggled());
    this.#resetAll.addEventListener('click', () => this.#resetEverything());
    document.addEventListener('visibilitychange', () => this.#poll());
  }

  /** @param {boolean} available the stream shows a camera that can be asked */
  setAvailable(available) {
    this.#available = available;
    clearTimeout(this.#again);
    this.#fields.disabled = this.#resetAll.disabled = !available;
    if (available) {
      this.#refresh();
    } else {
      this.#button.hidden = !this.#panel.isOpen;
      this.#refusal = '';
      this.#complain('The camera gives no picture now. It gets back what was set here when it does.');
    }
    this.#poll();
  }

  #onToggled() {
    this.#poll();
    if (this.#panel.isOpen) {
      this.#refresh();
    } else {
      this.#refusal = '';
      this.#button.hidden = !this.#available;
    }
  }

  #poll() {
    clearInterval(this.#timer);
    if (!this.#panel.isOpen || !this.#available || document.hidden) return;
    this.#timer = setInterval(() => this.#refresh(), REFRESH_MS);
  }

  async #refresh() {
    const version = this.#version;
    if (this.#sender.busy || this.#asking === version) return;
    this.#asking = version;
    clearTimeout(this.#again);
    const { status, body, problem } = await ask(this.#url);
    if (this.#asking === version) this.#asking = -1;
    if (version !== this.#version || !this.#available) return;
    this.#complain(problem || this.#refusal);
    if (body) this.#show(body.controls);
    if (body || this.#panel.isOpen) return;
    this.#button.hidden = true;
    // A server that many ask at once, or a camera that takes its time.
    if (status === 0 || status >= 500) this.#again = setTimeout(() => this.#refresh(), REFRESH_MS);
  }

  /** @param {Control[]} controls */
  #show(controls) {
    this.#controls = controls;
    this.#button.hidden = controls.length === 0 && !this.#panel.isOpen;
    this.#list.show(controls, (name) => this.#sender.has(name));
  }

  /** @param {Record<string, import('./settings.js').Value>} values */
  async #put(values) {
    this.#version++;
    const { body, problem } = await ask(this.#url, values);
    this.#sender.sent();
    this.#refusal = problem;
    this.#complain(problem);
    if (body) this.#show(body.controls);
    else await this.#refresh();
  }

  /** Automatics first: they decide which of the others can be set at all. */
  async #resetEverything() {
    const changed = (types) => this.#controls.filter((control) => types.includes(control.type) && !control.read_only
      && !control.inactive && !control.grabbed && control.value !== null && control.value !== control.default);
    for (const types of [['bool', 'menu'], ['int']]) {
      await this.#sender.setAll(changed(types).map((control) => [control.name, control.default]));
    }
  }

  /** @param {string} words '' takes them back */
  #complain(words) {
    if (this.#problem.textContent !== words) this.#problem.textContent = words;
    this.#problem.hidden = !words;
  }
}
