import {readFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {writeWhole} from './whole-file.ts';

/**
 * A file of JSON that may vanish at any time, for what can be learnt again. It is for its owner alone.
 *
 * @param ensure makes its directory; what it throws, like any failure to write, means no more than that nothing is kept
 */
export function fileCache<T>(
  path: string,
  ensure: (directory: string) => void,
): {read(): T | undefined; write(value: T): void} {
  return {
    read() {
      try {
        // Written below; whatever else stands there is learnt again.
        return JSON.parse(readFileSync(path, 'utf8')) as T;
      } catch {
        return undefined;
      }
    },
    write(value) {
      try {
        ensure(dirname(path));
        writeWhole(path, JSON.stringify(value), {flush: false});
      } catch {
        // It is learnt again next time: a full or read-only disk must not look like an absent PBS.
      }
    },
  };
}
