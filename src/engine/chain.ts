import {EXIT, StageError} from '../errors.ts';
import type {OpenRun} from '../ledger/ledger.ts';
import type {LookFact} from '../ledger/monitor-facts.ts';
import type {MonitorLink} from '../ledger/monitor-link.ts';
import {refreshRuns} from '../ledger/open-runs.ts';
import type {RunId} from '../ledger/state-directory.ts';
import type {RunUnusable} from '../ledger/trusted-run.ts';
import type {JobSeen} from '../scheduler/scheduler.ts';
import {isOpen} from '../submission/resolution.ts';
import type {EngineContext} from './context.ts';
import {type LinkOutcome, performMonitor} from './perform/perform-monitor.ts';
import {performTogether} from './perform/perform-together.ts';
import type {Observed, PlanSettings} from './plan/actions.ts';
import {seenAs} from './plan/jobs/job-seen.ts';
import {placeForMonitor} from './plan/limits/place-for-monitor.ts';
import {type LookBounds, nextLookAtRun} from './plan/monitor/next-look.ts';
import {type ChainGap, chainGap, type MonitorView, planMonitor, WITHOUT_MONITOR} from './plan/monitor/plan-monitor.ts';

/**
 * The successor comes first: before this monitor looks at anything, the next one is in the queue, so that a
 * monitor that dies breaks no chain. When it should look is guessed from the last wait, and corrected after this look.
 */
export async function predictSuccessor(context: EngineContext, me: number, problems: StageError[]): Promise<void> {
  const newest = context.monitors.newest();
  if (newest?.generation !== me) return; // PBS ran this monitor again, or it was slow to start: a successor exists
  const last = context.monitors.lastLook();
  const {minMs, maxMs} = context.settings.bounds;
  const waitMs = last?.nextAt === undefined ? minMs : Math.min(Math.max(last.nextAt - last.at, minMs), maxMs);
  await performMonitor(
    context,
    {do: 'submit-monitor', generation: me + 1, startAt: context.clock() + waitMs, why: 'the next look'},
    problems,
  );
}

/**
 * Before a look fills the queue: see that a link of the chain stands in it, since PBS may take so many jobs and no more.
 * When it should look is guessed, and corrected after this look.
 *
 * @returns the generation of the link that was submitted; undefined when none was
 */
export async function linkFirst(
  context: EngineContext,
  {
    runs,
    seen,
    settings,
    insist,
    stays,
    problems,
  }: Pick<Tending, 'runs' | 'seen' | 'settings' | 'insist' | 'stays' | 'problems'>,
): Promise<number | undefined> {
  const {bounds, refusedRetryMs} = context.settings;
  const wanted = runs.flatMap((run) => nextLookAtRun(run.state, seen, settings, bounds) ?? []);
  const wantedAt = Math.min(seen.now + bounds.maxMs, ...wanted);
  const newest = await newestResolved(context, seen);
  const view: MonitorView = {newest, wantedAt, me: undefined, seen, bounds, refusedRetryMs, insist, stays};
  const link = planMonitor(view).find((action) => action.do === 'submit-monitor');
  if (link) await performMonitor(context, link, problems);
  return link?.generation;
}

export interface Tending {
  /** runs that have not ended */
  readonly runs: readonly OpenRun[];
  /** runs that have not ended either, and of which nothing is known */
  readonly unreadable: ReadonlySet<RunId>;
  /** there are further runs, which this look did not look at */
  readonly others: boolean;
  readonly seen: Observed;
  readonly settings: PlanSettings;
  readonly me: number | undefined;
  /** a person asked: a link that PBS refused is tried again at once */
  readonly insist: boolean;
  /** this process looks again soon while the chain is open */
  readonly stays: boolean;
  /** the link that this very look has submitted before */
  readonly link: number | undefined;
  /** when submissions that got no place in the queue are to be tried again; undefined when there are none */
  readonly placesAt?: number | undefined;
  readonly problems: StageError[];
}

/** More than it takes to learn what became of a link; others that make one each time leave it open, and the caller is told so. */
const MOST_ROUNDS = 5;

/** How the chain stands when a look has ended. */
export interface Tended {
  /** when something has to be looked at, in milliseconds; undefined when nothing goes on before a person does something */
  readonly nextAt: number | undefined;
  /** why no link is known to be in the queue that would look then; undefined when one is */
  readonly gap: ChainGap | undefined;
}

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
  return newest?.refused?.retry === true && /\blimit\b/.test(newest.refused.why);
}

/** After a job was given up in vain, since PBS takes no job at all or another one took the place. */
const NEXT_PLACE_MS = 60_000;

/** A job may be given up for the link that PBS has refused; one at a time where that has not helped. */
function mayMakePlace(newest: MonitorLink | undefined, now: number): boolean {
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
async function makePlace(
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
    .filter(({code, why = ''}) => !(code === 'SCHEDULER_REFUSED' && /\blimit\b/.test(why)));
  problems.splice(0, problems.length, ...open);
  return came;
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

/** PBS is asked about the newest link, unless this look has asked since the link was there and could not yet have begun. */
async function upToDate(context: EngineContext, view: MonitorView, mine: number | undefined): Promise<MonitorView> {
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
async function newestResolved(context: EngineContext, seen: Observed): Promise<MonitorLink | undefined> {
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
function withNewest(view: MonitorView, newest: MonitorLink | undefined): MonitorView {
  const same = newest?.job !== undefined && newest.job === view.newest?.job;
  return {...view, newest: same ? {...newest, confirmedAt: view.newest?.confirmedAt} : newest};
}

/** The link that this very look submitted was not there to be looked at: it stands as it was asked for. */
function afterThisLook(view: MonitorView, link: number | undefined): MonitorView {
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
