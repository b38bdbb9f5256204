import {within} from '../../base/time.ts';
import {LedgerDamaged} from '../../ledger/damage.ts';
import type {LateSubmissions} from '../../ledger/late-submissions.ts';
import type {MonitorLink} from '../../ledger/monitor-link.ts';
import {openRuns} from '../../ledger/open-runs.ts';
import type {RunId} from '../../ledger/state-directory.ts';
import {predictSuccessor} from '../chain/before-look.ts';
import {withCircuitBreakers} from '../circuit-breaker.ts';
import type {EngineContext} from '../context.ts';
import {runsThatWait} from '../limit-claims.ts';
import {type AtGlobus, NO_TASKS, observeGlobus, observePbs} from '../observe.ts';
import {LookProgress} from '../progress.ts';
import {withQueueCount} from '../queue-count.ts';
import type {LookRequest} from './request.ts';
import {LookState, maxQueuedOf} from './state.ts';

/** Globus answers in less as a rule. Where it takes longer, what needs no answer of it is done meanwhile. */
const GLOBUS_ANSWERS_MS = 1_000;

/** A look that has begun. */
export interface LookBegun {
  readonly state: LookState;
  /** what Globus has been asked, and has not answered yet */
  readonly awaited: Promise<AtGlobus> | undefined;
  /** submissions of runs that have ended, whose jobs may have come since */
  readonly late: readonly LateSubmissions[];
}

/** Open the runs that have not ended, and observe them. A monitor has its successor in the queue before that is over. */
export async function beginLook(given: EngineContext, request: LookRequest): Promise<LookBegun> {
  const active = activeRuns(given, request);
  // Where the profile leaves so many places for tasks, whose turn it is hangs on all runs.
  const sharesTasks = Number.isFinite(given.settings.maxPending);
  // What this look sees the end of may be what runs wait for that hold nothing yet.
  const about = request.about && [...new Set([...request.about, ...runsThatWait(given)])];
  const {own, others} = split(active, sharesTasks ? undefined : about);
  // Where PBS takes so many jobs and no more, the end of any job may be what another run waits for.
  const opened = openRuns(given.ledger, own);
  const isLimited = Number.isFinite(maxQueuedOf(given, request, opened.runs));
  const {runs, damaged} = isLimited && others.length > 0 ? openRuns(given.ledger, [...own, ...others]) : opened;
  const surroundings = withQueueCount(given, isLimited || others.length === 0);
  const context = withCircuitBreakers(surroundings);
  const link = context.monitors.newest();
  const {found: late, damaged: damagedLate} = context.ledger.late();
  const progress = new LookProgress([...damaged, ...damagedLate, ...damageOfLink(link)], request.shows);
  // The successor is on its way to PBS before anything is looked at, and in the queue before anything is done.
  const successor =
    request.monitor !== undefined && runs.length > 0 && context.settings.stagingJobs
      ? predictSuccessor(context, request.monitor, progress.problems)
      : undefined;
  const pbs = observePbs(context, runs, link, late);
  const ofOwn = new Set(own);
  const globus = observeGlobus(
    context,
    runs.filter(({id}) => ofOwn.has(id)),
  );
  globus.catch(() => {}); // told where it is awaited
  const [seen, tasks] = await Promise.all([pbs, within(GLOBUS_ANSWERS_MS, globus), successor]);
  const state = new LookState({
    context,
    surroundings,
    request,
    runs,
    others: new Set(others),
    unreadable: new Set(damaged.length === 0 ? [] : own.filter((id) => !runs.some((run) => run.id === id))),
    progress,
    seen: {...seen, ...(tasks ?? NO_TASKS)},
    link,
  });
  return {state, awaited: tasks ? undefined : globus, late};
}

/** Runs that have not ended. One that is asked about by name is found also where its name in `active/` is missing. */
function activeRuns({ledger, by}: EngineContext, {about}: LookRequest): readonly RunId[] {
  try {
    ledger.tidyActive(by);
  } catch {
    // A disk that takes nothing: what is too much there counts for nothing, and the next look tries again.
  }
  const active = ledger.activeRuns();
  const named = about?.filter((run) => !active.includes(run)) ?? [];
  return [...active, ...(named.length > 0 ? ledger.enterNamed(named) : [])];
}

/** Those of the active runs that a look is about, in the order they were named, and the others. Pure. */
function split(active: readonly RunId[], about: readonly RunId[] | undefined) {
  if (!about) return {own: active, others: []};
  const named = new Set(about);
  const isActive = new Set(active);
  return {own: about.filter((id) => isActive.has(id)), others: active.filter((id) => !named.has(id))};
}

/** A link of the chain of which nothing can be known: it is counted on no more. */
function damageOfLink(link: MonitorLink | undefined): LedgerDamaged[] {
  const healed =
    'This link of the monitor chain is set aside, and another one takes its place: nothing has to be done.';
  return link?.damaged ? [new LedgerDamaged(link.damaged, {healed})] : [];
}
