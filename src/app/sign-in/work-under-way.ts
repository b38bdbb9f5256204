import type {TaskId} from '../../base/ids.ts';
import {waitingForTasks} from '../../ledger/attempts.ts';
import {openRuns} from '../../ledger/open-runs.ts';
import type {RunState} from '../../ledger/run-facts.ts';
import type {TaskSeen} from '../../transfer/transfer-service.ts';
import type {SignInStage} from '../../wiring/stage.ts';
import {placesOf} from '../../workflow/model/steps.ts';

/** A task under way, and what it moves data between. */
interface MovingTask {
  readonly task: TaskId;
  /** ids */
  readonly collections: readonly string[];
}

/** Tasks that steps of a run wait for. Pure. */
export function tasksUnderWay(run: RunState): MovingTask[] {
  return waitingForTasks(run).map(({step, task}) => ({
    task,
    collections: placesOf(step).map(({collection}) => collection),
  }));
}

/**
 * Until when each collection may be needed: the latest deadline of the tasks that move data there, since it is not known
 * earlier when a task will have ended. Globus pushes it while a task moves. Pure.
 *
 * @returns milliseconds since the epoch by collection id; none for a collection that no unfinished task touches
 */
export function neededUntil(
  moving: readonly MovingTask[],
  seen: ReadonlyMap<TaskId, TaskSeen>,
): ReadonlyMap<string, number> {
  const until = new Map<string, number>();
  for (const {task, collections} of moving) {
    const found = seen.get(task);
    if (found?.kind !== 'task' || found.deadline === undefined) continue;
    if (['succeeded', 'failed', 'cancelled'].includes(found.state)) continue;
    for (const id of collections) until.set(id, Math.max(until.get(id) ?? 0, found.deadline));
  }
  return until;
}

/** The same for all runs under way. Asks Globus once; what it does not tell is left out. */
export async function workUnderWay(stage: SignInStage): Promise<ReadonlyMap<string, number>> {
  const moving = openRuns(stage.ledger, stage.ledger.activeRuns()).runs.flatMap(({state}) => tasksUnderWay(state));
  if (moving.length === 0) return new Map();
  const {transfers} = await stage.engine();
  return neededUntil(moving, await transfers.look(moving.map(({task}) => task)));
}
