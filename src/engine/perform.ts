import {StageError} from '../errors.ts';
import {workingAttempt} from '../ledger/attempts.ts';
import type {OpenRun} from '../ledger/ledger.ts';
import {attemptKey, currentAttempt, jobKey, type TransferIntent} from '../ledger/run-facts.ts';
import {SignInNeeded, type TaskRequest, TransferRefused} from '../transfer/transfer-service.ts';
import {isTask} from '../workflow/steps.ts';
import type {MkdirStep, TaskStep} from '../workflow/workflow.ts';
import {compareAdopted} from './compare-adopted.ts';
import type {EngineContext} from './context.ts';
import {inWords, isConflict, tasksInTheWay} from './explain-conflict.ts';
import {lastError} from './last-error.ts';
import {ensureDirectory} from './make-directory.ts';
import type {Action, EndStep, SubmitJob} from './plan/actions.ts';

import {taskRequest} from './transfer-request.ts';

/** What an action came to: done, left to another process that was first, or not possible now (and why). */
export type Performed =
  | {readonly is: 'done'}
  | {readonly is: 'others'}
  /** somebody decided otherwise since it was planned: plan again */
  | {readonly is: 'stale'}
  | {readonly is: 'problem'; readonly error: StageError};

const DONE: Performed = {is: 'done'};
const OTHERS: Performed = {is: 'others'};
const STALE: Performed = {is: 'stale'};

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
  const note = (event: string, more: object = {}) =>
    ledger.append(run.id, {at: clock(), event, step: action.step, why: action.why, by: context.by, ...more});
  const fact = (name: string, value: object = {}) => ledger.create(run.id, name, {at: clock(), ...value});
  switch (action.do) {
    case 'submit-transfer':
    case 'make-directory':
      try {
        return action.do === 'submit-transfer'
          ? await submitTransfer(context, run, action, note, fact)
          : await makeDirectoryOf(context, run, action, note, fact);
      } catch (error) {
        if (error instanceof SignInNeeded) noteSignIn(run, action, error, note, fact);
        throw error;
      }
    case 'submit-job':
      return submitJob(context, run, action, note, fact);
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
      fact(`${action.key}.hold-${action.hold}.intent`, {why: action.why, by: context.by});
      await scheduler.hold(action.job);
      if (fact(`${action.key}.hold-${action.hold}.confirmed`)) note('job-held', {job: action.job});
      // Whoever ended the run's hold meanwhile may have released this job before it was held.
      return hasEnded(ledger.refresh(run), action.hold) ? unhold(context, action, note, fact) : DONE;
    case 'unhold-job':
      return unhold(context, action, note, fact);
    case 'adopt-job':
      if (!fact(`${action.key}.confirmed`, {job: action.job, adopted: true})) return OTHERS;
      note('job-adopted', {job: action.job});
      return DONE;
    case 'give-up-intent':
      if (!fact(`${action.key}.never-arrived`)) return OTHERS;
      note('submission-given-up');
      return DONE;
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
      return fact(`${action.key}.absent`, {job: action.job}) ? DONE : OTHERS;
    case 'void-attempt':
      return voidAttempt(run, action, note, fact);
    case 'end-step':
      // A person may have cancelled the run since it was read: what looks like a failure is their doing. The next look says so.
      if (action.state === 'failed' && !run.state.cancel && ledger.refresh(run).state.cancel) return OTHERS;
      // What never began ends by what people asked for: an update since may let it begin.
      if (UNBEGUN.includes(action.state) && !ledger.stillHolds(run, attemptKey(action.step, action.attempt)))
        return STALE;
      return endStep(await withLastError(context, run, action), note, fact);
    default:
      return action satisfies never;
  }
}

const UNBEGUN: readonly EndStep['state'][] = ['skipped', 'cancelled'];

type Note = (event: string, more?: object) => void;
type Fact = (name: string, value?: object) => boolean;

async function unhold(
  {scheduler}: EngineContext,
  {key, hold, job}: Action & {do: 'hold-job' | 'unhold-job'},
  note: Note,
  fact: Fact,
): Promise<Performed> {
  await scheduler.release(job);
  if (fact(`${key}.hold-${hold}.ended`)) note('job-unheld', {job});
  return DONE;
}

function hasEnded({state}: OpenRun, hold: number): boolean {
  return state.holds.some(({number, endedAt}) => number === hold && endedAt !== undefined);
}

/** The submission id is on record before Globus is asked; asking again with it is still one task. */
async function submitTransfer(
  context: EngineContext,
  run: OpenRun,
  action: Action & {do: 'submit-transfer'},
  note: Note,
  fact: Fact,
): Promise<Performed> {
  const {ledger, transfers, clock} = context;
  const key = `${attemptKey(action.step, action.attempt)}.transfer`;
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
    const attempt = attemptKey(action.step, action.attempt);
    if (!ledger.stillHolds(run, attempt)) return STALE;
    if (!fact(`${key}.intent`, intent satisfies TransferIntent)) return OTHERS;
    // Whoever decides looks for intents afterwards, and whoever intends for decisions: one of them sees the other.
    if (!ledger.stillHolds(run, attempt)) {
      if (ledger.refresh(run).state.updates.length > run.state.updates.length)
        fact(`${attempt}.outcome`, {state: 'lost', why: 'the run was changed before it was asked for'});
      return STALE;
    }
  }
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

