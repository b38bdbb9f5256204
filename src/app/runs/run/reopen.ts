import type {TaskId} from '../../../base/ids.ts';
import {RequestWrong} from '../../../errors.ts';
import {endOf, isRemoved, putAside} from '../../../ledger/attempts.ts';
import {currentAttempt, type ResumeDecision, type RunState} from '../../../ledger/run-facts.ts';
import {isCleanup} from '../../../workflow/model/steps.ts';
import {chooseSteps} from '../../shared/choose.ts';

/** Which steps of a run are opened again, and why a person may want to know more. Pure. */
export interface Reopening {
  readonly steps: ResumeDecision['steps'];
  readonly redo: readonly string[];
  /** in the order of the workflow: what is tried again, and what stays as it is */
  readonly again: readonly string[];
  readonly kept: readonly string[];
  /** cleanups that ran before, after a failure or at the end: what they removed is not brought back by itself */
  readonly cleanedUp: readonly string[];
  /** something had failed or been cancelled */
  readonly broken: boolean;
}

const OPENED: readonly string[] = ['failed', 'cancelled', 'skipped'];

/**
 * What a person's `resume` opens again: steps that failed, were cancelled or skipped; cleanups, which must be ready
 * for another failure, or run again at the end; and those named with `redo`. What else succeeded stays.
 *
 * @param sealed the run has ended: steps that an update added since have not begun
 * @returns undefined when nothing failed and nothing is to be redone: there is nothing to open
 * @throws {NoSuchStep} {RequestWrong} for a step that has not ended
 */
export function reopening(run: RunState, redo: readonly string[], sealed: boolean): Reopening | undefined {
  const steps = run.spec.workflow.steps;
  for (const {name} of chooseSteps({steps}, redo, run.spec.run)) {
    if (!endOf(run, name))
      throw new RequestWrong(`step ${name} of run ${run.spec.run} has not ended; it cannot be repeated yet`, {
        next: [`See its state: stage status ${run.spec.run}`],
      });
  }
  const ends = steps.map((step) => ({step, state: endOf(run, step.name)?.state}));
  const broken = ends.some(({state}) => state === 'failed' || state === 'cancelled');
  const added = sealed ? ends.flatMap(({step, state}) => (state === undefined ? [step.name] : [])) : [];
  if (!broken && redo.length === 0 && added.length === 0) return undefined;
  const opened = ends.filter(
    ({step, state}) => state !== undefined && (OPENED.includes(state) || isCleanup(step) || redo.includes(step.name)),
  );
  const names = opened.map(({step}) => step.name);
  return {
    steps: Object.fromEntries(
      names.map((name) => [name, Math.max(currentAttempt(run, name).number, putAside(run, name))]),
    ),
    redo,
    broken,
    again: ends
      .filter(({step, state}) =>
        names.includes(step.name)
          ? (step.onFailureOf.length === 0 || state === 'failed') && !isRemoved(run, step.name)
          : added.includes(step.name),
      )
      .map(({step}) => step.name),
    kept: ends
      .filter(({step, state}) => state === 'succeeded' && !names.includes(step.name))
      .map(({step}) => step.name),
    cleanedUp: ends.filter(({step, state}) => isCleanup(step) && state === 'succeeded').map(({step}) => step.name),
  };
}

/** The fact that opens steps again, with a task that does the work of one of them. */
export function resumeDecision(
  opened: Pick<Reopening, 'steps' | 'redo'>,
  parts: {
    readonly at: number;
    readonly by: string;
    readonly adopt?: Readonly<Record<string, TaskId>>;
    readonly forced?: boolean;
  },
): ResumeDecision {
  const {at, by, adopt, forced} = parts;
  const grafted = adopt ? {adopt, forced: forced ? Object.keys(adopt) : undefined} : {};
  return {at, by, steps: opened.steps, redo: opened.redo, ...grafted};
}
