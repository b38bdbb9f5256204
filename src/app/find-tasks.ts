import {transferLabel} from '../engine/transfer-request.ts';
import type {RunId} from '../ledger/layout.ts';
import type {TransferService, TransferTask} from '../transfer/transfer-service.ts';
import {itemsOf} from '../workflow/items.ts';
import type {TransferStep} from '../workflow/workflow.ts';
import {isWithin} from './task-paths.ts';

export interface FoundTask {
  readonly task: TransferTask;
  /** why it may be the one */
  readonly why: string;
}

/** How many tasks of the same two collections are looked into, newest first: each costs a question. */
const LOOKED_INTO = 20;

/**
 * Tasks that may do the work of a step, when even their ids are lost: those with the label that stage gave them, or,
 * where there is none, those that moved files between the step's two places. Newest first.
 */
export async function findTasks(transfers: TransferService, run: RunId, step: TransferStep): Promise<FoundTask[]> {
  const all = await transfers.recent();
  const labelled = all.filter((task) => isLabelOf(task.label, run, step.name));
  if (labelled.length > 0) return labelled.map((task) => ({task, why: `its label is "${task.label}"`}));
  const between = all
    .filter(
      (task) => task.sourceCollection === step.from.collection && task.destinationCollection === step.to.collection,
    )
    .slice(0, LOOKED_INTO);
  const found = await Promise.all(between.map((task) => byPaths(transfers, task, step)));
  return found.flat();
}

/** The label of any attempt. */
function isLabelOf(label: string, run: RunId, step: string): boolean {
  const before = transferLabel(run, step, 1).replace(/1$/, '');
  return label.startsWith(before) && /^\d+$/.test(label.slice(before.length));
}

async function byPaths(transfers: TransferService, task: TransferTask, step: TransferStep): Promise<FoundTask[]> {
  const [file] = task.filesTransferred > 0 ? await transfers.moved(task.task) : [];
  if (!file) return [{task, why: 'it moves data between these collections; no file has arrived yet to tell by'}];
  const fits = itemsOf(step).some((item) => isWithin(file.from, item.from) && isWithin(file.to, item.to));
  return fits ? [{task, why: `it moved ${file.from} to ${file.to}`}] : [];
}
