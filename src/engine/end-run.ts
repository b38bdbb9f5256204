import type {OpenRun} from '../ledger/ledger.ts';
import type {RunId} from '../ledger/state-directory.ts';
import {lastOutcomeAt, type RunSummary} from '../ledger/summary.ts';
import type {EngineContext} from './context.ts';
import {type FirstRefusal, firstRefusal} from './plan/first-refusal.ts';

/** A run that is not created after all, since PBS refused its first job. */
export interface Withdrawn extends FirstRefusal {
  readonly run: RunId;
}

/** Take a run back whose first job PBS refused. @returns nothing where the run goes on */
export function withdraw({ledger}: EngineContext, run: OpenRun): Withdrawn[] {
  const refused = firstRefusal(run.state);
  if (refused === undefined) return [];
  ledger.withdraw(run);
  return [{run: run.id, ...refused}];
}

/** Put the end of a run on record: its last step tells when that was. A seal that is made again says the same. */
export function sealRun({ledger, clock, by}: EngineContext, run: OpenRun): RunSummary {
  const {first, summary} = ledger.seal(run, lastOutcomeAt(run.state) ?? clock());
  if (first) ledger.append(run.id, {at: clock(), event: `run-${summary.state}`, why: summary.why, by});
  return summary;
}
