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

const TICKS_PER_SECOND = 100; // USER_HZ, fixed by Linux's interface

/** CPU seconds of each thread: Map of ID to { name, seconds }. */
export function threadTimes(pid) {
  const times = new Map();
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    try {
      const stat = readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8');
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      times.set(id, { name, seconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND });
    } catch (error) {
      if (error.code !== 'ENOENT' && error.code !== 'ESRCH')
        throw error;
    }
  }
  return times;
}
