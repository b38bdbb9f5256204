import type {Lasts} from '../../day.ts';
import {DamagedRecord} from '../../stand-in-error.ts';
import type {GuestRules} from '../auth/guest-access.ts';
import type {Logins} from '../auth/logins.ts';
import {asFault, codeInWords, FatalFault} from '../copy/fault.ts';
import {removeTemporaries} from '../copy/temporaries.ts';
import type {Collections} from '../store/collections.ts';
import type {TaskStore} from '../store/task-store.ts';
import {runDeleteTask} from './delete-task.ts';
import type {Limits} from './limits.ts';
import {createLiveTask, type LiveTask} from './live-task.ts';
import type {PauseRules} from './pause-rules.ts';
import {grantSlots} from './slots.ts';
import {mayWork, noteConditions} from './task-conditions.ts';
import {addEvent, addFault} from './task-events.ts';
import type {TellOwner} from './task-mail.ts';
import {concludeTask, hasEnded, type TaskState} from './task-state.ts';
import {runTransferTask} from './transfer-task.ts';

export interface TaskRunner {
  /** Take up a task that was just created. */
  add(task: TaskState): void;
  /** Look now at what may go on: a collection was paused, resumed, expired or renewed. */
  look(): void;
  /** Try at once what waits for its next try: what kept it has been fixed. */
  tryNow(): void;
  /** @returns false when it had ended before */
  cancel(task: TaskState, why?: string): Promise<boolean>;
  isQueued(task: TaskState): boolean;
  counts(): {active: number; queued: number; inactive: number};
  close(): Promise<void>;
}

export interface RunnerSettings {
  readonly rate: () => number | null;
  /** first and longest wait between two tries of what faulted, in milliseconds */
  readonly retryMs: {readonly first: number; readonly longest: number};
  readonly lasts: Lasts;
  readonly pauseRules: PauseRules;
  readonly logins: Logins;
  readonly limits: Limits;
  readonly guestRules: GuestRules;
  readonly tellOwner: TellOwner;
  readonly log: (line: string) => void;
}

const HOUR = 3_600_000;
const LOOK_MS = 100;
const SAVE_MS = 1000;

