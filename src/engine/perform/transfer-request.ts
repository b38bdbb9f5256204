import {taskLabel} from '../../base/task-label.ts';
import type {TaskRequest, TransferOptions, TransferRequest} from '../../base/task-request.ts';
import {earlierAttempts} from '../../ledger/attempts.ts';
import type {RunState} from '../../ledger/run-facts.ts';
import {itemsOf} from '../../workflow/model/items.ts';
import type {TaskStep, TransferStep} from '../../workflow/model/workflow.ts';

/** What the task of a step is to do. */
export function taskRequest(run: RunState, step: TaskStep, attempt: number): TaskRequest {
  if (step.kind === 'transfer') return transferRequest(run, step, attempt);
  const {at, recursive, notify} = step;
  const label = labelOf(run, step, attempt);
  return {label, collection: at.collection, localUser: at.localUser, paths: [at.path], recursive, notify};
}

/** The transfer a step asks for. Its label names run, step and attempt, so that a task can be found when all else is lost. */
export function transferRequest(run: RunState, step: TransferStep, attempt: number): TransferRequest {
  const again = earlierAttempts(run, step.name, attempt).length > 0;
  return {
    ...(step.via ? {via: step.via} : {}),
    label: labelOf(run, step, attempt),
    sourceCollection: step.from.collection,
    destinationCollection: step.to.collection,
    sourceLocalUser: step.from.localUser,
    destinationLocalUser: step.to.localUser,
    items: itemsOf(step),
    options: again ? withChecksumSync(step.options) : step.options,
  };
}

function labelOf(run: RunState, {name, label}: TaskStep, attempt: number): string {
  return taskLabel({run: run.spec.run, step: name, attempt}, label);
}

const CHECKSUM = 3;

/** A further attempt moves only what did not arrive whole before. Source: Globus Transfer API, `sync_level`. */
function withChecksumSync(options: TransferOptions): TransferOptions {
  return {...options, syncLevel: CHECKSUM};
}
