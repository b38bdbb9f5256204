import {oneLine} from '../../../base/text.ts';
import type {CancelDecision, TransferRecord} from '../../../ledger/run-facts.ts';
import type {TransferTask} from '../../../transfer/transfer-service.ts';
import type {EndStep} from '../actions.ts';

/** How a task ended, as far as that is the end of its step. */
export type TaskEnd = Pick<EndStep, 'state' | 'why' | 'bytes' | 'files' | 'skippedErrors' | 'final' | 'cause'>;

/** What is on record of a task besides what Globus shows of it. */
export interface TaskOnRecord {
  /** the run was cancelled, and its tasks with it */
  readonly cancel?: CancelDecision | undefined;
  readonly transfer?: Pick<TransferRecord, 'cancelIntended' | 'cancelReason'> | undefined;
}

/**
 * How a task ended; undefined while it may still move data. Queued, paused, faulting and inactive are no ends. Pure.
 *
 * A task that a person cancelled, its owner or the manager of a collection, is final: no retry starts it again
 * (docs/decisions/0006). One that expired was ended by its deadline.
 */
export function concludeTask(task: TransferTask, onRecord: TaskOnRecord = {}): TaskEnd | undefined {
  const moved = {bytes: task.bytesTransferred, files: task.filesTransferred};
  switch (task.state) {
    case 'succeeded':
      if (!task.skippedErrors) return {state: 'succeeded', why: `${saidBy(task)} reports SUCCEEDED`, ...moved};
      return {
        state: 'succeeded',
        why: reasonOfSkips(task, task.skippedErrors),
        ...moved,
        skippedErrors: task.skippedErrors,
      };
    case 'failed':
      if (task.fatalError?.code === 'EXPIRED')
        return {state: 'failed', why: reasonOfExpiry(task), cause: 'task-expired', ...moved};
      return {state: 'failed', why: reasonOfFailure(task), ...moved};
    case 'cancelled':
      return {...concludeCancelled(task, onRecord), ...moved};
    default:
      return undefined;
  }
}

function concludeCancelled(task: TransferTask, {cancel, transfer}: TaskOnRecord): Omit<TaskEnd, 'bytes' | 'files'> {
  if (task.cancelledByManager) {
    const why = `the task was cancelled by ${managerInWords(task)}`;
    const end = {why, cause: 'task-cancelled-by-manager'} as const;
    return cancel ? {state: 'cancelled', ...end} : {state: 'failed', final: true, ...end};
  }
  if (cancel) return {state: 'cancelled', why: 'the task was cancelled'};
  // stage cancelled it, as the workflow asked (fail_fast): that is a failure like others.
  if (transfer?.cancelReason) return {state: 'failed', why: `the task was cancelled (${transfer.cancelReason})`};
  if (transfer?.cancelIntended) return {state: 'failed', why: 'the task was cancelled'};
  return {
    state: 'failed',
    final: true,
    why: `the task was cancelled${task.saidBy === undefined ? ' at Globus' : ''}`,
    cause: 'task-cancelled',
  };
}

/** `the manager of laptop: "the quota is used up"`, for a task that one has cancelled. */
export function managerInWords({cancelledByManager, sourceName, destinationName}: TransferTask): string {
  const {of, message = ''} = cancelledByManager ?? {};
  const names = [...(of === 'destination' ? [] : [sourceName]), ...(of === 'source' ? [] : [destinationName])];
  const named = names.filter((name) => name !== '').join(' and ') || 'a collection';
  const said = oneLine(message);
  return `the manager of ${named}${said === '' ? '' : `: "${said}"`}`;
}

/** Who says how it ended. */
function saidBy({saidBy: who = 'Globus'}: TransferTask): string {
  return who;
}

function reasonOfExpiry(task: TransferTask): string {
  const {deadline, fatalError, trouble} = task;
  const when = deadline === undefined ? '' : `, ${new Date(deadline).toISOString().slice(0, 19)}Z,`;
  const said = `${saidBy(task)} reports EXPIRED${fatalError?.description ? `: ${oneLine(fatalError.description)}` : ''}`;
  return `its deadline${when} passed before the task was done (${said})${lastTrouble(trouble)}`;
}

function reasonOfFailure(task: TransferTask): string {
  const {fatalError, trouble} = task;
  const said = fatalError ? `${fatalError.code}: ${fatalError.description}` : 'FAILED';
  return `${saidBy(task)} reports ${said}${lastTrouble(trouble)}`;
}

function lastTrouble(trouble: string | undefined): string {
  return trouble ? `; last trouble: ${trouble}` : '';
}

/** The task was asked to go on without what it cannot read. */
function reasonOfSkips({task}: TransferTask, skipped: number): string {
  return `succeeded, ${skipped} ${skipped === 1 ? 'file' : 'files'} skipped; which: stage transfer skipped ${task}`;
}
