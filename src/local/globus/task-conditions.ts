import type {Lasts} from '../day.ts';
import type {Collections} from './collections.ts';
import {addEvent} from './task-events.ts';
import type {TaskState} from './task-state.ts';
import type {TaskStore} from './task-store.ts';

/** What the collections of a task keep it from: a pause by their manager, a credential that has lapsed. */

const HOUR = 3_600_000;

interface Surroundings {
  readonly collections: Collections;
  readonly store: TaskStore;
  readonly lasts: Lasts;
  readonly now: number;
}

/** Bring the task in line with its collections, with an event for each change. */
export function noteConditions(task: TaskState, around: Surroundings): void {
  const {collections, store} = around;
  const ends = [task.source, ...(task.destination ? [task.destination] : [])].map((one) => collections.get(one.id));
  const rule = ends.map((one) => one?.pausedBy).find((one) => one !== undefined);
  if ((rule !== undefined) !== task.paused) notePause(task, rule, around);
  const lapsed = ends.find((one) => one?.expired);
  if ((lapsed !== undefined) !== (task.status === 'INACTIVE')) {
    task.status = lapsed ? 'INACTIVE' : 'ACTIVE';
    // The codes of the lists that speak of credentials are errors; of going on again there is none.
    if (lapsed) {
      addEvent(
        store,
        task,
        'NO_CREDENTIALS',
        true,
        `Error (no credentials)\nEndpoint: ${lapsed.name} (${lapsed.id})\nMessage: the credential has expired`,
      );
    }
    store.save(task);
  }
}

/** Pausing sets a deadline 90 days ahead, resuming one of 24 h. Source: Globus Transfer API, "Task document". */
function notePause(task: TaskState, rule: {readonly message: string} | undefined, around: Surroundings): void {
  const {store, lasts, now} = around;
  task.paused = rule !== undefined;
  if (!task.deadlineGiven) task.deadline = now + lasts((rule ? 90 * 24 : 24) * HOUR);
  addEvent(store, task, rule ? 'PAUSED' : 'UNPAUSED', false, rule?.message ?? '');
  store.save(task);
}

/** Neither paused nor without a credential. */
export const mayWork = (task: TaskState): boolean => task.status === 'ACTIVE' && !task.paused;
