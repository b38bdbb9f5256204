import {endOf, isOutdated, workingAttempt} from '../../../ledger/attempts.ts';
import type {Attempt, JobRecord} from '../../../ledger/run-facts.ts';
import {isTask} from '../../../workflow/model/steps.ts';
import type {JobStep} from '../../../workflow/model/workflow.ts';
import type {Action} from '../actions.ts';
import {holdOn, isGone, isThere, maySubmit, nextSerial, standingJob, type View} from '../view.ts';
import {seenOf} from './job-seen.ts';
import {deleteWaiting, planSpent} from './plan-leftovers.ts';

/**
 * A sentinel sees the end of a job that no process would see otherwise: a short job, `afterany` on it, that reconciles.
 * Where a launcher waits for exactly this job to succeed, the sentinel need only see it fail.
 */
export function planSentinel(view: View, step: JobStep, attempt: Attempt, record: JobRecord): Action[] {
  const job = record.job;
  if (!job || !isThere(seenOf(view.seen, record))) return [];
  const standing = standingJob(attempt, 'sentinel');
  const serves = standing?.intent.dependsOn.includes(job) && !isOutdated(view.run, step.name, standing);
  if (standing && serves && !isGone(view, standing)) return [];
  if (standing && !standing.job) return [];
  if (!maySubmit(attempt, 'sentinel', view)) return [];
  // The queue may have no place for both.
  const replaced = standing ? deleteWaiting(view, step.name, attempt, standing, 'another job takes its place') : [];
  return [
    ...replaced,
    {
      do: 'submit-job',
      step: step.name,
      attempt: attempt.number,
      role: 'sentinel',
      serial: nextSerial(attempt, 'sentinel'),
      hold: false,
      dependencies: [{type: hasLauncher(view, step) ? 'afternotok' : 'afterany', jobs: [job]}],
      why: `sees the end of ${step.name}`,
    },
  ];
}

/** A transfer that needs this job and nothing else that is open: its launcher reconciles when the job succeeds. */
function hasLauncher({run}: View, {name, array}: JobStep): boolean {
  if (array) return false;
  return run.spec.workflow.steps.some((step) => {
    if (!isTask(step) || step.onFailureOf.length > 0 || step.after.length > 0 || step.delayMs) return false;
    return (
      step.needs.includes(name) &&
      step.needs.every((need) => need === name || endOf(run, need)?.state === 'succeeded') &&
      !endOf(run, step.name) &&
      !holdOn(run, step.name) &&
      !workingAttempt(run, step.name).transfer
    );
  });
}

/** Sentinels whose watched job is over, deleted before that job so that none is left held for ever. */
export function planSpentSentinels(view: View, step: string, attempt: Attempt): Action[] {
  return planSpent(view, step, attempt, 'sentinel', 'the job that it watched has ended');
}
