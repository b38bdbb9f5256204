import type {StageError} from '../errors.ts';
import type {RunId} from '../ledger/layout.ts';
import type {OpenRun} from '../ledger/ledger.ts';
import {openRuns} from '../ledger/open-runs.ts';
import {type RunSummary, runEnd} from '../ledger/summary.ts';
import {SchedulerUnreachable} from '../scheduler/scheduler.ts';
import {linkFirst, predictSuccessor, tendMonitors} from './chain.ts';
import type {EngineContext} from './context.ts';
import {lookAtJobs, observe} from './observe.ts';
import {inBatches} from './perform/batches.ts';
import {perform} from './perform/perform.ts';
import type {Performed} from './perform/performed.ts';
import {type Action, actionKey, type Observed, type PlanSettings} from './plan/actions.ts';
import {seenOf} from './plan/job-seen.ts';
import {beginsAtGlobus, planRun} from './plan/plan-run.ts';
import {isPending} from './plan/view.ts';

export interface ReconcileRequest {
  /** a person asked: submit again even what somebody deleted by hand, and do not wait out a queue limit */
  readonly rebuild?: boolean;
  /** the link of the monitor chain that this process is */
  readonly monitor?: number;
  /** the monitor chain is driven elsewhere (cron, or a loop in a shell): add no link */
  readonly withoutChain?: boolean;
}

export interface Reconciled {
  readonly seen: Observed;
  /** active runs as they are now, and those that ended during this call */
  readonly runs: readonly OpenRun[];
  readonly sealed: readonly RunSummary[];
  readonly done: readonly {readonly run: RunId; readonly action: Action}[];
  /** what could not be done now; nothing of it is lost */
  readonly problems: readonly StageError[];
  /** when the monitor chain has to look again, in milliseconds; absent when nothing goes on before a person does something, or there is no chain */
  readonly nextAt?: number;
}

/** A qsub takes milliseconds on an idle server, and half a second on a loaded one, where it should not meet many more of ours. */
const QSUBS_AT_ONCE = 4;

/** More rounds than the longest chain of consequences in a workflow of a thousand steps needs no one has seen; it bounds a defect. */
const MAX_ROUNDS = 1000;

/**
 * Look, plan, act, until nothing is left to do: the only way work advances. Every entry point calls this.
 *
 * Any number of processes may do so at once: facts can be created once only, so none does what another did.
 */
