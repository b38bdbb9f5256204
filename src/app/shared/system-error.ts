import {ofTheSystem} from '../../disk/system-error.ts';
import type {StageError} from '../../errors.ts';
import {DirectoryGone, isOfWorkingDirectory} from './working-directory.ts';

/** The same as `ofTheSystem` of the disk, with what is the matter with the directory that a person is in. */
export function ofThePlace(thrown: unknown): StageError | undefined {
  return isOfWorkingDirectory(thrown) ? new DirectoryGone() : ofTheSystem(thrown);
}
