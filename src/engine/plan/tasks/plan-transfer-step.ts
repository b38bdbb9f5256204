import {adoptedTask, endOf, isForced, workingAttempt} from '../../../ledger/attempts.ts';
import {type Attempt, newestJob} from '../../../ledger/run-facts.ts';
import type {Step, TaskStep} from '../../../workflow/model/workflow.ts';
import type {Action} from '../actions.ts';
import type {Verdict} from '../conditions.ts';
import {planForgotten, planTaskAbsence} from '../forget.ts';
import {planSpent} from '../jobs/plan-leftovers.ts';
import {planLauncher, planWaiting} from '../jobs/plan-staging-jobs.ts';
import {planUnconfirmedJobs} from '../jobs/plan-unconfirmed-jobs.ts';
import {mayAskForTask} from '../limits/task-room.ts';
import {
  currentJobId,
  currentJobSeen,
  endUnbegun,
  holdOn,
  isNative,
  isPausing,
  isThere,
  standingJob,
  type View,
  verdictOf,
  waitsInJob,
} from '../view.ts';
import {concludeTask} from './conclude-task.ts';
import {planFailFast} from './plan-fail-fast.ts';

/** What to do about one step that is a task of Globus: a transfer, or a deletion. Pure. */
export function planTransferStep(view: View, step: TaskStep): Action[] {
  const attempt = workingAttempt(view.run, step.name);
  const intents = planUnconfirmedJobs(view, step.name);
  if (endOf(view.run, step.name) || isPausing(view, step.name)) return intents;
  const forgotten = planForgotten(view, step);
  if (forgotten) return [...intents, forgotten];
  const verdict = verdictOf(view, step);
  if (attempt.transfer?.putOff) return [...intents, ...planPutOff(view, step, attempt, verdict)];
  if (attempt.transfer)
    return [
      ...intents,
      ...planTaskAbsence(view, step.name, attempt),
      ...planStarted(view, step.name, attempt),
      ...(view.run.cancel ? [] : planFailFast(step, attempt, view.seen)),
      ...planWaiting(view, step, attempt),
      ...planSpent(view, step.name, attempt, 'launcher', 'the transfer was started'),
    ];
  const adopted = adoptedTask(view.run, step.name, attempt.number);
  if (adopted && !view.run.cancel) {
    const why = 'this task was adopted for the step';
    const forced = isForced(view.run, step.name) ? {forced: true as const} : {};
    return [...intents, {do: 'adopt-task', step: step.name, attempt: attempt.number, task: adopted, ...forced, why}];
  }
  switch (verdict.is) {
    case 'met':
      if (isPointless(view, step.name)) {
        const why = 'the steps that need it can no longer run';
        return [...intents, {do: 'end-step', step: step.name, attempt: attempt.number, state: 'skipped', why}];
      }
      if (holdOn(view.run, step.name)) return intents;
      if (waitsInJob(view, step) && !standingJob(attempt, 'wait'))
        return [...intents, ...planWaiting(view, step, attempt)];
      if (isInQuestion(view, step)) return intents;
      // Whether Globus has room is a question to Globus alone.
      if (!(step.kind === 'transfer' && step.via) && !mayAskForTask(view, undefined)) return intents;
      return [...intents, {do: 'submit-transfer', step: step.name, attempt: attempt.number, why: verdict.why}];
    case 'waiting':
      return [
        ...intents,
        ...(holdOn(view.run, step.name) || step.delayMs !== undefined ? [] : planLauncher(view, step, attempt)),
      ];
    case 'later':
      return intents;
    case 'impossible':
      return [
        ...intents,
        ...planSpent(view, step.name, attempt, 'launcher', verdict.why),
        endUnbegun(view, step.name, verdict.why),
      ];
  }
}

/**
 * Globus has refused the task for now, so that there is none: the step waits as one that has not begun, and is asked for
 * again under the submission id that is on record.
 */
