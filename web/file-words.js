/** What is said of files in both directions, and what both need. */

import { sizeInWords } from './announced.js';

const FAULTS = {
  put: {
    'not-allowed': 'This link does not allow sending files.',
    'too-large': 'The server does not take files this large.',
    'no-room': 'The server has no room for it.',
    'hash-mismatch': 'It changed while it was being sent.',
    'taken-over': 'Another page goes on sending it.',
    failed: 'The server can’t store it.',
    unreadable: 'It can’t be read, or has changed.',
    'too-many': 'Too many files are being sent.',
  },
  get: {
    'not-allowed': 'This link does not allow receiving files.',
    'unknown-object': 'The server no longer has it.',
    'hash-mismatch': 'What came is not what was announced.',
    failed: 'The server can’t read it.',
    unreadable: 'This device could not keep it.',
    'too-many': 'Too many files are on their way.',
  },
};

/**
 * @param {Error & {code?: string}} error
 * @param {'put' | 'get'} way
 */
export function faultInWords(error, way) {
  if (error.code === 'mismatch') return error.message;
  return FAULTS[way][error.code] ?? `${way === 'put' ? 'Not sent' : 'Not received'}: ${error.message}.`;
}

/** A browser asked to save this has nothing to show. */
export function savedAs(blob) {
  return blob.slice(0, blob.size, 'application/octet-stream');
}

/**
 * @param {number} size
 * @param {number} most
 */
export function tooLargeInWords(size, most) {
  return `The server takes at most ${sizeInWords(most)} in one file. This one has ${sizeInWords(size)}.`;
}
