// A client of docs/relay.md, over anything that sends texts.

import { Failure, until } from './tap.mjs';

export class RelayClient {
  #send;
  #acknowledges;
  #lastId = 0;
  #received = 0;
  #answers = new Map();
  welcome = null;
  messages = [];
  errors = [];

  constructor(send, { acknowledges = true } = {}) {
    this.#send = (object) => send(JSON.stringify(object));
    this.#acknowledges = acknowledges;
  }

  /** Feed it what comes in: a text of one or more lines. */
  takeText(text) {
    text.split('\n').forEach((line) => this.take(JSON.parse(line)));
  }

  take(message) {
    switch (message.type) {
    case 'welcome':
      this.welcome = message;
      break;
    case 'message':
      this.messages.push(message);
      this.#received++;
      if (this.#acknowledges)
        this.#send({ type: 'ack', received: this.#received });
      break;
    case 'error':
      this.errors.push(message);
      // falls through
    default:
      this.#answers.get(message.id)?.(message);
    }
  }

  async request(object, timeoutMs = 10000) {
    const id = ++this.#lastId;
    let timer;
    const answer = new Promise((resolve, reject) => {
      this.#answers.set(id, resolve);
      timer = setTimeout(() => reject(new Failure(`no answer to ${JSON.stringify(object)}`)), timeoutMs);
    });
    this.#send({ ...object, id });
    return answer.finally(() => {
      clearTimeout(timer);
      this.#answers.delete(id);
    });
  }

  welcomed() {
    return until('the relay\'s welcome', () => this.welcome);
  }
}