export async function reconcile(context: EngineContext, request: ReconcileRequest = {}): Promise<Reconciled> {
  const problems: StageError[] = [];
  const active = context.ledger.activeRuns();
  const opened = openRuns(context.ledger, active);
  const read = new Set(opened.runs.map(({id}) => id));
  const unreadable = new Set(active.filter((id) => !read.has(id)));
  problems.push(...opened.damaged);
  let {runs} = opened;
  const newest = context.monitors.newest();
  // The successor is on its way to PBS before anything is looked at, and in the queue before anything is done.
  const successor =
    request.monitor !== undefined && runs.length > 0 && context.settings.stagingJobs
      ? predictSuccessor(context, request.monitor, problems)
      : undefined;
  let [seen] = await Promise.all([observe(context, runs, newest), successor]);
  const settings: PlanSettings = {...context.settings, rebuild: request.rebuild ?? false};
  const done: {run: RunId; action: Action}[] = [];
  const tried = new Set<string>();
  const planAll = () =>
    runs.map((run) => ({
      run,
      actions: planRun(run.state, seen, settings).filter((action) => !tried.has(`${run.id} ${actionKey(action)}`)),
    }));
  let away = false;
  let submitting = 0;
  const inQueue = () =>
    [...seen.jobs].filter(([job, {kind}]) => kind === 'live' && job !== newest?.job).length +
    done.reduce((sum, {action}) => sum + placesOf(action), 0) +
    submitting;
  const act = async (run: OpenRun, action: Action): Promise<Performed | undefined> => {
    tried.add(`${run.id} ${actionKey(action)}`);
    // A look comes when one of those in the queue has ended.
    if (action.do === 'submit-job' && !hasPlace(action, inQueue(), context.settings.maxQueued)) return undefined;
    if (away && asksPbs(action)) return undefined; // it did not answer a moment ago; every question would wait for nothing
    submitting += placesOf(action);
    const performed = await perform(context, run, action);
    submitting -= placesOf(action);
    if (performed.is === 'done') done.push({run: run.id, action});
    if (performed.is === 'stale') tried.delete(`${run.id} ${actionKey(action)}`);
    if (performed.is === 'problem') {
      problems.push(performed.error);
      away ||= performed.error instanceof SchedulerUnreachable || performed.silent === true;
    }
    return performed;
  };
  const submissions = planAll().flatMap(({actions}) => actions.filter((action) => action.do === 'submit-job'));
  const fillsQueue = submissions.length > QSUBS_AT_ONCE && settings.stagingJobs && !request.withoutChain;
  const link =
    request.monitor === undefined
      ? fillsQueue
        ? await linkFirst(context, {runs, seen, settings, problems})
        : undefined
      : request.monitor + 1;

  let lookedBefore = 0;
  let checked = 0;

  for (let round = 0; round < MAX_ROUNDS; round++) {
    let plans = planAll();
    if (done.length > lookedBefore && plans.some(({actions}) => actions.some((action) => action.do === 'delete-job'))) {
      // What was done since may have set jobs going: none is deleted for what an older look had shown.
      seen = await observe(context, runs, context.monitors.newest());
      lookedBefore = done.length;
      plans = planAll();
    }
    if (plans.every(({actions}) => actions.length === 0)) {
      const dependents = new Set(done.slice(checked).flatMap(({run, action}) => (depends(action) ? [run] : [])));
      if (dependents.size === 0 || away) break;
      // PBS drops a job whose predecessor has ended and is purged, a moment after it gave an id for it (measured on
      // OpenPBS 23.06), and with it everything that would have looked.
      checked = done.length;
      runs = runs.map((run) => (dependents.has(run.id) ? context.ledger.refresh(run) : run));
      seen = await lookAtJobs(
        context,
        runs.filter(({id}) => dependents.has(id)),
        seen,
      );
      continue;
    }
    for (const {run, actions} of plans) {
      let inQuestion = false;
      for (const batch of inBatches(actions, QSUBS_AT_ONCE)) {
        // Whether data should be moved is asked again once it is recorded whether PBS takes the jobs that need it.
        if (inQuestion && batch.some(beginsAtGlobus)) continue;
        // Each has an intent of its own, so a death among them leaves some that are to be asked for, and no more than that.
        const performed = await Promise.all(batch.map((action) => act(run, action)));
        inQuestion ||= batch.some(
          (action, at) => action.do === 'submit-job' && performed[at] !== undefined && performed[at].is !== 'done',
        );
      }
    }
    runs = plans.map(({run, actions}) => (actions.length > 0 ? context.ledger.refresh(run) : run));
  }

  const sealed = runs.flatMap((run) => (mayBeSealed(run, seen, settings) ? [sealRun(context, run)] : []));
  const open = runs.filter((run) => !sealed.some((summary) => summary.run === run.id));
  const nextAt =
    request.withoutChain || !settings.stagingJobs
      ? undefined
      : await tendMonitors(context, {runs: open, unreadable, seen, settings, me: request.monitor, link, problems});
  return {seen, runs, sealed, done, problems, ...(nextAt === undefined ? {} : {nextAt})};
}

/** For the monitor that looks and the one that follows it. */
const PLACES_OF_MONITORS = 2;

/** Of the places in the queue: a job takes one for its sentinel, too, which follows when the job has an id. */
function placesOf(action: Action): number {
  if (action.do !== 'submit-job' || action.role === 'sentinel') return 0;
  return action.role === 'job' ? 2 : 1;
}

/**
 * Is there a place for one more job, when PBS takes `limit` of the user's? Not for one that nobody would see end: it
 * leaves places for its sentinel and for monitors. Where the limit is too small for that, jobs go one by one.
 */
function hasPlace(action: Action, inQueue: number, limit: number): boolean {
  return inQueue === 0 || inQueue + placesOf(action) <= limit - PLACES_OF_MONITORS;
}

function depends(action: Action): boolean {
  return action.do === 'submit-job' && action.dependencies.length > 0;
}

const ASKING_PBS: readonly Action['do'][] = ['submit-job', 'release-job', 'delete-job', 'hold-job', 'unhold-job'];

function asksPbs(action: Action): boolean {
  return ASKING_PBS.includes(action.do);
}

/** A run is sealed when every step has ended and no job of it is left in the queue. Jobs of ours that still run end by themselves. */
function mayBeSealed(run: OpenRun, seen: Observed, settings: PlanSettings): boolean {
  if (!runEnd(run.state)) return false;
  const view = {run: run.state, seen, settings};
  return [...run.state.attempts.values()].flat().every((attempt) =>
    attempt.jobs.every((record) => {
      if (!record.job) return record.refused !== undefined || record.neverArrived;
      const at = seenOf(seen, record);
      return record.deleted || (at !== undefined && at.kind !== 'no-evidence' && !isPending(view, attempt, record));
    }),
  );
}

function sealRun(context: EngineContext, run: OpenRun): RunSummary {
  const {first, summary} = context.ledger.seal(run, context.clock());
  if (first)
    context.ledger.append(run.id, {
      at: context.clock(),
      event: `run-${summary.state}`,
      why: summary.why,
      by: context.by,
    });
  return summary;
}
