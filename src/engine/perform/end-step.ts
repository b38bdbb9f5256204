import type {TaskId} from '../../base/ids.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import {attemptKey, currentAttempt} from '../../ledger/run-facts.ts';
import type {TransferService} from '../../transfer/transfer-service.ts';
import type {EngineContext} from '../context.ts';
import type {EndStep} from '../plan/actions.ts';
import {isTrouble} from '../plan/tasks/task-trouble.ts';
import {type ActionOutcome, DONE, OTHERS, type Records, STALE} from './action-outcome.ts';
import {compareAdopted} from './compare-adopted.ts';

const UNBEGUN: readonly EndStep['state'][] = ['skipped', 'cancelled'];

/** Put on record how a step's attempt ended, unless people have decided otherwise since that was planned. */
export async function endStep(
  context: EngineContext,
  run: OpenRun,
  action: EndStep,
  records: Records,
): Promise<ActionOutcome> {
  const {ledger, transfers} = context;
  const end = await compareAdopted(context, run, action);
  // A person may have cancelled the run since it was read: what looks like a failure is their doing. The next look says so.
  if (end.state === 'failed' && !run.state.cancel && ledger.refresh(run).state.cancel) return OTHERS;
  // What never began ends by what people asked for: an update since may let it begin.
  if (UNBEGUN.includes(end.state) && !ledger.stillHolds(run, attemptKey(end.step, end.attempt))) return STALE;
  if (end.cause === 'forgotten') return recordForgotten(run, end, records);
  // What was concluded from other words than the task's is told in those alone.
  return recordEnd(end === action ? await withLastError(transfers, run, end) : end, records);
}

/** A job that cannot be asked about may still stand in a queue: its script is not to run when the run has ended. */
function recordForgotten(run: OpenRun, action: EndStep, records: Records): ActionOutcome {
  const isJob = run.state.spec.workflow.steps.some(({name, kind}) => name === action.step && kind === 'job');
  const started = currentAttempt(run.state, action.step).starts.length > 0;
  const claim = `${attemptKey(action.step, action.attempt)}.start.1`;
  // Where the job takes its claim this moment, the next look ends the step, and says so.
  if (isJob && !started && !records.fact(claim, {void: true, why: action.why})) return STALE;
  return recordEnd(action, records);
}

/** Put on record how an attempt ended: the first one to say so counts. */
export function recordEnd(action: EndStep, {note, fact}: Records): ActionOutcome {
  const {do: _, step, attempt, ...outcome} = action;
  if (!fact(`${attemptKey(step, attempt)}.outcome`, outcome)) return OTHERS;
  note(`step-${action.state}`, {
    why: action.why,
    attempt,
    bytesTransferred: action.bytes,
    filesTransferred: action.files,
  });
  return DONE;
}

/** A transfer that failed is shown with its last error, which names the file; Globus forgets events after a month. */
async function withLastError(transfers: TransferService, run: OpenRun, action: EndStep): Promise<EndStep> {
  const task = currentAttempt(run.state, action.step).transfer?.task;
  if (!task || action.state === 'succeeded' || action.state === 'skipped') return action;
  const last = await lastError(transfers, task);
  return last === undefined || action.why.includes(last)
    ? action
    : {...action, why: `${action.why}; last error: ${last}`};
}

/**
 * The last thing that stood in a task's way, in one line with the file it concerns.
 *
 * @returns undefined when nothing did, or Globus cannot be queried: it is for people, and nothing depends on it
 */
async function lastError(transfers: TransferService, task: TaskId): Promise<string | undefined> {
  try {
    const events = await transfers.events(task, {limit: 5, errorsOnly: true});
    const event = events.find(isTrouble);
    return event && [event.description, event.details].filter(Boolean).join(': ').replace(/\s+/g, ' ').slice(0, 300);
  } catch {
    return undefined;
  }
}
