import type {StageError} from '../../errors.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import {attemptKey} from '../../ledger/run-facts.ts';
import type {EndStep} from '../plan/actions.ts';

/** What an action came to: done, left to another process that was first, or not possible now (and why). */
export type Performed =
  | {readonly is: 'done'}
  | {readonly is: 'others'}
  /** somebody decided otherwise since it was planned: plan again */
  | {readonly is: 'stale'}
  | {
      readonly is: 'problem';
      readonly error: StageError /** PBS did not answer in time */;
      readonly silent?: true | undefined;
    };

export const DONE: Performed = {is: 'done'};
export const OTHERS: Performed = {is: 'others'};
export const STALE: Performed = {is: 'stale'};

/** How what is done is written down: events for people, and facts, which can be created once. */
export interface Records {
  note(event: string, more?: object): void;
  /** @returns false when somebody created it before */
  fact(name: string, value?: object): boolean;
}

/** What of a run's updates an intent was made with. */
export function updatesOf({state}: OpenRun): {updates?: number} {
  return state.updates.length > 0 ? {updates: state.updates.length} : {};
}

/** Record how an attempt ended: the first one to say so counts. */
export function endStep(action: EndStep, {note, fact}: Records): Performed {
  const {do: _, step, attempt, ...outcome} = action;
  if (!fact(`${attemptKey(step, attempt)}.outcome`, outcome)) return OTHERS;
  note(`step-${action.state}`, {attempt});
  return DONE;
}
