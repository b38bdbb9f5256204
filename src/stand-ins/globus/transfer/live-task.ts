import {createGate, type Gate} from '../copy/gate.ts';
import {createThrottle, type Throttle} from '../copy/throttle.ts';
import type {Work} from '../copy/transfer-work.ts';
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
