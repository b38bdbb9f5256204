import {EXIT, StageError} from '../../errors.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import type {LookFact} from '../../ledger/monitor-facts.ts';
import type {MonitorLink} from '../../ledger/monitor-link.ts';
import type {RunId} from '../../ledger/state-directory.ts';
import type {EngineContext} from '../context.ts';
import {performMonitor} from '../perform/perform-monitor.ts';
import type {Observed} from '../plan/actions.ts';
import {type LookBounds, nextLookAtRun} from '../plan/monitor/next-look.ts';
import {type ChainGap, chainGap, type MonitorView, planMonitor, WITHOUT_MONITOR} from '../plan/monitor/plan-monitor.ts';
import {afterThisLook, newestResolved, upToDate, withNewest} from './newest-link.ts';
import {makePlace, mayMakePlace} from './place-for-link.ts';
import type {Tended, Tending} from './tending.ts';

/** More than it takes to learn what became of a link; others that make one each time leave it open, and the caller is told so. */
const MOST_ROUNDS = 5;

/** After a look: see that the next one comes when it is needed, and that none comes when nothing is left to see. */
export async function tendMonitors(
  context: EngineContext,
  {runs, unreadable, others, seen, settings, me, insist, stays, link, placesAt, problems}: Tending,
): Promise<Tended> {
  const last = context.monitors.lastLook();
  const wanted = [
    ...runs.flatMap((run) => nextLookAtRun(run.state, seen, settings, context.settings.bounds) ?? []),
    ...(placesAt === undefined ? [] : [placesAt]),
  ];
  const newest = await newestResolved(context, seen);
  if (others) wanted.push(...nextLookAtOthers(newest, last, seen.now, context.settings.bounds));
  const wantedAt = wanted.length > 0 ? Math.min(...wanted) : undefined;
  if (me !== undefined) context.monitors.create(me, 'look', {...lookFact(seen, wantedAt, context.by)});
  const {bounds, refusedRetryMs} = context.settings;
  let mine = link;
  let view: MonitorView = {newest, wantedAt, me, seen, bounds, refusedRetryMs, insist, stays};
  if (wantedAt !== undefined) view = await upToDate(context, view, mine);
  let again = true;
  for (let round = 0; again && round < MOST_ROUNDS; round++) {
    again = false;
    for (const action of planMonitor(afterThisLook(view, mine))) {
      const did = await performMonitor(context, action, problems, () => anyGoesOn(context, runs, unreadable));
      if (did === 'submitted') mine = action.generation;
      // What became of a lost link is known now, or another process makes the link: whether one more is needed is
      // decided in this look, as there may be no further one.
      again ||= did === 'learnt' || did === 'others';
    }
    view = withNewest(view, again ? await newestResolved(context, view.seen) : context.monitors.newest());
    if (again) view = await upToDate(context, view, mine);
  }
  if (wantedAt !== undefined && mayMakePlace(view.newest, seen.now)) {
    const generation = (view.newest?.generation ?? 0) + 1;
    const did = await makePlace(context, runs, seen, settings, {generation, startAt: wantedAt, problems});
    if (did === 'submitted') mine = generation;
    view = withNewest(view, did === 'others' ? await newestResolved(context, view.seen) : context.monitors.newest());
    if (did === 'others') view = await upToDate(context, view, mine);
  }
  const gap = chainGap(afterThisLook(view, mine));
  if (gap?.certain) problems.push(new NoMonitor(gap));
  if (me !== undefined) context.monitors.prune();
  return {nextAt: wantedAt, gap};
}

/**
 * When runs must be looked at that were not looked at now: when the link comes that others have seen to. Where it should
 * have come, or is gone, that is soon; none is needed where the last look of a monitor wanted none. Pure.
 */
export function nextLookAtOthers(
  newest: Pick<MonitorLink, 'startAt' | 'damaged'> | undefined,
  last: LookFact | undefined,
  now: number,
  {minMs}: LookBounds,
): number[] {
  if (newest?.damaged) return [now + minMs];
  const linkSince = newest !== undefined && newest.startAt > (last?.at ?? Number.NEGATIVE_INFINITY);
  if (!linkSince && last && last.nextAt === undefined) return [];
  return [Math.max(newest?.startAt ?? 0, now + minMs)];
}

/** A run has begun, was resumed, or was decided about since it was read. */
function anyGoesOn({ledger}: EngineContext, runs: readonly OpenRun[], unreadable: ReadonlySet<RunId>): boolean {
  const read = new Map(runs.map((run) => [run.id, run]));
  return ledger.activeRuns().some((id) => {
    const run = read.get(id);
    return run ? !ledger.stillHolds(run) : !unreadable.has(id);
  });
}

function lookFact(seen: Observed, nextAt: number | undefined, by: string): LookFact {
  const tasks = [...seen.tasks].flatMap(([id, task]) =>
    task.kind === 'task' ? [[id, {subtasksPending: task.subtasksPending}] as const] : [],
  );
  return {at: seen.now, tasks: Object.fromEntries(tasks), nextAt, by};
}

/** Work goes on, and nothing of stage is in the queue that would look when a transfer ends. */
class NoMonitor extends StageError {
  constructor({why}: ChainGap) {
    super({
      code: 'NO_MONITOR',
      exit: EXIT.unreachable,
      what: 'no monitor is in the queue, so nothing happens by itself until a job of the run ends or stage is called again',
      why,
      next: WITHOUT_MONITOR,
    });
  }
}
