// Where things are: the program, folders for a test's own files, and what is kept afterwards.

import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const buildRoot = process.env.SIGHTLINE_BUILD ?? path.join(root, 'build');
export const program = process.env.SIGHTLINE ?? path.join(buildRoot, 'src', 'sightline');

export function temporaryFolder(scope) {
  const folder = mkdtempSync(path.join(tmpdir(), 'sightline-e2e-'));
  // Who still writes there has soon ended.
  scope.after(() => rm(folder, { recursive: true, force: true, maxRetries: 12, retryDelay: 200 }));
  return folder;
}

/** A file that stays under the build folder: screenshots, figures. */
export function artifact(name) {
  const folder = path.join(buildRoot, 'artifacts');
  mkdirSync(folder, { recursive: true });
  return path.join(folder, name);
}

/** The first of these commands that is installed, or null. */
export function findCommand(...names) {
  for (const name of names)
    for (const folder of (process.env.PATH ?? '').split(':').concat('/usr/sbin', '/sbin'))
      if (existsSync(path.join(folder, name)))
        return path.join(folder, name);
  return null;
}
