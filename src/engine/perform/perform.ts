import {StageError} from '../../errors.ts';
import {SignInNeeded} from '../../globus-errors.ts';
import {workingAttempt} from '../../ledger/attempts.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import {absentName, attemptKey, currentAttempt, seenAgainName} from '../../ledger/run-facts.ts';
import type {Papers} from '../../submission/papers.ts';
import {settle} from '../../submission/settle.ts';
import type {EngineContext} from '../context.ts';
import type {Action, EndStep} from '../plan/actions.ts';
import {compareAdopted} from './compare-adopted.ts';
import {lastError} from './last-error.ts';
import {makeDirectoryOf} from './mkdir-step.ts';
import {DONE, endStep, OTHERS, type Performed, type Records, STALE, updatesOf} from './performed.ts';
import {submitStepJob} from './submit-step-job.ts';
import {submitStepTask} from './submit-step-task.ts';

/**
 * Do one thing: record the intent, do it, confirm it. Whatever dies in between is found by the next look.
 *
 * @throws only for what is no answer of PBS or Globus: a full disk, a defect
 */
export async function perform(context: EngineContext, run: OpenRun, action: Action): Promise<Performed> {
  try {
    return await doIt(context, run, action.do === 'end-step' ? await compareAdopted(context, run, action) : action);
  } catch (error) {
    // PBS or Globus did not answer, or said no: the intent stands, and the next look takes it up.
    if (error instanceof StageError) return {is: 'problem', error};
    throw error;
  }
}

async function doIt(context: EngineContext, run: OpenRun, action: Action): Promise<Performed> {
  const {ledger, scheduler, transfers, clock} = context;
  const note: Records['note'] = (event, more = {}) =>
    ledger.append(run.id, {at: clock(), event, step: action.step, why: action.why, by: context.by, ...more});
  const fact: Records['fact'] = (name, value = {}) => ledger.create(run.id, name, {at: clock(), ...value});
  const records = {note, fact};
  switch (action.do) {
    case 'submit-transfer':
    case 'make-directory':
      try {
        return action.do === 'submit-transfer'
          ? await submitStepTask(context, run, action, records)
          : await makeDirectoryOf(context, run, action, records);
      } catch (error) {
        if (error instanceof SignInNeeded) noteSignIn(run, action, error, records);
        throw error;
      }
    case 'submit-job':
      return submitStepJob(context, run, action, records);
    case 'cancel-task': {
      const key = `${attemptKey(action.step, action.attempt)}.transfer.cancel`;
      fact(`${key}.intent`, {why: action.why, by: context.by});
      await transfers.cancel(action.task);
      if (fact(`${key}.confirmed`)) note('task-cancelled', {task: action.task});
      return DONE;
    }
    case 'adopt-task': {
      const key = `${attemptKey(action.step, action.attempt)}.transfer`;
      // The same name as the intent of a submission: whoever comes first decides which task does the work.
      const forced = action.forced ? {forced: true} : {};
      if (!fact(`${key}.intent`, {adopted: action.task, ...forced, by: context.by, ...updatesOf(run)})) return OTHERS;
      if (fact(`${key}.confirmed`, {task: action.task})) note('task-adopted', {task: action.task});
      return DONE;
    }
    case 'hold-job':
      if (hasEnded(ledger.refresh(run), action.hold)) return STALE;
      fact(`${action.key}.hold-${action.hold}.intent`, {why: action.why, by: context.by});
      await scheduler.hold(action.job);
      if (fact(`${action.key}.hold-${action.hold}.confirmed`)) note('job-held', {job: action.job});
      // Whoever ended the run's hold meanwhile may have released this job before it was held.
      return hasEnded(ledger.refresh(run), action.hold) ? unhold(context, action, records) : DONE;
    case 'unhold-job':
      return unhold(context, action, records);
    case 'adopt-job':
    case 'give-up-intent': {
      const create: Papers['create'] = (paper, value) => fact(`${action.key}.${paper}`, value);
      const settlement =
        action.do === 'adopt-job' ? ({is: 'adopted', job: action.job} as const) : ({is: 'never-arrived'} as const);
      return settle({create, note}, settlement, clock()) ? DONE : OTHERS;
    }
    case 'release-job':
      if (!ledger.stillHolds(run, attemptKey(action.step, workingAttempt(run.state, action.step).number))) return STALE;
      fact(`${action.key}.release.intent`, {why: action.why, by: context.by});
      await scheduler.release(action.job);
      if (fact(`${action.key}.release.confirmed`)) note('job-released', {job: action.job});
      return DONE;
    case 'delete-job':
      fact(`${action.key}.delete.intent`, {why: action.why, by: context.by});
      await scheduler.delete(action.job);
      if (fact(`${action.key}.delete.confirmed`)) note('job-deleted', {job: action.job});
      return DONE;
    case 'note-absent':
      return fact(`${action.key}.${absentName(action.number)}`, {job: action.job}) ? DONE : OTHERS;
    case 'note-seen-again':
      return fact(`${action.key}.${seenAgainName(action.number)}`, {job: action.job}) ? DONE : OTHERS;
    case 'void-attempt':
      return voidAttempt(run, action, records);
    case 'end-step':
      // A person may have cancelled the run since it was read: what looks like a failure is their doing. The next look says so.
      if (action.state === 'failed' && !run.state.cancel && ledger.refresh(run).state.cancel) return OTHERS;
      // What never began ends by what people asked for: an update since may let it begin.
      if (UNBEGUN.includes(action.state) && !ledger.stillHolds(run, attemptKey(action.step, action.attempt)))
        return STALE;
      return endStep(await withLastError(context, run, action), records);
    default:
      return action satisfies never;
  }
}

