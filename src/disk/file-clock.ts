import {closeSync, fstatSync, openSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {temporaryName} from '../base/ids.ts';
import {removeIfPossible} from './whole-file.ts';

/**
 * How long ago a file was last written, by the clock of its file server: clocks of hosts may be hours apart, and a time that
 * one of them wrote says little to another.
 *
 * @param directory where a file can be made, on the same file server: the time it gets is now
 * @returns milliseconds by path, 0 or more; a path that is missing is left out
 * @throws the system's error when no file can be made there
 */
export function agesOf(directory: string, paths: readonly string[]): ReadonlyMap<string, number> {
  const written = paths.flatMap((path) => {
    const stat = statSync(path, {throwIfNoEntry: false});
    return stat ? [[path, stat.mtimeMs] as const] : [];
  });
  if (written.length === 0) return new Map();
  const now = fileServerNow(directory);
  return new Map(written.map(([path, at]) => [path, Math.max(0, now - at)]));
}

function fileServerNow(directory: string): number {
  const path = join(directory, temporaryName());
  const file = openSync(path, 'wx', 0o600);
  try {
    return fstatSync(file).mtimeMs;
  } finally {
    closeSync(file);
    removeIfPossible(path);
  }
}
