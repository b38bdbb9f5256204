import {asFault, type Fault} from '../copy/fault.ts';
import {readFilterRules} from '../copy/filter-rules.ts';
import {removeExtras} from '../copy/remove-extras.ts';
import {createTemporaries} from '../copy/temporaries.ts';
import {runTransferRound} from '../copy/transfer-round.ts';
import type {TransferTools} from '../copy/transfer-work.ts';
import {taskTime} from '../http/time.ts';
import type {Collections} from '../store/collections.ts';
import type {TaskStore} from '../store/task-store.ts';
import type {LiveTask, Outcome, TaskBounds} from './live-task.ts';
import {groundOf, meetPlannedOf} from './live-task.ts';
import {addEvent, addFault, addProgress} from './task-events.ts';
import type {TaskState} from './task-state.ts';

const PROGRESS_EVENT_MS = 60_000;
const FLUSH_MS = 200;
/** Faults of one round that get an event of their own; all of them are counted. */
const EVENTS_A_ROUND = 10;

/** One turn of a transfer task: a round through what is left of it. @throws what ends it */
export async function runTransferTask(
  one: LiveTask,
  store: TaskStore,
  collections: Collections,
  limits: TaskBounds,
): Promise<Outcome> {
  const {task} = one;
  if (one.left === undefined) one.finished = restart(store, task);
  one.lists ??= {successful: store.list(task.id, 'successful'), skipped: store.list(task.id, 'skipped')};
  const flushing = setInterval(() => flush(one), FLUSH_MS);
  const progress = setInterval(() => addProgress(store, task), PROGRESS_EVENT_MS);
  const tools = toolsOf(one, store, collections, limits);
  let outcome: Outcome;
  let full: unknown;
  try {
    outcome = await runRound(one, store, tools);
  } finally {
    clearInterval(flushing);
    clearInterval(progress);
    full = flush(one);
  }
  if (full !== undefined && outcome === 'finished') {
    // Its lists are part of the task: while they cannot be kept, it is not done.
    one.left = [];
    tools.faulted(asFault(full, 'destination', '/'));
    return 'later';
  }
  if (outcome === 'finished' && task.counts.subtasksSkippedErrors > 0) {
    const details = {skipped_errors: task.counts.subtasksSkippedErrors};
    addEvent(store, task, 'SKIPPED_ERRORS', false, JSON.stringify(details));
  }
  return outcome;
}

async function runRound(one: LiveTask, store: TaskStore, tools: TransferTools): Promise<Outcome> {
  const {task} = one;
  const items = store.transferRequest(task.id).DATA;
  const tried = one.left?.length ?? Number.POSITIVE_INFINITY;
  one.left = await runTransferRound(one.left ?? items.map((item) => ({kind: 'item' as const, item})), tools);
  if (one.left.length > 0) {
    if (one.left.length < tried) one.tries = 0; // something went through: what is left may, too
    return 'later';
  }
  if (!task.options.deleteDestinationExtra) return 'finished';
  if (task.counts.subtasksSkippedErrors > 0) {
    addEvent(store, task, 'DELETE_DESTINATION_EXTRA_SKIPPED', false, '');
    return 'finished';
  }
  try {
    await removeExtras(items, tools);
    return 'finished';
  } catch (error) {
    if (one.stop.signal.aborted) throw error;
    tools.faulted(asFault(error, 'destination', '/'));
    return 'later';
  }
}

/** Write the lists to disk. @returns why that was not possible: they are kept, and go out with a later flush */
function flush({lists}: LiveTask): unknown {
  try {
    lists?.successful.flush();
    lists?.skipped.flush();
    return undefined;
  } catch (error) {
    return error;
  }
}

function toolsOf(one: LiveTask, store: TaskStore, collections: Collections, limits: TaskBounds): TransferTools {
  const {task, lists} = one;
  let events = 0;
  return {
    options: task.options,
    counts: task.counts,
    limits,
    isIncluded: readFilterRules(store.transferRequest(task.id).filter_rules ?? []),
    source: groundOf(collections, task, 'source'),
    destination: groundOf(collections, task, 'destination'),
    gate: one.gate,
    throttle: one.throttle,
    signal: one.stop.signal,
    temporaries: createTemporaries(task.id, store.temporariesFile(task.id)),
    finished: one.finished,
    meetPlanned: meetPlannedOf(collections, task, limits.rules),
    succeeded: (file) =>
      lists?.successful.append({
        DATA_TYPE: 'successful_transfer',
        source_path: file.sourcePath,
        destination_path: file.destinationPath,
        size: file.size,
        checksum: file.checksum,
        checksum_algorithm: file.checksum === null ? null : file.algorithm.toUpperCase(),
        dynamic: false,
      }),
    skipped: (fault, sourcePath, destinationPath, directory) =>
      lists?.skipped.append(skippedDocument(fault, sourcePath, destinationPath, directory)),
    faulted(fault) {
      task.counts.faults++;
      task.trouble = {code: fault.code, at: Date.now()};
      if (events++ < EVENTS_A_ROUND) addFault(store, task, fault);
    },
  };
}

/** Begin, or go on after a restart: what was copied before is counted and not copied again. */
function restart(store: TaskStore, task: TaskState): Set<string> {
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
