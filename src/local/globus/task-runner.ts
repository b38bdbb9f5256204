import type {Collections} from './collections.ts';
import {runDelete} from './delete-round.ts';
import {asFault, codeInWords, Fault} from './fault.ts';
import {readFilterRules} from './filter-rules.ts';
import {createGate, type Gate} from './gate.ts';
import type {Ground} from './paths.ts';
import {removeExtras} from './remove-extras.ts';
import {grantSlots} from './slots.ts';
import {hasEnded, pendingSubtasks, type TaskState} from './task-state.ts';
import type {TaskStore} from './task-store.ts';
import {createTemporaries, removeTemporaries} from './temporaries.ts';
import {createThrottle, type Throttle} from './throttle.ts';
import {taskTime} from './time.ts';
import {FatalFault, runTransferRound} from './transfer-round.ts';
import type {TransferTools, Work} from './transfer-work.ts';

export interface TaskRunner {
  /** Take up a task that was just created. */
  add(task: TaskState): void;
  /** Look now at what may go on: a collection was paused or resumed. */
  look(): void;
  /** @returns false when it had ended before */
  cancel(task: TaskState): Promise<boolean>;
  isQueued(task: TaskState): boolean;
  counts(): {active: number; queued: number};
  close(): Promise<void>;
}

export interface RunnerSettings {
  readonly rate: () => number | null;
  /** first and longest wait between two tries of what faulted, in milliseconds */
  readonly retryMs: {readonly first: number; readonly longest: number};
  readonly log: (line: string) => void;
}

/** An unfinished task, and what exists of it only while this process lives. */
interface Live {
  readonly task: TaskState;
  readonly gate: Gate;
  readonly throttle: Throttle;
  readonly stop: AbortController;
  holding: boolean;
  /** waits for its next try until then, in milliseconds since the epoch */
  notBefore: number;
  tries: number;
  /** what is still to do; undefined before the first round */
  left: Work[] | undefined;
  /** destination paths that were copied before a restart */
  finished: ReadonlySet<string>;
  running: Promise<void> | undefined;
  savedAt: number;
  saved: string;
}

const HOUR = 3_600_000;
const LOOK_MS = 100;
const SAVE_MS = 1000;
const PROGRESS_EVENT_MS = 60_000;
/** Faults of one round that get an event of their own; all of them are counted. */
const EVENTS_A_ROUND = 10;

