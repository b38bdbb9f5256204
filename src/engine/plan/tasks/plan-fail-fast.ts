import {writeDuration} from '../../../base/duration.ts';
import type {TaskId} from '../../../base/ids.ts';
import type {Attempt} from '../../../ledger/run-facts.ts';
import type {TaskSeen} from '../../../transfer/transfer-service.ts';
import type {TaskStep} from '../../../workflow/model/workflow.ts';
import type {Action, Observed} from '../actions.ts';
import type {TaskTrouble} from './task-trouble.ts';

/**
 * A fault that has lasted as long as the step's `fail_fast` allows ends the task, instead of its deadline. Pure.
 *
 * Only a task that is being worked on: one that is paused or waits for a sign-in is not a mistake in the workflow, and its events
 * are old.
 */
export function planFailFast(step: TaskStep, attempt: Attempt, seen: Observed): Action[] {
  const task = attempt.transfer?.task;
  if (!task || attempt.transfer?.cancelled) return [];
  const at = failsAt(step, task, seen);
  const trouble = seen.troubles?.get(task);
  if (at === undefined || !trouble || seen.now < at) return [];
  return [{do: 'cancel-task', step: step.name, attempt: attempt.number, task, why: reason(step, trouble)}];
}

/** When a task's fault will have lasted long enough; undefined while it has none that counts. Pure. */
export function failsAt({failFast}: TaskStep, task: TaskId, seen: Observed): number | undefined {
  const trouble = seen.troubles?.get(task);
  if (!failFast || !trouble || !isFaulting(seen.tasks.get(task)) || !failFast.on.includes(trouble.code))
    return undefined;
  return trouble.since + failFast.afterMs;
}

/** A task that Globus works on, and that says itself that it does not get on. */
export function isFaulting(task: TaskSeen | undefined): boolean {
  return (
    task?.kind === 'task' && (task.state === 'active' || task.state === 'queued') && task.troubleCode !== undefined
  );
}

function reason({failFast}: TaskStep, {description, path, times, atLeast}: TaskTrouble): string {
  const lasted = failFast ? ` for ${writeDuration(failFast.afterMs)}` : '';
  const often = times > 1 ? `, met ${atLeast ? 'at least ' : ''}${times} times` : '';
  return `fail_fast: ${description}${path ? ` (${path})` : ''}${lasted}${often}`;
}
