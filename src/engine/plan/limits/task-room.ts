import {workingAttempt} from '../../../ledger/attempts.ts';
import type {PutOff, RunState} from '../../../ledger/run-facts.ts';
import {isTask} from '../../../workflow/model/steps.ts';
import type {TaskRoom} from '../actions.ts';
import {refusedPauseMs, type View} from '../view.ts';

/**
 * Whether Globus has room for another task of ours, as far as its refusals tell. Pure.
 *
 * The room is that of an identity, and no step's own: the pause after a refusal holds for all of them, and it grows with
 * the refusals of the one step that is asked for. So a full service is asked once by a look, whatever the number of steps
 * that wait.
 *
 * @param firstMs pause after the first refusal; it doubles with each further one
 * @returns `until` in the past where a task of ours has ended since; undefined where Globus has not refused anything for its room that still waits
 */
export function taskRoom(runs: readonly RunState[], firstMs: number): TaskRoom | undefined {
  const full = runs.flatMap((run) => putOffIn(run)).filter(({room}) => room);
  const newest = full.toSorted((one, other) => one.at - other.at).at(-1);
  if (!newest) return undefined;
  const isFreeAgain = runs.some((run) => hasEndedSince(run, newest.at));
  return {
    until: isFreeAgain ? newest.at : Math.max(...full.map((putOff) => nextTry(putOff, firstMs))),
    since: Math.min(...full.map(({since}) => since)),
    why: newest.why,
  };
}

function putOffIn(run: RunState): PutOff[] {
  return run.spec.workflow.steps.flatMap((step) => {
    const {transfer, outcome} = workingAttempt(run, step.name);
    return isTask(step) && !outcome && transfer?.putOff ? [transfer.putOff] : [];
  });
}

/** A task of ours has ended since, which makes room for one. */
function hasEndedSince({attempts}: RunState, at: number): boolean {
  return [...attempts.values()].flat().some(({transfer, outcome}) => transfer?.task && outcome && outcome.at > at);
}

/**
 * A place that a task of another program leaves is met by asking alone: so long it may stay unused. A try costs one request,
 * and the look of a monitor.
 */
const LONGEST_PAUSE_FOR_ROOM_MS = 10 * 60_000;

function nextTry({at, times, room}: PutOff, firstMs: number): number {
  const pauseMs = refusedPauseMs(times, firstMs);
  return at + (room ? Math.min(pauseMs, LONGEST_PAUSE_FOR_ROOM_MS) : pauseMs);
}

/** When a task may be asked for; in the past, or undefined: now. @param putOff what Globus said of it before, if it said so */
export function askedAgainAt({seen, settings}: View, putOff: PutOff | undefined): number | undefined {
  const own = putOff && !putOff.room ? nextTry(putOff, settings.refusedRetryMs) : undefined;
  const shared = seen.room?.until ?? (putOff?.room ? nextTry(putOff, settings.refusedRetryMs) : undefined);
  return own ?? shared;
}

/** May a task be asked for now? When the pause after a refusal is over. A person who asks does not wait. */
export function mayAskForTask(view: View, putOff: PutOff | undefined): boolean {
  const {seen, settings} = view;
  if (settings.rebuild) return (putOff?.at ?? 0) < seen.now;
  return (askedAgainAt(view, putOff) ?? 0) <= seen.now;
}
