import type {SourceTotals} from '../../../base/source-totals.ts';
import {endOf, retryAt, workingAttempt} from '../../../ledger/attempts.ts';
import {type Attempt, type JobRecord, newestJob, type PutOff, type RunState} from '../../../ledger/run-facts.ts';
import type {LiveJob} from '../../../scheduler/scheduler.ts';
import type {TransferTask} from '../../../transfer/transfer-service.ts';
import {topologicalOrder} from '../../../workflow/model/graph.ts';
import {isTask} from '../../../workflow/model/steps.ts';
import type {ActStep, JobStep, MkdirStep, Step, TaskStep} from '../../../workflow/model/workflow.ts';
import type {Observed, PlanSettings} from '../actions.ts';

import type {Later} from '../conditions.ts';
import {FIRST_WORD_MS} from '../first-refusal.ts';
import {silentUnforgotten} from '../forget.ts';
import {seenOf} from '../jobs/job-seen.ts';
import {judgeJob} from '../jobs/job-verdict.ts';
import {personHold} from '../jobs/person-hold.ts';
import {hasNoPlace} from '../limits/task-limit.ts';
import {askedAgainAt} from '../limits/task-room.ts';
import {failsAt} from '../tasks/plan-fail-fast.ts';
import type {RateHint} from '../tasks/rate.ts';
import {remainingOf} from '../tasks/remaining.ts';
import {
  holdOn,
  isLeftToChain,
  isPending,
  isThere,
  refusedPauseMs,
  standingJob,
  stepNamed,
  type View,
  verdictOf,
  waitsInJob,
} from '../view.ts';

export interface LookBounds {
  /** shortest and longest wait between two looks, in milliseconds */
  readonly minMs: number;
  readonly maxMs: number;
}

/** What is known of a transfer besides its document: how much its source holds, and how fast it has moved so far. */
export interface TaskPace {
  readonly source?: SourceTotals | undefined;
  readonly rate?: RateHint | undefined;
}

const UNKNOWN_REMAINDER_MAX_MS = 10 * 60_000;
const UNKNOWN_REMAINDER_SHARE = 0.05;

/**
 * When to look at a task next: after half the estimated remaining time, and no later than it was watched so far, since
 * a rate of a moment ago says nothing of hours. Without an estimate after 5 % of the elapsed time, at most 10 minutes;
 * subtasks that are left may put it off within these 10 minutes, and no more: how large they are is not known. At the
 * slow end while it is paused, faulting or inactive.
 *
 * @returns an instant in milliseconds, within the bounds counted from `now`
 */
export function nextLookAtTask(task: TransferTask, bounds: LookBounds, now: number, known: TaskPace = {}): number {
  const within = (ms: number) => now + Math.min(Math.max(ms, bounds.minMs), bounds.maxMs);
  if (task.state === 'paused' || task.state === 'inactive' || task.trouble !== undefined) return within(bounds.maxMs);
  const remaining = remainingOf(task, known.source, known.rate);
  if (remaining.is === 'estimate') return within(Math.min(remaining.ms / 2, now - (known.rate?.since ?? now)));
  const elapsed = now - task.requestedAt;
  const latest = Math.min(UNKNOWN_REMAINDER_MAX_MS, elapsed / 2);
  return within(Math.min(Math.max(elapsed * UNKNOWN_REMAINDER_SHARE, subtasksLeftMs(task, now) / 2), latest));
}

/** What is left of the subtasks that were found, at their average rate: a guess, never shown. 0 where nothing is known. */
function subtasksLeftMs({state, subtasksTotal, subtasksPending, requestedAt}: TransferTask, now: number): number {
  const done = subtasksTotal - subtasksPending;
  return state === 'active' && done > 0 ? (subtasksPending * (now - requestedAt)) / done : 0;
}

/**
 * When a run must be looked at: for its transfers, for what could not be done yet, for what is not proven yet. Jobs
 * that end are seen by their sentinels, launchers and dependents; these are jobs, too, and can die on a bad node: so
 * that nothing waits unseen, there is a look at the slow end while any job is in the queue. Pure.
 *
 * @returns an instant in milliseconds, or undefined when nothing goes on before a person does something
 */
export function nextLookAtRun(
  run: RunState,
  seen: Observed,
  settings: PlanSettings,
  bounds: LookBounds,
): number | undefined {
  const view = {run, seen, settings};
  const {steps} = run.spec.workflow;
  const [soon, late] = [seen.now + bounds.minMs, seen.now + bounds.maxMs];
  // Only its seal is missing; where that waits for jobs of a server that does not answer, it may wait long.
  if (steps.every((step) => endOf(run, step.name)))
    return silentUnforgotten(view).some(({record}) => record.job !== undefined) ? late : soon;
  const waits: Waits = {view, soon, late, bounds, left: leftToPerson(view)};
  return earliest(steps.flatMap((step) => (endOf(run, step.name) ? [] : (nextLookAtStep(waits, step) ?? []))));
}

