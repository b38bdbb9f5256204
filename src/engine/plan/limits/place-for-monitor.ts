import type {JobRecord, RunState} from '../../../ledger/run-facts.ts';
import {currentAttempt} from '../../../ledger/run-facts.ts';
import {topologicalOrder} from '../../../workflow/model/graph.ts';
import type {Action, Observed, PlanSettings} from '../actions.ts';
import {seenOf} from '../jobs/job-seen.ts';
import {personHold} from '../jobs/person-hold.ts';
import {isPending} from '../view.ts';

/** A job whose place in the queue another one is to have. */
export interface GivenUp {
  readonly run: string;
  readonly action: Action & {do: 'delete-job'};
}

/**
 * What to give up for a monitor where PBS takes no further job: a sentinel, else a launcher, since a monitor sees what
 * they would see, only later; else a job that waits, under a hold of ours or for another job. That is submitted again when
 * there is room. From the last step to the first. Pure.
 *
 * @returns undefined when nothing of the runs can be given up
 */
export function placeForMonitor(
  runs: readonly RunState[],
  seen: Observed,
  settings: PlanSettings,
): GivenUp | undefined {
  const why = 'PBS takes no further job, and without a monitor nothing would happen by itself';
  return (
    firstPending(runs, seen, settings, why, ({role}) => role === 'sentinel') ??
    firstPending(runs, seen, settings, why, ({role}) => role === 'launcher') ??
    firstPending(runs, seen, settings, why, (record) => isUnderOurHold(record, seen)) ??
    firstPending(runs, seen, settings, why, (record) => waitsForJob(record, seen))
  );
}

/** It waits under the hold that it was submitted with, beside which a person has put none. */
export function isUnderOurHold(record: JobRecord, seen: Observed): boolean {
  const at = seenOf(seen, record);
  const isHeldByPerson = at?.kind === 'live' && personHold(record, at) !== undefined;
  return record.role === 'job' && record.intent.hold && !record.releaseIntended && !isHeldByPerson;
}

/** PBS keeps it waiting for another job of ours. */
export function waitsForJob(record: JobRecord, seen: Observed): boolean {
  const at = seenOf(seen, record);
  if (at?.kind !== 'live' || at.state !== 'held' || !at.otherHold || at.userHold) return false;
  return (record.role === 'job' || record.role === 'wait') && record.intent.dependsOn.length > 0;
}

/** The first job from the last step on that fits, and that PBS has not begun. Never one that an operator holds: its successor would be free. */
export function firstPending(
  runs: readonly RunState[],
  seen: Observed,
  settings: PlanSettings,
  why: string,
  fits: (record: JobRecord) => boolean,
): GivenUp | undefined {
  for (const run of runs)
    for (const step of topologicalOrder(run.spec.workflow.steps).toReversed()) {
      const attempt = currentAttempt(run, step);
      const record = attempt.jobs.find(
        (each) => fits(each) && isPending({run, seen, settings}, attempt, each) && !isHeldByOperator(each, seen),
      );
      if (record?.job === undefined) continue;
      return {run: run.spec.run, action: {do: 'delete-job', step, key: record.key, job: record.job, why}};
    }
  return undefined;
}

function isHeldByOperator(record: JobRecord, seen: Observed): boolean {
  const at = seenOf(seen, record);
  return at?.kind === 'live' && (at.holds?.includes('operator') ?? false);
}
