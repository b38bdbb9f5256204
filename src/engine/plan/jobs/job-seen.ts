import type {JobId} from '../../../base/job-id.ts';
import type {Attempt, JobRecord} from '../../../ledger/run-facts.ts';
import type {JobSeen} from '../../../scheduler/scheduler.ts';
import type {Observed} from '../actions.ts';

type SeenJobs = Pick<Observed, 'jobs' | 'now' | 'seenAt'>;

/** A job as it was written down when PBS confirmed it. */
export interface RecordedJob {
  readonly job?: JobId;
  readonly tag: string;
  readonly confirmedAt?: number;
}

/**
 * What PBS showed of a job on record. Ids start again on a server that was reinstalled, and wrap at
 * `max_job_sequence_id`: another job of the same user may go by an id on record, and a new job of ours by the id of an
 * earlier one.
 *
 * @returns `unknown` when the id is that of a job with another tag, or with variables and no tag; undefined when PBS was not asked about
 *          this job, though perhaps about an earlier one of that id
 */
export function seenAs(seen: SeenJobs, {job, tag, confirmedAt}: RecordedJob) {
  if (job === undefined || (confirmedAt ?? 0) > evidenceAt(seen, job)) return undefined;
  return ifOurs(seen.jobs.get(job), [tag]);
}

/** When PBS was asked about a job, in milliseconds: what was done to it since does not show in the answer. */
export function evidenceAt({seenAt, now}: SeenJobs, job: JobId): number {
  return seenAt?.get(job) ?? now;
}

/** What PBS showed of a job of a run. */
export function seenOf(seen: SeenJobs, record: JobRecord): JobSeen | undefined {
  return seenAs(seen, {...record, tag: record.intent.tag});
}

/** What PBS showed of the job that has an attempt's claim: any that was submitted for it may have taken that. */
export function seenForAttempt(seen: SeenJobs, attempt: Attempt, job: JobId): JobSeen | undefined {
  const record = attempt.jobs.find((each) => each.job === job);
  if (record) return seenOf(seen, record);
  return ifOurs(
    seen.jobs.get(job),
    attempt.jobs.map(({intent}) => intent.tag),
  );
}

function ifOurs(seen: JobSeen | undefined, tags: readonly string[]): JobSeen | undefined {
  if (seen?.kind !== 'live' && seen?.kind !== 'ended') return seen;
  // Absent: PBS did not show the job's variables, which proves nothing.
  return seen.tag === undefined || tags.includes(seen.tag) ? seen : {kind: 'unknown'};
}