const UNBEGUN: readonly EndStep['state'][] = ['skipped', 'cancelled'];

async function unhold(
  {scheduler}: EngineContext,
  {key, hold, job}: Action & {do: 'hold-job' | 'unhold-job'},
  {note, fact}: Records,
): Promise<Performed> {
  await scheduler.release(job);
  if (fact(`${key}.hold-${hold}.ended`)) note('job-unheld', {job});
  return DONE;
}

function hasEnded({state}: OpenRun, hold: number): boolean {
  return state.holds.some(({number, endedAt}) => number === hold && endedAt !== undefined);
}

/** A person's turn is on record, so that every reader shows it and monitors wait for it at their slow pace. */
function noteSignIn(
  run: OpenRun,
  action: Action & {do: 'submit-transfer' | 'make-directory'},
  {message: what, why, next}: SignInNeeded,
  {note, fact}: Records,
): void {
  const last = workingAttempt(run.state, action.step).signIn;
  if (last?.what === what && last.next.join() === next.join()) return;
  const key = `${attemptKey(action.step, action.attempt)}.transfer.sign-in-${(last?.number ?? 0) + 1}`;
  if (fact(key, {what, why, next})) note('sign-in-needed', {why: what});
}

/** Whoever links the start marker first decides: a job that is starting this moment wins, and nothing is given up. */
function voidAttempt(run: OpenRun, action: Action & {do: 'void-attempt'}, {note, fact}: Records): Performed {
  const key = attemptKey(action.step, action.attempt);
  const started = currentAttempt(run.state, action.step).starts.length > 0;
  if (!started && !fact(`${key}.start.1`, {void: true, why: action.why})) return OTHERS;
  if (!fact(`${key}.outcome`, {state: 'lost', why: action.why})) return OTHERS;
  note('attempt-lost', {attempt: action.attempt});
  return DONE;
}

/** A transfer that failed is told with its last error, which names the file; Globus forgets events after a month. */
async function withLastError(context: EngineContext, run: OpenRun, action: EndStep): Promise<EndStep> {
  const task = currentAttempt(run.state, action.step).transfer?.task;
  // What is final was concluded from other words than the task's.
  if (!task || action.final || action.state === 'succeeded' || action.state === 'skipped') return action;
  const last = await lastError(context.transfers, task);
  return last === undefined || action.why.includes(last)
    ? action
    : {...action, why: `${action.why}; last error: ${last}`};
}
