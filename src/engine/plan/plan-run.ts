import type {RunState} from '../../ledger/run-facts.ts';
import {topologicalOrder} from '../../workflow/model/graph.ts';
import type {Step} from '../../workflow/model/workflow.ts';
import type {Action, Observed, PlanSettings} from './actions.ts';
import {planActStep} from './acts/plan-act-step.ts';
import {waitsForFirstWord} from './first-refusal.ts';
import {planHolds} from './jobs/plan-holds.ts';
import {planJobStep} from './jobs/plan-job-step.ts';
import {planLeftovers} from './jobs/plan-leftovers.ts';
import {planRounds} from './plan-rounds.ts';
import {planMkdirStep} from './tasks/plan-mkdir-step.ts';
import {planTransferStep} from './tasks/plan-transfer-step.ts';
import type {View} from './view.ts';

/**
 * Everything to do to a run now. Pure: same run, same observation, same actions.
 *
 * Jobs are submitted before transfers are, so that a workflow PBS refuses moves no data; jobs are
 * deleted from the last step to the first, because PBS leaves the dependents of a job that was deleted
 * before it ran waiting for ever (measured on OpenPBS 23.06).
 */
export function planRun(run: RunState, seen: Observed, settings: PlanSettings): Action[] {
  if (waitsForFirstWord(run, seen.now, settings.creates ?? false)) return [];
  const view: View = {run, seen, settings};
  const actions = inTopologicalOrder(run.spec.workflow.steps).flatMap((step) => [
    ...planLeftovers(view, step),
    ...planHolds(view, step),
    ...planStep(view, step),
    ...planRounds(view, step),
  ]);
  const deletions = actions.filter((action) => action.do === 'delete-job').reverse();
  // What ends this moment may make a transfer pointless: whether to begin it is asked again when that is recorded.
  const ends = actions.some((action) => action.do === 'end-step');
  const atGlobus = ends ? [] : actions.filter((action) => beginsAtGlobus(action));
  const acts = actions.filter((action) => action.do === 'act');
  const rest = actions.filter(({do: what}) => what !== 'delete-job' && what !== 'act');
  return [...deletions, ...rest.filter((action) => !beginsAtGlobus(action)), ...atGlobus, ...acts];
}

function planStep(view: View, step: Step): Action[] {
  switch (step.kind) {
    case 'transfer':
    case 'delete':
      return planTransferStep(view, step);
    case 'mkdir':
      return planMkdirStep(view, step);
    case 'link':
    case 'move':
    case 'remove':
      return planActStep(view, step);
    case 'job':
      return planJobStep(view, step);
  }
}

/** What changes a collection, and waits until PBS has taken the jobs that need it. */
export function beginsAtGlobus(action: Action): boolean {
  return action.do === 'submit-transfer' || action.do === 'make-directory';
}

/** What cannot be done while Globus does not answer. */
export function asksGlobus(action: Action): boolean {
  return beginsAtGlobus(action) || action.do === 'cancel-task';
}

function inTopologicalOrder(steps: readonly Step[]): Step[] {
  const byName = new Map(steps.map((step) => [step.name, step]));
  return topologicalOrder(steps).flatMap((name) => byName.get(name) ?? []);
}
