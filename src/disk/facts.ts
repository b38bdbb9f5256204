import {closeSync, fstatSync, fsyncSync, linkSync, openSync, readdirSync, readFileSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import {temporaryName} from '../base/ids.ts';
import {parseJson} from '../base/json.ts';
import {naming, removeIfPossible} from './whole-file.ts';

/** What a fact holds once it has been read; its readers know which fields to expect. */
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
 */
export function createFact(directory: string, name: string, value: FactValue): boolean {
  const path = join(directory, `${name}.json`);
  return naming(path, () => {
    const temporary = join(directory, temporaryName());
    const file = openSync(temporary, 'wx', 0o600);
    try {
      try {
        writeAll(file, `${JSON.stringify(value)}\n`);
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

/**
 * All facts of a directory by name, without the `.json`.
 *
 * Temporary files are left out. A file that does not parse is given as an empty value: a job's marker may be
 * cut short by a node that lost power, and its name alone still says that the job got that far.
 *
 * @param known facts of this directory that were read before. None changes, so only those that are new are read: an
 *   empty one again, since it may not have been here whole yet
 * @throws the system's error when the directory cannot be read, or does not exist: no facts would mean that nothing
 *   had been done yet
 */
export function readFacts(
  directory: string,
  known: ReadonlyMap<string, FactValue> = new Map(),
): Map<string, FactValue> {
  const facts = new Map<string, FactValue>();
  for (const file of readdirSync(directory)) {
    if (!file.endsWith('.json') || file.startsWith('.')) continue;
    const name = file.slice(0, -5);
    const before = known.get(name);
    const value = before && Object.keys(before).length > 0 ? before : readFact(directory, name);
    if (value) facts.set(name, value);
  }
  return facts;
}

/** One fact, or undefined when it does not exist. */
export function readFact(directory: string, name: string): FactValue | undefined {
  let text: string;
  try {
    text = readFileSync(join(directory, `${name}.json`), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const value = parseJson(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as FactValue) : {};
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
