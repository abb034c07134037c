/** The conversation beside the picture: a channel of the relay, as a list and a line to write in. */

const MAX_TEXT = 2_000;
/** As many as the server keeps by default; older ones leave the page. */
const MAX_SHOWN = 1_000;
/** So close to the end counts as reading along. */
const NEAR_END_PX = 48;

/**
 * @typedef {object} Parts
 * @property {HTMLElement} scroll what scrolls
 * @property {HTMLElement} messages
 * @property {HTMLElement} unsent
 * @property {HTMLElement} empty
 * @property {HTMLElement} newer
 * @property {HTMLFormElement} form
 * @property {HTMLTextAreaElement} input
 * @property {HTMLButtonElement} send
 * @property {HTMLElement} problem
 */

/** Events: `said`: somebody else said something new. */
export class Chat extends EventTarget {
  #relay;
  #parts;
  #channel = '';
  /** Messages up to this offset were there before: nobody wants them read out. */
  #historyEnd = Infinity;
  #atEnd = true;
  #day = '';

  /**
   * @param {import('./relay.js').Relay} relay
   * @param {Parts} parts
   */
  constructor(relay, parts) {
    super();
    this.#relay = relay;
    this.#parts = parts;
    const on = (type, handle) => relay.addEventListener(type, ({ detail }) => {
      if (detail.channel === this.#channel) handle(detail);
    });
    on('subscribed', ({ offset }) => this.#onSubscribed(offset));
    on('message', (message) => this.#onMessage(message));
    on('gap', ({ from }) => this.#note(from === 1 ? 'Earlier messages are no longer kept.' : 'Some messages are missing here.'));
    on('reset', () => this.#onReset());
    on('refused', () => this.#complain('This link does not allow reading the messages.'));

    const { form, input, scroll, newer } = parts;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#say();
    });
    input.addEventListener('input', () => this.#fit());
    input.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#say();
    });
    scroll.addEventListener('scroll', () => this.#onScroll(), { passive: true });
    newer.addEventListener('click', () => this.#toEnd());
    new ResizeObserver(() => this.settle()).observe(scroll);
    this.#fit();
  }

  /** @param {string} channel again after each reconnect; another one than before begins a new list */
  join(channel) {
    if (channel === this.#channel) return;
    if (this.#channel) this.#relay.unsubscribe(this.#channel);
    this.#channel = channel;
    this.#parts.messages.replaceChildren();
    this.#parts.messages.setAttribute('aria-busy', 'true');
    this.#relay.subscribe(channel);
  }

  /** After the list's size changed: whoever read along still does. */
  settle() {
    if (this.#atEnd) this.#toEnd();
  }

  /** @param {number} offset */
  #onSubscribed(offset) {
    if (this.#historyEnd === Infinity) this.#historyEnd = offset;
    if (offset > 0) return;
    this.#parts.messages.setAttribute('aria-busy', 'false');
    this.#parts.empty.hidden = this.#parts.messages.childElementCount + this.#parts.unsent.childElementCount > 0;
  }

  #onReset() {
    this.#historyEnd = Infinity;
    // Offsets begin anew: the old ones must not be taken for new ones.
    for (const item of this.#parts.messages.querySelectorAll('[data-offset]')) item.removeAttribute('data-offset');
    if (this.#parts.messages.querySelector('.message')) this.#note('The server was restarted.');
  }

  /** @param {{offset: number, time: number, data: unknown, own: boolean}} message */
  #onMessage({ offset, time, data, own }) {
    const text = data?.text;
    if (typeof text === 'string' && text) {
      if (own) this.#forgetUnsent(text);
      this.#append(this.#item(text, offset, new Date(time), own));
      if (!own && offset > this.#historyEnd) {
        this.#parts.newer.hidden = this.#atEnd;
        this.dispatchEvent(new CustomEvent('said'));
      }
    }
    if (offset >= this.#historyEnd) this.#parts.messages.setAttribute('aria-busy', 'false');
  }

  /**
   * @param {string} text
   * @param {number} offset
   * @param {Date} time
   * @param {boolean} own
   */
  #item(text, offset, time, own) {
    this.#noteDay(time);
    const item = bubble(text, own);
    item.dataset.offset = String(offset);
    const stamp = document.createElement('time');
    stamp.dateTime = time.toISOString();
    stamp.title = time.toLocaleString();
    stamp.textContent = time.toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' });
    item.append(stamp);
    return item;
  }

  /** @param {Date} time */
  #noteDay(time) {
    const day = time.toDateString();
    const first = this.#day === '';
    if (day === this.#day) return;
    this.#day = day;
    if (first && day === new Date().toDateString()) return;
    this.#note(time.toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long' }));
  }

  /** @param {string} text */
  #note(text) {
    const item = document.createElement('li');
    item.className = 'note';
    item.textContent = text;
    this.#append(item);
  }

  /** @param {HTMLElement} item */
  #append(item) {
    const { messages, empty } = this.#parts;
    empty.hidden = true;
    messages.append(item);
    if (messages.childElementCount > MAX_SHOWN) messages.firstElementChild.remove();
    this.settle();
  }

  async #say() {
    const { input, unsent } = this.#parts;
    // Half a surrogate pair (the limit may cut one) is no text that can be sent.
    const text = input.value.trim().slice(0, MAX_TEXT).replace(/[\p{Surrogate}\0]/gu, '\ufffd');
    if (!text || !this.#channel) return;
    input.value = '';
    this.#fit();
    this.#complain('');
    const item = bubble(text, true);
    unsent.append(item);
    this.#parts.empty.hidden = true;
    this.#toEnd();
    try {
      await this.#relay.publish(this.#channel, { text });
    } catch (error) {
      // What was written comes back, unless something else is being written by now.
      if (!input.value) input.value = text;
      this.#fit();
      this.#complain(reason(error));
    }
    item.remove();
  }

  /** @param {string} text that has come back: it is in the list now */
  #forgetUnsent(text) {
    for (const item of this.#parts.unsent.children) {
      if (item.firstElementChild.textContent !== text) continue;
      item.remove();
      return;
    }
  }

  /** @param {string} words '' takes them back */
  #complain(words) {
    this.#parts.problem.textContent = words;
    this.#parts.problem.hidden = !words;
  }

  /** The line grows with what is written; style.css sets how far. */
  #fit() {
    const { input, send } = this.#parts;
    input.style.height = 'auto';
    input.style.height = `${input.scrollHeight}px`;
    send.disabled = !input.value.trim();
  }

  #onScroll() {
    const { scroll, newer } = this.#parts;
    this.#atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_END_PX;
    if (this.#atEnd) newer.hidden = true;
  }

  #toEnd() {
    const { scroll, newer } = this.#parts;
    scroll.scrollTop = scroll.scrollHeight;
    this.#atEnd = true;
    newer.hidden = true;
  }
}

/**
 * @param {string} text
 * @param {boolean} own
 */
function bubble(text, own) {
  const item = document.createElement('li');
  item.className = own ? 'message own' : 'message';
  const words = document.createElement('span');
  words.textContent = text;
  item.append(words);
  return item;
}

/** @param {Error & {code?: string}} error */
function reason(error) {
  switch (error.code) {
    case 'not-allowed': return 'This link does not allow writing.';
    case 'too-large': return 'This message is too long.';
    case 'queue-full': return 'Too many messages wait to be sent.';
    case 'stopped': return 'Not sent: the connection has ended.';
    default: return `Not sent: ${error.message}`;
  }
}
