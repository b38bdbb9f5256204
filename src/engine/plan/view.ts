import {writeDuration} from '../../base/duration.ts';
import type {JobId} from '../../base/job-id.ts';
import {
  endOf,
  failedUnbegun,
  isOutdated,
  isRemoved,
  opensRound,
  retryAt,
  workingAttempt,
} from '../../ledger/attempts.ts';
import {
  type Attempt,
  type HoldDecision,
  hasBegun,
  type JobRecord,
  type JobRole,
  newestJob,
  type RunState,
} from '../../ledger/run-facts.ts';
import {type JobSeen, mayHaveStarted} from '../../scheduler/scheduler.ts';
import {isCleanup, isTask} from '../../workflow/model/steps.ts';
import type {Step, TaskStep} from '../../workflow/model/workflow.ts';
import {delayKey, type EndStep, type Observed, type PlanSettings} from './actions.ts';
import {judgeConditions, type Later, type Verdict} from './conditions.ts';
import {evidenceAt, seenForAttempt, seenOf} from './jobs/job-seen.ts';
import {jobOf} from './jobs/job-verdict.ts';
import {limitsOf} from './limits/limit-claims.ts';
import {isInRoundsOfOthers, lastEndOf} from './stretches.ts';

/** A run as the planner looks at it: what is recorded, what was seen, and how much it may do. */
export interface View {
  readonly run: RunState;
  readonly seen: Observed;
  readonly settings: PlanSettings;
}

/** Whether a step may start; a cancelled run starts nothing but its cleanup. */
export function verdictOf(view: View, step: Step): Verdict {
  const verdict = verdictBeforeLimits(view, step);
  if (verdict.is !== 'met') return verdict;
  const {run, seen} = view;
  return limitsOf(run, seen.limits, step, standingJob(workingAttempt(run, step.name), 'job')) ?? verdict;
}

/** The same, whatever limits have granted. */
export function verdictBeforeLimits({run, seen}: View, step: Step): Verdict {
  if (run.cancel && !(isCleanup(step) && run.cancel.cleanup)) {
    return {is: 'impossible', why: `the run was cancelled by ${run.cancel.by}`};
  }
  const taken = isRemoved(run, step.name) && run.updates.at(-1);
  if (taken) return {is: 'impossible', why: `it was taken out of the workflow by ${taken.by}`};
  const verdict = judgeConditions(step, {
    end: (name) => endOf(run, name),
    lastEnd: (name) => lastEndOf(run, step.name, name),
    didNothing: (name) => failedUnbegun(run, name),
  });
  if (verdict.is !== 'met') return verdict;
  if (step.always && !run.cancel && nothingBegan(run))
    return {is: 'impossible', why: 'nothing of the run has begun: there is nothing to tidy up'};
  return delayOf(seen, run, step) ?? verdict;
}

/** What it waits for is there, and its delay has not passed: as long as that cannot be measured, either. */
function delayOf({delays, now}: Observed, run: RunState, {name, delayMs}: Step): Later | undefined {
  if (delayMs === undefined || isAskedFor(workingAttempt(run, name))) return undefined;
  const left = delays?.get(delayKey(run.spec.run, name));
  const why = `its delay of ${writeDuration(delayMs)} has not passed`;
  if (left === undefined) return {is: 'later', because: 'delay', why: `${why}, as far as is known`};
  return left > 0 ? {is: 'later', because: 'delay', why, at: now + left} : undefined;
}

/** The job or the task of the attempt was asked for. */
export function isAskedFor({jobs, transfer}: Attempt): boolean {
  return jobs.some(({role}) => role === 'job') || transfer !== undefined;
}

/** Steps failed before anything of them began, and no other step has done anything either. */
function nothingBegan(run: RunState): boolean {
  const ended = run.spec.workflow.steps.filter((step) => !isCleanup(step) && endOf(run, step.name));
  const begun = ended.filter(({name}) => endOf(run, name)?.state !== 'skipped' && !failedUnbegun(run, name));
  return begun.length === 0 && ended.some(({name}) => failedUnbegun(run, name));
}

/** The newest job of a role that was not given up; undefined when one has to be submitted (again). */
export function standingJob(attempt: Attempt, role: JobRole): JobRecord | undefined {
  const record = newestJob(attempt, role);
  return record && !record.refused && !record.neverArrived ? record : undefined;
}

export function nextSerial(attempt: Attempt, role: JobRole): number {
  return (newestJob(attempt, role)?.serial ?? 0) + 1;
}

/** A step ends that never began: its run was cancelled, or it can never start. */
export function endUnbegun({run}: View, step: string, why: string): EndStep {
  const {number} = workingAttempt(run, step);
  return {do: 'end-step', step, attempt: number, state: run.cancel ? 'cancelled' : 'skipped', why};
}

