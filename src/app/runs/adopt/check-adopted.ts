import type {TaskId} from '../../../base/ids.ts';
import {RequestWrong} from '../../../errors.ts';
import {TransferUnreachable} from '../../../globus-errors.ts';
import type {RunState} from '../../../ledger/run-facts.ts';
import type {RunId} from '../../../ledger/state-directory.ts';
import {type TransferService, type TransferTask, taskHasEnded} from '../../../transfer/transfer-service.ts';
import {strayFile, strayInWords} from '../../../workflow/model/moved-files.ts';
import type {TransferStep} from '../../../workflow/model/workflow.ts';
import {type Finding, note} from '../../shared/findings.ts';

/** A task that may do the work of a step. */
export interface CheckedTask {
  readonly task: TransferTask;
  /** whether what it moves was compared with the step; Globus lists that only when the task has ended */
  readonly compared: boolean;
}

/**
 * See that a task exists, belongs to this identity, and moves what the step says, as far as that can be told by now.
 *
 * @param how.run the run that there is; absent: it is yet to be created
 * @throws {TaskDiffers} for another source or destination, unless `force`; {RequestWrong} for a task Globus does not list
 */
export async function checkTask(
  transfers: TransferService,
  id: TaskId,
  step: TransferStep,
  {run, force}: {readonly run: RunId | undefined; readonly force: boolean},
): Promise<CheckedTask> {
  const seen = (await transfers.look([id])).get(id);
  if (seen === undefined || seen.kind === 'no-evidence')
    throw new TransferUnreachable(`GET /task_list of ${id}`, seen?.why ?? 'it was not answered');
  if (seen.kind === 'unknown')
    throw new RequestWrong(`Globus lists no transfer task ${id} for this identity`, {
      code: 'TASK_UNKNOWN',
      why: 'the id is wrong, or another identity owns the task',
      next: ['See your own tasks: stage transfer list'],
    });
  if (force) return {task: seen, compared: true};
  const differences = await differencesOf(transfers, seen, step);
  if (differences.length > 0) throw new TaskDiffers(id, step.name, differences, run);
  // Globus lists the files of a task only when that has ended. Source: Globus Transfer API, "Successful Transfers".
  return {task: seen, compared: taskHasEnded(seen)};
}

/**
 * What a person is to know who adopted a task of which nothing can be told yet.
 *
 * @param state the run as it was before; absent: it is yet to be created. What a run asked Globus for itself needs no note
 */
export function uncomparedNote(step: string, {task, compared}: CheckedTask, state: RunState | undefined): Finding[] {
  if (compared || (state && isItsOwn(state, step, task.task))) return [];
  const why = 'whether it moves what the step says is checked when it has ended';
  return [note(`what task ${task.task} moves for ${step} is not known yet`, why)];
}

function isItsOwn(state: RunState, step: string, task: TaskId): boolean {
  const attempts = state.attempts.get(step) ?? [];
  return attempts.some(({transfer}) => transfer?.task === task && 'submissionId' in transfer.intent);
}

/** How a task differs from what a step says. Paths are compared by the files that arrived: Globus does not tell what was asked for. */
async function differencesOf(transfers: TransferService, task: TransferTask, step: TransferStep): Promise<string[]> {
  const differences: string[] = [];
  if (task.sourceCollection !== step.from.collection)
    differences.push(
      `source: the task reads ${task.sourceName} (${task.sourceCollection}), the step ${step.from.collection}`,
    );
  if (task.destinationCollection !== step.to.collection)
    differences.push(
      `destination: the task writes ${task.destinationName} (${task.destinationCollection}), the step ${step.to.collection}`,
    );
  if (differences.length > 0 || task.filesTransferred === 0 || !taskHasEnded(task)) return differences;
  const stray = strayFile(step, await transfers.moved(task.task));
  return stray ? strayInWords(step, stray) : [];
}

/** The task moves something else than the step says. */
export class TaskDiffers extends RequestWrong {
  constructor(task: TaskId, step: string, differences: readonly string[], run: RunId | undefined) {
    super(`task ${task} does not do the work of ${step}`, {
      code: 'TASK_DIFFERS',
      details: differences,
      next: run
        ? [`If it is the right one anyway: stage adopt ${run} ${step} ${task} --force`]
        : [
            'Name another task, or have the step move the data: the same command without --adopt',
            `An existing run accepts it anyway, once its own task has failed or was cancelled: stage adopt RUN ${step} ${task} --force`,
          ],
    });
  }
}
