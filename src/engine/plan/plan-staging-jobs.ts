import type {JobId} from '../../base/job-id.ts';
import {endOf, isOutdated} from '../../ledger/attempts.ts';
import type {Attempt, JobRole} from '../../ledger/run-facts.ts';
import {isTask} from '../../workflow/model/steps.ts';
import type {TaskStep} from '../../workflow/model/workflow.ts';
import type {Action} from './actions.ts';
import {
  currentJobId,
  currentJobSeen,
  isGone,
  isOver,
  isPending,
  isThere,
  isToBeReplaced,
  maySubmit,
  nextSerial,
  standingJob,
  stepNamed,
  type View,
  verdictOf,
  waitsInJob,
} from './view.ts';

/**
 * The jobs that serve a transfer: the launcher, which PBS starts when the jobs before it have succeeded and which
 * starts the transfer; and with `strategy: wait` the job that does the same, and stays until the transfer has ended.
 */

/** While only what PBS can wait for stands before a transfer, a job that depends on it starts it at that moment. */
export function planLauncher(view: View, step: TaskStep, attempt: Attempt): Action[] {
  const role = waitsInJob(view, step) ? 'wait' : 'launcher';
  const needs = nativeNeeds(view, step);
  const standing = standingJob(attempt, role);
  if (standing) {
    const needed = new Set(step.needs.flatMap((name) => currentJobId(view.run, name) ?? []));
    const stale = standing.intent.dependsOn.some((id) => !needed.has(id));
    if (stale && standing.job && isPending(view, attempt, standing)) {
      const why = 'a job it waits for was submitted anew';
      return [{do: 'delete-job', step: step.name, key: standing.key, job: standing.job, why}];
    }
    if (!isGone(view, standing) && !isOutdated(view.run, step.name, standing)) return [];
  }
  return needs && maySubmit(attempt, role, view) ? [submit(step, attempt, role, needs)] : [];
}

/** With `strategy: wait`: see that a job waits for the transfer. One that leaves before its walltime is followed by another. */
export function planWaiting(view: View, step: TaskStep, attempt: Attempt): Action[] {
  if (!waitsInJob(view, step) || verdictOf(view, step).is === 'impossible') return [];
  const standing = standingJob(attempt, 'wait');
  if (standing && !standing.leaving && !isOver(view, standing)) return [];
  return maySubmit(attempt, 'wait', view) ? [submit(step, attempt, 'wait', [])] : [];
}

function submit(step: TaskStep, attempt: Attempt, role: JobRole, needs: readonly {step: string; job: JobId}[]): Action {
  const before = needs.map((need) => need.step).join(', ');
  const what = role === 'launcher' ? 'starts the transfer' : 'waits for the transfer';
  return {
    do: 'submit-job',
    step: step.name,
    attempt: attempt.number,
    role,
    serial: nextSerial(attempt, role),
    hold: false,
    dependencies: needs.length > 0 ? [{type: 'afterok', jobs: needs.map((need) => need.job)}] : [],
    why: before ? `${what} after ${before}` : what,
  };
}

/** The jobs a launcher would wait for; undefined while anything else stands before the transfer, or a job has no id yet. */
function nativeNeeds(view: View, step: TaskStep): {step: string; job: JobId}[] | undefined {
  const {run} = view;
  if (step.onFailureOf.length > 0 || step.after.some((name) => !endOf(run, name))) return undefined;
  const open = step.needs.filter((name) => !endOf(run, name));
  const jobs = open.flatMap((name) => {
    const job = hasOneJob(view, name) ? currentJobId(run, name) : undefined;
    return job && isThere(currentJobSeen(view, name)) && !isToBeReplaced(view, name) ? [{step: name, job}] : [];
  });
  return jobs.length === open.length && jobs.length > 0 ? jobs : undefined;
}

/** One job's success is the step's. The exit status of an array is only that of its last subjob (measured on OpenPBS 23.06). */
export function hasOneJob(view: View, name: string): boolean {
  const step = stepNamed(view.run, name);
  if (step.kind === 'job') return step.array === undefined;
  return isTask(step) && waitsInJob(view, step);
}

/** Launchers that nothing is left to start for. A running one ends by itself. */
export function planSpentLaunchers(view: View, step: string, attempt: Attempt, why: string): Action[] {
  return attempt.jobs.flatMap((record) =>
    record.role === 'launcher' && record.job && isPending(view, attempt, record)
      ? [{do: 'delete-job' as const, step, key: record.key, job: record.job, why}]
      : [],
  );
}
