// What is published on a channel, and what those who read it are told: whether the one is the other.

import { expect, expectEqual, Failure } from './tap.mjs';

/** What has been published, as those who did were told: offset → data. */
export class Record {
  begun = 0;
  done = 0;
  said = new Map();

  add(offset, data) {
    if (this.said.has(offset))
      throw new Failure(`${JSON.stringify(data)} and ${JSON.stringify(this.said.get(offset))} both have offset ${offset}`);
    this.said.set(offset, data);
    this.done++;
  }
}

/**
 * Every message stands in what somebody was `told` once, in order, as it was said; but for those in a gap, and those that come next where he
 * was told that not all was recovered. Gives how many are missing.
 */
export function checkTold(told, record) {
  let [next, missed, recovered] = [1, 0, null];
  for (const { kind, from, to, data, ...rest } of told) {
    if (kind === 'subscribed') {
      ({ recovered } = rest);
      continue;
    }
    expect(kind === 'message' || kind === 'gap', `he was told ${kind} ${JSON.stringify(rest)}`);
    if (recovered === false)
      expect(kind === 'message' && from > next, `after ${next - 1} he was told that some are missing, and got ${kind} ${from}`);
    else
      expectEqual(from, next, `what follows ${next - 1} (${kind})`);
    expect(kind === 'message' || !recovered, `after ${next - 1} he was told that all is there, and then of a gap to ${to}`);
    if (kind === 'message')
      expectEqual(data, record.said.get(from), `message ${from}`);
    missed += (kind === 'message' ? from : to + 1) - next;
    next = to + 1;
    recovered = null;
  }
  expectEqual(next - 1, record.done, 'the last offset');
  return missed;
}

/** What somebody is told of a channel, one thing after the other; `brief` gives what is kept of a message's data. */
export class Story {
  told = [];
  last = 0; // offset

  constructor(client, channel, brief = (data) => data) {
    this.client = client;
    const note = (kind, func) => client.addEventListener(kind, ({ detail }) => {
      if (detail.channel === channel)
        this.told.push({ kind, ...func(detail) });
    });
    note('message', ({ offset, data }) => {
      this.last = offset;
      return { from: offset, to: offset, data: brief(data) };
    });
    note('gap', ({ from, to }) => {
      this.last = to;
      return { from, to };
    });
    note('subscribed', ({ recovered }) => ({ recovered }));
    note('reset', () => ({}));
    note('refused', ({ code }) => ({ code }));
    client.subscribe(channel);
  }

  check(record) {
    expectEqual(this.client.error?.message ?? null, null, 'what came that he did not expect');
    return checkTold(this.told, record);
  }

  count(kind) {
    return this.told.filter((each) => each.kind === kind).length;
  }
}
