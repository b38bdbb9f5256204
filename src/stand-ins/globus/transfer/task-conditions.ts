import type {Lasts} from '../../day.ts';
import {hasLapsed} from '../auth/access.ts';
import type {Logins} from '../auth/logins.ts';
import type {Collections} from '../store/collections.ts';
import type {TaskStore} from '../store/task-store.ts';
import type {PauseRules} from './pause-rules.ts';
import {addEvent} from './task-events.ts';
import type {TellOwner} from './task-mail.ts';
import type {TaskState} from './task-state.ts';

/** What keeps a task from going on: a pause by a manager, a credential that has lapsed. */

const HOUR = 3_600_000;

/** What tasks stand in. */
export interface Surroundings {
  readonly collections: Collections;
  readonly pauseRules: PauseRules;
  readonly logins: Logins;
  readonly store: TaskStore;
  readonly lasts: Lasts;
  readonly tellOwner: TellOwner;
  readonly now: number;
}

/** Bring the task in line with its surroundings, with an event for each change. */
export function noteConditions(task: TaskState, around: Surroundings): void {
  const {collections, pauseRules, logins, store, now} = around;
  const paused = task.adminPause ?? pauseRules.onTask(task, now)[0];
  if ((paused !== undefined) !== task.paused) notePause(task, paused, around);
  const ends = [task.source, ...(task.destination ? [task.destination] : [])].map((one) => collections.get(one.id));
  const lapsed = ends.find((one) => one && hasLapsed(one, task.owner, logins));
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
    around.tellOwner(task);
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
