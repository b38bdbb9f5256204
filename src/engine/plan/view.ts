import {
  type Attempt,
  currentAttempt,
  type JobRecord,
  type JobRole,
  newestJob,
  type RunState,
} from '../../ledger/run-facts.ts';
import type {JobId, JobSeen} from '../../scheduler/scheduler.ts';
import type {Step} from '../../workflow/workflow.ts';
import type {Observed, PlanSettings} from './actions.ts';
import {endOf, isCleanup, judge, type Verdict} from './conditions.ts';
import {jobOf} from './job-verdict.ts';

/** A run as the planner looks at it: what is recorded, what was seen, and how much it may do. */
export interface View {
  readonly run: RunState;
  readonly seen: Observed;
  readonly settings: PlanSettings;
}

/** The attempt to work on: the newest, or a fresh one after a loss. */
export function workingAttempt(run: RunState, step: string): Attempt {
  const current = currentAttempt(run, step);
  if (current.outcome?.state !== 'lost') return current;
  return {number: current.number + 1, jobs: [], starts: [], ends: new Map(), terminated: new Set()};
}

/** Whether a step may start; a cancelled run starts nothing but its cleanup. */
export function verdictOf({run}: View, step: Step): Verdict {
  if (run.cancel && !(isCleanup(step) && run.cancel.cleanup)) {
    return {is: 'impossible', why: `the run was cancelled by ${run.cancel.by}`};
  }
  return judge(step, (name) => endOf(run, name));
}

/** The newest job of a role that was not given up; undefined when one has to be submitted (again). */
export function standingJob(attempt: Attempt, role: JobRole): JobRecord | undefined {
  const record = newestJob(attempt, role);
  return record && !record.refused && !record.neverArrived ? record : undefined;
}

export function nextSerial(attempt: Attempt, role: JobRole): number {
  return (newestJob(attempt, role)?.serial ?? 0) + 1;
}

/** The job that runs a step's script now, if it has been submitted and PBS confirmed it. */
export function currentJobId(run: RunState, step: string): JobId | undefined {
  const attempt = workingAttempt(run, step);
  const record = standingJob(attempt, 'job');
  return record && jobOf(attempt, record);
}

const LONGEST_REFUSED_PAUSE_MS = 30 * 60_000;

/**
 * May a refused submission be tried again already? A first one always; later ones after a pause that doubles, so that
 * an outage of weeks leaves no heap of facts. A person who asks does not wait, but what was refused during this very
 * look is not tried again in it.
 */
export function maySubmit(attempt: Attempt, role: JobRole, {seen, settings}: View): boolean {
  const previous = newestJob(attempt, role);
  if (!previous?.refused) return true;
  if (settings.rebuild) return previous.refused.at < seen.now;
  return seen.now - previous.refused.at >= refusedPauseMs(previous.serial, settings.refusedRetryMs);
}

/** @param serial how many times it has been tried */
export function refusedPauseMs(serial: number, firstMs: number): number {
  return Math.min(firstMs * 2 ** (serial - 1), LONGEST_REFUSED_PAUSE_MS);
}

/** PBS holds the job, so far as was seen: live, and not deleted by us since. */
export function isLive({seen}: View, record: JobRecord): boolean {
  const at = record.job && seen.jobs.get(record.job);
  return at?.kind === 'live' && !(record.deleted && at.state !== 'running' && at.state !== 'ending');
}

/**
 * A live job that does not run yet, and can be deleted without ending anybody's work. A look that is older than the
 * job's release or start says nothing about it any more.
 */
export function isPending({seen}: View, attempt: Attempt, record: JobRecord): boolean {
  const at = record.job && seen.jobs.get(record.job);
  if (at?.kind !== 'live' || record.deleted || attempt.starts.some((start) => start.job === record.job)) return false;
  if (record.releasedAt !== undefined && record.releasedAt >= seen.now) return false;
  return !['running', 'ending', 'suspended'].includes(at.state);
}

/** Another job may depend on it: PBS has it, or took it moments ago. PBS aborts a job that depends on an id it
 *  does not know, and one whose predecessor vanished before it ran waits for ever. */
export function isThere(seen: JobSeen | undefined): boolean {
  return seen === undefined || seen.kind === 'live';
}

/** A job of ours that will never run. Only proof counts: PBS answered, and does not have it any more. */
export function isGone({seen}: View, record: JobRecord): boolean {
  const at = record.job && seen.jobs.get(record.job);
  return record.deleted || at?.kind === 'unknown' || (at?.kind === 'ended' && at.how !== 'ran');
}
