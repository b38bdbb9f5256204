import {endOf, workingAttempt} from '../../../ledger/attempts.ts';
import {type JobRecord, newestJob, type RunState} from '../../../ledger/run-facts.ts';
import type {Observed, PlanSettings} from '../actions.ts';
import {seenOf} from '../jobs/job-seen.ts';
import {firstPending, type GivenUp, isUnderOurHold, waitsForJob} from './place-for-monitor.ts';

/**
 * What to give up for a job that may begin, which PBS has refused for room: a job that waits. Only where nothing of ours
 * works that would end, and leave its place; otherwise the queue would stand still. Pure.
 *
 * @returns undefined when nothing has to be given up, or can be
 */
export function placeForWork(runs: readonly RunState[], seen: Observed, settings: PlanSettings): GivenUp | undefined {
  if (!runs.some(hasNoRoom) || runs.some((run) => works(run, seen))) return undefined;
  const why = 'PBS takes no further job, and this one would wait in the place of one that may begin';
  return (
    firstPending(runs, seen, settings, why, (record) => waitsForJob(record, seen)) ??
    firstPending(runs, seen, settings, why, (record) => isUnderOurHold(record, seen))
  );
}

/** PBS has refused a job of the run, for room, that waits for nothing. */
function hasNoRoom(run: RunState): boolean {
  return run.spec.workflow.steps.some(({name}) => {
    if (endOf(run, name)) return false;
    const attempt = workingAttempt(run, name);
    return (['job', 'wait'] as const).some((role) => {
      const newest = newestJob(attempt, role);
      const isFull = newest?.refused?.inQueue !== undefined;
      return isFull && !newest.intent.hold && newest.intent.dependsOn.length === 0;
    });
  });
}

/** A job of the run works, is about to, or may be: PBS was not asked about it yet. */
function works({attempts}: RunState, seen: Observed): boolean {
  return [...attempts.values()].flat().some(({jobs}) =>
    jobs.some((record) => {
      if (!record.job || record.deleted || !isWork(record)) return false;
      const at = seenOf(seen, record);
      return at === undefined || at.kind === 'no-evidence' || (at.kind === 'live' && at.state !== 'held');
    }),
  );
}

function isWork({role}: JobRecord): boolean {
  return role === 'job' || role === 'wait';
}
