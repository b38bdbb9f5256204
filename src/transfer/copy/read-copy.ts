import {join} from 'node:path';
import type {TaskId} from '../../base/ids.ts';
import {deadlineOf} from '../record/deadline.ts';
import type {Asked} from '../record/way-record.ts';
import type {TaskChange, TransferTask} from '../transfer-service.ts';
import {type CopyJobRecord, claimOf} from './copy-facts.ts';
import type {CopyVerdict} from './judge-copy.ts';
import {type CopyProgress, readProgressFile} from './progress.ts';

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
  // One that was killed has left how far it was.
  const far = ({number, end}: CopyJobRecord): Omit<CopyProgress, 'rate'> & {readonly rate?: number} =>
    end ?? readProgressFile(join(directory, `${claimOf(number)}.progress`)) ?? {bytes: 0, files: 0};
  const before = jobs.slice(0, -1).map(far);
  const sum = (of: 'bytes' | 'files') => before.reduce((all, each) => all + each[of], 0);
  const now = newest ? far(newest) : {bytes: 0, files: 0};
  const moved = {bytes: sum('bytes') + now.bytes, files: sum('files') + now.files};
  // What a job has found to be moved is what the ones before it have left.
  const planned = newest?.plan && {bytes: sum('bytes') + newest.plan.bytes, files: sum('files') + newest.plan.files};
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
    rate: isOver || newest?.end ? 0 : (now.rate ?? 0),
    faults: jobs.reduce((all, {end}) => all + (end?.faults ?? 0), 0) + jobs.filter(({lost}) => lost).length,
    ...(verdict.is === 'wait' && verdict.trouble !== undefined ? {trouble: verdict.trouble} : {}),
    ...(isOver && state === 'failed'
      ? {fatalError: expired ? {code: 'EXPIRED', description: ''} : {code: verdict.code, description: verdict.why}}
      : {}),
    requestedAt: at,
    ...(isOver && lastEnd !== undefined ? {completedAt: Date.parse(lastEnd)} : {}),
    deadline: deadlineOf(asked, changed),
  };
}
