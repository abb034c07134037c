/** The stream's pipeline, for operators: which description is in force, its values, another one, its text. */

import { make } from './elements.js';
import { ask, Sender, SettingList } from './settings.js';
import { SidePanel } from './side-panel.js';

/** Other operators set values, too. */
const REFRESH_MS = 3_000;
/** A choice of the server's own. */
const AUTO = 'auto';

/**
 * @typedef {object} Pipeline as docs/api.md has it; without the last five in what the server tells by itself
 * @property {string | null} name
 * @property {string} title
 * @property {boolean} auto
 * @property {string | null} problem why the last change was undone
 * @property {boolean} swapping
 * @property {string | null} [file]
 * @property {boolean} [edit]
 * @property {string} [text]
 * @property {{name: string, title: string, tracks: string[]}[]} [library]
 * @property {boolean} [published] all this is about what runs when the publisher has left
 */

/** @typedef {import('./settings.js').Value} Value */

/** Which it is: that, and what is chosen instead. */
class Choice {
  element;
  #select = make('select', { id: 'pipeline-choice' });
  #present = make('p', { class: 'quiet' });
  #actions;
  /** @type {string} the value of the option that is in force */
  #inForce = '';

  /** @param {(name: string, title: string) => void} change */
  constructor(change) {
    const submit = make('button', { type: 'submit', class: 'main' }, 'Change');
    const cancel = make('button', { type: 'button' }, 'Cancel');
    this.#actions = make('div', { class: 'actions', hidden: '' }, submit, cancel);
    this.element = make('form', {}, make('label', { for: 'pipeline-choice', class: 'unseen' }, 'Pipeline'),
                        this.#select, this.#present, this.#actions);
    this.#select.addEventListener('change', () => this.#showActions());
    cancel.addEventListener('click', () => this.reset());
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#isChanged()) change(this.#select.value, this.#select.selectedOptions[0].textContent);
    });
  }

  /** @param {Pipeline} pipeline */
  show({ name, title, auto, file, library = [] }) {
    const wanted = this.#isChanged() ? this.#select.value : null;
    const listed = library.some((entry) => entry.name === name);
    const options = [[AUTO, 'Automatic'], ...library.map((entry) => [entry.name, entry.title])];
    // A file that is in no folder of the library, or a text that was sent.
    if (!listed) options.splice(1, 0, ['', title]);
    const titles = options.map(([, words]) => words);
    const words = options.map(([value, one]) => [value, titles.indexOf(one) === titles.lastIndexOf(one) ? one : `${one} (${value})`]);
    if (JSON.stringify(words) !== this.#select.dataset.shape) {
      this.#select.dataset.shape = JSON.stringify(words);
      this.#select.replaceChildren(...words.map(([value, text]) => make('option', { value }, text)));
    }
    this.#inForce = auto ? AUTO : listed ? name : '';
    this.#select.value = words.some(([value]) => value === wanted) ? wanted : this.#inForce;
    if (auto) this.#present.textContent = `Now: ${title}`;
    else this.#present.textContent = file ? file.split('/').pop() : 'A text that was sent; no file';
    this.#showActions();
  }

  /** Shows what is in force. */
  reset() {
    this.#select.value = this.#inForce;
    this.#showActions();
  }

  #isChanged() {
    return this.#select.options.length > 0 && this.#select.value !== this.#inForce;
  }

  #showActions() {
    const changed = this.#isChanged();
    if (!changed && this.#actions.contains(document.activeElement)) this.#select.focus();
    this.#actions.hidden = !changed;
    this.#present.hidden = changed;
  }
}

/** The values of its variables: those that are live act at once, the others when they are applied. */
class Variables {
  element;
  #sender;
  #list = new SettingList('variable', (name, value) => this.#set(name, value));
  #actions;
  #apply = make('button', { type: 'submit', class: 'main' }, 'Apply');
  /** @type {Map<string, Value>} to be applied */
  #changes = new Map();
  /** @type {import('./settings.js').Setting[]} as the server said last */
  #variables = [];

