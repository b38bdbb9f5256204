import type {TaskRequest} from '../base/task-request.ts';
import type {EngineContext} from '../engine/context.ts';
import {DONE, OTHERS, type Performed, type Records, STALE, updatesOf} from '../engine/perform/performed.ts';
import {taskRequest} from '../engine/perform/transfer-request.ts';
import type {Action} from '../engine/plan/actions.ts';
import {TransferRefused} from '../globus-errors.ts';
import {workingAttempt} from '../ledger/attempts.ts';
import type {OpenRun} from '../ledger/ledger.ts';
import {attemptKey, type TransferIntent} from '../ledger/run-facts.ts';
import {isTask} from '../workflow/model/steps.ts';
import type {TaskStep} from '../workflow/model/workflow.ts';
import {inWords, isConflict, tasksInTheWay} from './explain-conflict.ts';

/** The submission id is on record before Globus is asked; asking again with it is still one task. */
export async function submitTransfer(
  context: EngineContext,
  run: OpenRun,
  action: Action & {do: 'submit-transfer'},
  {note, fact}: Records,
): Promise<Performed> {
  const {ledger, transfers, clock} = context;
  const attempt = attemptKey(action.step, action.attempt);
  const key = `${attempt}.transfer`;
  let intent = workingAttempt(run.state, action.step).transfer?.intent;
  if (intent && 'adopted' in intent) {
    fact(`${key}.confirmed`, {task: intent.adopted});
    return DONE;
  }
  if (!intent) {
    const step = stepOf(run, action.step);
    intent = {
      at: clock(),
      submissionId: await transfers.newSubmissionId(),
      request: taskRequest(run.state, step, action.attempt),
      by: context.by,
      ...updatesOf(run),
    };
    if (!ledger.stillHolds(run, attempt)) return STALE;
    if (!fact(`${key}.intent`, intent satisfies TransferIntent)) return OTHERS;
    // Whoever decides looks for intents afterwards, and whoever intends for decisions: one of them sees the other.
    if (!ledger.stillHolds(run, attempt)) {
      if (ledger.refresh(run).state.updates.length > run.state.updates.length)
        fact(`${attempt}.outcome`, {state: 'lost', why: 'the run was changed before it was asked for'});
      return STALE;
    }
  } else if (!ledger.stillHolds(run, attempt)) return STALE;
  try {
    const task = await transfers.submit(intent.submissionId, intent.request);
    if (fact(`${key}.confirmed`, {task})) note('transfer-submitted', {task});
    return DONE;
  } catch (error) {
    if (!(error instanceof TransferRefused)) throw error;
    const {message, why, next} = error;
    const told = isConflict(error) ? await tellConflict(context, run, action, intent.request, error) : {why, next};
    if (fact(`${key}.refused`, {why: `${message}: ${told.why ?? ''}`, retry: false, next: told.next}))
      note('transfer-refused', {why: told.why});
    return DONE;
  }
}

/** Another task has the same paths: which, and how it can do the step's work. */
async function tellConflict(
  {transfers}: EngineContext,
  run: OpenRun,
  {step}: Action,
  request: TaskRequest,
  error: TransferRefused,
): Promise<{readonly why: string; readonly next: readonly string[]}> {
  const tasks = await tasksInTheWay(transfers, request);
  const id = tasks.length === 1 ? tasks[0]?.task : 'TASK_ID';
  const next = [
    `Let it do the work of ${step}: stage adopt ${run.id} ${step} ${id}`,
    `Or wait for its end, then try again: stage resume ${run.id}`,
  ];
  // Where only the reason is shown, the way out is told all the same.
  return {why: `${error.why}; ${inWords(tasks)}; ${lowerFirst(next[0] ?? '')}`, next};
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function stepOf(run: OpenRun, name: string): TaskStep {
  const step = run.state.spec.workflow.steps.find((candidate) => candidate.name === name);
  if (!step || !isTask(step)) throw new RangeError(`step ${name} of run ${run.id} is no task`);
  return step;
}
