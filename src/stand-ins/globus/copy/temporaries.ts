import {randomBytes} from 'node:crypto';
import {readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {z} from 'zod';
import {appendWhole, readJournal} from '../../journal.ts';

const PREFIX = '.stage-part-';

/** Names of half-copied files, which no listing shows and no transfer takes along. */
export const isTemporary = (name: string): boolean => name.startsWith(PREFIX);

/** The half-copied files of one task. */
export interface Temporaries {
  /** A fresh name for a file that will have its own name in this directory. The directory is on record before the name can exist. */
  nameIn(directory: string): string;
}

/** @param journal file in which the directories are listed that hold temporaries of this task */
export function createTemporaries(task: string, journal: string): Temporaries {
  const noted = new Set<string>();
  const start = randomBytes(3).toString('hex');
  let count = 0;
  return {
    nameIn(directory) {
      if (!noted.has(directory)) {
        appendWhole(journal, `${JSON.stringify(directory)}\n`);
        noted.add(directory);
      }
      return `${PREFIX}${task}-${start}${(count++).toString(36)}`;
    },
  };
}

/**
 * Remove what a killed process left of a task. Directories that are gone meanwhile hold nothing to remove.
 *
 * @throws {DamagedRecord} when it is not known where that may be
 */
export function removeTemporaries(task: string, journal: string): void {
  for (const directory of new Set(readJournal(journal, z.string()))) {
    try {
      for (const name of readdirSync(directory)) {
        if (name.startsWith(`${PREFIX}${task}-`)) rmSync(join(directory, name), {force: true});
      }
    } catch {
      // gone, or not ours any more
    }
  }
  rmSync(journal, {force: true});
}
