/** The conversation beside the picture: a channel of the relay, as a list and a line to write in. */

import { announcedIn } from './announced.js';
import { make } from './elements.js';

const MAX_TEXT = 2_000;
/** As many as the server keeps by default; older ones leave the page. */
const MAX_SHOWN = 1_000;
/** So close to the end counts as reading along. */
const NEAR_END_PX = 48;
const MISSING = 'Some messages are missing here.';

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
 * @property {HTMLElement} readOnly what stands in the form's place
 */

/** Events: `said`: somebody else said something new. */
export class Chat extends EventTarget {
  #relay;
  #parts;
  #channel = '';
  /** Messages up to this offset were there before: nobody wants them read out. */
  #historyEnd = Infinity;
  /** The history began anew since, which has been said. */
  #anew = false;
  #atEnd = true;
  /** How far it could be scrolled when that was last looked at. */
  #end = 0;
  #day = '';
  /** @type {import('./files.js').Files | null} */
  #files = null;
  /** @type {Parameters<import('./files.js').Files['show']>[]} */
  #filesToShow = [];

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
    on('subscribed', (answer) => this.#onSubscribed(answer));
    on('message', (message) => this.#onMessage(message));
    on('gap', () => this.#note(MISSING));
    on('reset', () => this.#onReset());
    on('refused', () => this.complain('This link does not allow reading the messages.'));

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
    // What is within grows, too: a picture, a progress bar.
    const resized = new ResizeObserver(() => this.settle());
    for (const element of [scroll, parts.messages, parts.unsent]) resized.observe(element);
    this.#fit();
  }

  /** @param {string} channel again after each reconnect; another one than before begins a new list */
  join(channel) {
    if (channel === this.#channel) return;
    if (this.#channel) this.#relay.unsubscribe(this.#channel);
    this.#channel = channel;
    for (const item of [...this.#parts.messages.children]) this.#remove(item);
    this.#parts.messages.setAttribute('aria-busy', 'true');
    this.#relay.subscribe(channel, { presence: true });
  }

  /** @param {import('./files.js').Files} files shows what is announced; it may come later than that */
  set files(files) {
    this.#files = files;
    for (const args of this.#filesToShow.splice(0)) {
      if (args[0].isConnected) files.show(...args);
    }
  }

  /** Whether something can be sent. */
  get canWrite() {
    return Boolean(this.#channel) && !this.#parts.form.closest('[hidden]');
  }

  /**
   * @param {object} data
   * @returns {Promise<number>} its offset
   */
  publish(data) {
    return this.#relay.publish(this.#channel, data);
  }

  /** @param {HTMLElement} item stands below the messages until whoever added it removes it */
  addUnsent(item) {
    this.#parts.unsent.append(item);
    this.#parts.empty.hidden = true;
    this.#toEnd();
  }

  /** After the list's size changed: whoever read along still does. */
  settle() {
    if (this.#atEnd) this.#toEnd();
  }

  /** @param {string} words of who came and left: they stand for as long as nothing else follows */
  tell(words) {
    const last = this.#parts.messages.lastElementChild;
    if (last?.classList.contains('news')) last.remove();
    this.#note(words, 'news').setAttribute('aria-live', 'off');
  }

  /** @param {{offset: number, recovered: boolean, publish: boolean}} answer */
  #onSubscribed({ offset, recovered, publish }) {
    this.#parts.form.hidden = !publish;
    this.#parts.readOnly.hidden = publish;
    if (!recovered && !this.#anew) this.#note(this.#historyEnd === Infinity ? 'Earlier messages are no longer kept.' : MISSING);
    this.#anew = false;
    if (this.#historyEnd === Infinity) this.#historyEnd = offset;
    if (offset > 0) return;
    this.#parts.messages.setAttribute('aria-busy', 'false');
    this.#parts.empty.hidden = this.#parts.messages.childElementCount + this.#parts.unsent.childElementCount > 0;
  }

  #onReset() {
    this.#historyEnd = Infinity;
    this.#anew = true;
    // Offsets begin anew: the old ones must not be taken for new ones.
    for (const item of this.#parts.messages.querySelectorAll('[data-offset]')) item.removeAttribute('data-offset');
    if (this.#parts.messages.querySelector('.message')) this.#note('The server was restarted.');
  }

  /** @param {{offset: number, time: number, from: string, name: string, count: number, data: unknown, own: boolean}} message */
  #onMessage(message) {
    const { offset, data, own } = message;
    const text = typeof data?.text === 'string' ? data.text : '';
    const announced = announcedIn(data);
    if (text || announced) {
      if (own && !announced) this.#forgetUnsent(text);
      this.#append(this.#item(text, announced, message));
      if (!own && offset > this.#historyEnd) {
        this.#parts.newer.hidden = this.#atEnd;
        this.dispatchEvent(new CustomEvent('said'));
      }
    }
    if (offset >= this.#historyEnd) this.#parts.messages.setAttribute('aria-busy', 'false');
  }

  /**
   * @param {string} text
   * @param {import('./announced.js').Announced | null} announced
   * @param {{offset: number, time: number, from: string, name: string, count: number, own: boolean}} message
   */
  #item(text, announced, { offset, time: ms, from, name, count, own }) {
    const time = new Date(ms);
    this.#noteDay(time);
    const item = bubble(text, own);
    if (announced) this.#addFile(item, announced, own);
    item.dataset.offset = String(offset);
    item.dataset.from = `${from} ${name}`;
    const who = own ? 'You' : name;
    if (who) {
      // Said once of several by the same one; to who only hears them, of each.
      const again = this.#parts.messages.lastElementChild?.dataset.from === item.dataset.from;
      item.prepend(make('span', { class: own || again ? 'from unseen' : 'from' }, make('bdi', {}, who)));
    }
    if (count > 1) item.append(make('span', { class: 'count', title: `Said ${count} times` }, `×${count}`));
    const stamp = document.createElement('time');
    stamp.dateTime = time.toISOString();
    stamp.title = time.toLocaleString();
    stamp.textContent = time.toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' });
    item.append(stamp);
    return item;
  }

  /**
   * @param {HTMLElement} item
   * @param {import('./announced.js').Announced} announced
   * @param {boolean} own
   */
  #addFile(item, announced, own) {
    item.classList.add('with-file');
    const place = make('div', { class: 'file-place' });
    item.prepend(place);
    if (this.#files) this.#files.show(place, announced, own);
    else this.#filesToShow.push([place, announced, own]);
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

  /**
   * @param {string} text
   * @param {string} [kind]
   */
  #note(text, kind = '') {
    const item = make('li', { class: `note ${kind}` }, text);
    this.#append(item);
    return item;
  }

  /** @param {HTMLElement} item */
  #append(item) {
    const { messages, empty } = this.#parts;
    empty.hidden = true;
    messages.append(item);
    if (messages.childElementCount > MAX_SHOWN) this.#remove(messages.firstElementChild);
    this.settle();
  }

  /** @param {Element} item of the messages */
  #remove(item) {
    const place = item.querySelector('.file-place');
    if (place) this.#files?.leave(place);
    item.remove();
  }

  async #say() {
    const { input } = this.#parts;
    // Half a surrogate pair (the limit may cut one) is no text that can be sent.
    const text = input.value.trim().slice(0, MAX_TEXT).replace(/[\p{Surrogate}\0]/gu, '\ufffd');
    if (!text || !this.#channel) return;
    input.value = '';
    this.#fit();
    this.complain('');
    const item = bubble(text, true);
    this.addUnsent(item);
    try {
      await this.publish({ text });
    } catch (error) {
      // What was written comes back, unless something else is being written by now.
      if (!input.value) input.value = text;
      this.#fit();
      this.complain(reason(error));
    }
    item.remove();
  }

  /** @param {string} text that has come back: it is in the list now */
  #forgetUnsent(text) {
    for (const item of this.#parts.unsent.children) {
      if (item.querySelector('.words')?.textContent !== text) continue;
      item.remove();
      return;
    }
  }

  /** @param {string} words '' takes them back */
  complain(words) {
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
    const end = scroll.scrollHeight - scroll.clientHeight;
    // This is heard late: what is within may have grown since its end was shown. Nobody left it, then.
    if (this.#atEnd && end !== this.#end) {
      this.#toEnd();
      return;
    }
    this.#end = end;
    this.#atEnd = end - scroll.scrollTop < NEAR_END_PX;
    if (this.#atEnd) newer.hidden = true;
  }

  #toEnd() {
    const { scroll, newer } = this.#parts;
    scroll.scrollTop = scroll.scrollHeight;
    this.#end = scroll.scrollHeight - scroll.clientHeight;
    this.#atEnd = true;
    newer.hidden = true;
  }
}

/**
 * @param {string} text
 * @param {boolean} own
 */
function bubble(text, own) {
  // Whichever way it is written, it does not turn what stands around it.
  return make('li', { class: own ? 'message own' : 'message' }, ...(text ? [make('span', { class: 'words', dir: 'auto' }, text)] : []));
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
