import {readTaskLabel, sameTask, taskLabel} from '../../../base/task-label.ts';
import {parseRunId, type RunId, runId} from '../../../ledger/state-directory.ts';
import {type TransferService, type TransferTask, taskHasEnded} from '../../../transfer/transfer-service.ts';
import {strayFile} from '../../../workflow/model/moved-files.ts';
import type {TransferStep} from '../../../workflow/model/workflow.ts';

export interface FoundTask {
  readonly task: TransferTask;
  /** why it may be the one */
  readonly why: string;
}

/** How many tasks of the same two collections are looked into, newest first: each costs a question. */
const LOOKED_INTO = 20;

/**
 * Tasks that may do the work of a step, when even their ids are lost: those with the label that stage gave them, or,
 * where there is none, those that move data between the step's two places. Newest first.
 *
 * A task that bears the label of another step, or of a run of another name, is that one's. A run of the same name may
 * have had another number before the state directory was lost.
 */
export async function findTasks(transfers: TransferService, run: RunId, step: TransferStep): Promise<FoundTask[]> {
  const all = await transfers.recent();
  const labelled = all.filter((task) => isLabelOf(task.label, run, step.name));
  if (labelled.length > 0) return labelled.map((task) => ({task, why: `its label is "${task.label}"`}));
  const between = all
    .filter(
      (task) =>
        task.sourceCollection === step.from.collection &&
        task.destinationCollection === step.to.collection &&
        !isOfAnother(task.label, run, step.name) &&
        !(taskHasEnded(task) && task.filesTransferred === 0),
    )
    .slice(0, LOOKED_INTO);
  const found = await Promise.all(between.map((task) => byPaths(transfers, task, step)));
  return found.flat();
}

/** The label of any attempt, whatever the user's own words in it. */
function isLabelOf(label: string, run: RunId, step: string): boolean {
  const attempt = readTaskLabel(label)?.attempt;
  return attempt !== undefined && sameTask(label, taskLabel({run, step, attempt}));
}

/** The label that stage gives to a task of another run or step. */
function isOfAnother(label: string, run: RunId, step: string): boolean {
  const labelled = parseRunId(readTaskLabel(label)?.run ?? '');
  const name = parseRunId(run)?.name;
  if (!labelled || name === undefined) return false;
  return !isLabelOf(label, runId(name, labelled.number), step);
}

async function byPaths(transfers: TransferService, task: TransferTask, step: TransferStep): Promise<FoundTask[]> {
  if (!taskHasEnded(task))
    return [{task, why: 'it moves data between these collections; Globus reports which files only when it has ended'}];
  const moved = await transfers.moved(task.task);
  const [file] = moved;
  return file && !strayFile(step, moved) ? [{task, why: `it moved ${file.from} to ${file.to}`}] : [];
}
