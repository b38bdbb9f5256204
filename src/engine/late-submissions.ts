import type {JobId} from '../base/job-id.ts';
import type {StageError} from '../errors.ts';
import type {LateSubmissions} from '../ledger/late-submissions.ts';
import {type JobSeen, mayHaveStarted} from '../scheduler/scheduler.ts';
import type {EngineContext} from './context.ts';

/** A job that PBS took after its run had ended. */
interface LateJob {
  readonly late: LateSubmissions;
  readonly job: JobId;
}

/**
 * Delete the jobs of runs that have ended, which PBS took after their submissions were given up: no other process would, and
 * one under a user hold would stay for ever. One that runs ends by itself: its wrapper does not run the script of an
 * attempt that has ended.
 *
 * @param tags what PBS was asked for, with the jobs that it has
 * @returns what stood in the way
 */
export async function deleteLateJobs(
  {ledger, scheduler, clock, by}: EngineContext,
  all: readonly LateSubmissions[],
  tags: ReadonlyMap<string, JobId | null>,
): Promise<readonly StageError[]> {
  const arrived = all.flatMap((late) =>
    late.tags.flatMap((tag): LateJob[] => {
      const job = tags.get(tag);
      return job ? [{late, job}] : [];
    }),
  );
  const seen = arrived.length > 0 ? await scheduler.look(arrived.map(({job}) => job)) : new Map<JobId, JobSeen>();
  const waiting = arrived.filter(({job}) => isWaiting(seen.get(job)));
  const notDone = await scheduler.deleteAll(waiting.map(({job}) => job));
  const why = 'PBS took it after the run had ended';
  for (const {late, job} of waiting)
    if (!notDone.has(job)) ledger.append(late.run, {at: clock(), event: 'job-deleted', why, by, job});
  for (const late of all) {
    const jobs = arrived.filter((one) => one.late === late);
    const resolved =
      jobs.length === late.tags.length && jobs.every(({job}) => !notDone.has(job) && isKnown(seen.get(job)));
    if (resolved || clock() > late.until) ledger.forgetLate(late.run);
  }
  return [...notDone.values()];
}

function isWaiting(seen: JobSeen | undefined): boolean {
  return seen?.kind === 'live' && !mayHaveStarted(seen);
}

function isKnown(seen: JobSeen | undefined): boolean {
  return seen !== undefined && seen.kind !== 'no-evidence';
}
