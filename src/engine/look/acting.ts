import {act, type RunPlan, untilFirstSubmission} from '../act.ts';
import {lookAtJobs, withWhatTheyWrote} from '../observe.ts';
import type {Action} from '../plan/actions.ts';
import {placeForWork} from '../plan/limits/place-for-work.ts';
import type {LookChain} from './chain.ts';
import type {LookPlanning} from './planning.ts';
import type {LookState} from './state.ts';

/** The part of a look that acts. */
export class LookActing {
  readonly #look: LookState;
  readonly #planning: LookPlanning;
  readonly #chain: LookChain;
  /** how many actions had been done when dependents were last looked for at PBS */
  #doneAtDependents = 0;

  constructor(look: LookState, planning: LookPlanning, chain: LookChain) {
    this.#look = look;
    this.#planning = planning;
    this.#chain = chain;
  }

  /** Do what is planned, and read again what was touched. */
  async act(plans: readonly RunPlan[]): Promise<void> {
    const now = this.#look.isFirst ? untilFirstSubmission(plans) : plans;
    await act(this.#look.context, now, this.#look.progress, this.#look.places);
    const touched = new Set(now.flatMap(({run, actions}) => (actions.length > 0 ? [run.id] : [])));
    this.#look.runs = this.#look.refreshed(
      plans.map(({run}) => run),
      touched,
    );
    if (!this.#look.isFirst || !this.#look.progress.done.some(({action}) => action.do === 'submit-job')) return;
    this.#look.isFirst = false;
    await Promise.all([this.#chain.submitOwedLink(), this.#submitSentinels()]);
  }

  async #submitSentinels(): Promise<void> {
    const plans = this.#planning.planned().map(({run, actions}) => ({run, actions: actions.filter(isSentinel)}));
    await act(this.#look.context, plans, this.#look.progress, this.#look.places);
    this.#look.runs = this.#look.refreshed(
      this.#look.runs,
      new Set(plans.flatMap(({run, actions}) => (actions[0] ? [run.id] : []))),
    );
  }

  /**
   * Ask PBS once more about the jobs of runs for which a job was submitted that depends on another: PBS drops a job whose
   * predecessor has ended and is purged, a moment after it gave an id for it (measured on OpenPBS 23.06), and with it
   * everything that would have looked. And about adopted jobs: of these it was not asked before.
   *
   * @returns false when there is none that was not asked about yet
   */
  async lookAtDependents(): Promise<boolean> {
    const since = this.#look.progress.done.slice(this.#doneAtDependents);
    const submitted = new Set(
      since.flatMap(({run, action}) => {
        const isDependent = action.do === 'submit-job' && action.dependencies.length > 0;
        return isDependent || action.do === 'adopt-job' ? [run] : [];
      }),
    );
    if (submitted.size === 0 || this.#look.progress.pbsIsAway) return false;
    this.#doneAtDependents = this.#look.progress.done.length;
    this.#look.runs = this.#look.refreshed(this.#look.runs, submitted);
    const asked = this.#look.runs.filter(({id}) => submitted.has(id));
    this.#look.seen = await lookAtJobs(
      this.#look.context,
      asked,
      this.#look.context.monitors.newest(),
      this.#look.seen,
    );
    this.#look.runs = withWhatTheyWrote(
      this.#look.context.ledger,
      this.#look.runs,
      this.#look.seen,
      this.#look.setAside,
    );
    return true;
  }

  /**
   * Where PBS has no room for a job that may begin, and nothing of ours works that would end: give up a job that waits in the
   * queue. It is submitted again when there is room, or when what it waits for has ended.
   */
  async makeRoom(): Promise<void> {
    const given = () => placeForWork(this.#look.states, this.#look.seen, this.#look.settings);
    if (!given()) return;
    if (this.#look.jobsMayHaveBegun) {
      this.#look.refresh();
      await this.#look.observeAgain();
    }
    const still = given();
    const run = this.#look.runs.find(({id}) => id === still?.run);
    if (still && run) await this.act([{run, actions: [still.action]}]);
  }
}

function isSentinel(action: Action): boolean {
  return action.do === 'submit-job' && action.role === 'sentinel';
}
