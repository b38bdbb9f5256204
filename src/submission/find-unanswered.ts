import {sameTask} from '../base/task-label.ts';
import type {TaskRequest} from '../base/task-request.ts';
import type {TransferService, TransferTask} from '../transfer/transfer-service.ts';

/** Where a request that had no answer has led: to a task, to none, or it is not known. */
export type Unanswered =
  | {readonly is: 'there'; readonly task: TransferTask}
  | {readonly is: 'none'}
  | {readonly is: 'unknown'; readonly why: string};

/** `recent` tells of so many tasks and no more. */
const MOST_LISTED = 1000;

/** The clock of this machine may be before that of Globus by so much. */
const CLOCKS_DIFFER_MS = 15 * 60_000;

/**
 * The task of a request that had no answer, by its label. Where the same request is refused the next time, that is no
 * proof that there is no task: Globus may look for room before it looks for the submission id.
 *
 * @param asked `since`: when it was first asked for, in milliseconds; an older task of that label is of another run of the
 *   same name, whose state directory may be gone
 * @throws {TransferUnreachable} {SignInNeeded} nothing is known then
 */
export async function findUnanswered(
  transfers: Pick<TransferService, 'recent'>,
  asked: {readonly request: TaskRequest; readonly since: number},
): Promise<Unanswered> {
  return judgeUnanswered(asked, await transfers.recent({deletions: true}));
}

/** Which of the newest tasks is that of a request. Pure. */
export function judgeUnanswered(
  {request, since}: {readonly request: TaskRequest; readonly since: number},
  newest: readonly TransferTask[],
): Unanswered {
  const [source, destination] =
    'collection' in request ? [request.collection] : [request.sourceCollection, request.destinationCollection];
  const labelled = newest.filter(
    (task) =>
      sameTask(task.label, request.label) &&
      task.requestedAt >= since - CLOCKS_DIFFER_MS &&
      task.sourceCollection === source &&
      (destination === undefined || task.destinationCollection === destination),
  );
  const [task] = labelled;
  if (task && labelled.length === 1) return {is: 'there', task};
  // Two of that label are of runs of one name in two state directories: which is ours is not known.
  if (task) return {is: 'unknown', why: `${labelled.length} tasks have the label "${request.label}"`};
  const reachesBack =
    newest.length < MOST_LISTED || newest.some(({requestedAt}) => requestedAt < since - CLOCKS_DIFFER_MS);
  return reachesBack
    ? {is: 'none'}
    : {is: 'unknown', why: `none of the newest ${MOST_LISTED} tasks has its label, and there may be older ones`};
}
