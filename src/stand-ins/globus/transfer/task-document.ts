import {codeInWords} from '../copy/fault.ts';
import {taskTime} from '../http/time.ts';
import {hasEnded, pendingSubtasks, type TaskEvent, type TaskState} from './task-state.ts';

/** How long an error is shown in place of "Queued". Source: Globus Transfer API, "Task document". */
const TROUBLE_SHOWN_MS = 15 * 60_000;

/** The task as Globus documents it, field for field. Source: Globus Transfer API; fixtures of globus-sdk-python 4.3. */
export function taskDocument(
  task: TaskState,
  seen: {username: string; queued: boolean; now: number},
): Record<string, unknown> {
  const {counts, options} = task;
  const nice = niceStatus(task, seen.queued, seen.now);
  return {
    DATA_TYPE: 'task',
    task_id: task.id,
    type: task.type,
    status: task.status,
    fatal_error: task.fatalError,
    label: task.label,
    username: seen.username,
    owner_id: task.owner,
    request_time: taskTime(task.requestedAt),
    completion_time: task.completedAt === null ? null : taskTime(task.completedAt),
    deadline: taskTime(task.deadline),
    source_endpoint: task.source.name,
    source_endpoint_id: task.source.id,
    source_endpoint_display_name: task.source.name,
    destination_endpoint: task.destination?.name ?? null,
    destination_endpoint_id: task.destination?.id ?? null,
    destination_endpoint_display_name: task.destination?.name ?? null,
    source_base_path: null,
    destination_base_path: null,
    sync_level: options.syncLevel,
    encrypt_data: options.encryptData,
    verify_checksum: options.verifyChecksum,
    delete_destination_extra: options.deleteDestinationExtra,
    recursive_symlinks: options.recursiveSymlinks,
    preserve_timestamp: options.preserveTimestamp,
    skip_source_errors: options.skipSourceErrors,
    fail_on_quota_errors: options.failOnQuotaErrors,
    filter_rules: task.filterRules,
    command: 'API 0.10',
    history_deleted: false,
    faults: counts.faults,
    files: counts.files,
    directories: counts.directories,
    symlinks: counts.symlinks,
    files_skipped: counts.filesSkipped,
    files_transferred: counts.filesTransferred,
    subtasks_total: counts.subtasksTotal,
    subtasks_pending: pendingSubtasks(task),
    subtasks_retrying: counts.subtasksRetrying,
    subtasks_succeeded: counts.subtasksSucceeded,
    subtasks_expired: counts.subtasksExpired,
    subtasks_canceled: counts.subtasksCanceled,
    subtasks_failed: counts.subtasksFailed,
    subtasks_skipped_errors: counts.subtasksSkippedErrors,
    bytes_transferred: counts.bytesTransferred,
    bytes_checksummed: counts.bytesChecksummed,
    effective_bytes_per_second: effectiveRate(task, seen.now),
    nice_status: nice,
    nice_status_details: null,
    nice_status_short_description: nice && inWords(nice),
    nice_status_expires_in: nice === null ? null : -1,
    canceled_by_admin: task.canceledByAdmin?.sides ?? null,
    canceled_by_admin_message: task.canceledByAdmin?.message ?? null,
    is_paused: task.paused && !hasEnded(task),
    is_ok: nice === null ? null : ['OK', 'Queued', 'PAUSED_BY_ADMIN'].includes(nice),
  };
}

/** `OK`, `Queued`, why it is paused or inactive, or the code of what keeps it from going on; null once it has ended. */
function niceStatus(task: TaskState, queued: boolean, now: number): string | null {
  if (hasEnded(task)) return null;
  if (task.status === 'INACTIVE') return 'NO_CREDENTIALS';
  if (task.paused) return 'PAUSED_BY_ADMIN';
  if (task.trouble && now - task.trouble.at < TROUBLE_SHOWN_MS) return task.trouble.code;
  return queued ? 'Queued' : 'OK';
}

const inWords = (nice: string): string => (nice === 'OK' || nice === 'Queued' ? nice : codeInWords(nice));

/** Over the whole life of the task so far. */
function effectiveRate(task: TaskState, now: number): number {
  const seconds = ((task.completedAt ?? now) - (task.startedAt ?? task.requestedAt)) / 1000;
  return Math.floor(task.counts.bytesTransferred / Math.max(seconds, 0.001));
}

export const eventDocument = (event: TaskEvent): Record<string, unknown> => ({
  DATA_TYPE: 'event',
  code: event.code,
  description: event.description,
  details: event.details,
  is_error: event.isError,
  time: taskTime(event.at),
});