/** No intent: a directory that is there is as good as one that was made, so that asking again does no harm. */
async function makeDirectoryOf(
  {transfers, ledger}: EngineContext,
  run: OpenRun,
  {step: name, attempt}: Action & {do: 'make-directory'},
  note: Note,
  fact: Fact,
): Promise<Performed> {
  const step = mkdirStep(run, name);
  if (!step) throw new RangeError(`step ${name} of run ${run.id} makes no directory`);
  if (!ledger.stillHolds(run, attemptKey(name, attempt))) return STALE;
  const end = (state: 'succeeded' | 'failed', why: string) =>
    endStep({do: 'end-step', step: name, attempt, state, why}, note, fact);
  try {
    const made = await ensureDirectory(transfers, step.at);
    // Somebody may have updated the run meanwhile: a directory that is no longer asked for concludes nothing.
    const asked = mkdirStep(ledger.refresh(run), name)?.at;
    if (asked?.path !== step.at.path || asked.collection !== step.at.collection) return OTHERS;
    return end('succeeded', made ? 'the directory was made' : 'the directory was there');
  } catch (error) {
    if (!(error instanceof TransferRefused)) throw error;
    return end('failed', `${error.message}: ${error.why ?? ''}`);
  }
}

function mkdirStep({state}: OpenRun, name: string): MkdirStep | undefined {
  const step = state.spec.workflow.steps.find((candidate) => candidate.name === name);
  return step?.kind === 'mkdir' ? step : undefined;
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

/** A person's turn is on record, so that every reader shows it and monitors wait for it at their slow pace. */
function noteSignIn(
  run: OpenRun,
  action: Action & {do: 'submit-transfer' | 'make-directory'},
  {message: what, why, next}: SignInNeeded,
  note: Note,
  fact: Fact,
): void {
  const last = workingAttempt(run.state, action.step).signIn;
  if (last?.what === what && last.next.join() === next.join()) return;
  const key = `${attemptKey(action.step, action.attempt)}.transfer.sign-in-${(last?.number ?? 0) + 1}`;
  if (fact(key, {what, why, next})) note('sign-in-needed', {why: what});
}

function stepOf(run: OpenRun, name: string): TaskStep {
  const step = run.state.spec.workflow.steps.find((candidate) => candidate.name === name);
  if (!step || !isTask(step)) throw new RangeError(`step ${name} of run ${run.id} is no task`);
  return step;
}

/** qsub has no key of its own: the tag in the intent travels in the job's variables, and finds the job again. */
async function submitJob(
  context: EngineContext,
  run: OpenRun,
  action: SubmitJob,
  note: Note,
  fact: Fact,
): Promise<Performed> {
  const key = jobKey(action.step, action.attempt, action.role, action.serial);
  const tag = `s-${run.id}.${key}.${context.newWord()}`;
  const attempt = attemptKey(action.step, action.attempt);
  const at = context.clock();
  const intent = {
    tag,
    hold: action.hold,
    dependsOn: action.dependencies.flatMap(({jobs}) => jobs),
    ...updatesOf(run),
    deadline: at + context.settings.intentDeadlineMs,
    by: context.by,
  };
  if (!context.ledger.stillHolds(run, attempt)) return STALE;
  if (!fact(`${key}.intent`, intent)) return OTHERS;
  if (!context.ledger.stillHolds(run, attempt)) {
    fact(`${key}.refused`, {why: 'the run was changed before PBS was asked', retry: true});
    return STALE;
  }
  // Only whoever holds the intent writes the script: nobody's older one can stand in its place.
  const request = context.jobFiles.forRun(run, action, key, tag);
  const answer = await context.scheduler.submit(request);
  switch (answer.kind) {
    case 'submitted':
      fact(`${key}.confirmed`, {job: answer.job});
      note('job-submitted', {job: answer.job, role: action.role});
      return DONE;
    case 'refused':
      fact(`${key}.refused`, {
        why: answer.error.why ?? answer.error.message,
        retry: answer.retry,
        next: answer.error.next,
      });
      note('job-refused', {why: answer.error.why, role: action.role});
      return {is: 'problem', error: answer.error};
    case 'unreachable':
      fact(`${key}.refused`, {why: answer.error.why ?? answer.error.message, retry: true});
      return {is: 'problem', error: answer.error};
    case 'unclear':
      note('submission-unclear', {why: answer.why, role: action.role});
      return {is: 'problem', error: submissionUnclear(key, answer.why)};
    default:
      return answer satisfies never;
  }
}

/** What of a run's updates an intent was made with. */
function updatesOf({state}: OpenRun): {updates?: number} {
  return state.updates.length > 0 ? {updates: state.updates.length} : {};
}

function submissionUnclear(key: string, why: string): StageError {
  return new StageError({
    code: 'SUBMISSION_UNCLEAR',
    exit: 4,
    what: `it is not known whether PBS took the job ${key}`,
    why,
    next: [
      'Nothing is submitted twice: stage asks PBS for the job by its tag first. Run the same command again later.',
    ],
  });
}

/** Whoever links the start marker first decides: a job that is starting this moment wins, and nothing is given up. */
function voidAttempt(run: OpenRun, action: Action & {do: 'void-attempt'}, note: Note, fact: Fact): Performed {
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

function endStep(action: EndStep, note: Note, fact: Fact): Performed {
  const {do: _, step, attempt, ...outcome} = action;
  if (!fact(`${attemptKey(step, attempt)}.outcome`, outcome)) return OTHERS;
  note(`step-${action.state}`, {attempt});
  return DONE;
}
