import type {OpenRun} from '../../ledger/ledger.ts';
import type {SubmissionFactName, SubmissionFacts, TaskFactName} from '../../submission/submission-facts.ts';
import type {EngineContext} from '../context.ts';
import type {Records} from './action-outcome.ts';

/**
 * The record of one submission of a run.
 *
 * @param key prefix of its facts: `compute.1.job`, `stage-in.1.transfer`
 * @param attempt prefix of its attempt's facts
 */
export function factsOfSubmission(
  {ledger}: EngineContext,
  run: OpenRun,
  {key, attempt}: {readonly key: string; readonly attempt: string},
  {fact, note}: Records,
): SubmissionFacts<SubmissionFactName | TaskFactName> {
  return {
    create: (name, value) => fact(`${key}.${name}`, value),
    note,
    overtaken: () => (ledger.stillHolds(run, attempt) ? undefined : 'the run was changed before it was submitted'),
  };
}