  /**
   * @param {(values: Record<string, Value>) => Promise<void>} send what takes effect at once
   * @param {(values: Record<string, Value>) => void} apply
   */
  constructor(send, apply) {
    this.#sender = new Sender(send);
    const discard = make('button', { type: 'button' }, 'Discard');
    this.#actions = make('div', { class: 'actions', hidden: '' }, this.#apply, discard);
    this.element = make('form', { hidden: '' }, this.#list.element, this.#actions);
    discard.addEventListener('click', () => this.discard());
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#changes.size > 0) apply(Object.fromEntries(this.#changes));
    });
  }

  /** Whether something is on its way. */
  get busy() {
    return this.#sender.busy;
  }

  sent() {
    this.#sender.sent();
  }

  /** @param {import('./settings.js').Setting[]} variables */
  show(variables) {
    this.#variables = variables;
    for (const [name, value] of this.#changes) {
      const variable = variables.find((one) => one.name === name);
      if (!variable || variable.live || variable.value === value) this.#changes.delete(name);
    }
    this.element.hidden = variables.length === 0;
    this.#list.show(variables, (name) => this.#sender.has(name) || this.#changes.has(name));
    const changed = this.#changes.size > 0;
    if (!changed && this.#actions.contains(document.activeElement)) this.#list.element.querySelector('input, select')?.focus();
    this.#actions.hidden = !changed;
  }

  /** What was not applied is of no more use. */
  discard() {
    this.#changes.clear();
    this.show(this.#variables);
  }

  /**
   * @param {string} name
   * @param {Value} value
   */
  #set(name, value) {
    if (this.#variables.find((variable) => variable.name === name)?.live) {
      this.#sender.set(name, value);
      return;
    }
    this.#changes.set(name, value);
    this.show(this.#variables);
  }
}

/** The description's text, where it may be changed. What is being written is never thrown away but by whoever writes it. */
class Editor {
  element;
  #area = make('textarea', { id: 'pipeline-text', rows: '16', wrap: 'off', spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off' });
  #note = make('p', { class: 'quiet', role: 'status' });
  #try = make('button', { type: 'submit', class: 'main' }, 'Try it');
  #discard = make('button', { type: 'button' }, 'Discard changes');
  /** What is in force; and what that was when the writing began. */
  #text = '';
  #base = '';

  /** @param {(text: string) => void} change */
  constructor(change) {
    this.element = make('details', { class: 'editor', hidden: '' },
                        make('summary', {}, 'The description itself'),
                        make('form', {}, make('label', { for: 'pipeline-text', class: 'unseen' }, 'Text of the description'), this.#area, this.#note,
                             make('div', { class: 'actions' }, this.#try, this.#discard)));
    const form = this.element.querySelector('form');
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#isChanged()) change(this.#area.value);
    });
    this.#area.addEventListener('input', () => this.#show());
    this.#area.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      form.requestSubmit();
    });
    this.#discard.addEventListener('click', () => {
      this.#area.value = this.#base = this.#text;
      this.#area.focus();
      this.#show();
    });
    this.element.addEventListener('toggle', () => document.body.classList.toggle('editor-open', this.element.open));
  }

  /** @param {string | undefined} text what is in force; undefined: not to be seen, nor changed */
  show(text) {
    this.element.hidden = text === undefined;
    if (text === undefined) this.element.open = false;
    this.#text = text ?? '';
    if (!this.#isChanged() || this.#area.value === this.#text) this.#area.value = this.#base = this.#text;
    this.#show();
  }

  /** The line that a problem names is the one to look at. @param {string} problem */
  point(problem) {
    const line = Number(/^[^\n]*?:(\d+): /.exec(problem)?.[1] ?? 0);
    if (line === 0 || !this.element.open || !this.element.contains(document.activeElement)) return;
    const lines = this.#area.value.split('\n');
    const start = lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
    this.#area.focus();
    this.#area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    this.#area.scrollTop = (this.#area.scrollHeight / lines.length) * Math.max(0, line - 5);
  }

  #isChanged() {
    return this.#area.value !== this.#base;
  }

  #show() {
    const changed = this.#isChanged();
    const note = changed && this.#base !== this.#text ? 'Another text is in force since this was begun.' : '';
    if (this.#note.textContent !== note) this.#note.textContent = note;
    if (!changed && document.activeElement === this.#discard) this.#area.focus();
    this.#try.setAttribute('aria-disabled', String(!changed));
    this.#discard.hidden = !changed;
  }
}

/** The panel and the button that opens it. */
export class PipelinePanel {
  #endpoints;
  #button;
  #element;
  #panel;
  #said = make('p', { class: 'outcome', role: 'status' });
  #heading = make('strong');
  #reason = make('pre', { tabindex: '0' });
  #problem = make('div', { class: 'undone', role: 'alert', hidden: '' }, this.#heading, this.#reason);
  #choice = new Choice((name, title) => this.#change(title, { name }));
  #variables = new Variables((values) => this.#setLive(values), (values) => this.#apply(values));
  #editor = new Editor((text) => this.#change('the text', { text }));

  /** @type {Pipeline | null} what is known of it */
  #pipeline = null;
  #timer = 0;
  /** What this page is having tried, in words; '' for nothing. */
  #trying = '';
  /** Why something that this page asked for was refused, without anything having been tried. */
  #refusal = '';
  /** Why the server can't be asked at all. */
  #unreachable = '';
  /** What became of the last change, where it is good. */
  #outcome = '';
  /** Counts what may have changed something: an answer that was asked for before is old. */
  #version = 0;
  #asking = -1;

