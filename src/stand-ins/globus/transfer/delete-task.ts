import {runDelete} from '../copy/delete-round.ts';
import {Fault} from '../copy/fault.ts';
import type {Collections} from '../store/collections.ts';
import type {TaskStore} from '../store/task-store.ts';
import type {LiveTask, Outcome, TaskBounds} from './live-task.ts';
import {groundOf, meetPlannedOf} from './live-task.ts';
import {addFault} from './task-events.ts';

/** Trying these again would find the same. A missing path fails a delete at once. Source: globus-cli 3.41, `globus rm`. */
const ENDING = ['FILE_NOT_FOUND', 'IS_A_DIRECTORY', 'NOT_A_DIRECTORY', 'INVALID_PATH_NAME', 'ENDPOINT_ERROR'];

/** One turn of a delete task. @throws what ends it */
export async function runDeleteTask(
  one: LiveTask,
  store: TaskStore,
  collections: Collections,
  bounds: TaskBounds,
): Promise<Outcome> {
  const {task, gate, stop} = one;
  const request = store.deleteRequest(task.id);
  const goesOn = task.counts.subtasksTotal > 0;
  task.counts.subtasksTotal = request.DATA.length;
  task.counts.subtasksSucceeded = 0;
  task.counts.subtasksRetrying = 0;
  store.save(task);
  const meet = meetPlannedOf(collections, task, bounds.rules);
  try {
    await runDelete(
      request.DATA.map((item) => item.path),
      {
        counts: task.counts,
        ground: groundOf(collections, task, 'source'),
        pace: {signal: stop.signal, pass: () => gate.pass(stop.signal)},
        recursive: request.recursive,
        ignoreMissing: request.ignore_missing || goesOn,
        interpretGlobs: request.interpret_globs,
        meetPlanned: (path) => meet('source', path),
      },
    );
    return 'finished';
  } catch (error) {
    if (stop.signal.aborted || !(error instanceof Fault) || ENDING.includes(error.code)) throw error;
    task.counts.faults++;
    task.counts.subtasksRetrying = 1;
    task.trouble = {code: error.code, at: Date.now()};
    addFault(store, task, error);
    return 'later';
  }
}
