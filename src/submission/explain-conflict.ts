import type {TaskRequest, TransferRequest} from '../base/task-request.ts';
import {StageError} from '../errors.ts';
import {TransferRefused} from '../globus-errors.ts';
import type {TransferService, TransferTask} from '../transfer/transfer-service.ts';
import {isAskedFor, isBetween} from './find-submitted.ts';

/** Globus refused a transfer since a task with the same paths has not ended: it does not say which. */
export function isConflict(error: unknown): error is TransferRefused {
  return error instanceof TransferRefused && error.globusCode === 'Conflict';
}

/** The tasks that may be in the way of a request. */
export interface Conflicting {
  /** the one that bears the label of the request, which says for what it was submitted: the task that is asked for */
  readonly own?: TransferTask | undefined;
  /** the others whose source and destination agree with it, as far as that is known */
  readonly others: readonly TransferTask[];
}

/**
 * Unfinished tasks that may be the one in the way: between the same collections, and of the same paths where these are
 * known. One request, however many tasks there are.
 *
 * @param requestOf what a task was asked for, where that is on record: Globus does not tell the paths of a task under way
 * @returns none when Globus cannot be queried: nothing is concluded from that
 */
export async function conflictingTasks(
  transfers: Pick<TransferService, 'recent'>,
  request: TaskRequest,
  requestOf: (task: TransferTask) => TaskRequest | undefined,
): Promise<Conflicting> {
  if ('collection' in request) return {others: []};
  try {
    const unfinished = await transfers.recent({unfinished: true});
    return judgeConflict(request, unfinished, requestOf);
  } catch (error) {
    if (error instanceof StageError) return {others: []};
    throw error;
  }
}

/** Which of the tasks are in the way of a request. Pure. */
export function judgeConflict(
  request: TransferRequest,
  unfinished: readonly TransferTask[],
  requestOf: (task: TransferTask) => TaskRequest | undefined,
): Conflicting {
  const between = unfinished.filter((task) => isBetween(task, request));
  const labelled = between.filter((task) => isAskedFor(task, request));
  const [own] = labelled;
  // Two of that label are of runs of one name in two state directories: which is ours is not known.
  if (own && labelled.length === 1) return {own, others: []};
  const others = between.filter((task) => {
    const known = requestOf(task);
    return known === undefined || havePathsInCommon(request, known);
  });
  return {others};
}

function havePathsInCommon(request: TransferRequest, other: TaskRequest): boolean {
  if ('collection' in other) return false;
  const pairs = new Set(other.items.map(pairOf));
  return request.items.some((item) => pairs.has(pairOf(item)));
}

function pairOf({from, to}: {readonly from: string; readonly to: string}): string {
  return JSON.stringify([from, to]);
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
