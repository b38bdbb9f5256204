import {chmodSync, renameSync, type Stats} from 'node:fs';
import {lstat} from 'node:fs/promises';
import {isOwnersAlone, OF_MODES_AND_PATHS, octalMode} from './trust.ts';
import {placeWhole} from './whole-file.ts';

/** How a file or directory with secrets is kept. */
export type Privacy =
  | {readonly kind: 'missing'}
  /** its owner's alone */
  | {readonly kind: 'private'}
  /** others could read or replace it; the mode as `ls` and `chmod` write it */
  | {readonly kind: 'open'; readonly mode: string}
  /** it is something else, of another user, or not to be reached */
  | {readonly kind: 'unusable'; readonly why: string};

/**
 * Whether a file or directory is its owner's alone.
 *
 * @param look as lstat of node:fs/promises
 * @throws the system's error when the disk does not answer, which says nothing of the file
 */
export async function privacyOf(
  path: string,
  wanted: 'file' | 'directory',
  look: (path: string) => Promise<Stats> = lstat,
): Promise<Privacy> {
  const found = await look(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    if (error.code !== undefined && OF_MODES_AND_PATHS.has(error.code)) return error.code;
    throw error;
  });
  if (found === undefined) return {kind: 'missing'};
  if (typeof found === 'string') return {kind: 'unusable', why: found};
  const right = wanted === 'file' ? found.isFile() : found.isDirectory();
  if (!right) return {kind: 'unusable', why: `it is not a ${wanted === 'file' ? 'regular file' : 'directory'}`};
  const me = process.getuid?.();
  if (me !== undefined && found.uid !== me && me !== 0) return {kind: 'unusable', why: 'it belongs to another user'};
  return isOwnersAlone(found.mode) ? {kind: 'private'} : {kind: 'open', mode: octalMode(found.mode)};
}

/** Write a file that its owner alone may read, whole or not at all. @throws the system's error, naming `path` */
export function writePrivate(path: string, text: string): void {
  placeWhole(path, text, {}, (temporary) => {
    chmodSync(temporary, 0o600); // some file systems of clusters give new files a mode of their own
    renameSync(temporary, path);
  });
}
