import {endOf, opensRound} from '../../ledger/attempts.ts';
import {currentAttempt} from '../../ledger/run-facts.ts';
import {stretchOf} from '../../workflow/model/rounds.ts';
import type {Step} from '../../workflow/model/workflow.ts';
import type {Action} from './actions.ts';
import {seenOf} from './jobs/job-seen.ts';
import {isLive, type View} from './view.ts';

/**
 * Open the round of a step that has failed for good. Pure.
 *
 * It comes when every other step of the stretch has ended, and every job of theirs that ran a script or waited for a
 * transfer is proven over: nothing of the old round may act once the new one begins.
 */
export function planRounds(view: View, step: Step): Action[] {
  const {run} = view;
  if (!step.redoFrom || !opensRound(run, step.name)) return [];
  const stretch = stretchOf(run.spec.workflow.steps, step.redoFrom.step, step.name);
  if (!stretch.every((name) => name === step.name || endOf(run, name) !== undefined)) return [];
  if (stretch.some((name) => mayStillWork(view, name))) return [];
  const outcome = currentAttempt(run, step.name).outcome;
  return [
    {
      do: 'open-round',
      step: step.name,
      number: run.rounds.length + 1,
      from: step.redoFrom.step,
      steps: Object.fromEntries(stretch.map((name) => [name, currentAttempt(run, name).number])),
      why: `${step.name} failed: ${outcome?.why ?? ''}`,
    },
  ];
}

/**
 * A job of its attempt is at PBS, or it is not known whether it is. PBS is not asked about jobs of steps that have ended:
 * their end was concluded from evidence.
 */
function mayStillWork(view: View, name: string): boolean {
  return currentAttempt(view.run, name).jobs.some((record) => {
    if (record.role === 'launcher' || record.role === 'sentinel' || record.refused || record.neverArrived) return false;
    return record.job === undefined || isLive(view, record) || seenOf(view.seen, record)?.kind === 'no-evidence';
  });
}
