import type {ActRecord, Attempt} from '../../../ledger/run-facts.ts';
import type {ActStep} from '../../../workflow/model/workflow.ts';
import type {Action} from '../actions.ts';
import type {Verdict} from '../conditions.ts';
import {deleteWaiting} from '../jobs/plan-leftovers.ts';
import {holdOn, isLive, isOver, isRefusedForGood, maySubmit, nextSerial, standingJob, type View} from '../view.ts';

/** What is copied in more than so many bytes is copied by a job: a look takes seconds. */
export const COPIED_IN_A_LOOK = 200_000_000;

/** After so many jobs that ended too early looks go on: slower, and on a node where stage runs. */
const JOBS_THAT_FAILED = 3;

/**
 * An act that copies much, from one file system to another, is a job of stage: it goes on where others ended, and looks once
 * when it is done. Pure.
 *
 * @returns undefined where looks do the act themselves
 */
export function planActJob(
  view: View,
  step: ActStep,
  attempt: Attempt,
  act: ActRecord,
  verdict: Verdict,
): Action[] | undefined {
  const standing = standingJob(attempt, 'job');
  const isThere = standing !== undefined && !standing.leaving && !isOver(view, standing);
  if (verdict.is === 'impossible') {
    if (!standing?.job || !isThere) return isThere ? [] : undefined;
    const waiting = deleteWaiting(view, step.name, attempt, standing, verdict.why);
    if (waiting.length > 0) return waiting;
    // One that runs would go on with what is not wanted any more.
    const on = {step: step.name, key: standing.key, job: standing.job, why: verdict.why};
    return isLive(view, standing) && !standing.deleted ? [{do: 'delete-job', ...on}] : [];
  }
  if (isThere) return [];
  if (!isForJob(view, attempt, act)) return undefined;
  if (verdict.is !== 'met' || holdOn(view.run, step.name) || !maySubmit(attempt, 'job', view)) return [];
  return [
    {
      do: 'submit-job',
      step: step.name,
      attempt: attempt.number,
      role: 'job',
      serial: nextSerial(attempt, 'job'),
      hold: false,
      dependencies: [],
      why: 'it copies to another file system',
    },
  ];
}

function isForJob({settings, ...view}: View, attempt: Attempt, {scope, progress}: ActRecord): boolean {
  if (!settings.stagingJobs || !scope.whole || scope.copyBytes <= COPIED_IN_A_LOOK) return false;
  if (progress.part === 'put' || progress.part === 'remove') return false;
  const failed = attempt.jobs.filter(
    (record) => record.role === 'job' && !record.leaving && isOver({...view, settings}, record),
  );
  return failed.length < JOBS_THAT_FAILED && !isRefusedForGood(attempt);
}
