import type {Attempt} from '../../ledger/run-facts.ts';
import type {JobId} from '../../scheduler/scheduler.ts';
import type {TransferTask} from '../../transfer/transfer-service.ts';
import type {TransferStep} from '../../workflow/workflow.ts';
import type {Action} from './actions.ts';
import {endOf} from './conditions.ts';
import {planIntents} from './plan-intents.ts';
import {
  currentJobId,
  isGone,
  isPending,
  isThere,
  maySubmit,
  nextSerial,
  standingJob,
  type View,
  verdictOf,
  workingAttempt,
} from './view.ts';

/** What to do about one transfer step. Pure. */
export function planTransferStep(view: View, step: TransferStep): Action[] {
  const attempt = workingAttempt(view.run, step.name);
  const intents = planIntents(view, step.name, attempt);
  if (endOf(view.run, step.name)) return intents;
  const verdict = verdictOf(view, step);
  if (attempt.transfer)
    return [
      ...intents,
      ...planStarted(view, step.name, attempt),
      ...planSpentLaunchers(view, step.name, attempt, 'the transfer was started'),
    ];
  switch (verdict.is) {
    case 'met':
      if (isPointless(view, step.name)) {
        const why = 'what needs it can no longer run';
        return [...intents, {do: 'end-step', step: step.name, attempt: attempt.number, state: 'skipped', why}];
      }
      if (isInQuestion(view, step.name)) return intents;
      return [...intents, {do: 'submit-transfer', step: step.name, attempt: attempt.number, why: verdict.why}];
    case 'waiting':
      return [...intents, ...planLauncher(view, step, attempt)];
    case 'impossible': {
      const spent = planSpentLaunchers(view, step.name, attempt, verdict.why);
      const state = view.run.cancel ? 'cancelled' : 'skipped';
      return [
        ...intents,
        ...spent,
        {do: 'end-step', step: step.name, attempt: attempt.number, state, why: verdict.why},
      ];
    }
  }
}

/** Everything that needs this transfer has ended without success: moving the data would serve nothing. */
function isPointless({run}: View, name: string): boolean {
  const needing = run.spec.workflow.steps.filter((step) => step.needs.includes(name));
  return (
    needing.length > 0 &&
    needing.every((step) => ['failed', 'cancelled', 'skipped'].includes(endOf(run, step.name)?.state ?? ''))
  );
}

/** A job that needs this transfer is being submitted this moment, perhaps by another process: PBS may refuse it for good. */
function isInQuestion({run}: View, name: string): boolean {
  return run.spec.workflow.steps.some((step) => {
    const record = step.needs.includes(name) ? standingJob(workingAttempt(run, step.name), 'job') : undefined;
    return record !== undefined && record.job === undefined;
  });
}

/** A task that was asked for: conclude when Globus says so, cancel it with its run, or ask again under the same submission id. */
function planStarted(view: View, step: string, attempt: Attempt): Action[] {
  const transfer = attempt.transfer;
  if (!transfer) return [];
  const cancel = view.run.cancel;
  if (transfer.refused && !transfer.refused.retry)
    return [{do: 'end-step', step, attempt: attempt.number, state: 'failed', why: transfer.refused.why}];
  // An unconfirmed submission is asked again even for a cancelled run: only its task id makes it possible to cancel what may exist.
  if (!transfer.task)
    return [{do: 'submit-transfer', step, attempt: attempt.number, why: 'its submission was not confirmed'}];
  const seen = view.seen.tasks.get(transfer.task);
  if (seen?.kind !== 'task') return [];
  const end = concludeTransfer(seen);
  if (end)
    return [
      {
        do: 'end-step',
        step,
        attempt: attempt.number,
        ...end,
        ...(cancel && end.state === 'failed' && seen.state === 'cancelled' ? {state: 'cancelled' as const} : {}),
      },
    ];
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

/** How a task ended; undefined while it may still move data. Queued, paused, faulting and inactive are no ends. */
export function concludeTransfer(
  task: TransferTask,
): {state: 'succeeded' | 'failed'; why: string; bytes: number; files: number} | undefined {
  const moved = {bytes: task.bytesTransferred, files: task.filesTransferred};
  switch (task.state) {
    case 'succeeded':
      return {state: 'succeeded', why: 'Globus reports SUCCEEDED', ...moved};
    case 'failed':
      return {state: 'failed', why: reasonOfFailure(task), ...moved};
    case 'cancelled':
      return {
        state: 'failed',
        why: `the task was cancelled${task.fatalError?.description ? ` (${task.fatalError.description})` : ''}`,
        ...moved,
      };
    default:
      return undefined;
  }
}

function reasonOfFailure(task: TransferTask): string {
  const error = task.fatalError;
  const trouble = task.trouble ? `; last trouble: ${task.trouble}` : '';
  return error ? `Globus reports ${error.code}: ${error.description}${trouble}` : `Globus reports FAILED${trouble}`;
}

/** While only jobs stand before a transfer, a launcher job that depends on them starts it the moment they succeed. */
function planLauncher(view: View, step: TransferStep, attempt: Attempt): Action[] {
  const jobs = launcherNeeds(view, step);
  const standing = standingJob(attempt, 'launcher');
  if (standing) {
    const needed = new Set(step.needs.flatMap((name) => currentJobId(view.run, name) ?? []));
    const stale = standing.intent.dependsOn.some((id) => !needed.has(id));
    if (stale && standing.job && isPending(view, attempt, standing)) {
      const why = 'a job it waits for was submitted anew';
      return [{do: 'delete-job', step: step.name, key: standing.key, job: standing.job, why}];
    }
    if (!isGone(view, standing)) return [];
  }
  return jobs && maySubmit(attempt, 'launcher', view) ? [submitLauncher(step, attempt, jobs)] : [];
}

function submitLauncher(step: TransferStep, attempt: Attempt, jobs: readonly {step: string; job: JobId}[]): Action {
  return {
    do: 'submit-job',
    step: step.name,
    attempt: attempt.number,
    role: 'launcher',
    serial: nextSerial(attempt, 'launcher'),
    hold: false,
    dependencies: [{type: 'afterok', jobs: jobs.map((need) => need.job)}],
    why: `starts the transfer after ${jobs.map((need) => need.step).join(', ')}`,
  };
}

/** The jobs a launcher would wait for; undefined while anything else stands before the transfer, or a job has no id yet. */
function launcherNeeds({run, seen}: View, step: TransferStep): {step: string; job: JobId}[] | undefined {
  if (step.onFailureOf.length > 0 || step.after.some((name) => !endOf(run, name))) return undefined;
  const isJob = (name: string) => run.spec.workflow.steps.find((other) => other.name === name)?.kind === 'job';
  const open = step.needs.filter((name) => !endOf(run, name));
  const jobs = open.flatMap((name) => {
    const job = isJob(name) ? currentJobId(run, name) : undefined;
    return job && isThere(seen.jobs.get(job)) ? [{step: name, job}] : [];
  });
  return jobs.length === open.length && jobs.length > 0 ? jobs : undefined;
}

/** Launchers that nothing is left to start for. A running one ends by itself. */
function planSpentLaunchers(view: View, step: string, attempt: Attempt, why: string): Action[] {
  return attempt.jobs.flatMap((record) =>
    record.role === 'launcher' && record.job && isPending(view, attempt, record)
      ? [{do: 'delete-job' as const, step, key: record.key, job: record.job, why}]
      : [],
  );
}
