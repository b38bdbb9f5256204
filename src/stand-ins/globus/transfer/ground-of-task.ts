import {Fault, type Side} from '../copy/fault.ts';
import type {Ground} from '../copy/paths.ts';
import {meetPlanned} from '../copy/planned-faults.ts';
import type {Collections} from '../store/collections.ts';
import type {TaskState} from './task-state.ts';

/** What the tasks of a runner stand on. */
export function groundOf(collections: Collections, task: TaskState, side: Side): Ground {
  const collection = collections.get(endOf(task, side));
  if (!collection) throw new Fault('ENDPOINT_ERROR', side, '/', 'the collection is not there any more');
  return {directory: collection.directory, side};
}

/** @throws {Fault} when somebody ordered one for this path; looked up anew each time, so that an order acts at once */
export const meetPlannedOf =
  (collections: Collections, task: TaskState) =>
  (side: Side, path: string): void =>
    meetPlanned(collections.get(endOf(task, side))?.faults, side, path);

const endOf = (task: TaskState, side: Side): string => (side === 'source' ? task.source : task.destination)?.id ?? '';
