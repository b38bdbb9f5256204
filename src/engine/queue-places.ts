import {jobKey} from '../ledger/run-facts.ts';
import type {RunId} from '../ledger/state-directory.ts';
import {type Claim, grantsNow, type Limit} from '../limits/grant.ts';
import type {Action} from './plan/actions.ts';
import {claimOf, nameOfPlace} from './plan/limits/queue-limit.ts';

/** The claim of one submission. */
interface Claimed {
  readonly action: Action;
  readonly claim: Claim;
  /** of the job, as PBS will show it */
  readonly name: string;
}

/** The places that PBS has for jobs of ours, during one look. */
export class QueuePlaces {
  readonly #limit: Limit;
  #taken: readonly Claim[] = [];
  readonly #claimed: Claimed[] = [];
  readonly #granted: Claim[] = [];
  readonly #released = new Set<string>();

  readonly #learnt: number | undefined;

  /** @param learnt how many jobs of ours PBS took when it refused one for room; undefined when it has not of late */
  constructor(limit: Limit, learnt?: number) {
    this.#limit = limit;
    this.#learnt = learnt;
  }

  /** submissions that got no place */
  get waiting(): number {
    return this.#claimed.length - this.#granted.length;
  }

  /** those of them that were kept out by what was learnt from a refusal alone: nothing that ends lets them in */
  get keptOut(): number {
    const granted = new Set(this.#granted.map(({key}) => key));
    return this.#claimed.filter(({claim}) => claim.within !== undefined && !granted.has(claim.key)).length;
  }

  /** PBS was asked: these places are taken, those that this look had granted among them where it shows the job. */
  sees(taken: readonly Claim[]): void {
    this.#taken = taken;
    const shown = new Set(taken.map(({key}) => key));
    for (const {claim, name} of this.#claimed) if (shown.has(name)) this.#released.add(claim.key);
  }

  /**
   * Grant places to submissions, in their order. Those that get none are submitted by a later look.
   *
   * @returns the actions that may be done now; all that submit no job are among them
   */
  grant(run: RunId, actions: readonly Action[]): Action[] {
    const open = actions.flatMap((action): Claim[] => {
      if (action.do !== 'submit-job') return [];
      const name = nameOfPlace(run, jobKey(action.step, action.attempt, action.role, action.serial));
      // The same submission may be planned again in this look: each claim has a key of its own.
      const claim = claimOf(action, `claim ${this.#claimed.length + 1}`, this.#learnt);
      this.#claimed.push({action, claim, name});
      return [claim];
    });
    const now = grantsNow(this.#limit, {granted: [...this.#taken, ...this.#granted], released: this.#released, open});
    this.#granted.push(...now);
    return actions.filter((action) => {
      const claim = this.#claimOf(action);
      return claim === undefined || now.includes(claim);
    });
  }

  /** PBS did not take the job: its places are free again. */
  release(action: Action): void {
    const claim = this.#claimOf(action);
    if (claim) this.#released.add(claim.key);
  }

  #claimOf(action: Action): Claim | undefined {
    return this.#claimed.findLast((each) => each.action === action)?.claim;
  }
}
