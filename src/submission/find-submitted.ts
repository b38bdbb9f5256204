import {sameTask} from '../base/task-label.ts';
import type {TaskRequest} from '../base/task-request.ts';
import type {TransferService, TransferTask} from '../transfer/transfer-service.ts';

/**
 * The tasks that Globus has for submissions without an answer on record, while they have not ended: found by the label,
 * which says for which run, step and attempt one was submitted. Nothing is submitted again; one request for all of them.
 *
 * @returns an entry for each request: several tasks where runs of one name in two state directories bear the same label
 * @throws {TransferUnreachable} {TransferRefused} {SignInNeeded}
 */
export async function findSubmitted(
  transfers: Pick<TransferService, 'recent'>,
  requests: readonly TaskRequest[],
): Promise<readonly (readonly TransferTask[])[]> {
  if (requests.length === 0) return [];
  const unfinished = await transfers.recent({unfinished: true, deletions: true});
  return requests.map((request) => unfinished.filter((task) => isAskedFor(task, request)));
}

/** The task is between the collections of the request, and bears its label. Pure. */
export function isAskedFor(task: TransferTask, request: TaskRequest): boolean {
  return isBetween(task, request) && sameTask(task.label, request.label);
}

/** The task is about the collections of the request. Pure. */
export function isBetween(task: TransferTask, request: TaskRequest): boolean {
  if ('collection' in request) return task.sourceCollection === request.collection;
  return (
    task.sourceCollection === request.sourceCollection && task.destinationCollection === request.destinationCollection
  );
}
