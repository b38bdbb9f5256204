import {within} from '../base/time.ts';
import type {StageError} from '../errors.ts';
import {LedgerDamaged} from '../ledger/damage.ts';
import type {LateSubmissions} from '../ledger/late-submissions.ts';
import type {OpenRun} from '../ledger/ledger.ts';
import type {MonitorLink} from '../ledger/monitor-link.ts';
import {openRuns, refreshRuns, unlessDamaged} from '../ledger/open-runs.ts';
import type {RunState} from '../ledger/run-facts.ts';
import type {RunId} from '../ledger/state-directory.ts';
import type {RunSummary} from '../ledger/summary.ts';
import type {RunUnusable} from '../ledger/trusted-run.ts';
import {act, QSUBS_AT_ONCE, type RunPlan, untilFirstSubmission} from './act.ts';
import {linkFirst, predictSuccessor, successorOf, type Tended, tendMonitors} from './chain.ts';
import {withCircuitBreakers} from './circuit-breaker.ts';
import type {EngineContext} from './context.ts';
import {Delays} from './delays.ts';
import {sealRun, type Withdrawn, withdraw} from './end-run.ts';
import {deleteLateJobs} from './late-submissions.ts';
import {type AtGlobus, lookAtJobs, NO_TASKS, observeGlobus, observePbs, withWhatTheyWrote} from './observe.ts';
import {recordHolds} from './own-holds.ts';
import type {Action, FullQueue, Observed, PlanSettings} from './plan/actions.ts';
import {placeForWork} from './plan/limits/place-for-work.ts';
import {learntLimit, placesTaken, queueLimit} from './plan/limits/queue-limit.ts';
import {taskRoom} from './plan/limits/task-room.ts';
import {nextLookForPlaces} from './plan/monitor/next-look.ts';
import {asksGlobus, planRun} from './plan/plan-run.ts';
import {mayBeSealed} from './plan/sealing.ts';
import {LookProgress} from './progress.ts';
import {withQueueCount} from './queue-count.ts';
import {QueuePlaces} from './queue-places.ts';
import {TaskPlaces} from './task-places.ts';

/** Globus answers in less as a rule. Where it takes longer, what needs no answer of it is done meanwhile. */
const GLOBUS_ANSWERS_MS = 1_000;

/** What PBS has shown is that old: a job may have begun by now. */
const OLD_MS = 2_000;

/** What is written down, and sets nothing going at PBS or Globus. */
const ON_RECORD_ALONE: readonly Action['do'][] = [
  'end-step',
  'note-absent',
  'note-seen-again',
  'adopt-job',
  'give-up-intent',
];

export interface LookRequest {
  /**
   * the runs that the process was asked about, or serves; all when absent. Others are left to their own jobs and to the
   * monitor chain, which is seen to all the same
   */
  readonly about?: readonly RunId[] | undefined;
  /** a person asked: submit again even what was deleted by hand, and do not wait out a queue limit, in the runs this is about */
  readonly rebuild?: boolean | undefined;
  /** this process creates the runs that this is about: one whose first job PBS refuses is not created */
  readonly creates?: boolean | undefined;
  /** the link of the monitor chain that this process is */
  readonly monitor?: number | undefined;
  /** the monitor chain is driven elsewhere (cron, or a loop in a shell): add no link */
  readonly withoutChain?: boolean | undefined;
  /** it is to show what is known: a disk that is full or read-only, where nothing can be put on record, is told, and ends nothing */
  readonly shows?: boolean | undefined;
  /** this process looks again soon while the chain is open: it adds no link beside one that PBS may have taken */
  readonly stays?: boolean | undefined;
}

/**
 * One look at everything that is under way, and what it does: the runs as they are, what was seen of them, what was done
 * and what stood in the way.
 *
 * `reconcile` (turn.ts) calls its parts in order. Each part is safe to leave out or to die in: the next look goes on.
 */
export class Look {
  /** active runs as they are now, and those that were sealed by this look */
  runs: readonly OpenRun[];
  seen: Observed;
  readonly progress: LookProgress;
  readonly places: QueuePlaces;
  readonly #taskPlaces: TaskPlaces;
  readonly #delays: Delays;
  /** runs that this look has ended */
  sealed: readonly RunSummary[] = [];
  /** runs that are not created after all */
  withdrawn: readonly Withdrawn[] = [];