/** A step of a run by its name. @throws {RangeError} when the run has no such step */
export function stepNamed(run: RunState, name: string): Step {
  const step = run.spec.workflow.steps.find((each) => each.name === name);
  if (!step) throw new RangeError(`run ${run.spec.run} has no step ${name}`);
  return step;
}

/** After so many waiting jobs that ended too early, monitors take over: a node where `stage` does not run would go on eating jobs. */
const WAITING_JOBS_THAT_FAILED = 3;

/** One long job waits for this transfer, and PBS starts what needs it when that job succeeds. */
export function waitsInJob(view: View, step: TaskStep): boolean {
  if (!view.settings.stagingJobs || (step.strategy ?? view.settings.strategy) !== 'wait') return false;
  const waiting = workingAttempt(view.run, step.name).jobs.filter(({role}) => role === 'wait');
  return waiting.filter((record) => !record.leaving && isOver(view, record)).length < WAITING_JOBS_THAT_FAILED;
}

/** The job whose success is the step's, if it has been submitted and PBS confirmed it: it runs the script, or waits for the transfer. */
export function currentJobId(run: RunState, step: string): JobId | undefined {
  const attempt = workingAttempt(run, step);
  if (stepNamed(run, step).kind !== 'job') {
    const waiting = standingJob(attempt, 'wait');
    return waiting?.leaving ? undefined : waiting?.job;
  }
  const record = standingJob(attempt, 'job');
  return record && jobOf(attempt, record);
}

/** The step's job waits to be given up, since it would do what the step did before an update. */
export function isToBeReplaced({run}: View, step: string): boolean {
  const attempt = workingAttempt(run, step);
  const record = standingJob(attempt, 'job');
  return record !== undefined && isOutdated(run, step, record) && !hasBegun(attempt);
}

/** The job of a step that `depend=` may name: PBS has it, and nothing else is to be submitted in its place. */
export function dependableJob(view: View, step: string): JobId | undefined {
  const job = currentJobId(view.run, step);
  return job !== undefined && isThere(currentJobSeen(view, step)) && !isToBeReplaced(view, step) ? job : undefined;
}

/** What PBS showed of {@link currentJobId}; undefined when it was not asked yet. */
export function currentJobSeen({run, seen}: View, step: string): JobSeen | undefined {
  const job = currentJobId(run, step);
  return job && seenForAttempt(seen, workingAttempt(run, step), job);
}

/**
 * Can PBS itself make one step wait for another? It can for jobs, and for transfers that a job waits for. It cannot
 * for "any of these failed", for arrays (the exit status of an array is that of its last subjob, measured on OpenPBS
 * 23.06), nor for a step that may be tried or done again: its first failure would remove the dependents, and its first end
 * free them.
 */
export function isNative(view: View, step: Step, name: string): boolean {
  const need = stepNamed(view.run, name);
  if (step.onFailureOf.includes(name) || (need.retries ?? 0) > 0 || need.redoFrom) return false;
  if (isInRoundsOfOthers(view.run, step.name, name)) return false;
  return hasOneJob(view, name) && (need.kind === 'job' || step.needs.includes(name));
}

/** One job's success is the step's. The exit status of an array is only that of its last subjob (measured on OpenPBS 23.06). */
export function hasOneJob(view: View, name: string): boolean {
  const step = stepNamed(view.run, name);
  if (step.kind === 'job') return step.array === undefined;
  return isTask(step) && waitsInJob(view, step);
}

/** A pause before the next attempt of a step that failed, or before the round in which it is done again. */
export function isPausing({run, seen}: View, step: string): boolean {
  return (retryAt(run, step) ?? 0) > seen.now || opensRound(run, step);
}

/** A person's hold that stands on a step: nothing of it is started meanwhile. */
export function holdOn(run: RunState, step: string): HoldDecision | undefined {
  return run.holds.findLast((hold) => hold.endedAt === undefined && (hold.steps?.includes(step) ?? true));
}

/** After so many tries a name of a server that is not known is a mistake, and no name server that is away. */
export const TRIES_OF_UNKNOWN_SERVER = 4;

/** PBS will not take the job, however often it is asked. */
export function isRefusedForGood(attempt: Attempt): boolean {
  const tries = attempt.jobs.filter(({role}) => role === 'job');
  const refused = tries.at(-1)?.refused;
  if (!refused) return false;
  const unknown = tries.filter((record) => record.refused?.unknownServer !== undefined);
  return !refused.retry || (refused.unknownServer !== undefined && unknown.length >= TRIES_OF_UNKNOWN_SERVER);
}

