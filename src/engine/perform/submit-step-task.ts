import type {TaskRequest} from '../../base/task-request.ts';
import {lowerFirst} from '../../base/text.ts';
import type {TransferRefused} from '../../globus-errors.ts';
import {workingAttempt} from '../../ledger/attempts.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import {attemptKey} from '../../ledger/run-facts.ts';
import {conflictInWords, isConflict, tasksInTheWay} from '../../submission/explain-conflict.ts';
import {submitTask} from '../../submission/submit-task.ts';
import {isTask} from '../../workflow/model/steps.ts';
import type {TaskStep} from '../../workflow/model/workflow.ts';
import type {EngineContext} from '../context.ts';
import type {Action} from '../plan/actions.ts';
import {type ActionOutcome, DONE, OTHERS, type Records, STALE, updatesOf} from './action-outcome.ts';
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
  if (isNew && !source && step.kind === 'transfer') await listSource(context, run, step, {...records, attempt});
  const done = await submitTask(
    {
      facts,
      intended: intent,
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

/** When another task has the same paths: which, and how it can do the step's work. */
async function explain(
  {transfers}: EngineContext,
  run: OpenRun,
  {step}: Action,
  request: TaskRequest,
  error: TransferRefused,
): Promise<{readonly why: string; readonly next: readonly string[]}> {
  const {why = '', next: way} = error;
  if (!isConflict(error)) return {why, next: way};
  const tasks = await tasksInTheWay(transfers, request);
  const id = tasks.length === 1 ? tasks[0]?.task : 'TASK_ID';
  const next = [
    `Let it do the work of ${step}: stage adopt ${run.id} ${step} ${id}`,
    `Or wait for its end, then try again: stage resume ${run.id}`,
  ];
  // Where only the reason is shown, the way out is told all the same.
  return {why: `${why}; ${conflictInWords(tasks)}; ${lowerFirst(next[0] ?? '')}`, next};
}

function stepOf(run: OpenRun, name: string): TaskStep {
  const step = run.state.spec.workflow.steps.find((candidate) => candidate.name === name);
  if (!step || !isTask(step)) throw new RangeError(`step ${name} of run ${run.id} is no task`);
  return step;
}
