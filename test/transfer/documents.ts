import type {TaskId} from '../../src/base/ids.ts';
import type {TransferRequest} from '../../src/base/task-request.ts';

export function taskId(n: number): TaskId {
  return `6672e30d-6e43-4e6b-8b02-${String(n).padStart(12, '0')}` as TaskId; // as a fact would hold it
}

export const SOURCE = 'aaaaaaaa-0000-4000-8000-000000000001';
export const DESTINATION = 'bbbbbbbb-0000-4000-8000-000000000002';

/** A task document with the fields of a real one, after the fixtures of Globus's own SDK. */
export function taskDocument(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    DATA_TYPE: 'task',
    task_id: taskId(1),
    type: 'TRANSFER',
    status: 'ACTIVE',
    fatal_error: null,
    label: 'climate stage-in',
    source_endpoint: 'go#ep1',
    source_endpoint_id: SOURCE,
    source_endpoint_display_name: 'Globus Tutorial Collection 1',
    destination_endpoint_id: DESTINATION,
    destination_endpoint_display_name: 'Globus Tutorial Collection 2',
    request_time: '2021-01-15T18:13:11+00:00',
    completion_time: null,
    deadline: '2021-01-16T18:13:11+00:00',
    is_paused: false,
    is_ok: true,
    nice_status: 'OK',
    nice_status_short_description: 'OK',
    nice_status_expires_in: -1,
    faults: 0,
    files: 10,
    files_transferred: 4,
    files_skipped: 1,
    subtasks_total: 20,
    subtasks_pending: 6,
    bytes_transferred: 1048576,
    effective_bytes_per_second: 1782579,
    ...change,
  };
}

export function taskList(...tasks: unknown[]): Record<string, unknown> {
  return {DATA_TYPE: 'task_list', length: tasks.length, limit: 1000, offset: 0, total: tasks.length, DATA: tasks};
}

export function aTransfer(change: Partial<TransferRequest> = {}): TransferRequest {
  return {
    label: 'climate stage-in',
    sourceCollection: SOURCE,
    destinationCollection: DESTINATION,
    items: [{from: '/~/in/', to: '/~/out/', recursive: true}],
    options: {verifyChecksum: true, preserveTimestamp: false, encryptData: false},
    ...change,
  };
}
