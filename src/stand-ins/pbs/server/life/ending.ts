import type {Job} from '../store/job.ts';

/** What PBS makes of the end of a job (measured on OpenPBS 23.06). Pure. */

export const SIGTERM = 15;
export const SIGKILL = 9;

const EXIT_WALLTIME = -29;
/** of a job that waits to run again */
export const EXIT_REQUEUED = -11;
/** of a job that may not be run again and whose end was not seen */
export const EXIT_LOST = -4;

/**
 * Exit_status: as the script returned it, 128 and the signal when it killed itself, 256 and the signal when PBS did.
 *
 * @param status what the supervisor's shell got: 128 and the signal for a process that was killed, or 256 and the signal
 */
export function exitStatusOf(job: Job, status: number): number {
  const told = status > 256;
  const bySignal = !told && status > 128 && job.signalled?.number === status - 128;
  if (job.ending?.why === 'walltime') return EXIT_WALLTIME;
  if (job.ending?.why === 'deleted') {
    if (job.ending.force) return 256 + SIGKILL;
    if (told) return status;
    return bySignal ? 128 + status : 256 + SIGTERM;
  }
  return bySignal ? 128 + status : status;
}

/** Substate in history, and the words that are added to the comment. */
export function verdictOn(job: Job, exit: number): {substate: number; words: string | undefined} {
  if (job.ending?.why === 'deleted') return {substate: 91, words: undefined};
  if (job.ending?.why === 'walltime') return {substate: 93, words: 'exceeded resource walltime'};
  return exit === 0 ? {substate: 92, words: 'finished'} : {substate: 93, words: 'failed'};
}

/** An array ends with the status of the subjob that ended last: 0, 1 for positive, 2 for negative. */
export function arrayExit(last: number | undefined): number {
  return last === undefined || last === 0 ? 0 : last > 0 ? 1 : 2;
}