const LONGEST_REFUSED_PAUSE_MS = 30 * 60_000;

/**
 * May a refused submission be tried again already? A first one always; later ones after a pause that doubles, so that
 * an outage of weeks leaves no heap of facts. A person who asks does not wait, but what was refused during this very
 * look is not tried again in it. Whether a job is to be submitted at all is decided by the planner of its step.
 */
export function maySubmit(attempt: Attempt, role: JobRole, {run, seen, settings}: View): boolean {
  if (role !== 'job' && !settings.stagingJobs) return false;
  if ((role === 'launcher' || role === 'sentinel') && isLeftToChain(run)) return false;
  const previous = newestJob(attempt, role);
  if (!previous?.refused) return true;
  if (settings.rebuild) return previous.refused.at < seen.now;
  return seen.now - previous.refused.at >= refusedPauseMs(previous.serial, settings.refusedRetryMs);
}

/** Runs of campaigns have no launchers and sentinels: the monitor chain looks after all of them, and so more often. */
export function isLeftToChain({original}: RunState): boolean {
  return original.campaign !== undefined;
}

/** @param serial how many times it has been tried */
export function refusedPauseMs(serial: number, firstMs: number): number {
  return Math.min(firstMs * 2 ** (serial - 1), LONGEST_REFUSED_PAUSE_MS);
}

/** PBS holds the job, so far as was seen: live, and not deleted by us since. */
export function isLive({seen}: View, record: JobRecord): boolean {
  const at = seenOf(seen, record);
  return at?.kind === 'live' && !(record.deleted && at.state !== 'running' && at.state !== 'ending');
}

/**
 * A live job that does not run yet, and can be deleted without ending any work. A look that is older than the
 * job's release or start says nothing about it any more.
 */
export function isPending({seen}: View, attempt: Attempt, record: JobRecord): boolean {
  const at = seenOf(seen, record);
  if (at?.kind !== 'live' || record.deleted || attempt.starts.some((start) => start.job === record.job)) return false;
  return !isOlderThanRelease(seen, record) && !mayHaveStarted(at);
}

/** It waits for a job that was deleted before it ran: PBS leaves it waiting for ever (measured on OpenPBS 23.06). */
export function isLeftWaiting({run, seen}: View, record: JobRecord): boolean {
  const at = seenOf(seen, record);
  // A dependency is shown as a hold of the system; one of an operator is not ours to get round.
  if (at?.kind !== 'live' || at.state !== 'held' || !(at.holds?.includes('system') ?? at.otherHold)) return false;
  const waitedFor = [...run.attempts].flatMap(([step, attempts]) =>
    attempts.flatMap(({jobs}) =>
      jobs.filter(({job}) => job && record.intent.dependsOn.includes(job)).map((before) => ({step, before})),
    ),
  );
  const mayBeFreed = waitedFor.some(({before}) => ['live', 'no-evidence'].includes(seenOf(seen, before)?.kind ?? ''));
  return waitedFor.some(({step, before}) => {
    const its = seenOf(seen, before);
    if (its?.kind === 'ended') return its.how === 'deleted';
    if (before.deleted) return its?.kind !== 'live' || !mayHaveStarted(its);
    // PBS keeps no history of it. One that ran would have freed what waits, or taken it along, where that waits for no
    // other one. A job that waits for a transfer may be replaced on less evidence: it does no work.
    if (its?.kind !== 'unknown') return false;
    return before.deleteIntended || record.role === 'wait' || (endOf(run, step) !== undefined && !mayBeFreed);
  });
}

/** PBS was asked about the job before its hold was ended, and may show it held as it was. */
export function isOlderThanRelease(seen: Observed, {job, releasedAt}: JobRecord): boolean {
  return job !== undefined && releasedAt !== undefined && releasedAt >= evidenceAt(seen, job);
}

/** Another job may depend on it: PBS has it, or took it moments ago. PBS aborts a job that depends on an id it
 *  does not know, and one whose predecessor vanished before it ran waits for ever. */
export function isThere(seen: JobSeen | undefined): boolean {
  return seen === undefined || seen.kind === 'live';
}

/** A job that is over or was never there, so far as PBS says for certain. */
export function isOver({seen}: View, record: JobRecord): boolean {
  const at = seenOf(seen, record);
  return record.deleted || at?.kind === 'unknown' || at?.kind === 'ended';
}

/** A job of ours that will never run. Only proof counts: PBS answered, and does not have it any more. */
export function isGone({seen}: View, record: JobRecord): boolean {
  const at = seenOf(seen, record);
  return record.deleted || at?.kind === 'unknown' || (at?.kind === 'ended' && at.how !== 'ran');
}
