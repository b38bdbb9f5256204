import type {StageError} from '../errors.ts';
import type {LateSubmissions} from '../ledger/late-submissions.ts';
import type {OpenRun} from '../ledger/ledger.ts';
import {unlessDamaged} from '../ledger/open-runs.ts';
import type {RunSummary} from '../ledger/summary.ts';
import type {RunPlan} from './act.ts';
import type {Tended} from './chain/tending.ts';
import type {EngineContext} from './context.ts';
import {sealRun, type Withdrawn, withdraw} from './end-run.ts';
import {deleteLateJobs} from './late-submissions.ts';
import {LookActing} from './look/acting.ts';
import {admitItems} from './look/admitting.ts';
import {beginLook, type LookBegun} from './look/begin.ts';
import {LookChain} from './look/chain.ts';
import {LookPlanning} from './look/planning.ts';
import type {LookRequest} from './look/request.ts';
import type {LookState} from './look/state.ts';
import {type AtGlobus, observePbs} from './observe.ts';
import {recordHolds} from './own-holds.ts';
import type {PartKind} from './parts/kinds.ts';
import type {LookPart} from './parts/part.ts';
import {LookParts} from './parts/run-parts.ts';
import type {FullQueue, Observed} from './plan/actions.ts';
import {mayBeSealed} from './plan/sealing.ts';
import type {LookProgress} from './progress.ts';
import {TaskPlaces} from './task-places.ts';

/**
 * One look at everything that is under way, and what it does: the runs as they are, what was seen of them, what was done
 * and what stood in the way.
 *
 * `reconcile` (turn.ts) calls its parts in order; look/ has them, and in state.ts what they
 * share. Each part is safe to leave out or to die in: the next look goes on.
 */
export class Look {
  readonly #state: LookState;
  readonly #planning: LookPlanning;
  readonly #chain: LookChain;
  readonly #acting: LookActing;
  readonly #parts: LookParts;
  /** what Globus has been asked, and has not answered yet */
  #awaited: Promise<AtGlobus> | undefined;
  readonly #late: readonly LateSubmissions[];
  /** runs that this look has ended */
  sealed: readonly RunSummary[] = [];
  /** runs that are not created after all */
  withdrawn: readonly Withdrawn[] = [];

  /** Open the runs that have not ended, and observe them. A monitor has its successor in the queue before that is over. */
  static async begin(
    context: EngineContext,
    request: LookRequest = {},
    parts: readonly LookPart[] = [],
  ): Promise<Look> {
    return new Look(await beginLook(context, request), parts);
  }

  private constructor({state, awaited, late}: LookBegun, parts: readonly LookPart[]) {
    const {context, progress} = state;
    const taskPlaces = new TaskPlaces(context.transfers, context.settings.maxPending, progress.problems);
    this.#state = state;
    this.#awaited = awaited;
    this.#late = late;
    this.#planning = new LookPlanning(state, taskPlaces, awaited !== undefined);
    this.#chain = new LookChain(state, this.#planning, taskPlaces);
    this.#acting = new LookActing(state, this.#planning, this.#chain);
    this.#parts = new LookParts(context, state, parts);
  }

  /** active runs as they are now, and those that were sealed by this look */
  get runs(): readonly OpenRun[] {
    return this.#state.runs;
  }

  get seen(): Observed {
    return this.#state.seen;
  }

  get progress(): LookProgress {
    return this.#state.progress;
  }

  get problems(): StageError[] {
    return this.#state.problems;
  }

  /** What of PBS's queue keeps jobs from being submitted; undefined where nothing has waited for a place. */
  get fullQueue(): FullQueue | undefined {
    return this.#state.fullQueue;
  }

  /** It is about all runs: what it has not learnt of a limit keeps nothing waiting. */
  get isAboutAll(): boolean {
    return this.#state.others.size === 0;
  }

  /** Its time has come to its end: the rest is left to the next look, which comes soon. */
  isOver(): boolean {
    if (this.#state.isOver) this.#state.isLeft = true;
    return this.#state.isOver;
  }

  /** Do in another process what is due of a kind. */
  runParts(kind: PartKind): Promise<void> {
    return this.#parts.run(kind);
  }

  /** Read what has come to all runs. */
  refresh(): void {
    this.#state.refresh();
  }

  /** Before the queue is filled: see that a link of the monitor chain stands in it, since PBS may take no more jobs then. */
  linkFirst(): Promise<void> {
    return this.#chain.linkFirst();
  }

  /** See that nothing stays in the queue of runs that have ended. */
  async deleteLateJobs(): Promise<void> {
    if (this.#late.length > 0)
      this.#state.problems.push(...(await deleteLateJobs(this.#state.context, this.#late, this.#state.seen.tags)));
  }

  /** What is to be done to each run now, and was not tried yet. */
  planAll(): Promise<readonly RunPlan[]> {
    return this.#planning.planAll();
  }

  /** Do what is planned, and read again what was touched. */
  act(plans: readonly RunPlan[]): Promise<void> {
    return this.#acting.act(plans);
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
    this.#planning.awaitsGlobus = false;
    const link = this.#state.context.monitors.newest();
    // That took a while: what PBS had shown before is old by now.
    this.#state.refresh();
    this.#state.observed({...(await observePbs(this.#state.context, this.#state.runs, link)), ...tasks}, link);
    return true;
  }

  /** Ask PBS once more about jobs that it may have dropped since. @returns false when there is none that was not asked about yet */
  lookAtDependents(): Promise<boolean> {
    return this.#acting.lookAtDependents();
  }

  /** Give up a job that waits where one that may begin finds no room. */
  makeRoom(): Promise<void> {
    return this.#acting.makeRoom();
  }

  /** Put on record by what the user holds that this look has put on jobs are known. */
  recordHolds(): Promise<void> {
    return recordHolds(this.#state.context, this.#state.progress.done);
  }

  /** Let campaigns record what has ended, and begin other items. @returns whether there is something new to plan */
  admit(): Promise<boolean> {
    return admitItems(this.#state, new Set(this.sealed.map(({run}) => run)));
  }

  /** Seal the runs that are over, and withdraw the one that this process creates when PBS refused its first job. */
  async seal(): Promise<void> {
    await this.#planning.settleLimits();
    const refused = this.#state.runs.flatMap((run) =>
      this.#state.creates(run.id) ? withdraw(this.#state.context, run) : [],
    );
    this.withdrawn = [...this.withdrawn, ...refused];
    const gone = new Set(this.withdrawn.map(({run}) => run));
    this.#state.runs = this.#state.runs.filter(({id}) => !gone.has(id));
    const over = this.#state.runs.filter(
      (run) => mayBeSealed(run.state, this.#state.seen, this.#state.settings) && this.#planning.limits.isFree(run),
    );
    this.sealed = over.flatMap((run) =>
      unlessDamaged(run, this.#state.setAside, () => sealRun(this.#state.context, run)),
    );
  }

  /** See that the next look comes when it is needed. @returns undefined when there is no chain */
  tendChain(): Promise<Tended | undefined> {
    return this.#chain.tend(this.sealed);
  }
}
