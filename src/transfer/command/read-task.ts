import {basename} from 'node:path';
import type {TaskId} from '../../base/ids.ts';
import type {TaskShown} from '../plugin-contract.ts';
import {deadlineOf} from '../record/deadline.ts';
import type {Asked} from '../record/way-record.ts';
import type {TaskChange, TaskSeen, TransferTask} from '../transfer-service.ts';

/** What is on record of a task beside what its program shows. */
export interface OnRecord {
  readonly task: TaskId;
  readonly asked: Asked;
  readonly changed: TaskChange;
  /** stage has asked for its end, since its deadline had passed */
  readonly expired: boolean;
}

/** A task as its program shows it. Pure. */
export function taskSeen(shown: TaskShown, {task, asked, changed, expired}: OnRecord): TaskSeen {
  if (shown.state === 'unknown') return {kind: 'unknown'};
  const {request, at} = asked;
  const {bytes = 0, files = 0, files_total: filesTotal = files, error, trouble} = shown;
  const state = shown.state === 'cancelled' && expired ? 'failed' : shown.state;
  const program = request.via?.by === 'command' ? request.via.program : '';
  return {
    kind: 'task',
    task,
    saidBy: basename(program),
    state,
    label: changed.label ?? request.label,
    sourceCollection: request.sourceCollection,
    destinationCollection: request.destinationCollection,
    sourceName: request.sourceCollection,
    destinationName: request.destinationCollection,
    bytesTransferred: bytes,
    bytesTotal: shown.bytes_total,
    filesTransferred: files,
    filesSkipped: shown.files_skipped ?? 0,
    files: filesTotal,
    subtasksTotal: filesTotal,
    subtasksPending: Math.max(0, filesTotal - files - (shown.files_skipped ?? 0)),
    rate: shown.rate ?? 0,
    faults: shown.faults ?? 0,
    ...(state === 'active' && trouble
      ? {trouble: trouble.message, ...(trouble.code ? {troubleCode: trouble.code} : {})}
      : {}),
    ...fatalErrorOf(state, expired, error ?? trouble),
    requestedAt: shown.started ?? at,
    ...(shown.ended === undefined ? {} : {completedAt: shown.ended}),
    deadline: deadlineOf(asked, changed),
  };
}

function fatalErrorOf(
  state: TransferTask['state'],
  expired: boolean,
  error: TaskShown['error'],
): Pick<TransferTask, 'fatalError'> {
  if (state !== 'failed') return {};
  if (expired) return {fatalError: {code: 'EXPIRED', description: ''}};
  return {fatalError: {code: error?.code ?? 'FAILED', description: error?.message ?? 'no reason was given'}};
}
