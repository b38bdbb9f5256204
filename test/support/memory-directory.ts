import {accessSync, constants, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll} from 'vitest';

const made: string[] = [];
afterAll(() => {
  for (const directory of made) rmSync(directory, {recursive: true, force: true});
});

/**
 * A new directory for the ledger of a test that has one process. Each fact is fsynced, which takes a disk that others
 * use a long time: it lies in memory where the machine has a file system there. It is removed when the test file ends.
 */
export function memoryDirectory(prefix: string): string {
  const directory = mkdtempSync(join(inMemory() ? '/dev/shm' : tmpdir(), prefix));
  made.push(directory);
  return directory;
}

function inMemory(): boolean {
  try {
    accessSync('/dev/shm', constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
