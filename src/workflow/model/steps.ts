import type {Place} from '../../base/task-request.ts';
import type {Step, TaskStep} from './workflow.ts';

export function isTask(step: Step): step is TaskStep {
  return step.kind === 'transfer' || step.kind === 'delete';
}

/** Where a task begins and ends; one that deletes does both at its one place. */
export function endsOf(step: TaskStep): {readonly from: Place; readonly to: Place} {
  return step.kind === 'transfer' ? {from: step.from, to: step.to} : {from: step.at, to: step.at};
}

/** The places on collections that a step acts on. */
export function placesOf(step: Step): readonly Place[] {
  if (step.kind === 'transfer') return [step.from, step.to];
  return step.kind === 'delete' || step.kind === 'mkdir' ? [step.at] : [];
}

/** A step that exists to tidy up after others: when something failed, or at the end whatever happened. */
export function isCleanup(step: Pick<Step, 'onFailureOf' | 'always'>): boolean {
  return step.onFailureOf.length > 0 || step.always === true;
}
