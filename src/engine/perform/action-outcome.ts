import type {StageError} from '../../errors.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import type {EngineContext} from '../context.ts';
import type {Action} from '../plan/actions.ts';

/** What an action came to: done, left to another process that was first, or not possible now (and why). */
export type ActionOutcome =
  | {readonly is: 'done'}
  | {readonly is: 'others'}
  /** it was decided otherwise since it was planned: plan again */
  | {readonly is: 'stale'}
  /** PBS or Globus refused it for now, which is on record: it waits; `room`: since Globus has no room for another task */
  | {readonly is: 'put-off'; readonly room: boolean}
  | {
      readonly is: 'problem';
      readonly error: StageError /** PBS did not answer in time */;
      readonly timedOut?: true | undefined;
    };

export const DONE: ActionOutcome = {is: 'done'};
export const OTHERS: ActionOutcome = {is: 'others'};
export const STALE: ActionOutcome = {is: 'stale'};
/** PBS has no room for a job: what waits is no problem. */
export const PUT_OFF: ActionOutcome = {is: 'put-off', room: false};

/** How what is done is written down: events for people, and facts, which can be created once. */
export interface Records {
  note(event: string, more?: object): void;
  /** @returns false when it existed already */
  fact(name: string, value?: object): boolean;
}

export function recordsOf({ledger, clock, by}: EngineContext, run: OpenRun, {step, why}: Action): Records {
  return {
    note: (event, more = {}) => ledger.append(run.id, {at: clock(), event, step, why, by, ...more}),
    fact: (name, value = {}) => ledger.create(run.id, name, {at: clock(), ...value}),
  };
}

/** What of a run's updates an intent was made with. */
export function updatesOf({state}: OpenRun): {updates?: number} {
  return state.updates.length > 0 ? {updates: state.updates.length} : {};
}

/**
 * Ask PBS or Globus for something that may be asked for again: intent, deed, confirmation. Whatever dies in between, a
 * later look asks again.
 *
 * @param key of its facts, such as `compute.1.job.release`
 * @param event for people, once
 */
export async function askRepeatably(
  {by}: EngineContext,
  {why}: Action,
  {fact, note}: Records,
  {key, ask, event, on}: {readonly key: string; ask(): Promise<void>; readonly event: string; readonly on: object},
): Promise<ActionOutcome> {
  fact(`${key}.intent`, {why, by});
  await ask();
  if (fact(`${key}.confirmed`)) note(event, on);
  return DONE;
}
