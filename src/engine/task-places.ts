import {StageError} from '../errors.ts';
import type {OpenRun} from '../ledger/ledger.ts';
import {type Claim, grantsNow, heldBy} from '../limits/grant.ts';
import type {TransferService, TransferTask} from '../transfer/transfer-service.ts';
import type {RunPlan} from './act.ts';
import type {Observed, PlacesAtGlobus} from './plan/actions.ts';
import {
  inTurn,
  isOfAnotherWay,
  mayBeAtGlobus,
  nameOfTask,
  pendingClaims,
  type SubmitTask,
  taskLimit,
  type WantedTask,
} from './plan/limits/task-limit.ts';
import {type LookBounds, nextLookAtTask} from './plan/monitor/next-look.ts';

/** The places that the profile leaves for tasks at Globus, during one look. Globus is asked only where something wants one. */
export class TaskPlaces {
  readonly #transfers: Pick<TransferService, 'recent'>;
  readonly #most: number;
  readonly #problems: StageError[];
  #pending: readonly TransferTask[] | undefined;
  #notKnown = false;
  /** what had been asked for when Globus was asked */
  #taken: readonly Claim[] = [];
  readonly #granted: Claim[] = [];
  #waiting = 0;

  constructor(transfers: Pick<TransferService, 'recent'>, most: number, problems: StageError[]) {
    this.#transfers = transfers;
    this.#most = most;
    this.#problems = problems;
  }

  /** The plans without the tasks that get no place: a later look submits them. */
  async within(plans: readonly RunPlan[]): Promise<readonly RunPlan[]> {
    if (!Number.isFinite(this.#most)) return plans;
    const wanted = plans.flatMap(({run, actions}) =>
      actions.flatMap((action): WantedTask[] =>
        action.do === 'submit-transfer' && !mayBeAtGlobus(run.state, action) && !isOfAnotherWay(run.state, action)
          ? [{run: run.id, action}]
          : [],
      ),
    );
    this.#waiting = 0;
    if (wanted.length === 0) return plans;
    if (!this.#pending && !this.#notKnown) await this.#count(plans.map(({run}) => run));
    const granted = new Set<SubmitTask>(this.#grant(wanted, plans));
    const waiting = new Set(wanted.flatMap(({action}) => (granted.has(action) ? [] : [action])));
    this.#waiting = waiting.size;
    return plans.map(({run, actions}) => ({
      run,
      actions: actions.filter((action) => action.do !== 'submit-transfer' || !waiting.has(action)),
    }));
  }

  /** What is known of the places; undefined where nothing has wanted one. */
  get seen(): PlacesAtGlobus | undefined {
    if (!this.#pending) return undefined;
    return {limit: this.#most, pending: heldBy({granted: this.#all, released: new Set()}), waiting: this.#waiting};
  }

  /** When to look at the tasks of others that are in the way of what waits; those of runs are looked at by themselves. */
  nextLook({now, tasks}: Observed, bounds: LookBounds): number | undefined {
    if (this.#waiting === 0 || !this.#pending) return undefined;
    const others = this.#pending.filter(({task}) => !tasks.has(task));
    return others.length > 0 ? Math.min(...others.map((task) => nextLookAtTask(task, bounds, now))) : undefined;
  }

  get #all(): Claim[] {
    return [...this.#taken, ...this.#granted];
  }

  /** @param runs what they have asked for without an answer counts, too */
  async #count(runs: readonly OpenRun[]): Promise<void> {
    try {
      this.#pending = await this.#transfers.recent({unfinished: true, deletions: true});
      this.#taken = pendingClaims(
        this.#pending,
        runs.map(({state}) => state),
      );
    } catch (error) {
      if (!(error instanceof StageError)) throw error;
      this.#notKnown = true; // nothing is submitted where it is not known how much is pending
      this.#problems.push(error);
    }
  }

  #grant(wanted: readonly WantedTask[], plans: readonly RunPlan[]): SubmitTask[] {
    if (!this.#pending) return [];
    const states = plans.map(({run}) => run.state);
    const open = inTurn(wanted, states).map((each) => ({key: nameOfTask(each), amount: 1}));
    this.#granted.push(...grantsNow(taskLimit(this.#most), {granted: this.#all, released: new Set(), open}));
    const had = new Set(this.#granted.map(({key}) => key));
    return wanted.flatMap((each) => (had.has(nameOfTask(each)) ? [each.action] : []));
  }
}
