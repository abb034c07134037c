/** What operators set stands where the conversation is, so that the picture stays in sight: a panel, and the button that opens it. */

import { iconButton, make } from './elements.js';

const CLOSE = 'M6 6l12 12M18 6 6 18';

/** Events: `toggled`, when it has been opened or closed, before the focus goes there. */
export class SidePanel extends EventTarget {
  #button;
  #element;
  #close;

  /**
   * @param {HTMLButtonElement} button opens it
   * @param {HTMLElement} element empty
   * @param {{title: string, close: string}} words its heading, what its closing button is called
   * @param {HTMLElement[]} [actions] beside the heading
   */
  constructor(button, element, { title, close }, actions = []) {
    super();
    this.#button = button;
    this.#element = element;
    this.#close = iconButton('close', CLOSE, close, () => this.toggle(false));
    element.append(make('header', {}, make('h2', {}, title), ...actions, this.#close));
    button.addEventListener('click', () => this.toggle());
    element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return;
      event.preventDefault();
      this.toggle(false);
    });
  }

  get isOpen() {
    return !this.#element.hidden;
  }

  /** @param {boolean} [open] */
  toggle(open = !this.isOpen) {
    if (open === this.isOpen) return;
    this.#element.hidden = !open;
    this.#button.setAttribute('aria-expanded', String(open));
    document.body.classList.toggle('settings-open', open);
    this.dispatchEvent(new CustomEvent('toggled', { detail: { open } }));
    (open ? this.#close : this.#button).focus();
  }
}
