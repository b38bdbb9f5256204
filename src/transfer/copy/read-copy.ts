import {join} from 'node:path';
import type {TaskId} from '../../base/ids.ts';
import {deadlineOf} from '../record/deadline.ts';
import type {Asked} from '../record/way-record.ts';
import type {TaskChange, TransferTask} from '../transfer-service.ts';
import {type CopyJobRecord, claimOf} from './copy-facts.ts';
import type {CopyVerdict} from './judge-copy.ts';
import {readProgressFile} from './progress.ts';

export interface CopyOnRecord {
  readonly id: TaskId;
  readonly asked: Asked;
  readonly changed: TaskChange;
  readonly jobs: readonly CopyJobRecord[];
  /** of its facts */
  readonly directory: string;
  /** stage has ended it, since its deadline had passed */
  readonly expired: boolean;
}

/** A copy as a task: what its jobs have moved so far, one after the other. */
export function copySeen(verdict: Exclude<CopyVerdict, {is: 'no-evidence'}>, on: CopyOnRecord): TransferTask {
  const {id, asked, changed, jobs, directory, expired} = on;
  const {request, at} = asked;
  const newest = jobs.at(-1);
  const running =
    newest && !newest.end ? readProgressFile(join(directory, `${claimOf(newest.number)}.progress`)) : undefined;
  const ended = jobs.flatMap(({end}) => end ?? []);
  const sum = (of: (end: (typeof ended)[number]) => number) => ended.reduce((all, end) => all + of(end), 0);
  const before = {bytes: sum(({bytes}) => bytes), files: sum(({files}) => files)};
  const moved = {bytes: before.bytes + (running?.bytes ?? 0), files: before.files + (running?.files ?? 0)};
  // What a job has found to be moved is what the ones before it have left.
  const own = newest?.end ? {bytes: newest.end.bytes, files: newest.end.files} : {bytes: 0, files: 0};
  const planned = newest?.plan && {
    bytes: before.bytes - own.bytes + newest.plan.bytes,
    files: before.files - own.files + newest.plan.files,
  };
  const isOver = verdict.is === 'ended';
  const state = isOver
    ? expired && verdict.state === 'cancelled'
      ? 'failed'
      : verdict.state
    : verdict.is === 'wait'
      ? verdict.state
      : 'queued';
  const lastEnd = newest?.end?.at;
  return {
    kind: 'task',
    task: id,
    saidBy: 'the copy job',
    state,
    label: changed.label ?? request.label,
    sourceCollection: request.sourceCollection,
    destinationCollection: request.destinationCollection,
    sourceName: request.sourceCollection,
    destinationName: request.destinationCollection,
    bytesTransferred: moved.bytes,
    bytesTotal: planned?.bytes,
    filesTransferred: moved.files,
    filesSkipped: 0,
    files: Math.max(moved.files, planned?.files ?? 0),
    subtasksTotal: Math.max(moved.files, planned?.files ?? 0),
    subtasksPending: Math.max(0, (planned?.files ?? 0) - moved.files),
    rate: isOver ? 0 : (running?.rate ?? 0),
    faults: sum(({faults}) => faults) + jobs.filter(({lost}) => lost).length,
    ...(verdict.is === 'wait' && verdict.trouble !== undefined ? {trouble: verdict.trouble} : {}),
    ...(isOver && state === 'failed'
      ? {fatalError: expired ? {code: 'EXPIRED', description: ''} : {code: verdict.code, description: verdict.why}}
      : {}),
    requestedAt: at,
    ...(isOver && lastEnd !== undefined ? {completedAt: Date.parse(lastEnd)} : {}),
    deadline: deadlineOf(asked, changed),
  };
}
