import {readDeadline} from '../../base/duration.ts';
import type {TaskId} from '../../base/ids.ts';
import {LABEL, relabelled, roomForWords, wrongLabel} from '../../base/task-label.ts';
import {iso} from '../../base/time.ts';
import {orError, RequestWrong} from '../../errors.ts';
import {TransferRefused} from '../../globus-errors.ts';
import {taskHasEnded} from '../../transfer/transfer-service.ts';
import type {TransfersStage} from '../../wiring/stage.ts';
import {taskId} from '../shared/choose.ts';
import {showTransfers, type TaskReport} from './transfer.ts';
import {wrongDeadline} from './transfer-start.ts';

export interface UpdateRequest {
  readonly label: string | undefined;
  /** an instant in ISO 8601 with zone, or a time from now such as `2d` */
  readonly deadline: string | undefined;
}

/**
 * Give a task that has not ended another label or deadline: all that Globus lets be changed.
 *
 * @returns how it stands afterwards
 * @throws {RequestWrong} for nothing to change, what Globus would not take, or a task that has ended
 */
export async function updateTransfer(
  stage: TransfersStage,
  text: string,
  {label, deadline}: UpdateRequest,
): Promise<TaskReport> {
  const id = taskId(text);
  const {transfers, clock} = await stage.engine();
  const wanted = {label, deadline: deadline === undefined ? undefined : instantOf(deadline, clock())};
  requireGood(wanted, clock());
  const before = await showTransfers(stage, [id]);
  const [task] = before.tasks;
  if (!task || task.state === 'unknown') return before;
  if (taskHasEnded({state: task.state})) throw hasEnded(id, task.state);
  requireRoom(task.label ?? '', label);
  const words = label === undefined ? undefined : relabelled(task.label ?? '', label);
  const refused = await orError(transfers.update(id, {label: words, deadline: wanted.deadline}));
  const after = await showTransfers(stage, [id]);
  if (!refused) return after;
  const state = after.tasks[0]?.state ?? 'unknown';
  throw refused instanceof TransferRefused && taskHasEnded({state}) ? hasEnded(id, state) : refused;
}

function hasEnded(id: TaskId, state: string): RequestWrong {
  return new RequestWrong(`task ${id} has ${state === 'cancelled' ? 'been cancelled' : state}`, {
    why: 'Globus changes only what has not ended',
    next: [`See it: stage transfer show ${id}`],
  });
}

function requireGood({label, deadline}: UpdateRequest, now: number): void {
  if (label === undefined && deadline === undefined)
    throw new RequestWrong('nothing is to be changed', {next: ['Give --label, --deadline, or both.']});
  const why = label === undefined ? undefined : wrongLabel(label);
  if (why !== undefined) throw new RequestWrong('--label cannot be used', {why, next: [`It ${LABEL}.`]});
  if (deadline !== undefined && Date.parse(deadline) <= now)
    throw new RequestWrong(`--deadline ${deadline} has passed`, {next: ['Give a later one, such as 2d.']});
}

/** Nothing of a label is cut off without a word. @throws {RequestWrong} */
function requireRoom(before: string, label: string | undefined): void {
  const room = roomForWords(before);
  if (label === undefined || label.length <= room) return;
  throw new RequestWrong('--label cannot be used', {
    why: `it has ${label.length} characters, and there is room for ${room} behind what names the run, the step and the attempt`,
    next: [room === 0 ? 'Leave it out.' : `Give at most ${room} characters.`],
  });
}

/** @throws {RequestWrong} */
function instantOf(deadline: string, now: number): string {
  const details = wrongDeadline(deadline);
  if (details.length > 0) throw new RequestWrong('the deadline cannot be used', {details});
  const after = readDeadline(deadline);
  return after === undefined ? deadline : iso(now + after);
}
