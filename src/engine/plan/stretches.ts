import {endOf} from '../../ledger/attempts.ts';
import type {Outcome, RunState} from '../../ledger/run-facts.ts';
import {stretchOf} from '../../workflow/model/rounds.ts';
import type {Workflow} from '../../workflow/model/workflow.ts';

/**
 * How a step ended, as one sees it that is no part of the rounds in which it may be done again: not before the last step
 * of these rounds has ended.
 *
 * @param waiting the step that waits for the end
 */
export function lastEndOf(run: RunState, waiting: string, name: string): Outcome | undefined {
  const isOpen = stretchesOf(run.spec.workflow).some(
    ({last, steps}) => last !== name && steps.has(name) && !steps.has(waiting) && endOf(run, last) === undefined,
  );
  return isOpen ? undefined : endOf(run, name);
}

/** A step is done again by rounds that another one is no part of: PBS must not start that one when a job of them ends. */
export function isInRoundsOfOthers({spec}: RunState, waiting: string, name: string): boolean {
  return stretchesOf(spec.workflow).some(({last, steps}) => last !== name && steps.has(name) && !steps.has(waiting));
}

interface Stretch {
  readonly last: string;
  readonly steps: ReadonlySet<string>;
}

const stretches = new WeakMap<Workflow, readonly Stretch[]>();

function stretchesOf(workflow: Workflow): readonly Stretch[] {
  const known = stretches.get(workflow);
  if (known) return known;
  const found = workflow.steps.flatMap(({name, redoFrom}) =>
    redoFrom ? [{last: name, steps: new Set(stretchOf(workflow.steps, redoFrom.step, name))}] : [],
  );
  stretches.set(workflow, found);
  return found;
}
