import type {OpenRun} from '../../ledger/ledger.ts';
import {attemptKey, currentAttempt} from '../../ledger/run-facts.ts';
import type {Action} from '../plan/actions.ts';
import {type ActionOutcome, DONE, OTHERS, type Records} from './action-outcome.ts';

/**
 * Take an attempt's claim, so that no job of it can begin. The process that links the start marker first decides: a job
 * that is starting this moment wins, and nothing is given up.
 */
export function voidAttempt(
  run: OpenRun,
  {step, attempt, why, unpermitted}: Action & {do: 'void-attempt'},
  {note, fact}: Records,
): ActionOutcome {
  const key = attemptKey(step, attempt);
  const started = currentAttempt(run.state, step).starts.length > 0;
  if (!started && !fact(`${key}.start.1`, {void: true, why})) return OTHERS;
  if (!fact(`${key}.outcome`, {state: 'lost', why, unpermitted})) return OTHERS;
  note('attempt-lost', {attempt});
  return DONE;
}
