import type {MonitorLink} from '../../ledger/monitor-link.ts';
import type {JobSeen} from '../../scheduler/scheduler.ts';
import {isOpen} from '../../submission/resolution.ts';
import type {EngineContext} from '../context.ts';
import type {Observed} from '../plan/actions.ts';
import {seenAs} from '../plan/jobs/job-seen.ts';
import type {MonitorView} from '../plan/monitor/plan-monitor.ts';

// The newest link of the chain: what is on record of it, and what PBS shows.

/** PBS is asked about the newest link, unless this look has asked since the link was there and could not yet have begun. */
export async function upToDate(
  context: EngineContext,
  view: MonitorView,
  mine: number | undefined,
): Promise<MonitorView> {
  const {newest} = view;
  if (!newest?.job || newest.generation === mine) return view;
  const at = seenAs(view.seen, newest);
  const mayHaveBegun =
    at?.kind === 'live' && at.state === 'waiting' && (at.startAt ?? newest.startAt) <= context.clock();
  if (at !== undefined && !mayHaveBegun) return view;
  const looked = await context.scheduler.look([newest.job]);
  const {confirmedAt: _, ...link} = newest; // what is on record now was on record before PBS was asked
  return {...view, newest: link, seen: {...view.seen, jobs: new Map([...view.seen.jobs, ...looked])}};
}

const WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 15_000;
const PAUSE_MS = 100;

/**
 * The newest link, once it is known whether PBS took it. Another process may be submitting it this moment, which takes
 * it a fraction of a second; one that died doing so will never say, and is not waited for longer than that. A further
 * link that appears meanwhile is given the same time: every process that waits would add another one otherwise.
 */
export async function newestResolved(context: EngineContext, seen: Observed): Promise<MonitorLink | undefined> {
  const began = context.clock();
  let appeared = began;
  let generation = context.monitors.newest()?.generation;
  for (let pauses = 0; ; pauses++) {
    const newest = context.monitors.newest();
    const open = newest && isOpen(newest) && !seen.tags.has(newest.tag);
    if (!open) return newest;
    const now = context.clock();
    if (newest.generation !== generation) appeared = now;
    generation = newest.generation;
    const waitedMs = Math.max(now - began, pauses * PAUSE_MS); // a clock may be set back
    if (now - appeared >= WAIT_MS || waitedMs >= LONGEST_WAIT_MS) return newest;
    await context.sleep(PAUSE_MS);
  }
}

/** The view with what is on record of the newest link now. What PBS has shown of the same job still counts. */
export function withNewest(view: MonitorView, newest: MonitorLink | undefined): MonitorView {
  const same = newest?.job !== undefined && newest.job === view.newest?.job;
  return {...view, newest: same ? {...newest, confirmedAt: view.newest?.confirmedAt} : newest};
}

/** The link that this very look submitted was not there to be looked at: it stands as it was asked for. */
export function afterThisLook(view: MonitorView, link: number | undefined): MonitorView {
  const job = view.newest?.job;
  if (!view.newest || !job || view.newest.generation !== link || seenAs(view.seen, view.newest) !== undefined)
    return view;
  const assumed: JobSeen = {
    kind: 'live',
    state: 'waiting',
    userHold: false,
    otherHold: false,
    name: '',
    queue: '',
    startAt: view.newest.startAt,
    tag: view.newest.tag,
  };
  const {confirmedAt: _, ...newest} = view.newest;
  return {...view, newest, seen: {...view.seen, jobs: new Map([...view.seen.jobs, [job, assumed]])}};
}