function planPutOff(view: View, step: TaskStep, attempt: Attempt, verdict: Verdict): Action[] {
  const {number, transfer} = attempt;
  const spent = planSpent(view, step.name, attempt, 'launcher', 'Globus was asked for the transfer');
  const waits = [...planWaiting(view, step, attempt), ...spent];
  if (verdict.is === 'impossible') return [...spent, endUnbegun(view, step.name, verdict.why)];
  if (isPointless(view, step.name)) {
    const why = 'the steps that need it can no longer run';
    return [...spent, {do: 'end-step', step: step.name, attempt: number, state: 'skipped', why}];
  }
  if (holdOn(view.run, step.name) || !mayAskForTask(view, transfer?.putOff)) return waits;
  return [...waits, {do: 'submit-transfer', step: step.name, attempt: number, why: 'Globus had refused it for now'}];
}

/** Everything that needs this transfer has ended without success: moving the data would serve nothing. */
function isPointless({run}: View, name: string): boolean {
  const needing = run.spec.workflow.steps.filter((step) => step.needs.includes(name));
  return (
    needing.length > 0 &&
    needing.every((step) => ['failed', 'cancelled', 'skipped'].includes(endOf(run, step.name)?.state ?? ''))
  );
}

/**
 * A job that needs this transfer is being submitted this moment, perhaps by another process, or will be as soon as
 * the job that waits for the transfer is known: PBS may refuse it for good.
 */
function isInQuestion(view: View, transfer: TaskStep): boolean {
  const waiting = waitsInJob(view, transfer) && standingJob(workingAttempt(view.run, transfer.name), 'wait');
  if (waiting && !waiting.job) return true;
  return view.run.spec.workflow.steps.some((step) => {
    // One with a delay is submitted when that has passed.
    if (step.kind !== 'job' || step.delayMs || !step.needs.includes(transfer.name)) return false;
    const attempt = workingAttempt(view.run, step.name);
    const record = standingJob(attempt, 'job');
    if (record) return record.job === undefined;
    const isNext =
      !view.settings.queueIsFull &&
      newestJob(attempt, 'job') === undefined &&
      step.needs.every((name) => isDependable(view, step, name));
    return Boolean(waiting) && isNext && !endOf(view.run, step.name) && verdictOf(view, step).is === 'waiting';
  });
}

/** What `depend=` would name is known to PBS, or needs no naming. */
function isDependable(view: View, step: Step, name: string): boolean {
  if (endOf(view.run, name) || !isNative(view, step, name)) return true;
  return currentJobId(view.run, name) !== undefined && isThere(currentJobSeen(view, name));
}

/** A task that was asked for: conclude when Globus says so, cancel it with its run, or ask again under the same submission id. */
function planStarted(view: View, step: string, attempt: Attempt): Action[] {
  const transfer = attempt.transfer;
  if (!transfer) return [];
  const cancel = view.run.cancel;
  if (transfer.refused && !transfer.refused.retry)
    return [{do: 'end-step', step, attempt: attempt.number, state: 'failed', why: transfer.refused.why, final: true}];
  // An unconfirmed submission is asked again even for a cancelled run: only its task id makes it possible to cancel what may exist.
  if (!transfer.task && holdOn(view.run, step) && !cancel) return [];
  if (!transfer.task)
    return [{do: 'submit-transfer', step, attempt: attempt.number, why: 'its submission was not confirmed'}];
  const seen = view.seen.tasks.get(transfer.task);
  if (seen?.kind !== 'task') return [];
  const end = concludeTask(seen, {cancel, transfer});
  if (end) return [{do: 'end-step', step, attempt: attempt.number, ...end}];
  if (cancel && !transfer.cancelled)
    return [
      {
        do: 'cancel-task',
        step,
        attempt: attempt.number,
        task: transfer.task,
        why: `the run was cancelled by ${cancel.by}`,
      },
    ];
  return [];
}
