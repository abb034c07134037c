// What /proc says of a process.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Names of its threads, sorted. */
export function threads(pid) {
  const names = [];
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    try {
      names.push(readFileSync(`/proc/${pid}/task/${id}/comm`, 'utf8').trim());
    } catch (error) {
      if (error.code !== 'ENOENT' && error.code !== 'ESRCH')
        throw error; // otherwise it ended while we looked
    }
  }
  return names.sort();
}

/** What its descriptors are: paths and kinds (sockets and pipes without their numbers), sorted. */
export function descriptors(pid) {
  const kinds = [];
  for (const id of readdirSync(`/proc/${pid}/fd`)) {
    try {
      kinds.push(readlinkSync(`/proc/${pid}/fd/${id}`).replace(/:\[\d+\]$/, ''));
    } catch (error) {
      if (error.code !== 'ENOENT')
        throw error;
    }
  }
  return kinds.sort();
}

/** Bytes of memory that are resident. */
export function resident(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(status.match(/^VmRSS:\s+(\d+) kB$/m)[1]) * 1024;
}

/** CPU seconds of each thread: Map of ID to { name, seconds }. From schedstat, which counts ns where stat counts ticks. */
export function threadTimes(pid) {
  const times = new Map();
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    try {
      const read = (file) => readFileSync(`/proc/${pid}/task/${id}/${file}`, 'utf8').trim();
      times.set(id, { name: read('comm'), seconds: Number(read('schedstat').split(' ')[0]) / 1e9 });
    } catch (error) {
      if (error.code !== 'ENOENT' && error.code !== 'ESRCH')
        throw error;
    }
  }
  return times;
}
