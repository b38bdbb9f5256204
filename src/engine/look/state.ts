import type {StageError} from '../../errors.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import type {MonitorLink} from '../../ledger/monitor-link.ts';
import {refreshRuns} from '../../ledger/open-runs.ts';
import type {RunState} from '../../ledger/run-facts.ts';
import type {RunId} from '../../ledger/state-directory.ts';
import type {RunUnusable} from '../../ledger/trusted-run.ts';
import type {Admitted} from '../admission.ts';
import type {EngineContext} from '../context.ts';
import {observePbs, withWhatTheyWrote} from '../observe.ts';
import type {Action, FullQueue, Observed, PlanSettings} from '../plan/actions.ts';
import {learntLimit, placesTaken, queueLimit} from '../plan/limits/queue-limit.ts';
import type {LookProgress} from '../progress.ts';
import {QueuePlaces} from '../queue-places.ts';
import type {LookRequest} from './request.ts';

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

/** What a look has when it begins. */
export interface Begun {
  readonly context: EngineContext;
  /** the same, without circuit breakers: for the monitor, which may be submitted by no other process */
  readonly surroundings: EngineContext;
  readonly request: LookRequest;
  readonly runs: readonly OpenRun[];
  /** runs that have not ended, and that this look is not about */
  readonly others: ReadonlySet<RunId>;
  /** runs that have not ended, and that could not be read: they are set aside */
  readonly unreadable: Set<RunId>;
  readonly progress: LookProgress;
  readonly seen: Observed;
  readonly link: MonitorLink | undefined;
}

/** What all parts of a look share: the runs as they are, what was seen of them, what was done and what stood in the way. */
export class LookState {
  /** active runs as they are now, and those that were sealed by this look */
  runs: readonly OpenRun[];
  seen: Observed;
  readonly progress: LookProgress;
  readonly places: QueuePlaces;
  readonly context: EngineContext;
  readonly surroundings: EngineContext;
  readonly request: LookRequest;
  readonly settings: PlanSettings;
  readonly unreadable: Set<RunId>;
  readonly others: ReadonlySet<RunId>;
  /** the link of the monitor chain that this look has submitted before its end */
  link: number | undefined;
  /** PBS has taken no job yet: the first one is submitted alone, then those that look, as it may take no more */
  isFirst = false;
  /** there are jobs to be submitted, and the successor of this monitor comes first */
  keepsBack = false;
  /** items of campaigns wait for what no run tells */
  itemsWait: Admitted['isWaiting'];
  /** something is left to the next look, for want of time */
  isLeft = false;
  /** undefined: every run */
  readonly #about: ReadonlySet<RunId> | undefined;
  /** how many actions had been done when everything was observed last */
  #doneAtObservation = 0;

  constructor({context, surroundings, request, runs, others, unreadable, progress, seen, link}: Begun) {
    this.context = context;
    this.surroundings = surroundings;
    this.request = request;
    this.settings = {...context.settings, rebuild: false};
    this.#about = request.about && new Set(request.about);
    this.unreadable = unreadable;
    this.others = others;
    this.progress = progress;
    this.seen = seen;
    this.runs = withWhatTheyWrote(context.ledger, runs, seen, this.setAside);
    this.places = new QueuePlaces(queueLimit(maxQueuedOf(context, request, runs)), this.#learntLimit());
    this.#seesPlaces(link);
  }

  get problems(): StageError[] {
    return this.progress.problems;
  }

  get states(): RunState[] {
    return this.runs.map(({state}) => state);
  }

  /** The time of this look has come to its end. */
  get isOver(): boolean {
    const {until} = this.request;
    return until !== undefined && this.context.clock() >= until;
  }

  get hasChain(): boolean {
    return this.settings.stagingJobs && !this.request.withoutChain;
  }

  /** It was asked about the run, or about all. */
  isAbout(run: RunId): boolean {
    return this.#about?.has(run) ?? true;
  }

  /** The run is one that this process creates. */
  creates(run: RunId): boolean {
    return (this.request.creates ?? false) && (this.#about?.has(run) ?? false);
  }

  /** Read what has come to all runs. */
  refresh(): void {
    this.runs = this.refreshed(this.runs);
  }

  /** Read what has come to these runs. One that was not to be after all is gone (see `Look.withdrawn`). */
  refreshed(runs: readonly OpenRun[], which?: ReadonlySet<RunId>): OpenRun[] {
    return refreshRuns(this.context.ledger, runs, this.setAside, (run) => !which || which.has(run.id));
  }

  /** What is on record of a run cannot be used: it is told, and the other runs go on. */
  readonly setAside = ({id}: OpenRun, damage: RunUnusable): void => {
    this.unreadable.add(id);
    this.problems.push(damage);
  };

  /** PBS was asked about everything once more. */
  observed(seen: Observed, link: MonitorLink | undefined): void {
    this.seen = seen;
    this.runs = withWhatTheyWrote(this.context.ledger, this.runs, seen, this.setAside);
    this.#seesPlaces(link);
    this.#doneAtObservation = this.progress.done.length;
  }

  /** Ask PBS about everything once more. */
  async observeAgain(): Promise<void> {
    const link = this.context.monitors.newest();
    this.observed({...this.seen, ...(await observePbs(this.context, this.runs, link)), seenAt: undefined}, link);
  }

  /** Since PBS was asked, something was done that may have set jobs going, or that took its time. */
  get jobsMayHaveBegun(): boolean {
    const since = this.progress.done.slice(this.#doneAtObservation);
    const isOld = this.context.clock() - this.seen.now > OLD_MS;
    return since.some(({action}) => !ON_RECORD_ALONE.includes(action.do)) || (since.length > 0 && isOld);
  }

  /** What of PBS's queue keeps jobs from being submitted; undefined where nothing has waited for a place. */
  get fullQueue(): FullQueue | undefined {
    const {waiting} = this.places;
    const limit = maxQueuedOf(this.context, this.request, this.runs);
    if (waiting === 0) return undefined;
    if (!Number.isFinite(limit)) return {limit: this.#learntLimit() ?? 0, by: 'refusal', waiting};
    return {limit, by: limit === this.context.settings.maxQueued ? 'profile' : 'PBS', waiting};
  }

  /** A person who asks for a run tries it: there may be room by now. */
  #learntLimit(): number | undefined {
    const {rebuild, creates} = this.request;
    if (rebuild && !creates) return undefined;
    const last = this.context.monitors.lastRefusal();
    return learntLimit(this.states, last ? [last] : [], this.seen.now);
  }

  #seesPlaces(link: MonitorLink | undefined): void {
    this.places.sees(placesTaken(this.states, this.seen, link));
  }
}

/**
 * How many jobs PBS takes: as the profile says, or as PBS said when a run was created. A person who asks for a run that
 * is there already tries it: the limit may have been raised since.
 */
export function maxQueuedOf(
  {settings}: EngineContext,
  {rebuild, creates}: LookRequest,
  runs: readonly OpenRun[],
): number {
  if (rebuild && !creates) return settings.maxQueued;
  return Math.min(settings.maxQueued, ...runs.flatMap(({state}) => state.spec.maxQueued ?? []));
}
