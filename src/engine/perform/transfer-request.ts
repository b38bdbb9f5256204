import type {TaskRequest, TransferOptions, TransferRequest} from '../../base/task-request.ts';
import {earlierAttempts} from '../../ledger/attempts.ts';
import type {RunState} from '../../ledger/run-facts.ts';
import {itemsOf} from '../../workflow/model/items.ts';
import type {TaskStep, TransferStep} from '../../workflow/model/workflow.ts';

/** What the task of a step is to do. */
export function taskRequest(run: RunState, step: TaskStep, attempt: number): TaskRequest {
  if (step.kind === 'transfer') return transferRequest(run, step, attempt);
  const {at, recursive, notify, name} = step;
  const label = transferLabel(run.spec.run, name, attempt);
  return {label, collection: at.collection, paths: [at.path], recursive, notify};
}

/** The transfer a step asks for. Its label names run, step and attempt, so that a task can be found when all else is lost. */
export function transferRequest(run: RunState, step: TransferStep, attempt: number): TransferRequest {
  const again = earlierAttempts(run, step.name, attempt).length > 0;
  return {
    label: transferLabel(run.spec.run, step.name, attempt),
    sourceCollection: step.from.collection,
    destinationCollection: step.to.collection,
    items: itemsOf(step),
    options: again ? withChecksumSync(step.options) : step.options,
  };
}

const CHECKSUM = 3;

/** A further attempt moves only what did not arrive whole before. Source: Globus Transfer API, `sync_level`. */
function withChecksumSync(options: TransferOptions): TransferOptions {
  return {...options, syncLevel: CHECKSUM};
}

/** At most 128 characters (Globus Transfer API, "Task submission"); run and step names are at most 63 and 63. */
export function transferLabel(run: string, step: string, attempt: number): string {
  const label = `stage ${run} ${step} ${attempt}`;
  return label.length <= 128 ? label : `${label.slice(0, 128 - ` ${attempt}`.length).trimEnd()} ${attempt}`;
}