/** Works on the tasks of a store: who has a turn, what is tried again, and how each ends. */
export function startTaskRunner(store: TaskStore, collections: Collections, settings: RunnerSettings): TaskRunner {
  const live = new Map<string, LiveTask>();
  let closing = false;
  let caughtUpAt = Date.now();
  const add = (task: TaskState) => void live.set(task.id, createLiveTask(task, settings.rate));
  for (const task of store.all) {
    removeTemporaries(task.id, store.temporariesFile(task.id));
    if (!hasEnded(task)) add(task);
  }
  const timer = setInterval(lookSafely, LOOK_MS);
  look();
  return {
    add(task) {
      add(task);
      look();
    },
    look,
    tryNow() {
      for (const one of live.values()) {
        one.notBefore = 0;
        one.tries = 0;
      }
      look();
    },
    async cancel(task, why = 'Canceled by the task owner') {
      const one = live.get(task.id);
      if (!one) return false;
      await end(one, {code: 'CANCELED', description: 'canceled'}, why);
      return true;
    },
    isQueued: (task) => live.get(task.id)?.holding === false,
    counts() {
      const all = [...live.values()];
      const inactive = all.filter((one) => one.task.status === 'INACTIVE').length;
      const queued = all.filter((one) => !one.holding && mayWork(one.task) && one.task.trouble === null).length;
      return {active: all.length - queued - inactive, queued, inactive};
    },
    async close() {
      closing = true;
      clearInterval(timer);
      for (const one of live.values()) one.stop.abort(new Error('the stand-in closes'));
      await Promise.all([...live.values()].map((one) => one.running));
      for (const one of live.values()) store.save(one.task);
      store.catchUp();
    },
  };

  /** No request waits for these looks: what fails in one is tried again by the next. */
  function lookSafely(): void {
    try {
      look();
    } catch (error) {
      settings.log(`cannot look after the tasks: ${error instanceof Error ? error.message : error}`);
    }
  }

  function look(): void {
    if (closing) return;
    const now = Date.now();
    if (now - caughtUpAt >= SAVE_MS) {
      caughtUpAt = now;
      store.catchUp();
    }
    for (const one of live.values()) {
      if (one.stop.signal.aborted) continue;
      noteConditions(one.task, {...settings, collections, store, now});
      if (one.task.deadline <= now && waitsInLine(one)) one.task.deadline = now + settings.lasts(24 * HOUR);
      else if (one.task.deadline <= now) expire(one);
      else saveSometimes(one, now);
    }
    const contenders = [...live.values()].map((one) => ({
      id: one.task.id,
      owner: one.task.owner,
      type: one.task.type,
      eligible: mayWork(one.task) && one.notBefore <= now && !one.stop.signal.aborted,
      holding: one.holding,
    }));
    const granted = grantSlots(contenders, settings.limits.values.active);
    for (const one of live.values()) {
      one.holding = granted.has(one.task.id);
      one.gate.set(one.holding);
      if (one.holding && !one.running) begin(one);
    }
  }

  function begin(one: LiveTask): void {
    const {task} = one;
    if (task.startedAt === null) {
      task.startedAt = Date.now();
      const details = {type: 'local copy', concurrency: 6, parallelism: 1, pipelining: 1};
      addEvent(store, task, 'STARTED', false, JSON.stringify(details));
      store.save(task);
    }
    one.running = (task.type === 'TRANSFER' ? runTransferTask : runDeleteTask)(one, store, collections, {
      ...settings.limits.values,
      rules: settings.guestRules,
    })
      .then((outcome) => (outcome === 'finished' ? finish(one, 'SUCCEEDED', null) : tryLater(one)))
      .catch((error: unknown) => {
        if (one.stop.signal.aborted) return; // canceled, expired or closing: what stopped it says how it ended
        if (error instanceof DamagedRecord) {
          tryLater(one); // the store names it; the task goes on once its record can be read
          return;
        }
        const fault = error instanceof FatalFault ? error.fault : asFault(error, 'source', '');
        settings.log(`task ${task.id}: ${fault.code}: ${fault.message}`);
        task.counts.faults++;
        addFault(store, task, fault);
        finish(one, 'FAILED', {code: fault.code, description: codeInWords(fault.code)});
      })
      .finally(() => {
        one.running = undefined;
        setImmediate(lookSafely);
      });
  }

  function tryLater(one: LiveTask): void {
    one.notBefore = Date.now() + Math.min(settings.retryMs.first * 2 ** one.tries++, settings.retryMs.longest);
    store.save(one.task);
  }

  function expire(one: LiveTask): void {
    void end(one, {code: 'EXPIRED', description: 'deadline expired'}, 'deadline expired');
  }

  /** Stop what runs, wait until it has cleaned up behind itself, and say how the task ended. */
  async function end(one: LiveTask, fatalError: {code: string; description: string}, details: string): Promise<void> {
    one.stop.abort(new Error(fatalError.code));
    await one.running;
    if (hasEnded(one.task)) return;
    addEvent(store, one.task, fatalError.code, true, details);
    finish(one, 'FAILED', fatalError);
  }

  function finish(one: LiveTask, status: 'SUCCEEDED' | 'FAILED', fatalError: TaskState['fatalError']): void {
    const {task} = one;
    concludeTask(task, status, fatalError, Date.now());
    if (status === 'SUCCEEDED') {
      addEvent(store, task, 'SUCCEEDED', false, JSON.stringify({files_succeeded: task.counts.filesTransferred}));
    }
    store.save(task);
    settings.tellOwner(task);
    live.delete(task.id);
    try {
      removeTemporaries(task.id, store.temporariesFile(task.id));
    } catch (error) {
      settings.log(
        `what task ${task.id} left behind is not removed: ${error instanceof Error ? error.message : error}`,
      );
    }
    settings.log(`task ${task.id}: ${status}${fatalError ? ` (${fatalError.code})` : ''}`);
    setImmediate(lookSafely);
  }

  /** A task that is queued without errors does not expire for it. Source: Globus Transfer API, "Task document". */
  function waitsInLine({task, holding}: LiveTask): boolean {
    return !holding && !task.deadlineGiven && task.trouble === null && mayWork(task);
  }

  /** While a task moves, its counts reach the disk every second, and its deadline is pushed to 72 h ahead. */
  function saveSometimes(one: LiveTask, now: number): void {
    if (now - one.savedAt < SAVE_MS) return;
    one.savedAt = now;
    const counts = JSON.stringify(one.task.counts);
    if (counts === one.saved) return;
    const first = one.saved === '';
    one.saved = counts;
    if (!first && !one.task.deadlineGiven && one.task.counts.subtasksRetrying === 0) {
      one.task.deadline = Math.max(one.task.deadline, now + settings.lasts(72 * HOUR));
    }
    store.save(one.task);
  }
}
