import {StageError} from '../../errors.ts';
import {workingAttempt} from '../../ledger/attempts.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import {absentName, attemptKey, roundName, seenAgainName} from '../../ledger/run-facts.ts';
import {recordResolution} from '../../submission/resolve.ts';
import type {SubmissionFacts} from '../../submission/submission-facts.ts';
import type {EngineContext} from '../context.ts';
import type {Action} from '../plan/actions.ts';
import {performAct} from './act-step.ts';
import {type ActionOutcome, askRepeatably, DONE, OTHERS, recordsOf, STALE, updatesOf} from './action-outcome.ts';
import {endStep} from './end-step.ts';
import {holdJob, unholdJob} from './hold-job.ts';
import {performMakeDirectory} from './make-directory.ts';
import {performTogether} from './perform-together.ts';
import {notingSignIn} from './sign-in-needed.ts';
import {submitStepJob} from './submit-step-job.ts';
import {submitStepTask} from './submit-step-task.ts';
import {voidAttempt} from './void-attempt.ts';

/**
 * Do one thing: record the intent, do it, confirm it. Whatever dies in between is found by the next look.
 *
 * @throws only for what is no answer of PBS or Globus: a full disk, a defect
 */
export async function perform(context: EngineContext, run: OpenRun, action: Action): Promise<ActionOutcome> {
  try {
    return await doIt(context, run, action);
  } catch (error) {
    // PBS or Globus did not answer, or said no: the intent stands, and the next look takes it up.
    if (error instanceof StageError) return {is: 'problem', error};
    if (!context.ledger.isThere(run)) return OTHERS; // another process has withdrawn the run
    throw error;
  }
}

function one(outcomes: readonly ActionOutcome[]): ActionOutcome {
  return outcomes[0] ?? OTHERS;
}

async function doIt(context: EngineContext, run: OpenRun, action: Action): Promise<ActionOutcome> {
  const {ledger, transfers, clock, by} = context;
  const records = recordsOf(context, run, action);
  const {fact, note} = records;
  switch (action.do) {
    case 'submit-transfer':
      return notingSignIn(run, action, records, () => submitStepTask(context, run, action, records));
    case 'make-directory':
      return notingSignIn(run, action, records, () => performMakeDirectory(context, run, action, records));
    case 'act':
      return performAct(context, run, action, records);
    case 'submit-job':
      return submitStepJob(context, run, action, records);
    case 'adopt-task': {
      const {task, forced} = action;
      const key = `${attemptKey(action.step, action.attempt)}.transfer`;
      // The same name as the intent of a submission: the first process decides which task does the work.
      if (!fact(`${key}.intent`, {adopted: task, forced: forced || undefined, by, ...updatesOf(run)})) return OTHERS;
      if (fact(`${key}.confirmed`, {task})) note('task-adopted', {task});
      return DONE;
    }
    case 'cancel-task': {
      const {task} = action;
      const key = `${attemptKey(action.step, action.attempt)}.transfer.cancel`;
      const ask = () => transfers.cancel(task);
      return askRepeatably(context, action, records, {key, ask, event: 'task-cancelled', on: {task}});
    }
    case 'adopt-job':
    case 'give-up-intent': {
      const create: SubmissionFacts['create'] = (name, value) => fact(`${action.key}.${name}`, value);
      const resolution =
        action.do === 'adopt-job' ? ({is: 'adopted', job: action.job} as const) : ({is: 'never-arrived'} as const);
      return recordResolution({create, note}, resolution, clock()) ? DONE : OTHERS;
    }
    case 'hold-job':
      return holdJob(context, run, action, records);
    case 'unhold-job':
      return unholdJob(context, action, records);
    case 'permit-job': {
      const {key, job, step} = action;
      if (!ledger.stillHolds(run, attemptKey(step, workingAttempt(run.state, step).number))) return STALE;
      if (!fact(`${key}.release.intent`, {why: action.why, by})) return OTHERS;
      note('job-permitted', {job});
      return DONE;
    }
    case 'release-job':
      return one(await performTogether(context, action.do, [{run, action}]));
    case 'delete-job':
      return one(await performTogether(context, action.do, [{run, action}]));
    case 'note-absent':
      return fact(`${action.key}.${absentName(action.number)}`, {job: action.job, task: action.task}) ? DONE : OTHERS;
    case 'note-seen-again':
      return fact(`${action.key}.${seenAgainName(action.number)}`, {job: action.job, task: action.task})
        ? DONE
        : OTHERS;
    case 'void-attempt':
      return voidAttempt(run, action, records);
    case 'open-round': {
      const {number, step, from, steps, why} = action;
      if (!ledger.stillHolds(run)) return STALE;
      if (!fact(roundName(number), {step, from, steps, why, by})) return OTHERS;
      note('round-opened', {number, from, why});
      return DONE;
    }
    case 'end-step':
      return endStep(context, run, action, records);
    default:
      return action satisfies never;
  }
}
