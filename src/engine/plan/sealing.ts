import type {RunState} from '../../ledger/run-facts.ts';
import {runEnd} from '../../ledger/summary.ts';
import type {Observed, PlanSettings} from './actions.ts';
import {isSilent} from './forget.ts';
import {seenOf} from './jobs/job-seen.ts';
import {isPending} from './view.ts';

/**
 * A run is sealed when every step has ended and no job of it is left in the queue. Jobs of ours that still run end by
 * themselves. What a person has forgotten is waited for only where PBS shows it after all. Pure.
 */
export function mayBeSealed(run: RunState, seen: Observed, settings: PlanSettings): boolean {
  if (!runEnd(run)) return false;
  const view = {run, seen, settings};
  const forgotten = new Set(run.forgets.flatMap(({jobs}) => jobs));
  return [...run.attempts.values()].flat().every((attempt) =>
    attempt.jobs.every((record) => {
      if (forgotten.has(record.key) && isSilent(view, record)) return true;
      if (!record.job) return record.refused !== undefined || record.neverArrived;
      const at = seenOf(seen, record);
      return record.deleted || (at !== undefined && at.kind !== 'no-evidence' && !isPending(view, attempt, record));
    }),
  );
}