/**
 * When submissions that got no place in the queue are to be tried again. The end of a job that works is seen by its
 * sentinel, which looks; where none is left but those that look, nothing else would end. Pure.
 *
 * @returns an instant in milliseconds
 */
export function nextLookForPlaces(runs: readonly RunState[], seen: Observed, bounds: LookBounds): number {
  const working = runs.some(({attempts}) =>
    [...attempts.values()].flat().some(({jobs}) =>
      jobs.some((record) => {
        const at = seenOf(seen, record);
        // One that was submitted since has not been looked at yet.
        return record.job && !record.deleted && (at === undefined || (at.kind === 'live' && !looks(record, at)));
      }),
    ),
  );
  return seen.now + (working ? bounds.maxMs : bounds.minMs);
}

/** It is a look itself, and over in a moment. */
function looks({role}: JobRecord, {state}: LiveJob): boolean {
  return (role === 'sentinel' || role === 'launcher') && (state === 'running' || state === 'ending');
}

/** A run, and the shortest and the longest wait from now on. */
interface Waits {
  readonly view: View;
  readonly soon: number;
  readonly late: number;
  readonly bounds: LookBounds;
  /** steps with which nothing goes on before a person decides */
  readonly left: ReadonlySet<string>;
}

function earliest(instants: readonly number[]): number | undefined {
  return instants.length > 0 ? Math.min(...instants) : undefined;
}

function nextLookAtStep(waits: Waits, step: Step): number | undefined {
  const {view, soon, late} = waits;
  const {run, seen} = view;
  const pausedUntil = retryAt(run, step.name);
  if (pausedUntil !== undefined && pausedUntil > seen.now) return Math.max(soon, pausedUntil);
  const attempt = workingAttempt(run, step.name);
  if (isWaitedFor(view, step, attempt)) return late;
  const own = lookForWork(waits, step);
  const wanted = earliest([...lookForSubmissions(view, attempt), ...(own === undefined ? [] : [own])]);
  return wanted === undefined ? undefined : Math.max(soon, wanted);
}

/** A job that waits for the transfer sees to it, and to everything else, while it lives. */
function isWaitedFor(view: View, step: Step, attempt: Attempt): boolean {
  if (!isTask(step) || !waitsInJob(view, step)) return false;
  const waiting = standingJob(attempt, 'wait');
  return waiting?.job !== undefined && !waiting.leaving && isThere(seenOf(view.seen, waiting));
}

/** When submissions are to be tried again, when it can be known what became of lost ones, and when jobs that PBS does not know count as lost. */
function lookForSubmissions({settings}: View, attempt: Attempt): number[] {
  return attempt.jobs.flatMap((record) => {
    if (record.refused?.retry && record === newestJob(attempt, record.role))
      return [record.refused.at + refusedPauseMs(record.serial, settings.refusedRetryMs)];
    if (!record.job && !record.refused && !record.neverArrived) return [record.intent.deadline];
    // The process that creates the run is to say so, and may have died.
    if (record.refused && !attempt.outcome && record.role === 'job') return [record.refused.at + FIRST_WORD_MS];
    // A job that was deleted while it ran, too: only after the grace time is it known how it ended.
    const {absentSince} = record;
    const awaited = absentSince !== undefined && (record.role === 'job' || !record.deleted);
    return awaited ? [absentSince + settings.lostGraceMs] : [];
  });
}

function lookForWork(waits: Waits, step: Step): number | undefined {
  switch (step.kind) {
    case 'transfer':
    case 'delete':
      return lookForTask(waits, step);
    case 'mkdir':
      return lookForDirectory(waits, step);
    case 'link':
    case 'move':
    case 'remove':
      return lookForAct(waits, step);
    case 'job':
      return lookForJob(waits, step);
    default:
      return step satisfies never;
  }
}

/** What other users hold comes free unseen by our looks: it is looked for no later than that. */
const FREED_BY_OTHERS_MS = 5 * 60_000;

/** When to look at a step that must not begin yet. */
function laterAt({view: {seen}, late}: Waits, {because, at}: Later): number {
  if (at !== undefined) return at;
  return because === 'limit' && seen.limits?.waitsForOthers ? Math.min(late, seen.now + FREED_BY_OTHERS_MS) : late;
}