  readonly #context: EngineContext;
  /** the same, without circuit breakers: for the monitor, which may be submitted by no other process */
  readonly #surroundings: EngineContext;
  readonly #request: LookRequest;
  readonly #settings: PlanSettings;
  /** undefined: every run */
  readonly #about: ReadonlySet<RunId> | undefined;
  /** runs that have not ended, and that could not be read: they are set aside */
  readonly #unreadable: Set<RunId>;
  /** runs that have not ended, and that this look is not about */
  readonly #others: ReadonlySet<RunId>;
  /** what Globus has been asked, and has not answered yet */
  #awaited: Promise<AtGlobus> | undefined;
  readonly #late: readonly LateSubmissions[];
  /** the link of the monitor chain that this look has submitted before its end */
  #link: number | undefined;
  /** the chain is to be seen to as soon as PBS has taken one job, before it is asked to take more */
  #owesLink = false;
  /** PBS has taken no job yet: the first one is submitted alone, then those that look, as it may take no more */
  #isFirst = false;
  /** there are jobs to be submitted, and the successor of this monitor comes first */
  #keepsBack = false;
  /** how many actions had been done when everything was observed last, and when dependents were last looked for at PBS */
  #doneAtObservation = 0;
  #doneAtDependents = 0;

  /** Open the runs that have not ended, and observe them. A monitor has its successor in the queue before that is over. */
  static async begin(given: EngineContext, request: LookRequest = {}): Promise<Look> {
    const active = given.ledger.activeRuns();
    // Where the profile leaves so many places for tasks, whose turn it is hangs on all runs.
    const sharesTasks = Number.isFinite(given.settings.maxPending);
    const {own, others} = split(active, sharesTasks ? undefined : request.about);
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
    return new Look(context, request, {
      surroundings,
      runs,
      others: new Set(others),
      unreadable: new Set(damaged.length === 0 ? [] : own.filter((id) => !runs.some((run) => run.id === id))),
      progress,
      seen: {...seen, ...(tasks ?? NO_TASKS)},
      awaited: tasks ? undefined : globus,
      link,
      late,
    });
  }

