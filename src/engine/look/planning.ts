import type {RunId} from '../../ledger/state-directory.ts';
import type {RunPlan} from '../act.ts';
import {Delays} from '../delays.ts';
import {LimitClaims} from '../limit-claims.ts';
import type {Action, Observed} from '../plan/actions.ts';
import {taskRoom} from '../plan/limits/task-room.ts';
import {asksGlobus, planRun} from '../plan/plan-run.ts';
import type {TaskPlaces} from '../task-places.ts';
import type {LookState} from './state.ts';

/** The part of a look that plans: what is to be done to each run, and what of it may be done now. */
export class LookPlanning {
  readonly #look: LookState;
  readonly #taskPlaces: TaskPlaces;
  readonly #delays: Delays;
  readonly limits: LimitClaims;
  /** Globus has not answered yet */
  awaitsGlobus: boolean;

  constructor(look: LookState, taskPlaces: TaskPlaces, awaitsGlobus: boolean) {
    this.#look = look;
    this.#taskPlaces = taskPlaces;
    this.#delays = new Delays(look.context.ledger, look.context.clock);
    this.limits = new LimitClaims(look.context, look.problems);
    this.awaitsGlobus = awaitsGlobus;
  }

  /** What is to be done to each run now, and was not tried yet. */
  async planAll(): Promise<readonly RunPlan[]> {
    await this.settleLimits();
    const plans = await this.#taskPlaces.within(await this.#plannedNow());
    this.#look.seen = {...this.#look.seen, places: this.#taskPlaces.seen};
    // Where room is short, the oldest run asks first.
    return this.#look.seen.room || this.#look.seen.places ? oldestFirst(plans) : plans;
  }

  /** Claims and grants: after the evidence, and before anything is done. */
  async settleLimits(): Promise<void> {
    const {runs, settings} = this.#look;
    const limits = await this.limits.settle(runs, this.#withDelays(), settings);
    this.#look.seen = {...this.#look.seen, limits};
  }

  #withDelays(): Observed {
    return {...this.#look.seen, delays: this.#delays.at(this.#look.seen.now, this.#look.runs)};
  }

  async #plannedNow(): Promise<readonly RunPlan[]> {
    const plans = this.planned();
    const deletes = plans.some(({actions}) => actions.some((action) => action.do === 'delete-job'));
    if (!deletes || !this.#look.jobsMayHaveBegun) return plans;
    // None is deleted for what an older look had shown.
    await this.#look.observeAgain();
    return this.planned();
  }

  /** What is to be done to each run, as it was seen last. */
  planned(): RunPlan[] {
    const room = taskRoom(this.#look.states, this.#look.settings.refusedRetryMs);
    this.#look.seen = {...this.#withDelays(), room};
    const queueIsFull = this.#look.places.waiting > 0;
    return this.#look.runs.map((run) => {
      const creates = this.#look.creates(run.id);
      const settings = {...this.#look.settings, queueIsFull, creates, rebuild: this.#isRebuilt(run.id)};
      const actions = planRun(run.state, this.#look.seen, settings);
      return {run, actions: actions.filter((action) => this.#mayBeDone(run.id, action))};
    });
  }

  #mayBeDone(run: RunId, action: Action): boolean {
    if (this.#look.progress.wasTried(run, action)) return false;
    // The place that the end of a job leaves is that of the successor, which is asked for once more when the look has ended.
    if (action.do === 'submit-job' && this.#successorHasNoPlace) {
      this.#look.keepsBack = true;
      return false;
    }
    // Globus is not waited for on account of a run that was not asked about, nor before all else is done.
    if (action.do === 'act' && this.awaitsGlobus) return false; // it may hang: all else comes first
    return !(asksGlobus(action) && (this.awaitsGlobus || this.#look.others.has(run)));
  }

  /** This process is a monitor, and PBS has refused the one that follows it for its place. */
  get #successorHasNoPlace(): boolean {
    return this.#look.request.monitor !== undefined && this.#look.link === undefined;
  }

  /** What a person deleted, or gave up on, in a run that was not named is left as it is. */
  #isRebuilt(run: RunId): boolean {
    return (this.#look.request.rebuild ?? false) && this.#look.isAbout(run);
  }
}

function oldestFirst(plans: readonly RunPlan[]): RunPlan[] {
  return plans.toSorted(({run: one}, {run: other}) => one.state.spec.createdAt - other.state.spec.createdAt);
}