function lookForTask(waits: Waits, step: TaskStep): number | undefined {
  const {view, soon, late, bounds} = waits;
  const {run, seen} = view;
  const {transfer, source, signIn} = workingAttempt(run, step.name);
  if (!transfer && holdOn(run, step.name)) return undefined; // the command that ends the hold looks
  const verdict = verdictOf(view, step);
  if (!transfer && verdict.is === 'later') return laterAt(waits, verdict);
  if (!transfer && verdict.is !== 'met') return undefined;
  const waitsForPlace = !transfer || transfer.putOff ? hasNoPlace(seen) : false;
  if (!transfer?.task) return lookForSubmission(view, transfer?.putOff, signIn || waitsForPlace ? late : soon);
  const task = seen.tasks.get(transfer.task);
  if (task === undefined) return soon;
  if (task.kind !== 'task') return late;
  const failing = failsAt(step, transfer.task, seen);
  return Math.min(
    nextLookAtTask(task, bounds, seen.now, {source, rate: seen.rates?.get(transfer.task)}),
    failing ?? Number.MAX_SAFE_INTEGER,
  );
}

/** @param otherwise where Globus has not said that it is to be asked later */
function lookForSubmission(view: View, putOff: PutOff | undefined, otherwise: number): number {
  const at = askedAgainAt(view, putOff);
  return at === undefined || at <= view.seen.now ? otherwise : at;
}

/** One that could not be made yet: Globus was away, or a person has to sign in. */
function lookForDirectory(waits: Waits, step: MkdirStep): number | undefined {
  const {view, soon, late} = waits;
  if (holdOn(view.run, step.name)) return undefined;
  const verdict = verdictOf(view, step);
  if (verdict.is === 'later') return laterAt(waits, verdict);
  if (verdict.is !== 'met') return undefined;
  return workingAttempt(view.run, step.name).signIn ? late : soon;
}

/** One that has begun goes on at each look; where a job copies, that looks when it is done. */
function lookForAct(waits: Waits, step: ActStep): number | undefined {
  const {view, soon, late} = waits;
  const {run} = view;
  if (holdOn(run, step.name)) return undefined;
  const attempt = workingAttempt(run, step.name);
  const verdict = verdictOf(view, step);
  if (!attempt.act && verdict.is !== 'met') return verdict.is === 'later' ? laterAt(waits, verdict) : undefined;
  const copying = standingJob(attempt, 'job');
  return copying?.job && !copying.leaving && isThere(seenOf(view.seen, copying)) ? late : soon;
}

function lookForJob(waits: Waits, step: JobStep): number | undefined {
  const {view, soon, late, left} = waits;
  const attempt = workingAttempt(view.run, step.name);
  const job = standingJob(attempt, 'job');
  const verdict = verdictOf(view, step);
  if (verdict.is === 'later' && !left.has(step.name)) return laterAt(waits, verdict);
  if (!job?.job) return undefined;
  if (actionIsOverdue(view, step, attempt, job)) return soon;
  if (left.has(step.name)) return undefined;
  return verdict.is === 'met' && isLeftToChain(view.run) ? paceOfJob(waits, attempt, job) : late;
}

/** Of how long a job has waited, or worked, before its end is looked for again: that is seen so much later at most. */
const UNWATCHED_SHARE = 0.02;

/** No sentinel sees the end of the job. */
function paceOfJob({view: {seen}, soon, late}: Waits, {starts}: Attempt, {intent, confirmedAt}: JobRecord): number {
  const since = starts.findLast((start) => !start.void)?.at ?? confirmedAt ?? intent.at;
  return Math.min(late, Math.max(soon, seen.now + (seen.now - since) * UNWATCHED_SHARE));
}

/** Steps whose job was deleted before it ran, and those that wait for one of these: it stays so until a person decides. */
function leftToPerson(view: View): ReadonlySet<string> {
  const {steps} = view.run.spec.workflow;
  const left = new Set(steps.flatMap((step) => (isDeletedByHand(view, step) ? [step.name] : [])));
  if (left.size === 0) return left;
  for (const name of topologicalOrder(steps)) {
    const verdict = verdictOf(view, stepNamed(view.run, name));
    if (verdict.is === 'waiting' && verdict.on.some((other) => left.has(other))) left.add(name);
  }
  return left;
}

function isDeletedByHand(view: View, step: Step): boolean {
  if (step.kind !== 'job' || endOf(view.run, step.name)) return false;
  const attempt = workingAttempt(view.run, step.name);
  const job = standingJob(attempt, 'job');
  return job !== undefined && judgeJob(attempt, job, view.seen, view.settings, step.array).is === 'deleted-by-hand';
}

/** It should have been released or deleted, and PBS could not be queried to: its sentinel would wait with it. */
function actionIsOverdue(view: View, step: JobStep, attempt: Attempt, job: JobRecord): boolean {
  const verdict = verdictOf(view, step);
  const at = seenOf(view.seen, job);
  if (verdict.is === 'impossible') return at === undefined ? !job.deleted : isPending(view, attempt, job);
  // A hold of a person's is theirs to end: the job has its permit.
  const held = at === undefined || (at.kind === 'live' && at.userHold && !personHold(job, at));
  return (
    verdict.is === 'met' && job.intent.hold && job.releasedAt === undefined && held && !holdOn(view.run, step.name)
  );
}
