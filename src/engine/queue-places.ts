import {type Claim, grantsNow, type Limit} from '../limits/grant.ts';
import type {Action} from './plan/actions.ts';
import {placesOf} from './plan/queue-limit.ts';

/** The places that PBS has for jobs of ours, during one look. */
export class QueuePlaces {
  readonly #limit: Limit;
  #taken: readonly Claim[] = [];
  readonly #granted: Claim[] = [];
  readonly #released = new Set<string>();
  readonly #keys = new Map<Action, string>();

  constructor(limit: Limit) {
    this.#limit = limit;
  }

  /** PBS was asked: these places are taken, besides those that this look has granted. */
  sees(taken: readonly Claim[]): void {
    this.#taken = taken;
  }

  /**
   * Grant places to submissions, in their order. Those that get none are submitted by a later look: one comes when a
   * job leaves the queue.
   *
   * @returns the actions that may be done now; all that submit no job are among them
   */
  grant(actions: readonly Action[]): Action[] {
    const open = actions.flatMap((action): Claim[] => {
      if (action.do !== 'submit-job') return [];
      const key = `submission ${this.#keys.size + 1}`;
      this.#keys.set(action, key);
      return [{key, amount: placesOf(action)}];
    });
    const now = grantsNow(this.#limit, {granted: [...this.#taken, ...this.#granted], released: this.#released, open});
    this.#granted.push(...now);
    const keys = new Set(now.map(({key}) => key));
    return actions.filter((action) => action.do !== 'submit-job' || keys.has(this.#keys.get(action) ?? ''));
  }

  /** PBS did not take the job: its places are free again. */
  release(action: Action): void {
    const key = this.#keys.get(action);
    if (key !== undefined) this.#released.add(key);
  }
}