  private constructor(
    context: EngineContext,
    request: LookRequest,
    {surroundings, runs, others, unreadable, progress, seen, awaited, link, late}: Begun,
  ) {
    this.#context = context;
    this.#surroundings = surroundings;
    this.#request = request;
    this.#settings = {...context.settings, rebuild: false};
    this.#about = request.about && new Set(request.about);
    this.#unreadable = unreadable;
    this.#others = others;
    this.#awaited = awaited;
    this.#late = late;
    this.progress = progress;
    this.seen = seen;
    this.runs = withWhatTheyWrote(context.ledger, runs, seen, this.#setAside);
    this.places = new QueuePlaces(queueLimit(maxQueuedOf(context, request, runs)), this.#learntLimit());
    this.#delays = new Delays(context.ledger, context.clock);
    this.#taskPlaces = new TaskPlaces(context.transfers, context.settings.maxPending, progress.problems);
    this.#seesPlaces(link);
  }

  get problems(): StageError[] {
    return this.progress.problems;
  }

  /** Before the queue is filled: see that a link of the monitor chain stands in it, since PBS may take no more jobs then. */
  async linkFirst(): Promise<void> {
    const {monitor} = this.#request;
    if (monitor !== undefined) {
      this.#link = await successorOf(this.#context, monitor, this.#tending(this.runs));
      this.runs = this.#refreshed(this.runs);
      return;
    }
    const submissions = this.#planned().flatMap(({actions}) => actions.filter((action) => action.do === 'submit-job'));
    if (submissions.length === 0 || !this.#hasChain) return;
    this.#isFirst = true;
    // PBS may refuse the first job of a new run for good: then no monitor is needed, either.
    if (submissions.length <= QSUBS_AT_ONCE) this.#owesLink = true;
    else await this.#submitLink();
  }

  async #submitLink(): Promise<void> {
    const link = this.#context.monitors.newest();
    if (link?.job && !this.seen.jobs.has(link.job)) this.seen = await lookAtJobs(this.#context, [], link, this.seen);
    this.#link = await linkFirst(this.#context, this.#tending(this.runs));
  }

  /** See that nothing stays in the queue of runs that have ended. */
  async deleteLateJobs(): Promise<void> {
    if (this.#late.length > 0) this.problems.push(...(await deleteLateJobs(this.#context, this.#late, this.seen.tags)));
  }

  /** What is to be done to each run now, and was not tried yet. */
  async planAll(): Promise<readonly RunPlan[]> {
    const plans = await this.#taskPlaces.within(await this.#plannedNow());
    this.seen = {...this.seen, places: this.#taskPlaces.seen};
    // Where room is short, the oldest run asks first.
    return this.seen.room || this.seen.places ? oldestFirst(plans) : plans;
  }

  async #plannedNow(): Promise<readonly RunPlan[]> {
    const plans = this.#planned();
    const deletes = plans.some(({actions}) => actions.some((action) => action.do === 'delete-job'));
    if (!deletes || !this.#jobsMayHaveBegun) return plans;
    // None is deleted for what an older look had shown.
    const link = this.#context.monitors.newest();
    this.#observed({...this.seen, ...(await observePbs(this.#context, this.runs, link)), seenAt: undefined}, link);
    return this.#planned();
  }

  /** Since PBS was asked, something was done that may have set jobs going, or that took its time. */
  get #jobsMayHaveBegun(): boolean {
    const since = this.progress.done.slice(this.#doneAtObservation);
    const isOld = this.#context.clock() - this.seen.now > OLD_MS;
    return since.some(({action}) => !ON_RECORD_ALONE.includes(action.do)) || (since.length > 0 && isOld);
  }

  /**
   * Wait for what Globus was asked, where that took longer than a moment.
   *
   * @returns false when everything was planned with its answer
   */
  async hearGlobus(): Promise<boolean> {
    if (!this.#awaited) return false;
    const tasks = await this.#awaited;
    this.#awaited = undefined;
    const link = this.#context.monitors.newest();
    // That took a while: what PBS had shown before is old by now.
    this.runs = this.#refreshed(this.runs);
    this.#observed({...(await observePbs(this.#context, this.runs, link)), ...tasks}, link);
    return true;
  }

  /** PBS was asked about everything once more. */
  #observed(seen: Observed, link: MonitorLink | undefined): void {
    this.seen = seen;
    this.runs = withWhatTheyWrote(this.#context.ledger, this.runs, seen, this.#setAside);
    this.#seesPlaces(link);
    this.#doneAtObservation = this.progress.done.length;
  }

  /** Do what is planned, and read again what was touched. */
  async act(plans: readonly RunPlan[]): Promise<void> {
    const now = this.#isFirst ? untilFirstSubmission(plans) : plans;
    await act(this.#context, now, this.progress, this.places);
    const touched = new Set(now.flatMap(({run, actions}) => (actions.length > 0 ? [run.id] : [])));
    this.runs = this.#refreshed(
      plans.map(({run}) => run),
      touched,
    );
    if (!this.#isFirst || !this.progress.done.some(({action}) => action.do === 'submit-job')) return;
    this.#isFirst = false;
    await Promise.all([this.#submitOwedLink(), this.#submitSentinels()]);
  }

  async #submitOwedLink(): Promise<void> {
    if (!this.#owesLink) return;
    this.#owesLink = false;
    await this.progress.recording(() => this.#submitLink(), undefined);
  }

  async #submitSentinels(): Promise<void> {
    const plans = this.#planned().map(({run, actions}) => ({run, actions: actions.filter(isSentinel)}));
    await act(this.#context, plans, this.progress, this.places);
    this.runs = this.#refreshed(this.runs, new Set(plans.flatMap(({run, actions}) => (actions[0] ? [run.id] : []))));
  }

  /**
   * Ask PBS once more about the jobs of runs for which a job was submitted that depends on another: PBS drops a job whose
   * predecessor has ended and is purged, a moment after it gave an id for it (measured on OpenPBS 23.06), and with it
   * everything that would have looked. And about adopted jobs: of these it was not asked before.
   *
   * @returns false when there is none that was not asked about yet
   */
  async lookAtDependents(): Promise<boolean> {
    const since = this.progress.done.slice(this.#doneAtDependents);
    const submitted = new Set(
      since.flatMap(({run, action}) => {
        const isDependent = action.do === 'submit-job' && action.dependencies.length > 0;
        return isDependent || action.do === 'adopt-job' ? [run] : [];
      }),
    );
    if (submitted.size === 0 || this.progress.pbsIsAway) return false;
    this.#doneAtDependents = this.progress.done.length;
    this.runs = this.#refreshed(this.runs, submitted);
    const asked = this.runs.filter(({id}) => submitted.has(id));
    this.seen = await lookAtJobs(this.#context, asked, this.#context.monitors.newest(), this.seen);
    this.runs = withWhatTheyWrote(this.#context.ledger, this.runs, this.seen, this.#setAside);
    return true;
  }

  /** Put on record by what the user holds that this look has put on jobs are known. */
  recordHolds(): Promise<void> {
    return recordHolds(this.#context, this.progress.done);
  }

  /**
   * Where PBS has no room for a job that may begin, and nothing of ours works that would end: give up a job that waits in the
   * queue. It is submitted again when there is room, or when what it waits for has ended.
   */
  async makeRoom(): Promise<void> {
    const given = () => placeForWork(this.#states, this.seen, this.#settings);
    if (!given()) return;
    if (this.#jobsMayHaveBegun) {
      const link = this.#context.monitors.newest();
      this.runs = this.#refreshed(this.runs);
      this.#observed({...this.seen, ...(await observePbs(this.#context, this.runs, link)), seenAt: undefined}, link);
    }
    const still = given();
    const run = this.runs.find(({id}) => id === still?.run);
    if (still && run) await this.act([{run, actions: [still.action]}]);
  }

  get #states(): RunState[] {
    return this.runs.map(({state}) => state);
  }

  /** What of PBS's queue keeps jobs from being submitted; undefined where nothing has waited for a place. */
  get fullQueue(): FullQueue | undefined {
    const {waiting} = this.places;
    const limit = maxQueuedOf(this.#context, this.#request, this.runs);
    if (waiting === 0) return undefined;
    if (!Number.isFinite(limit)) return {limit: this.#learntLimit() ?? 0, by: 'refusal', waiting};
    return {limit, by: limit === this.#context.settings.maxQueued ? 'profile' : 'PBS', waiting};
  }

  /** It is about all runs: what it has not learnt of a limit keeps nothing waiting. */
  get isAboutAll(): boolean {
    return this.#others.size === 0;
  }

  /** A person who asks for a run tries it: there may be room by now. */
  #learntLimit(): number | undefined {
    const {rebuild, creates} = this.#request;
    if (rebuild && !creates) return undefined;
    const last = this.#context.monitors.lastRefusal();
    return learntLimit(this.#states, last ? [last] : [], this.seen.now);
  }

  /** Read what has come to the runs. One that was not to be after all is gone (see {@link withdrawn}). */
  #refreshed(runs: readonly OpenRun[], which?: ReadonlySet<RunId>): OpenRun[] {
    return refreshRuns(this.#context.ledger, runs, this.#setAside, (run) => !which || which.has(run.id));
  }

  /** What is on record of a run cannot be used: it is told, and the other runs go on. */
  readonly #setAside = ({id}: OpenRun, damage: RunUnusable): void => {
    this.#unreadable.add(id);
    this.problems.push(damage);
  };

  /** Seal the runs that are over, and withdraw the one that this process creates when PBS refused its first job. */
  seal(): void {
    this.withdrawn = this.#request.creates
      ? this.runs.flatMap((run) => (this.#about?.has(run.id) ? withdraw(this.#context, run) : []))
      : [];
    const gone = new Set(this.withdrawn.map(({run}) => run));
    this.runs = this.runs.filter(({id}) => !gone.has(id));
    const over = this.runs.filter(({state}) => mayBeSealed(state, this.seen, this.#settings));
    this.sealed = over.flatMap((run) => unlessDamaged(run, this.#setAside, () => sealRun(this.#context, run)));
  }

  /** See that the next look comes when it is needed. @returns undefined when there is no chain */
  async tendChain(): Promise<Tended | undefined> {
    if (!this.#hasChain) return undefined;
    const ended = new Set(this.sealed.map(({run}) => run));
    const runs = this.runs.filter(({id}) => !ended.has(id) && !this.#others.has(id));
    const states = runs.map(({state}) => state);
    const {bounds} = this.#context.settings;
    const {waiting, keptOut} = this.places;
    const late = waiting > 0 ? this.seen.now + bounds.maxMs : undefined;
    const isSoon = waiting > keptOut || this.#keepsBack;
    const placesAt = isSoon ? nextLookForPlaces(states, this.seen, bounds) : late;
    const othersAt = this.#taskPlaces.nextLook(this.seen, bounds);
    return tendMonitors(this.#surroundings, {...this.#tending(runs), placesAt: earliest(placesAt, othersAt)});
  }

  #seesPlaces(link: MonitorLink | undefined): void {
    const states = this.runs.map(({state}) => state);
    this.places.sees(placesTaken(states, this.seen, link));
  }

  get #hasChain(): boolean {
    return this.#settings.stagingJobs && !this.#request.withoutChain;
  }

  #planned(): RunPlan[] {
    const states = this.runs.map(({state}) => state);
    const room = taskRoom(states, this.#settings.refusedRetryMs);
    this.seen = {...this.seen, room, delays: this.#delays.at(this.seen.now, this.runs)};
    const queueIsFull = this.places.waiting > 0;
    return this.runs.map((run) => {
      const creates = (this.#request.creates ?? false) && (this.#about?.has(run.id) ?? false);
      const settings = {...this.#settings, queueIsFull, creates, rebuild: this.#isRebuilt(run.id)};
      const actions = planRun(run.state, this.seen, settings);
      return {run, actions: actions.filter((action) => this.#mayBeDone(run.id, action))};
    });
  }

  #mayBeDone(run: RunId, action: Action): boolean {
    if (this.progress.wasTried(run, action)) return false;
    // The place that the end of a job leaves is that of the successor, which is asked for once more when the look has ended.
    if (action.do === 'submit-job' && this.#successorHasNoPlace) {
      this.#keepsBack = true;
      return false;
    }
    // Globus is not waited for on account of a run that was not asked about, nor before all else is done.
    return !(asksGlobus(action) && (this.#awaited !== undefined || this.#others.has(run)));
  }

  /** This process is a monitor, and PBS has refused the one that follows it for its place. */
  get #successorHasNoPlace(): boolean {
    return this.#request.monitor !== undefined && this.#link === undefined;
  }

  /** What a person deleted, or gave up on, in a run that was not named is left as it is. */
  #isRebuilt(run: RunId): boolean {
    return (this.#request.rebuild ?? false) && (this.#about?.has(run) ?? true);
  }

  #tending(runs: readonly OpenRun[]) {
    return {
      runs,
      unreadable: this.#unreadable,
      others: this.#others.size > 0,
      seen: this.seen,
      settings: this.#settings,
      me: this.#request.monitor,
      insist: this.#request.rebuild ?? false,
      stays: this.#request.stays ?? false,
      link: this.#link,
      problems: this.problems,
    };
  }
}

/**
 * How many jobs PBS takes: as the profile says, or as PBS said when a run was created. A person who asks for a run that
 * is there already tries it: the limit may have been raised since.
 */
function maxQueuedOf({settings}: EngineContext, {rebuild, creates}: LookRequest, runs: readonly OpenRun[]): number {
  if (rebuild && !creates) return settings.maxQueued;
  return Math.min(settings.maxQueued, ...runs.flatMap(({state}) => state.spec.maxQueued ?? []));
}

function isSentinel(action: Action): boolean {
  return action.do === 'submit-job' && action.role === 'sentinel';
}

function earliest(...instants: readonly (number | undefined)[]): number | undefined {
  const known = instants.filter((instant) => instant !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

function oldestFirst(plans: readonly RunPlan[]): RunPlan[] {
  return plans.toSorted(({run: one}, {run: other}) => one.state.spec.createdAt - other.state.spec.createdAt);
}

/** What a look has when it begins. */
interface Begun {
  readonly surroundings: EngineContext;
  readonly runs: readonly OpenRun[];
  readonly others: ReadonlySet<RunId>;
  readonly unreadable: Set<RunId>;
  readonly progress: LookProgress;
  readonly seen: Observed;
  readonly awaited: Promise<AtGlobus> | undefined;
  readonly link: MonitorLink | undefined;
  /** submissions of runs that have ended, whose jobs may have come since */
  readonly late: readonly LateSubmissions[];
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