/** Works on the tasks of a store: who has a turn, what is paused, what is tried again, and how each ends. */
export function startTaskRunner(store: TaskStore, collections: Collections, settings: RunnerSettings): TaskRunner {
  const live = new Map<string, Live>();
  let closing = false;
  const add = (task: TaskState) => {
    live.set(task.id, {
      task,
      gate: createGate(),
      throttle: createThrottle(settings.rate),
      stop: new AbortController(),
      holding: false,
      notBefore: 0,
      tries: 0,
      left: undefined,
      finished: new Set(),
      running: undefined,
      savedAt: Date.now(),
      saved: '',
    });
  };
  for (const task of store.all) {
    removeTemporaries(task.id, store.temporariesFile(task.id));
    if (!hasEnded(task)) add(task);
  }
  const timer = setInterval(() => {
    try {
      look();
    } catch (error) {
      settings.log(`cannot keep the state of tasks: ${error instanceof Error ? error.message : error}`);
    }
  }, LOOK_MS);
  look();
  const soon = () => setImmediate(look);
  return {
    add(task) {
      add(task);
      look();
    },
    look,
    async cancel(task) {
      const one = live.get(task.id);
      if (!one) return false;
      await end(one, {code: 'CANCELED', description: 'canceled'}, 'Canceled by the task owner');
      return true;
    },
    isQueued: (task) => live.get(task.id)?.holding === false,
    counts() {
      const all = [...live.values()];
      const queued = all.filter((one) => !one.holding && !one.task.paused && one.task.trouble === null).length;
      return {active: all.length - queued, queued};
    },
    async close() {
      closing = true;
      clearInterval(timer);
      for (const one of live.values()) one.stop.abort(new Error('the stand-in closes'));
      await Promise.all([...live.values()].map((one) => one.running));
      for (const one of live.values()) store.save(one.task);
    },
  };

  function look(): void {
    if (closing) return;
    const now = Date.now();
    for (const one of live.values()) {
      notePause(one.task, now);
      if (one.task.deadline <= now && !one.stop.signal.aborted) expire(one);
      else saveSometimes(one, now);
    }
    const contenders = [...live.values()].map((one) => ({
      id: one.task.id,
      owner: one.task.owner,
      type: one.task.type,
      eligible: !one.task.paused && one.notBefore <= now && !one.stop.signal.aborted,
      holding: one.holding,
    }));
    const granted = grantSlots(contenders);
    for (const one of live.values()) {
      one.holding = granted.has(one.task.id);
      one.gate.set(one.holding);
      if (one.holding && !one.running) begin(one);
    }
  }

  /** Pausing sets a deadline 90 days ahead, resuming one of 24 h. Source: Globus Transfer API, "Task document". */
  function notePause(task: TaskState, now: number): void {
    const ends = [task.source, ...(task.destination ? [task.destination] : [])];
    const paused = ends.map((one) => collections.get(one.id)?.pausedBy).find((rule) => rule !== undefined);
    if ((paused !== undefined) === task.paused) return;
    task.paused = paused !== undefined;
    if (!task.deadlineGiven) task.deadline = now + (paused ? 90 * 24 * HOUR : 24 * HOUR);
    event(task, paused ? 'PAUSED' : 'UNPAUSED', false, paused?.message ?? '');
    store.save(task);
  }

  function begin(one: Live): void {
    const {task} = one;
    if (task.startedAt === null) {
      task.startedAt = Date.now();
      const details = {type: 'local copy', concurrency: 6, parallelism: 1, pipelining: 1};
      event(task, 'STARTED', false, JSON.stringify(details));
      store.save(task);
    }
    one.running = (task.type === 'TRANSFER' ? transfer(one) : erase(one))
      .catch(async (error: unknown) => {
        if (one.stop.signal.aborted) return; // canceled, expired or closing: whoever stopped it says how it ended
        const fault = error instanceof FatalFault ? error : asFault(error, 'source', '');
        settings.log(`task ${task.id}: ${fault.code}: ${fault.message}`);
        task.counts.faults++;
        event(task, fault.code, true, fault.message);
        finish(one, 'FAILED', {code: fault.code, description: codeInWords(fault.code)});
      })
      .finally(() => {
        one.running = undefined;
        soon();
      });
  }

  async function transfer(one: Live): Promise<void> {
    const {task} = one;
    const request = store.transferRequest(task.id);
    if (one.left === undefined) one.finished = restart(task);
    const successful = store.list(task.id, 'successful');
    const skipped = store.list(task.id, 'skipped');
    const flushing = setInterval(() => successful.flush(), 200);
    const progress = setInterval(() => noteProgress(task), PROGRESS_EVENT_MS);
    let events = 0;
    const tools: TransferTools = {
      options: task.options,
      counts: task.counts,
      isIncluded: readFilterRules(request.filter_rules ?? []),
      source: groundOf(task, 'source'),
      destination: groundOf(task, 'destination'),
      gate: one.gate,
      throttle: one.throttle,
      signal: one.stop.signal,
      temporaries: createTemporaries(task.id, store.temporariesFile(task.id)),
      finished: one.finished,
      succeeded: (file) =>
        successful.append({
          DATA_TYPE: 'successful_transfer',
          source_path: file.sourcePath,
          destination_path: file.destinationPath,
          size: file.size,
          checksum: file.checksum,
          checksum_algorithm: file.checksum === null ? null : file.algorithm.toUpperCase(),
          dynamic: false,
        }),
      skipped: (fault, sourcePath, destinationPath, directory) =>
        skipped.append(skippedDocument(fault, sourcePath, destinationPath, directory)),
      faulted: (fault) => {
        task.counts.faults++;
        task.trouble = {code: fault.code, at: Date.now()};
        if (events++ < EVENTS_A_ROUND) event(task, fault.code, true, faultDetails(task, fault));
      },
    };
    try {
      const tried = one.left?.length ?? Number.POSITIVE_INFINITY;
      const again = await runTransferRound(
        one.left ?? request.DATA.map((item) => ({kind: 'item' as const, item})),
        tools,
      );
      one.left = again;
      if (again.length > 0) {
        if (again.length < tried) one.tries = 0; // something went through: what is left may, too
        return tryLater(one);
      }
      if (task.options.deleteDestinationExtra) {
        if (task.counts.subtasksSkippedErrors > 0) event(task, 'DELETE_DESTINATION_EXTRA_SKIPPED', false, '');
        else {
          try {
            await removeExtras(request.DATA, tools);
          } catch (error) {
            if (one.stop.signal.aborted) throw error;
            tools.faulted(asFault(error, 'destination', '/'));
            return tryLater(one);
          }
        }
      }
    } finally {
      clearInterval(flushing);
      clearInterval(progress);
      successful.flush();
      skipped.flush();
    }
    if (task.counts.subtasksSkippedErrors > 0) {
      event(task, 'SKIPPED_ERRORS', false, JSON.stringify({skipped_errors: task.counts.subtasksSkippedErrors}));
    }
    finish(one, 'SUCCEEDED', null);
  }

  function tryLater(one: Live): void {
    one.notBefore = Date.now() + Math.min(settings.retryMs.first * 2 ** one.tries++, settings.retryMs.longest);
    store.save(one.task);
  }

  /** Begin anew, or after a restart: what was copied before is counted and not copied again. */
  function restart(task: TaskState): Set<string> {
    const finished = store.finished(task.id);
    store.forgetSkipped(task.id); // they are met again
    const {faults} = task.counts;
    for (const name of Object.keys(task.counts) as (keyof TaskState['counts'])[]) task.counts[name] = 0;
    task.counts.faults = faults;
    task.counts.filesTransferred = finished.destinationPaths.size;
    task.counts.bytesTransferred = finished.bytes;
    task.counts.subtasksTotal = store.transferRequest(task.id).DATA.length;
    return finished.destinationPaths;
  }

  async function erase(one: Live): Promise<void> {
    const {task, gate, stop} = one;
    const request = store.deleteRequest(task.id);
    const goesOn = task.counts.subtasksTotal > 0;
    task.counts.subtasksTotal = request.DATA.length;
    task.counts.subtasksSucceeded = 0;
    store.save(task);
    await runDelete(
      request.DATA.map((item) => item.path),
      {
        counts: task.counts,
        ground: groundOf(task, 'source'),
        pace: {signal: stop.signal, pass: () => gate.pass(stop.signal)},
        recursive: request.recursive,
        ignoreMissing: request.ignore_missing || goesOn,
        interpretGlobs: request.interpret_globs,
      },
    );
    finish(one, 'SUCCEEDED', null);
  }

  function groundOf(task: TaskState, side: 'source' | 'destination'): Ground {
    const collection = collections.get((side === 'source' ? task.source : task.destination)?.id ?? '');
    if (!collection) throw new Fault('ENDPOINT_ERROR', side, '/', 'the collection is not there any more');
    return {directory: collection.directory, side};
  }

  function expire(one: Live): void {
    void end(one, {code: 'EXPIRED', description: 'deadline expired'}, 'deadline expired');
  }

  /** Stop what runs, wait until it has cleaned up behind itself, and say how the task ended. */
  async function end(one: Live, fatalError: {code: string; description: string}, details: string): Promise<void> {
    one.stop.abort(new Error(fatalError.code));
    await one.running;
    if (hasEnded(one.task)) return;
    event(one.task, fatalError.code, true, details);
    finish(one, 'FAILED', fatalError);
  }

  function finish(one: Live, status: 'SUCCEEDED' | 'FAILED', fatalError: TaskState['fatalError']): void {
    const {task} = one;
    const open = pendingSubtasks(task) + task.counts.subtasksRetrying;
    task.counts.subtasksRetrying = 0;
    if (fatalError?.code === 'CANCELED') task.counts.subtasksCanceled += open;
    else if (fatalError?.code === 'EXPIRED') task.counts.subtasksExpired += open;
    else task.counts.subtasksFailed += open;
    task.status = status;
    task.fatalError = fatalError;
    task.completedAt = Date.now();
    task.paused = false;
    task.trouble = null;
    if (status === 'SUCCEEDED') {
      event(task, 'SUCCEEDED', false, JSON.stringify({files_succeeded: task.counts.filesTransferred}));
    }
    store.save(task);
    removeTemporaries(task.id, store.temporariesFile(task.id));
    live.delete(task.id);
    settings.log(`task ${task.id}: ${status}${fatalError ? ` (${fatalError.code})` : ''}`);
    soon();
  }

  function noteProgress(task: TaskState): void {
    const seconds = (Date.now() - (task.startedAt ?? task.requestedAt)) / 1000;
    const {bytesTransferred} = task.counts;
    const details = {
      bytes_transferred: bytesTransferred,
      duration: seconds,
      mbps: (bytesTransferred * 8) / 1e6 / seconds,
    };
    event(task, 'PROGRESS', false, JSON.stringify(details));
  }

  /** While a task moves, its counts reach the disk every second, and its deadline is pushed to 72 h ahead. */
  function saveSometimes(one: Live, now: number): void {
    if (now - one.savedAt < SAVE_MS) return;
    one.savedAt = now;
    const counts = JSON.stringify(one.task.counts);
    if (counts === one.saved) return;
    const first = one.saved === '';
    one.saved = counts;
    if (!first && !one.task.deadlineGiven && one.task.counts.subtasksRetrying === 0) {
      one.task.deadline = Math.max(one.task.deadline, now + 72 * HOUR);
    }
    store.save(one.task);
  }

  function event(
    task: TaskState,
    code: string,
    isError: boolean,
    details: string,
    description = codeInWords(code),
  ): void {
    store.addEvent(task.id, {code, description, details, isError, at: Date.now()});
  }
}

/** What the details of an error event say, one line a fact. */
function faultDetails(task: TaskState, fault: Fault): string {
  const end = fault.side === 'destination' && task.destination ? task.destination : task.source;
  return `Error (${codeInWords(fault.code)})\nEndpoint: ${end.name} (${end.id})\nFile: ${fault.path}\nMessage: ${fault.message}`;
}

const skippedDocument = (fault: Fault, source: string | null, destination: string | null, isDirectory: boolean) => ({
  DATA_TYPE: 'skipped_error',
  error_code: fault.code,
  error_details: fault.message,
  error_time: taskTime(Date.now()),
  source_path: source,
  destination_path: destination,
  is_directory: isDirectory,
  is_symlink: false,
  is_delete_destination_extra: false,
  external_checksum: null,
  checksum_algorithm: null,
});
