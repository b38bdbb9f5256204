import type {Attempt, JobRecord} from '../../ledger/run-facts.ts';
import type {JobId, JobSeen} from '../../scheduler/scheduler.ts';
import type {Observed} from './actions.ts';

/**
 * What PBS showed under an id, taken for our job only when it bears one of our tags. Ids start anew on a server that
 * was reinstalled, and wrap at `max_job_sequence_id`: then another job of the same user may go by the id on record.
 *
 * @returns `unknown` for the job of somebody else's making; undefined when PBS was not asked about the id
 */
export function ifOurs(seen: JobSeen | undefined, tags: readonly string[]): JobSeen | undefined {
  if (seen?.kind !== 'live' && seen?.kind !== 'ended') return seen;
  return seen.tag !== undefined && tags.includes(seen.tag) ? seen : {kind: 'unknown'};
}

/** What PBS showed of a recorded job. */
export function seenOf({jobs}: Pick<Observed, 'jobs'>, record: JobRecord): JobSeen | undefined {
  return record.job && ifOurs(jobs.get(record.job), [record.intent.tag]);
}

/** What PBS showed of the job that has an attempt's claim: any that was submitted for it may have taken that. */
export function seenForAttempt({jobs}: Pick<Observed, 'jobs'>, attempt: Attempt, job: JobId): JobSeen | undefined {
  const tags = attempt.jobs.filter(({role}) => role !== 'sentinel').map(({intent}) => intent.tag);
  return ifOurs(jobs.get(job), tags);
}
