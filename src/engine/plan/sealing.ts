import type {RunState} from '../../ledger/run-facts.ts';
import {runEnd} from '../../ledger/summary.ts';
import type {Observed, PlanSettings} from './actions.ts';
import {seenOf} from './job-seen.ts';
import {isPending} from './view.ts';

/**
 * A run is sealed when every step has ended and no job of it is left in the queue. Jobs of ours that still run end by
 * themselves. Pure.
 */
export function mayBeSealed(run: RunState, seen: Observed, settings: PlanSettings): boolean {
  if (!runEnd(run)) return false;
  const view = {run, seen, settings};
  return [...run.attempts.values()].flat().every((attempt) =>
    attempt.jobs.every((record) => {
      if (!record.job) return record.refused !== undefined || record.neverArrived;
      const at = seenOf(seen, record);
      return record.deleted || (at !== undefined && at.kind !== 'no-evidence' && !isPending(view, attempt, record));
    }),
  );
}
