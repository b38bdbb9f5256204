import {count, renderBytes, renderDuration} from '../../base/units.ts';
import type {Pause, TransferTask} from '../../transfer/transfer-service.ts';
import type {Reason} from '../standing.ts';

/** Where a task stands in a run. */
interface TaskOfRun {
  readonly run: string;
  readonly pauses?: readonly Pause[] | undefined;
  /** bytes per second of the last looks, where they tell it */
  readonly rate?: number | undefined;
}

/** Why a task stands where it stands that another way than Globus moves: in the words of what moves it. Pure. */
export function explainWay(task: TransferTask, {run, pauses = [], rate}: TaskOfRun): Reason {
  const {saidBy = '', trouble, fatalError} = task;
  const said = pauses.map(({message}) => message).filter((message) => message !== '');
  switch (task.state) {
    case 'queued':
      return {
        standing: 'waiting',
        code: 'TASK_QUEUED',
        what: `queued by ${saidBy}`,
        why: trouble,
        next: ['It starts by itself.'],
      };
    case 'paused':
      return {
        standing: 'trouble',
        code: 'TASK_PAUSED',
        what: `paused by ${saidBy}`,
        why: said.map((message) => `"${message}"`).join('; ') || undefined,
        next: ['It continues by itself when the pause ends.'],
      };
    case 'inactive':
      return {
        standing: 'action',
        code: 'TASK_INACTIVE',
        what: `${saidBy} needs you before it goes on`,
        why: said.join('; ') || trouble,
        next: ['The task then continues by itself; nothing has to be started again.'],
      };
    case 'active':
      return trouble === undefined
        ? {standing: 'fine', code: 'TASK_ACTIVE', what: `${saidBy} is moving data`, why: howFar(task, rate), next: []}
        : {
            standing: 'trouble',
            code: `TASK_FAULT_${task.troubleCode ?? 'UNKNOWN'}`,
            what: trouble,
            why: howFar(task, rate),
            next: [`It is ${saidBy} that tries again, or gives up.`],
          };
    case 'succeeded':
      return {standing: 'fine', code: 'TASK_SUCCEEDED', what: `${saidBy} reports success`, next: []};
    case 'cancelled':
      return {
        standing: 'action',
        code: 'TASK_CANCELLED',
        what: 'the task was cancelled',
        next: [`Try it again: stage resume ${run}`],
      };
    case 'failed':
      return {
        standing: 'action',
        code: fatalError?.code === 'EXPIRED' ? 'TASK_EXPIRED' : `TASK_FAILED_${fatalError?.code ?? 'UNKNOWN'}`,
        what: fatalError?.code === 'EXPIRED' ? 'its deadline passed before it was done' : `${saidBy} gave up`,
        why: fatalError?.description || undefined,
        next: ['Fix the cause.', `Then try it again; what has arrived is not moved twice: stage resume ${run}`],
      };
  }
}

/** `3 of 12 files, 1.2 GB of 4 GB, 80 MB/s, about 35 s left` */
function howFar(task: TransferTask, hint: number | undefined): string {
  const {filesTransferred, files, bytesTransferred, bytesTotal, faults} = task;
  const rate = task.rate > 0 ? task.rate : hint;
  const left = bytesTotal === undefined || bytesTotal <= bytesTransferred ? undefined : bytesTotal - bytesTransferred;
  return [
    files > filesTransferred ? `${filesTransferred} of ${count(files, 'file')}` : count(filesTransferred, 'file'),
    `${renderBytes(bytesTransferred)}${bytesTotal === undefined ? '' : ` of ${renderBytes(bytesTotal)}`}`,
    ...(rate ? [`${renderBytes(rate)}/s`] : []),
    ...(rate && left ? [`about ${renderDuration(left / rate)} left`] : []),
    ...(faults > 0 ? [`after ${count(faults, 'fault')}`] : []),
  ].join(', ');
}
