import {chmodSync, linkSync, readFileSync, realpathSync, renameSync, statSync} from 'node:fs';
import {dirname} from 'node:path';
import {EXIT, RequestWrong, StageError} from '../errors.ts';
import {ensureDirectory} from './directories.ts';
import {placeWhole} from './whole-file.ts';

/** What a file holds. @returns undefined when it does not exist. @throws {RequestWrong} when it is a directory */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'EISDIR') throw new RequestWrong(`${file} is a directory, not a file`);
    throw error;
  }
}

/**
 * Put new contents in the place of those that were read, whole or not at all. A symbolic link is followed, and keeps
 * pointing where it did; mode bits stay.
 *
 * @param before what was read; undefined when there was no file
 * @throws {ChangedMeanwhile} when it is no longer what was read
 */
export function replaceFile(file: string, before: string | undefined, after: string): void {
  const place = before === undefined ? file : realpathSync(file);
  ensureDirectory(dirname(place));
  placeWhole(place, after, {}, (temporary) => {
    if (before !== undefined) chmodSync(temporary, statSync(place).mode & 0o777); // past the umask, which open(2) heeds
    if (readIfThere(place) !== before) throw new ChangedMeanwhile(file);
    if (before === undefined) createOnce(temporary, place, file);
    else renameSync(temporary, place);
  });
}

function createOnce(temporary: string, place: string, file: string): void {
  try {
    linkSync(temporary, place); // fails when another process was faster, where a rename would replace its file
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new ChangedMeanwhile(file);
    throw error;
  }
}

/** Another process wrote the file between our reading and our writing. */
export class ChangedMeanwhile extends StageError {
  constructor(file: string) {
    super({
      code: 'CHANGED_MEANWHILE',
      exit: EXIT.conflict,
      what: `${file} was changed by another process meanwhile`,
      why: 'it is no longer what was read a moment ago, and was not changed',
      next: ['Run the same command again.'],
    });
  }
}
