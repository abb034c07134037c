/**
 * The worker of hasher.js. It is told {id, blob}, the next piece of something, {id, end: true}, and {id, cancel: true};
 * it says {id, bytes} for each that it has read, {id, hash} and {id, error}.
 */

import { Sha256, readInto } from './sha256.js';

/** @type {Map<number, {hash: Sha256, cancelled: AbortController, done: Promise<void>}>} */
const hashes = new Map();

onmessage = ({ data: { id, blob, end = false, cancel = false } }) => {
  if (cancel) {
    hashes.get(id)?.cancelled.abort();
    hashes.delete(id);
    return;
  }
  const entry = hashes.get(id) ?? { hash: new Sha256(), cancelled: new AbortController(), done: Promise.resolve() };
  hashes.set(id, entry);
  const { hash, cancelled: { signal } } = entry;
  entry.done = entry.done.then(async () => {
    if (blob) await readInto(hash, blob, (bytes) => postMessage({ id, bytes }), signal);
    if (end && !signal.aborted) postMessage({ id, hash: hash.digest() });
    if (end) hashes.delete(id);
  }).catch((error) => {
    hashes.delete(id);
    entry.cancelled.abort();
    postMessage({ id, error: error.message });
  });
};
