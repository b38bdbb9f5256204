import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  writeSync,
} from 'node:fs';
import {join} from 'node:path';
import {temporaryName} from '../base/ids.ts';
import {naming, removeIfPossible} from './whole-file.ts';

/** What a fact holds; a schema says which fields (read-fact.ts). */
export type FactValue = Readonly<Record<string, unknown>>;

/**
 * Create a fact: a small JSON file that never changes afterwards.
 *
 * It is written under a temporary name, flushed, then *linked* to its final name. link(2) fails when the
 * name exists, on NFS too, so the process that creates a fact first wins; that is the only lock there is.
 *
 * @returns true when this call created it, false when it existed already
 * @throws the system's error, naming the fact, when the disk does not take it. A fact that is there all the same
 *   (the last flush failed) is whole, and as one whose writer was killed at this moment
 * @param mode permission bits, whatever the umask; 0600 when absent: for its owner alone
 */
export function createFact(directory: string, name: string, value: FactValue, mode?: number): boolean {
  const path = join(directory, `${name}.json`);
  return naming(path, () => {
    const temporary = join(directory, temporaryName());
    const file = openSync(temporary, 'wx', 0o600);
    try {
      try {
        writeAll(file, `${JSON.stringify(value)}\n`);
        if (mode !== undefined) fchmodSync(file, mode);
        fsyncSync(file);
        return linkOnce(file, temporary, path);
      } finally {
        closeSync(file);
      }
    } finally {
      removeIfPossible(temporary);
    }
  });
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}

function linkOnce(file: number, from: string, to: string): boolean {
  try {
    linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // An NFS client that repeats a request whose answer was lost sees EEXIST for its own link: the count tells.
    return fstatSync(file).nlink === 2;
  }
  flushDirectoryOf(to);
  return true;
}

/** Make a name durable that was just made. Some network file systems refuse to flush directories; there the server orders names itself. */
export function flushDirectoryOf(path: string): void {
  let directory: number | undefined;
  try {
    directory = openSync(join(path, '..'), 'r');
    fsyncSync(directory);
  } catch (error) {
    if (!['EINVAL', 'EISDIR', 'EACCES', 'EPERM', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  } finally {
    if (directory !== undefined) closeSync(directory);
  }
}

/** Names in a directory; none when it does not exist. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Something goes by the name of a fact, whatever it is: its name is taken. */
export function isThere(directory: string, name: string): boolean {
  return lstatSync(join(directory, `${name}.json`), {throwIfNoEntry: false}) !== undefined;
}
