import {mkdirSync, statSync} from 'node:fs';
import {dirname} from 'node:path';

/**
 * Make a directory for its owner alone, and those above it that are missing.
 *
 * Not mkdir's own `recursive`: Node.js never returns from it where the system answers ENOENT although the parent
 * exists, as /proc and some automounters do.
 *
 * @throws the system's error when it cannot be made, or is something else
 */
export function ensureDirectory(path: string): void {
  if (isDirectory(path)) return;
  const parent = dirname(path);
  if (parent !== path) ensureDirectory(parent);
  try {
    mkdirSync(path, {mode: 0o700});
  } catch (error) {
    // Another process may have made it since.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isDirectory(path)) throw error;
  }
}

/**
 * Make a directory inside one that must be there already.
 *
 * What lies in a state directory is made with this: a state directory that was there a moment ago, and whose file
 * system went away, must not be created again in the empty place.
 *
 * @throws the system's error, ENOENT when the directory above is missing
 */
export function ensureSubdirectory(path: string): void {
  try {
    mkdirSync(path, {mode: 0o700});
  } catch (error) {
    if (!isDirectory(path)) throw error;
  }
}

export function isDirectory(path: string): boolean {
  return statSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false;
}
