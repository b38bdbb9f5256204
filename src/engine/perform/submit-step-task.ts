import {readTaskLabel} from '../../base/task-label.ts';
import type {TaskRequest} from '../../base/task-request.ts';
import {lowerFirst} from '../../base/text.ts';
import type {TransferRefused} from '../../globus-errors.ts';
import {workingAttempt} from '../../ledger/attempts.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import {attemptKey} from '../../ledger/run-facts.ts';
import {parseRunId} from '../../ledger/state-directory.ts';
import {isRunUnusable} from '../../ledger/trusted-run.ts';
import {conflictInWords, conflictingTasks, isConflict} from '../../submission/explain-conflict.ts';
import {type RefusalOfTask, submitTask} from '../../submission/submit-task.ts';
import type {TransferTask} from '../../transfer/transfer-service.ts';
import {isTask} from '../../workflow/model/steps.ts';
import type {TaskStep} from '../../workflow/model/workflow.ts';
import type {EngineContext} from '../context.ts';
import type {Action} from '../plan/actions.ts';
import {type ActionOutcome, DONE, OTHERS, type Records, STALE, updatesOf} from './action-outcome.ts';
import {recordEnd} from './end-step.ts';
import {listSource} from './list-source.ts';
import {factsOfSubmission} from './submission-facts.ts';
import {taskRequest} from './transfer-request.ts';

/** Submit the task of a step's attempt, or submit it again under the submission id that is on record. */
export async function submitStepTask(
  context: EngineContext,
  run: OpenRun,
  action: Action & {do: 'submit-transfer'},
  records: Records,
): Promise<ActionOutcome> {
  const attempt = attemptKey(action.step, action.attempt);
  const facts = factsOfSubmission(context, run, {key: `${attempt}.transfer`, attempt}, records);
  const {transfer, source} = workingAttempt(run.state, action.step);
  const intent = transfer?.intent;
  if (intent && 'adopted' in intent) {
    facts.create('confirmed', {task: intent.adopted});
    return DONE;
  }
  const step = stepOf(run, action.step);
  const isNew = !intent && facts.overtaken() === undefined;
  if (isNew && step.kind === 'transfer') {
    const totals = source ?? (step.via ? undefined : await listSource(context, run, step, {...records, attempt}));
    const removed = await context.outputs?.mayBeSent(run, step, action.attempt, totals);
    const failed = {do: 'end-step', step: step.name, attempt: action.attempt, state: 'failed', final: true} as const;
    if (removed !== undefined) return recordEnd({...failed, why: removed}, records);
  }
  const done = await submitTask(
    {
      facts,
      intended: intent,
      tries: transfer?.tries,
      request: () => taskRequest(run.state, step, action.attempt),
      intent: updatesOf(run),
      explain: (error, request) => explain(context, run, action, request, error),
    },
    context,
  );
  switch (done.is) {
    case 'submitted':
    case 'refused':
      return DONE;
    case 'put-off':
      return {is: 'put-off', room: done.room};
    case 'others':
      return OTHERS;
    case 'overtaken':
      // An update puts another attempt in the place of one that was about to do what was asked for before.
      if (done.why && context.ledger.refresh(run).state.updates.length > run.state.updates.length)
        records.fact(`${attempt}.outcome`, {state: 'lost', why: done.why});
      return STALE;
    default:
      return done satisfies never;
  }
}

/** What a refusal comes to: where another task has the same paths, which, and how it can do the step's work. */
async function explain(
  {transfers, ledger}: EngineContext,
  run: OpenRun,
  {step}: Action,
  request: TaskRequest,
  error: TransferRefused,
): Promise<RefusalOfTask> {
  const {why = '', next, later} = error;
  const put = {is: 'later', room: later === 'room', why} as const;
  if (later === 'room') return {...put, next: ['Nothing has to be done. See what is pending: stage transfer list']};
  if (later === undefined && !isConflict(error)) return {is: 'final', why, next};
  const {own, others} = await conflictingTasks(transfers, request, (task) => knownRequest(ledger, task));
  if (own) return {is: 'there', task: own.task};
  // Whose task it is, or whether it is one, is not known: it may have ended this moment.
  if (later !== undefined || others.length === 0) return {...put, next: ['See what is pending: stage transfer list']};
  const id = others.length === 1 ? others[0]?.task : 'TASK_ID';
  const ways = [
    `Let it do the work of ${step}: stage adopt ${run.id} ${step} ${id}`,
    `Or wait for its end, then try again: stage resume ${run.id}`,
  ];
  // Where only the reason is shown, the way out is told all the same.
  return {is: 'final', why: `${why}; ${conflictInWords(others)}; ${lowerFirst(ways[0] ?? '')}`, next: ways};
}

/** What a task was asked for, where a run of this state directory did: its label names run, step and attempt. */
function knownRequest(ledger: EngineContext['ledger'], {label, task}: TransferTask): TaskRequest | undefined {
  const tag = readTaskLabel(label);
  const id = tag && parseRunId(tag.run)?.id;
  if (!id || !ledger.find(id)) return undefined;
  try {
    const transfer = ledger.open(id).state.attempts.get(tag.step)?.[tag.attempt - 1]?.transfer;
    // One that is not confirmed yet may be this task, which bears its label: a process has just submitted it.
    const isIts = transfer && (transfer.task ?? task) === task;
    return isIts && 'request' in transfer.intent ? transfer.intent.request : undefined;
  } catch (error) {
    if (isRunUnusable(error)) return undefined; // then its collections alone tell
    throw error;
  }
}

function stepOf(run: OpenRun, name: string): TaskStep {
  const step = run.state.spec.workflow.steps.find((candidate) => candidate.name === name);
  if (!step || !isTask(step)) throw new RangeError(`step ${name} of run ${run.id} is no task`);
  return step;
}
