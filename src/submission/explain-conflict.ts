import type {TaskRequest} from '../base/task-request.ts';
import {StageError} from '../errors.ts';
import {TransferRefused} from '../globus-errors.ts';
import type {TransferService, TransferTask} from '../transfer/transfer-service.ts';

/** Globus refused a transfer since a task with the same paths has not ended: it does not say which. */
export function isConflict(error: unknown): error is TransferRefused {
  return error instanceof TransferRefused && error.globusCode === 'Conflict';
}

/**
 * Unfinished tasks that may be the one in the way: between the same collections, those with the same label first.
 *
 * @returns none when Globus cannot be queried: it is told for people, and nothing depends on it
 */
export async function tasksInTheWay(
  transfers: TransferService,
  request: TaskRequest,
): Promise<readonly TransferTask[]> {
  if ('collection' in request) return [];
  try {
    const unfinished = await transfers.recent({unfinished: true});
    const between = unfinished.filter(
      (task) =>
        task.sourceCollection === request.sourceCollection &&
        task.destinationCollection === request.destinationCollection,
    );
    const sameLabel = between.filter(({label}) => label === request.label);
    return sameLabel.length > 0 ? sameLabel : between;
  } catch (error) {
    if (error instanceof StageError) return [];
    throw error;
  }
}

/** `task 6672… ("climate in", active)`, or several of them. */
export function conflictInWords(tasks: readonly TransferTask[]): string {
  const [only] = tasks;
  if (only === undefined) return 'which one could not be found out: stage transfer list shows them';
  const names = tasks.slice(0, TASKS_SHOWN).map(({task, label, state}) => `${task} ("${label}", ${state})`);
  const more = tasks.length > TASKS_SHOWN ? ` or ${tasks.length - TASKS_SHOWN} more` : '';
  return tasks.length === 1 ? `it is task ${names.join('')}` : `it is one of ${names.join(', ')}${more}`;
}

const TASKS_SHOWN = 3;
