import type {JobId} from '../../../base/job-id.ts';
import {endOf, isOutdated} from '../../../ledger/attempts.ts';
import type {Attempt, JobRole} from '../../../ledger/run-facts.ts';
import type {TaskStep} from '../../../workflow/model/workflow.ts';
import type {Action} from '../actions.ts';
import {
  currentJobId,
  dependableJob,
  hasOneJob,
  isGone,
  isLeftWaiting,
  isOver,
  maySubmit,
  nextSerial,
  standingJob,
  type View,
  verdictOf,
  waitsInJob,
} from '../view.ts';
import {deleteWaiting} from './plan-leftovers.ts';

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
    const replaced = stale
      ? deleteWaiting(view, step.name, attempt, standing, 'a job it waits for was submitted again')
      : [];
    if (replaced.length > 0) return replaced;
    if (!isGone(view, standing) && !isOutdated(view.run, step.name, standing)) return [];
  }
  return needs && maySubmit(attempt, role, view) ? [submit(step, attempt, role, needs)] : [];
}

/** With `strategy: wait`: see that a job waits for the transfer. One that leaves before its walltime is followed by another. */
export function planWaiting(view: View, step: TaskStep, attempt: Attempt): Action[] {
  if (!waitsInJob(view, step) || verdictOf(view, step).is === 'impossible') return [];
  const standing = standingJob(attempt, 'wait');
  const left = standing !== undefined && isLeftWaiting(view, standing);
  if (standing && !standing.leaving && !isOver(view, standing) && !left) return [];
  if (!maySubmit(attempt, 'wait', view)) return [];
  const replaced = left ? deleteWaiting(view, step.name, attempt, standing, 'a job it waits for was deleted') : [];
  return [...replaced, submit(step, attempt, 'wait', [])];
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
    const job = hasOneJob(view, name) ? dependableJob(view, name) : undefined;
    return job ? [{step: name, job}] : [];
  });
  return jobs.length === open.length && jobs.length > 0 ? jobs : undefined;
}
