import {renameSync, rmSync, writeFileSync} from 'node:fs';
import {newWord} from '../base/ids.ts';

export interface WriteOptions {
  /** permission bits, which the umask narrows; 0600 when absent: for its owner alone */
  readonly mode?: number | undefined;
  /** on disk when this returns, also after a loss of power; true when absent */
  readonly flush?: boolean | undefined;
}

/**
 * Write a file whole: a reader sees what was there before or all of the new content, never half of it. Where PBS reads
 * a script that was there, it goes on reading that.
 *
 * @throws the system's error, naming `path`; nothing is left behind
 */
export function writeWhole(path: string, content: string | Uint8Array, options: WriteOptions = {}): void {
  placeWhole(path, content, options, (temporary) => renameSync(temporary, path));
}

/**
 * Write a file under a temporary name beside `path`, and let `place` give it its final one.
 *
 * @throws what `place` throws, or the system's error, naming `path`; the temporary name is gone in any case
 */
export function placeWhole(
  path: string,
  content: string | Uint8Array,
  {mode = 0o600, flush = true}: WriteOptions,
  place: (temporary: string) => void,
): void {
  const temporary = `${path}.new-${newWord()}`;
  naming(path, () => {
    try {
      // All of it: where room ends, one write(2) takes a part and reports no error.
      writeFileSync(temporary, content, {mode, flush, flag: 'wx'});
      place(temporary);
    } finally {
      removeIfPossible(temporary);
    }
  });
}

/** Remove a file or directory. A disk that refuses leaves it behind, and must not hide the error before. */
export function removeIfPossible(path: string): void {
  try {
    rmSync(path, {recursive: true, force: true});
  } catch {
    // It stays behind; temporary names are not read.
  }
}

/**
 * Do something about a file, and let the system's error name that file: write(2) and fsync(2) know no path, and a
 * temporary name would tell a person nothing.
 */
export function naming<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && 'errno' in error) Object.assign(error, {path});
    throw error;
  }
}