  /**
   * @param {{pipeline: string, variables: string}} endpoints
   * @param {HTMLButtonElement} button opens the panel
   * @param {HTMLElement} element empty
   */
  constructor(endpoints, button, element) {
    this.#endpoints = endpoints;
    this.#button = button;
    this.#element = element;
    this.#panel = new SidePanel(button, element, { title: 'Pipeline', close: 'Close the pipeline panel' });
    element.append(this.#said, this.#problem,
                   make('div', { class: 'scroll' }, this.#choice.element, this.#variables.element, this.#editor.element));
    this.#panel.addEventListener('toggled', () => this.#onToggled());
    document.addEventListener('visibilitychange', () => this.#poll());
    button.hidden = false;
  }

  /** @param {Pipeline} news what the server says by itself, at first and at each change */
  tell(news) {
    const before = this.#pipeline;
    const { name = null, title = '', auto = false, problem = null, swapping = false } = news;
    this.#pipeline = { ...before, name, title, auto, problem, swapping };
    this.#version++;
    if (before && (name !== before.name || title !== before.title) && !problem) this.#outcome = `${title} is in force`;
    this.#showOutcome();
    if (this.#panel.isOpen) this.#refresh();
  }

  #onToggled() {
    const open = this.#panel.isOpen;
    document.body.classList.toggle('editor-open', open && this.#editor.element.open);
    this.#outcome = this.#refusal = '';
    this.#showOutcome();
    this.#poll();
    if (open) this.#refresh();
  }

  #poll() {
    clearInterval(this.#timer);
    if (this.#panel.isOpen && !document.hidden) this.#timer = setInterval(() => this.#refresh(), REFRESH_MS);
  }

  async #refresh() {
    const version = this.#version;
    if (this.#variables.busy || this.#asking === version) return;
    this.#asking = version;
    const [pipeline, variables] = await Promise.all([ask(this.#endpoints.pipeline), ask(this.#endpoints.variables)]);
    if (this.#asking === version) this.#asking = -1;
    if (version !== this.#version) return;
    this.#unreachable = pipeline.problem || variables.problem;
    if (pipeline.body) this.#show(pipeline.body);
    if (variables.body) this.#variables.show(variables.body.variables);
    this.#showOutcome();
  }

  /** @param {Pipeline} pipeline all of it */
  #show(pipeline) {
    this.#pipeline = pipeline;
    this.#choice.show(pipeline);
    this.#editor.show(pipeline.edit ? pipeline.text : undefined);
  }

  /**
   * Has it tried, which takes a while.
   * @param {string} what in words
   * @param {object} body
   */
  async #change(what, body) {
    const answer = await this.#try(what, this.#endpoints.pipeline, body);
    if (!answer) return;
    if (answer.body) {
      this.#outcome = `${answer.body.title} is in force`;
      this.#show(answer.body);
      this.#choice.reset();
      this.#variables.discard();
    } else {
      this.#editor.point(answer.detail);
    }
    this.#showOutcome();
    this.#refresh();
  }

  /** @param {Record<string, Value>} values for which it is made anew */
  async #apply(values) {
    const answer = await this.#try('the new values', this.#endpoints.variables, values);
    if (!answer) return;
    if (answer.body) {
      this.#outcome = 'The new values are in force';
      this.#variables.show(answer.body.variables);
    }
    this.#showOutcome();
    this.#refresh();
  }

  /**
   * One at a time.
   * @param {string} what
   * @param {string} url
   * @param {object} body
   */
  async #try(what, url, body) {
    if (this.#trying) return null;
    this.#trying = what;
    this.#refusal = this.#outcome = '';
    this.#showOutcome();
    const answer = await ask(url, body);
    this.#trying = '';
    this.#version++;
    if (answer.status === 422) this.#pipeline = { ...this.#pipeline, problem: answer.detail };
    else this.#refusal = answer.problem;
    return answer;
  }

  /** @param {Record<string, Value>} values that take effect at once */
  async #setLive(values) {
    this.#version++;
    const { body, problem } = await ask(this.#endpoints.variables, values);
    this.#variables.sent();
    this.#refusal = problem;
    this.#showOutcome();
    if (body) this.#variables.show(body.variables);
    else await this.#refresh();
  }

  #showOutcome() {
    const { problem, swapping, title, published } = this.#pipeline ?? {};
    const trying = this.#trying ? `Trying ${this.#trying}…` : swapping ? 'Another one is being tried…' : '';
    const undone = trying ? '' : problem ?? '';
    const outcome = this.#outcome && `${this.#outcome}${published ? ' once the publisher has left' : ''}.`;
    const settled = outcome || (published ? 'Somebody publishes. This runs once the publisher has left.' : '');
    const words = trying || this.#unreachable || this.#refusal || (undone ? '' : settled);
    if (this.#said.textContent !== words) this.#said.textContent = words;
    this.#said.classList.toggle('busy', Boolean(trying));
    this.#said.classList.toggle('bad', !trying && Boolean(this.#unreachable || this.#refusal));
    this.#element.setAttribute('aria-busy', String(Boolean(trying)));
    for (const button of this.#element.querySelectorAll('button.main')) button.classList.toggle('waits', Boolean(trying));

    const heading = undone ? `Undone: ${title} goes on.` : '';
    if (this.#heading.textContent !== heading) this.#heading.textContent = heading;
    if (this.#reason.textContent !== undone) this.#reason.textContent = undone;
    this.#problem.hidden = !undone;
    const label = problem ? 'Pipeline: the last change was undone' : 'Pipeline';
    this.#button.classList.toggle('problem', Boolean(problem));
    this.#button.title = label;
    this.#button.setAttribute('aria-label', label);
  }
}
