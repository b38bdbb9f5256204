import type {Journal} from '../../journal.ts';
import {type GuestRules, mayReach} from '../auth/guest-access.ts';
import {Fault, notAllowed, type Side} from '../copy/fault.ts';
import {createGate, type Gate} from '../copy/gate.ts';
import type {Ground} from '../copy/held-directories.ts';
import {meetPlanned} from '../copy/planned-faults.ts';
import {createThrottle, type Throttle} from '../copy/throttle.ts';
import type {Work} from '../copy/transfer-work.ts';
import {type Collections, groundIn} from '../store/collections.ts';
import type {LimitValues} from './limits.ts';
import type {TaskState} from './task-state.ts';

/** An unfinished task, and what exists of it only while this process lives. */
export interface LiveTask {
  readonly task: TaskState;
  readonly gate: Gate;
  readonly throttle: Throttle;
  readonly stop: AbortController;
  /** it has a turn now */
  holding: boolean;
  /** waits for its next try until then, in milliseconds since the epoch */
  notBefore: number;
  tries: number;
  /** what is still to do; undefined before the first round */
  left: Work[] | undefined;
  /** destination paths that were copied before a restart */
  finished: ReadonlySet<string>;
  /** lists on disk that its rounds add to */
  lists: {readonly successful: Journal; readonly skipped: Journal} | undefined;
  running: Promise<void> | undefined;
  savedAt: number;
  saved: string;
}

export const createLiveTask = (task: TaskState, rate: () => number | null): LiveTask => ({
  task,
  gate: createGate(),
  throttle: createThrottle(rate),
  stop: new AbortController(),
  holding: false,
  notBefore: 0,
  tries: 0,
  left: undefined,
  finished: new Set(),
  lists: undefined,
  running: undefined,
  savedAt: Date.now(),
  saved: '',
});

/** What a task may do. */
export interface TaskBounds extends LimitValues {
  readonly rules: GuestRules;
}

/** How a turn of a task ended: it is done, or what faulted is to be tried again. Otherwise it throws. */
export type Outcome = 'finished' | 'later';

/** What the tasks of a runner stand on. */
export function groundOf(collections: Collections, task: TaskState, side: Side): Ground {
  const collection = collections.get(endOf(task, side));
  if (!collection) throw new Fault('ENDPOINT_ERROR', side, '/', 'the collection is not there any more');
  return groundIn(collection, side);
}

/**
 * @throws {Fault} when one was ordered for this path, or the rules of the collection do not allow its use; looked up each
 *   time, so that an order acts at once
 */
export const meetPlannedOf =
  (collections: Collections, task: TaskState, rules: GuestRules) =>
  (side: Side, path: string): void => {
    const collection = collections.get(endOf(task, side));
    meetPlanned(collection?.faults, side, path);
    const to = side === 'destination' || task.type === 'DELETE' ? 'write' : 'read';
    if (collection?.guest && !mayReach(rules, collection, task.owner, {path, to})) throw notAllowed(side, path);
  };

const endOf = (task: TaskState, side: Side): string => (side === 'source' ? task.source : task.destination)?.id ?? '';
