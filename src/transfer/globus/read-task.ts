import * as z from 'zod/mini';
import type {TaskId} from '../../base/ids.ts';
import {NOT_COMPILED, parseJson} from '../../base/json.ts';
import type {TaskSeen, TransferTask} from '../transfer-service.ts';
import {Count, Position, Switch, Text} from './document-parts.ts';

// As in the other readers: only the fields that are used, each as loosely as it is needed: without its id and its status
// nothing is known of a task, and any other field may be odd. What the service adds or
// leaves out does no harm. `zod/mini` is the same library with a functional surface; it bundles to a sixth of the size.

/** Globus Transfer API, "Task document". */
export const TaskDocument = z.object({
  task_id: z.string(),
  status: z.string(),
  label: Text,
  source_endpoint_id: Text,
  source_endpoint_display_name: Text,
  destination_endpoint_id: Text,
  destination_endpoint_display_name: Text,
  request_time: Text,
  completion_time: Text,
  deadline: Text,
  is_paused: Switch,
  nice_status: Text,
  nice_status_short_description: Text,
  fatal_error: z.optional(z.unknown()), // an object; JSON text in old documents; null
  faults: Count,
  files: Count,
  files_transferred: Count,
  files_skipped: Count,
  subtasks_total: Count,
  subtasks_pending: Count,
  subtasks_skipped_errors: Count,
  bytes_transferred: Count,
  effective_bytes_per_second: Count,
  canceled_by_admin: Text,
  canceled_by_admin_message: Text,
});
export type TaskDocument = z.infer<typeof TaskDocument>;

/** The fields of {@link TaskDocument}, for the `fields` parameter. */
export const TASK_FIELDS = Object.keys(TaskDocument.shape).join(',');

const FatalError = z.object({code: Text, description: Text});

/** Tasks are read one by one, so that one odd document does not hide the others. */
export const TaskList = z.object({DATA: z.array(z.unknown()), length: Position, total: Position});

/** A task document as users meet the task. Pure. Source: Globus Transfer API, "Task document". */
export function readTask(document: unknown): TaskSeen {
  const read = TaskDocument.safeParse(document, NOT_COMPILED);
  if (!read.success) return notUnderstood('Globus showed a task in a form that is not known');
  const task = read.data;
  const fatalError = readFatalError(task.fatal_error);
  const state = stateOf(task, fatalError?.code);
  if (state === undefined)
    return notUnderstood(`Globus showed task ${task.task_id} in the state "${task.status}", which is not known`);
  const requestedAt = readTime(task.request_time);
  return {
    kind: 'task',
    task: task.task_id as TaskId, // read here
    state,
    label: task.label ?? '',
    sourceCollection: task.source_endpoint_id ?? '',
    destinationCollection: task.destination_endpoint_id ?? '',
    sourceName: task.source_endpoint_display_name ?? '',
    destinationName: task.destination_endpoint_display_name ?? '',
    bytesTransferred: task.bytes_transferred ?? 0,
    filesTransferred: task.files_transferred ?? 0,
    filesSkipped: task.files_skipped ?? 0,
    skippedErrors: task.subtasks_skipped_errors || undefined,
    files: task.files ?? 0,
    subtasksTotal: task.subtasks_total ?? 0,
    subtasksPending: task.subtasks_pending ?? 0,
    rate: Math.max(0, task.effective_bytes_per_second ?? 0),
    faults: task.faults ?? 0,
    trouble: troubleOf(task),
    troubleCode: troubleCodeOf(task),
    fatalError: state === 'failed' ? (fatalError ?? {code: 'UNKNOWN', description: ''}) : undefined,
    cancelledByManager: managerOf(task),
    requestedAt: requestedAt ?? 0,
    completedAt: readTime(task.completion_time),
    deadline: readTime(task.deadline),
  };
}

/**
 * What a task list tells about the tasks that were asked about. Pure.
 * A task is `unknown` only when the list is whole and every entry of it could be told apart from that task.
 */
export function readTaskList(asked: readonly TaskId[], document: unknown): ReadonlyMap<TaskId, TaskSeen> | undefined {
  const list = TaskList.safeParse(document, NOT_COMPILED);
  if (!list.success) return undefined;
  const entries = list.data.DATA;
  const byId = new Map(entries.map((entry) => [idOf(entry), readTask(entry)] as const));
  const whole = (list.data.length ?? entries.length) === entries.length && (list.data.total ?? 0) <= entries.length;
  const absent: TaskSeen =
    whole && !byId.has(undefined)
      ? {kind: 'unknown'}
      : notUnderstood('the list of tasks that Globus gave is not whole');
  return new Map(asked.map((id) => [id, byId.get(id.toLowerCase()) ?? absent]));
}

function idOf(entry: unknown): string | undefined {
  const id = typeof entry === 'object' && entry !== null && 'task_id' in entry ? entry.task_id : undefined;
  return typeof id === 'string' ? id.toLowerCase() : undefined;
}

function stateOf(task: TaskDocument, fatalCode: string | undefined): TransferTask['state'] | undefined {
  switch (task.status) {
    case 'SUCCEEDED':
      return 'succeeded';
    case 'FAILED': // there is no status of its own for a task that was cancelled
      return fatalCode === 'CANCELED' || managerOf(task) ? 'cancelled' : 'failed';
    case 'INACTIVE':
      return 'inactive';
    case 'ACTIVE':
      if (task.is_paused) return 'paused';
      return isWord(task.nice_status, 'queued') ? 'queued' : 'active';
    default:
      return undefined;
  }
}

/** Faults do not end a task: it stays ACTIVE, and only `nice_status` tells that it does not get on. */
function troubleOf(task: TaskDocument): string | undefined {
  const code = troubleCodeOf(task);
  if (code === undefined) return undefined;
  const words = task.nice_status_short_description ?? '';
  return words === '' || isWord(words, code) ? code : `${words} (${code})`;
}

function troubleCodeOf({nice_status}: TaskDocument): string | undefined {
  const code = nice_status ?? '';
  return code === '' || isWord(code, 'ok') || isWord(code, 'queued') ? undefined : code;
}

const MANAGERS = {SOURCE: 'source', DESTINATION: 'destination', BOTH: 'both'} as const;

function managerOf(task: TaskDocument): TransferTask['cancelledByManager'] {
  const side = MANAGERS[task.canceled_by_admin as keyof typeof MANAGERS]; // any other text finds nothing
  return side && {of: side, message: task.canceled_by_admin_message ?? ''};
}

function isWord(text: string | null | undefined, word: string): boolean {
  return text?.toLowerCase() === word.toLowerCase();
}

function readFatalError(value: unknown): {code: string; description: string} | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  const read = FatalError.safeParse(typeof value === 'string' ? parseJson(value) : value);
  if (read.success) return {code: read.data.code ?? 'UNKNOWN', description: read.data.description ?? ''};
  return {code: 'UNKNOWN', description: typeof value === 'string' ? value : ''};
}

/** `2021-01-15T18:13:11+00:00`, in milliseconds since the epoch. */
export function readTime(text: string | null | undefined): number | undefined {
  const instant = Date.parse(text ?? '');
  return Number.isNaN(instant) ? undefined : instant;
}

function notUnderstood(why: string): TaskSeen {
  return {kind: 'no-evidence', why};
}
