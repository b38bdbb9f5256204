import type {Ground} from '../copy/confine.ts';
import {Fault, type Side} from '../copy/fault.ts';
import {createGate, type Gate} from '../copy/gate.ts';
import {meetPlanned} from '../copy/planned-faults.ts';
import {createThrottle, type Throttle} from '../copy/throttle.ts';
import type {Work} from '../copy/transfer-work.ts';
import type {Collections} from '../store/collections.ts';
import type {Journal} from '../store/journal.ts';
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

/** How a turn of a task ended: it is done, or what faulted is to be tried again. Otherwise it throws. */
export type Outcome = 'finished' | 'later';

/** What the tasks of a runner stand on. */
export function groundOf(collections: Collections, task: TaskState, side: Side): Ground {
  const collection = collections.get(endOf(task, side));
  if (!collection) throw new Fault('ENDPOINT_ERROR', side, '/', 'the collection is not there any more');
  return {directory: collection.directory, side};
}

/** @throws {Fault} when one was ordered for this path; looked up each time, so that an order acts at once */
export const meetPlannedOf =
  (collections: Collections, task: TaskState) =>
  (side: Side, path: string): void =>
    meetPlanned(collections.get(endOf(task, side))?.faults, side, path);

const endOf = (task: TaskState, side: Side): string => (side === 'source' ? task.source : task.destination)?.id ?? '';
