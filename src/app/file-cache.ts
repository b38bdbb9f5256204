import {readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {ensureSubdirectory} from '../ledger/directories.ts';

/** A file that may vanish at any time, for what is cheap to learn again. */
export function fileCache<T>(path: string): {read(): T | undefined; write(value: T): void} {
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
      const temporary = `${path}.${process.pid}`;
      try {
        ensureSubdirectory(join(path, '..'));
        writeFileSync(temporary, JSON.stringify(value), {mode: 0o600});
        renameSync(temporary, path);
      } catch {
        // It is learnt again next time: a full disk must not look like an absent PBS.
        try {
          rmSync(temporary, {force: true});
        } catch {
          // Nor must a read-only one.
        }
      }
    },
  };
}
