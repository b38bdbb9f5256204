import type {TaskId} from '../base/ids.ts';
import type {TaskRequest, TransferRequest, Way} from '../base/task-request.ts';
import type {TransferService} from './transfer-service.ts';

/**
 * A way of moving data that is not Globus: what is started, seen and cancelled there. Listings, new directories and
 * deletions are asked of Globus alone. What is promised of each method stands at {@link TransferService}.
 */
export interface OtherWay
  extends Pick<TransferService, 'look' | 'cancel' | 'update' | 'events' | 'pauses' | 'moved' | 'skipped'> {
  submit(submissionId: string, request: TransferRequest): Promise<TaskId>;
}

export type WayName = Way['by'];

const UUID_FORM = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** How the id of a task is written that another way moves: its way, and the submission id. */
const OF_ANOTHER_WAY = new RegExp(`^(copy|command)-(${UUID_FORM})$`);

/** The task that a submission id stands for. Pure. @throws {RangeError} for what is no submission id of ours */
export function taskOfWay(way: WayName, submissionId: string): TaskId {
  const id = `${way}-${submissionId.toLowerCase()}`;
  if (!OF_ANOTHER_WAY.test(id)) throw new RangeError(`${submissionId} is no submission id`);
  return id as TaskId; // made here
}

/** Which way moves a task, and under which submission id; undefined: Globus does. Pure. */
export function wayOfTask(task: string): {readonly way: WayName; readonly submissionId: string} | undefined {
  const [, way, submissionId] = OF_ANOTHER_WAY.exec(task) ?? [];
  return submissionId === undefined ? undefined : {way: way as WayName, submissionId}; // the form says which
}

/** How a request is made that is not for Globus. Pure. */
export function viaOf(request: TaskRequest | undefined): Way | undefined {
  return request && 'items' in request ? request.via : undefined;
}
