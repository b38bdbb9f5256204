import type {TaskId} from '../../base/ids.ts';
import {EXIT, StageError} from '../../errors.ts';
import {TransferRefused} from '../../globus-errors.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import {currentAttempt, isAdopted} from '../../ledger/run-facts.ts';
import type {TransferService} from '../../transfer/transfer-service.ts';
import {type MovedFile, strayFile, strayInWords} from '../../workflow/model/moved-files.ts';
import type {EngineContext} from '../context.ts';
import type {EndStep} from '../plan/actions.ts';

/**
 * How a step ends whose task was adopted and has succeeded: Globus tells which files a task moved only when it has
 * ended (Globus Transfer API, "Successful Transfers"), so that it is compared here with what the step says.
 * A task that moved nothing at all tells nothing: the step has succeeded, and its reason says so.
 *
 * @returns the action as it is for every other end, and for a task that a person took with --force
 * @throws {TransferUnreachable} {SignInNeeded} {MovedNotTold} when it cannot be learnt now: nothing is concluded
 */
export async function compareAdopted(
  {transfers, ledger}: EngineContext,
  run: OpenRun,
  action: EndStep,
): Promise<EndStep> {
  const adopted = adoptedBy(run, action.step);
  const step = run.state.spec.workflow.steps.find(({name}) => name === action.step);
  if (action.state !== 'succeeded' || !adopted || step?.kind !== 'transfer') return action;
  const moved = action.files ? await movedBy(transfers, adopted, run, action.step) : [];
  if (moved.length === 0)
    return {
      ...action,
      why: `${action.why}; it moved no files, so that it is not known whether it did what the step says`,
    };
  const stray = strayFile(step, moved);
  // A person may have said meanwhile that it counts all the same.
  if (!stray || !adoptedBy(ledger.refresh(run), action.step)) return action;
  const differs = `the task that was adopted does not do the work of the step: ${strayInWords(step, stray).join('; ')}`;
  // Not tried again: whether the data is there all the same, a person knows.
  return {
    ...action,
    state: 'failed',
    why: `${differs}; if it is the right one: ${wayOut(run, action.step, adopted)}`,
    final: true,
  };
}

/** The task of a step that is to be compared: adopted by a person, and not by force, or found by its label. */
function adoptedBy({state}: OpenRun, step: string): TaskId | undefined {
  const {transfer} = currentAttempt(state, step);
  return transfer && isAdopted(transfer) && !transfer.forced ? transfer.task : undefined;
}

async function movedBy(
  transfers: TransferService,
  task: TaskId,
  run: OpenRun,
  step: string,
): Promise<readonly MovedFile[]> {
  try {
    return await transfers.moved(task);
  } catch (error) {
    if (error instanceof TransferRefused) throw new MovedNotTold(task, wayOut(run, step, task), error);
    throw error;
  }
}

function wayOut({id}: OpenRun, step: string, task: TaskId): string {
  return `stage adopt ${id} ${step} ${task} --force`;
}

/** Globus does not say what an adopted task moved. */
class MovedNotTold extends StageError {
  constructor(task: TaskId, force: string, cause: TransferRefused) {
    super({
      code: 'MOVED_NOT_TOLD',
      exit: EXIT.unreachable,
      what: `it could not be determined whether task ${task} moved what its step says`,
      why: cause.why || undefined,
      next: ['Globus is queried again at the next look.', `If it is the right one, whatever it moved: ${force}`],
      cause,
    });
  }
}
