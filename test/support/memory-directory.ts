import {accessSync, constants, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {onTestFinished} from 'vitest';

/**
 * A new directory for the ledger of a test that has one process. Each fact is fsynced, which takes a disk that others
 * use a long time: it lies in memory where the machine has a file system there. It is removed when the test ends.
 */
export function memoryDirectory(prefix: string): string {
  const directory = makeMemoryDirectory(prefix);
  onTestFinished(() => rmSync(directory, {recursive: true, force: true}));
  return directory;
}

/** The same before any test begins; its caller removes it. */
export function makeMemoryDirectory(prefix: string): string {
  return mkdtempSync(join(inMemory() ? '/dev/shm' : tmpdir(), prefix));
}

function inMemory(): boolean {
  try {
    accessSync('/dev/shm', constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
