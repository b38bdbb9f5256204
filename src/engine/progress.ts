import {refusedWrite} from '../disk/system-error.ts';
import type {StageError} from '../errors.ts';
import type {RunId} from '../ledger/state-directory.ts';
import {SchedulerUnreachable} from '../scheduler/scheduler.ts';
import type {ActionOutcome} from './perform/action-outcome.ts';
import {type Action, actionKey} from './plan/actions.ts';

/** One thing that was done to a run. */
export interface Done {
  readonly run: RunId;
  readonly action: Action;
}

const ASKING_PBS: readonly Action['do'][] = ['submit-job', 'release-job', 'delete-job', 'hold-job', 'unhold-job'];

/** What a look has tried and done so far, and what stood in its way. */
export class LookProgress {
  readonly done: Done[] = [];
  readonly problems: StageError[];
  /** PBS did not answer a moment ago: every further question would wait for nothing */
  pbsIsAway = false;
  /** the disk is full or read-only: nothing further is done */
  diskTakesNothing = false;
  /** Globus had no room for a task a moment ago: it has none for the next one either */
  globusIsFull = false;
  readonly #tried = new Set<string>();
  readonly #shows: boolean;

  /**
   * @param problems those that were met before anything was tried
   * @param shows a disk that takes nothing is a problem, and ends nothing: what is known is shown
   */
  constructor(problems: readonly StageError[] = [], shows = false) {
    this.problems = [...problems];
    this.#shows = shows;
  }

  /**
   * Do what has to be put on record.
   *
   * @returns `otherwise` where the disk takes nothing, which is told once
   * @throws what `work` throws; the refusal of a disk, too, where this look is not to show what is known
   */
  async recording<T>(work: () => T | Promise<T>, otherwise: T): Promise<T> {
    if (this.diskTakesNothing) return otherwise;
    try {
      return await work();
    } catch (error) {
      const refusal = this.#shows ? refusedWrite(error) : undefined;
      if (!refusal) throw error;
      if (!this.diskTakesNothing) this.problems.push(refusal);
      this.diskTakesNothing = true;
      return otherwise;
    }
  }

  /** An action that was tried is not planned again in the same look. */
  wasTried(run: RunId, action: Action): boolean {
    return this.#tried.has(`${run} ${actionKey(action)}`);
  }

  /** @returns false when there is no use in performing the action now */
  begin(run: RunId, action: Action): boolean {
    this.#tried.add(`${run} ${actionKey(action)}`);
    if (this.globusIsFull && action.do === 'submit-transfer') return false;
    return !(this.diskTakesNothing || (this.pbsIsAway && ASKING_PBS.includes(action.do)));
  }

  end(run: RunId, action: Action, outcome: ActionOutcome): void {
    switch (outcome.is) {
      case 'done':
        this.done.push({run, action});
        return;
      case 'stale':
        // It was decided otherwise since: it may be planned again.
        this.#tried.delete(`${run} ${actionKey(action)}`);
        return;
      case 'problem':
        this.problems.push(outcome.error);
        this.pbsIsAway ||= outcome.error instanceof SchedulerUnreachable || outcome.timedOut === true;
        return;
      case 'put-off':
        this.globusIsFull ||= outcome.room;
        return;
      case 'others':
        return;
    }
  }
}
