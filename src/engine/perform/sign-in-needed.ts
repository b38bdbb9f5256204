import {SignInNeeded} from '../../globus-errors.ts';
import {workingAttempt} from '../../ledger/attempts.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import {attemptKey} from '../../ledger/run-facts.ts';
import type {Action} from '../plan/actions.ts';
import type {ActionOutcome, Records} from './action-outcome.ts';

/**
 * Ask Globus for something. When a person must sign in first, that is on record, so that every reader shows it and
 * monitors wait for it at their slow pace.
 */
export async function notingSignIn(
  run: OpenRun,
  action: Action & {do: 'submit-transfer' | 'make-directory'},
  {note, fact}: Records,
  ask: () => Promise<ActionOutcome>,
): Promise<ActionOutcome> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof SignInNeeded)) throw error;
    const {message: what, why, next} = error;
    const last = workingAttempt(run.state, action.step).signIn;
    if (last?.what !== what || last.next.join() !== next.join()) {
      const key = `${attemptKey(action.step, action.attempt)}.transfer.sign-in-${(last?.number ?? 0) + 1}`;
      if (fact(key, {what, why, next})) note('sign-in-needed', {why: what});
    }
    throw error;
  }
}
