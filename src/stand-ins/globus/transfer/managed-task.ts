import type {TaskRunner} from './task-runner.ts';
import type {Sides, TaskState} from './task-state.ts';

/** Every collection here has the same managers, so they stand on each side there is. */
export const sidesOf = (task: TaskState): Sides => (task.destination ? 'BOTH' : 'SOURCE');

/** Cancel a task as a manager of its collections does, with a message for its owner. Done when it has ended. */
export async function cancelByManager(runner: TaskRunner, task: TaskState, message: string): Promise<void> {
  task.canceledByAdmin = {message, sides: sidesOf(task)};
  await runner.cancel(task, 'Canceled by a manager of the collection');
}

/** A task as managers of its collections see it: what its owner sees, and who that is. Source: @globus/sdk 6.2, types. */
export const managedTaskDocument = (
  task: TaskState,
  shown: Record<string, unknown>,
  owner: string | null,
): Record<string, unknown> => ({
  ...shown,
  owner_string: owner,
  source_host_endpoint: null,
  source_host_endpoint_id: null,
  source_host_endpoint_display_name: null,
  source_host_path: null,
  source_mapped_collection_id: null,
  source_mapped_collection_display_name: null,
  source_local_user: null,
  source_local_user_status: 'OK',
  destination_host_endpoint: null,
  destination_host_endpoint_id: null,
  destination_host_endpoint_display_name: null,
  destination_host_path: null,
  destination_mapped_collection_id: null,
  destination_mapped_collection_display_name: null,
  destination_local_user: null,
  destination_local_user_status: task.destination ? 'OK' : 'NO_ENDPOINT',
});
