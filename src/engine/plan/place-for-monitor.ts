import type {JobRecord, RunState} from '../../ledger/run-facts.ts';
import {currentAttempt} from '../../ledger/run-facts.ts';
import {topologicalOrder} from '../../workflow/model/graph.ts';
import type {Action, Observed, PlanSettings} from './actions.ts';
import {isPending} from './view.ts';

/** A job whose place in the queue a monitor is to have. */
export interface GivenUp {
  readonly run: string;
  readonly action: Action & {do: 'delete-job'};
}

/**
 * What to give up for a monitor where PBS takes no further job: a sentinel or a launcher, since a monitor sees what
 * they would see, only later; else a job that waits under a hold of ours, which is submitted again when there is room,
 * from the last step to the first. Pure.
 *
 * @returns undefined when nothing of the runs can be given up
 */
export function placeForMonitor(
  runs: readonly RunState[],
  seen: Observed,
  settings: PlanSettings,
): GivenUp | undefined {
  return (
    firstPending(runs, seen, settings, ({role}) => role === 'sentinel' || role === 'launcher') ??
    firstPending(
      runs,
      seen,
      settings,
      ({role, intent, releaseIntended}) => role === 'job' && intent.hold && !releaseIntended,
    )
  );
}

function firstPending(
  runs: readonly RunState[],
  seen: Observed,
  settings: PlanSettings,
  fits: (record: JobRecord) => boolean,
): GivenUp | undefined {
  for (const run of runs)
    for (const step of topologicalOrder(run.spec.workflow.steps).toReversed()) {
      const attempt = currentAttempt(run, step);
      const record = attempt.jobs.find((each) => fits(each) && isPending({run, seen, settings}, attempt, each));
      if (record?.job === undefined) continue;
      const why = 'PBS takes no further job, and without a monitor nothing would happen by itself';
      return {run: run.spec.run, action: {do: 'delete-job', step, key: record.key, job: record.job, why}};
    }
  return undefined;
}
