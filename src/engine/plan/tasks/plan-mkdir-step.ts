import {endOf, workingAttempt} from '../../../ledger/attempts.ts';
import type {MkdirStep} from '../../../workflow/model/workflow.ts';
import type {Action} from '../actions.ts';
import {endUnbegun, holdOn, isPausing, type View, verdictOf} from '../view.ts';

/** What to do about a step that makes a directory. Pure. It has no job and no task: any look makes it. */
export function planMkdirStep(view: View, step: MkdirStep): Action[] {
  const {run} = view;
  if (endOf(run, step.name) || isPausing(view, step.name)) return [];
  const {number: attempt} = workingAttempt(run, step.name);
  const verdict = verdictOf(view, step);
  switch (verdict.is) {
    case 'met':
      return holdOn(run, step.name) ? [] : [{do: 'make-directory', step: step.name, attempt, why: verdict.why}];
    case 'waiting':
    case 'later':
      return [];
    case 'impossible':
      return [endUnbegun(view, step.name, verdict.why)];
  }
}
