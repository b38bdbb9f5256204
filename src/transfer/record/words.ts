import {ofTheSystem} from '../../disk/system-error.ts';
import {StageError} from '../../errors.ts';

/** Why nothing could be learnt of a task, a disk that takes nothing included. @throws whatever is a defect */
export function wordsOf(error: unknown): string {
  const told = error instanceof StageError ? error : ofTheSystem(error);
  if (!told) throw error;
  return told.why ? `${told.message}: ${told.why}` : told.message;
}
