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
  readonly #tried = new Set<string>();

  /** @param problems those that were met before anything was tried */
  constructor(problems: readonly StageError[] = []) {
    this.problems = [...problems];
  }

  /** An action that was tried is not planned again in the same look. */
  wasTried(run: RunId, action: Action): boolean {
    return this.#tried.has(`${run} ${actionKey(action)}`);
  }

  /** @returns false when there is no use in performing the action now */
  begin(run: RunId, action: Action): boolean {
    this.#tried.add(`${run} ${actionKey(action)}`);
    return !(this.pbsIsAway && ASKING_PBS.includes(action.do));
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
      case 'others':
        return;
    }
  }
}
