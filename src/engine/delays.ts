import {StageError} from '../errors.ts';
import {endOf, workingAttempt} from '../ledger/attempts.ts';
import type {Ledger, OpenRun} from '../ledger/ledger.ts';
import {attemptKey, currentAttempt, type RunState, roundName} from '../ledger/run-facts.ts';
import {waitsFor} from '../workflow/model/graph.ts';
import type {Step} from '../workflow/model/workflow.ts';
import {delayKey} from './plan/actions.ts';
import {isAskedFor} from './plan/view.ts';

/** The delays of steps, during one look: each is measured once, by the clock of the file server, and then by this host's. */
export class Delays {
  readonly #ledger: Pick<Ledger, 'ages'>;
  readonly #clock: () => number;
  /** by step and what it is measured from: when it has passed, by this host's clock */
  readonly #ends = new Map<string, number>();

  constructor(ledger: Pick<Ledger, 'ages'>, clock: () => number) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** @returns what is left of each delay that runs, or has passed, at a moment of this host's clock; those that cannot be measured are left out */
  at(now: number, runs: readonly OpenRun[]): ReadonlyMap<string, number> | undefined {
    const left = new Map<string, number>();
    for (const run of runs)
      for (const step of run.state.spec.workflow.steps) {
        const from = step.delayMs === undefined ? undefined : measuredFrom(run.state, step);
        const end = from && this.#endOf(run, step, from);
        if (end !== undefined) left.set(delayKey(run.id, step.name), end - now);
      }
    return left.size > 0 ? left : undefined;
  }

  #endOf(run: OpenRun, {name, delayMs = 0}: Step, from: readonly string[]): number | undefined {
    const key = [run.id, name, ...from].join(' ');
    const known = this.#ends.get(key);
    if (known !== undefined) return known;
    const age = youngest(() => this.#ledger.ages(run, from));
    if (age === undefined) return undefined;
    const end = this.#clock() + delayMs - age;
    this.#ends.set(key, end);
    return end;
  }
}

/** A file system that is full or read-only shows no time. */
function youngest(ages: () => readonly number[]): number | undefined {
  try {
    const found = ages();
    return found.length > 0 ? Math.min(...found) : undefined;
  } catch (error) {
    if (error instanceof StageError || (error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}

/**
 * The facts from the youngest of which a delay is measured: the ends of what the step waits for, and the round in which it
 * is done again; none of them: the run's creation. Pure.
 *
 * @returns undefined while something it waits for has not ended, and when the step has begun or ended
 */
function measuredFrom(run: RunState, step: Step): string[] | undefined {
  if (endOf(run, step.name) || isAskedFor(workingAttempt(run, step.name))) return undefined;
  const waited = waitsFor(step);
  if (waited.some((name) => endOf(run, name) === undefined)) return undefined;
  const ends = waited.map((name) => `${attemptKey(name, currentAttempt(run, name).number)}.outcome`);
  const round = run.rounds.findLastIndex(({steps}) => steps[step.name] !== undefined) + 1;
  return round > 0 ? [...ends, roundName(round)] : ends;
}
