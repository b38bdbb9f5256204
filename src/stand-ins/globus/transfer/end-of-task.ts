import {pendingSubtasks, type TaskState} from './task-state.ts';

/** Put into the state of a task how it ended. What was still open of it goes by the reason. */
export function concludeTask(
  task: TaskState,
  status: 'SUCCEEDED' | 'FAILED',
  fatalError: TaskState['fatalError'],
  now: number,
): void {
  const {counts} = task;
  const open = pendingSubtasks(task) + counts.subtasksRetrying;
  counts.subtasksRetrying = 0;
  if (fatalError?.code === 'CANCELED') counts.subtasksCanceled += open;
  else if (fatalError?.code === 'EXPIRED') counts.subtasksExpired += open;
  else counts.subtasksFailed += open;
  task.status = status;
  task.fatalError = fatalError;
  task.completedAt = now;
  task.paused = false;
  task.trouble = null;
}
