import type {StageError} from '../../errors.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import type {MonitorLink} from '../../ledger/monitor-link.ts';
import {refreshRuns} from '../../ledger/open-runs.ts';
import {isForRoom} from '../../ledger/run-facts.ts';
import type {RunUnusable} from '../../ledger/trusted-run.ts';
import type {EngineContext} from '../context.ts';
import {type LinkOutcome, performMonitor} from '../perform/perform-monitor.ts';
import {performTogether} from '../perform/perform-together.ts';
import type {Observed, PlanSettings} from '../plan/actions.ts';
import {placeForMonitor} from '../plan/limits/place-for-monitor.ts';
import type {Tending} from './tending.ts';

// A link that PBS has no room for: a job is given up for it.

/**
 * Where PBS has refused the successor of this monitor for its place: give up a job for it before any that waits is let go.
 *
 * @returns the generation of the successor; undefined when PBS has no place for it
 */
export async function successorOf(
  context: EngineContext,
  me: number,
  {runs, seen, settings, problems}: Pick<Tending, 'runs' | 'seen' | 'settings' | 'problems'>,
): Promise<number | undefined> {
  const newest = context.monitors.newest();
  if (!newest || newest.generation <= me || !isRefusedForItsPlace(newest)) return me + 1;
  if (newest.generation > me + 1 || !mayMakePlace(newest, seen.now)) return undefined;
  const generation = me + 2;
  const did = await makePlace(context, runs, seen, settings, {generation, startAt: newest.startAt, problems});
  return did === 'submitted' ? generation : undefined;
}

/** PBS has said that it takes so many jobs and no more: it is not asked again before there is room. */
function isRefusedForItsPlace(newest: MonitorLink | undefined): boolean {
  return newest?.refused?.retry === true && isForRoom(newest.refused);
}

/** After a job was given up in vain, since PBS takes no job at all or another one took the place. */
const NEXT_PLACE_MS = 60_000;

/** A job may be given up for the link that PBS has refused; one at a time where that has not helped. */
export function mayMakePlace(newest: MonitorLink | undefined, now: number): boolean {
  if (!isRefusedForItsPlace(newest)) return false;
  return newest?.inPlaceOf === undefined || now - (newest.refused?.at ?? now) >= NEXT_PLACE_MS;
}

/**
 * Give up a job of stage, or one that waits under a hold of ours, for a monitor that PBS has refused because of a limit
 * of its queue: the profile may not know that limit, and without a monitor nothing would look any more.
 *
 * @param generation of the link that follows the refused one: of several processes that give up a job for it, one submits it
 * @returns undefined where no job is given up
 */
export async function makePlace(
  context: EngineContext,
  runs: readonly OpenRun[],
  seen: Observed,
  settings: PlanSettings,
  {
    generation,
    startAt,
    problems,
  }: {readonly generation: number; readonly startAt: number; readonly problems: StageError[]},
): Promise<LinkOutcome> {
  const setAside = (_: OpenRun, damage: RunUnusable) => void problems.push(damage);
  const fresh = refreshRuns(context.ledger, runs, setAside);
  const given = placeForMonitor(
    fresh.map(({state}) => state),
    seen,
    settings,
  );
  const run = fresh.find(({id}) => id === given?.run);
  if (!given || !run) return undefined;
  const [did] = await performTogether(context, 'delete-job', [{run, action: given.action}]);
  if (did?.is !== 'done') return undefined;
  const before = problems.length;
  const inPlaceOf = given.action.job;
  const action = {do: 'submit-monitor', generation, startAt, inPlaceOf, why: 'a job was given up for it'} as const;
  const came = await performMonitor(context, action, problems);
  if (came !== 'submitted') return came;
  // What PBS had refused is in the queue now, in the place of another one.
  const open = problems
    .slice(0, before)
    .filter((problem) => !(problem.code === 'SCHEDULER_REFUSED' && isForRoom(problem)));
  problems.splice(0, problems.length, ...open);
  return came;
}
