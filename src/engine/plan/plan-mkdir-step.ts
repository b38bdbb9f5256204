import {endOf, workingAttempt} from '../../ledger/attempts.ts';
import type {MkdirStep} from '../../workflow/model/workflow.ts';
import type {Action} from './actions.ts';
import {holdOn, isPausing, type View, verdictOf} from './view.ts';

/** What to do about a step that makes a directory. Pure. It has no job and no task: whoever looks makes it. */
export function planMkdirStep(view: View, step: MkdirStep): Action[] {
  const {run} = view;
  if (endOf(run, step.name) || isPausing(view, step.name)) return [];
  const on = {step: step.name, attempt: workingAttempt(run, step.name).number};
  const verdict = verdictOf(view, step);
  switch (verdict.is) {
    case 'met':
      return holdOn(run, step.name) ? [] : [{do: 'make-directory', ...on, why: verdict.why}];
    case 'waiting':
      return [];
    case 'impossible':
      return [{do: 'end-step', ...on, state: run.cancel ? 'cancelled' : 'skipped', why: verdict.why}];
  }
}
