import {DEFAULT_RETRY_DELAY_MS} from '../base/duration.ts';
import type {TaskId} from '../base/ids.ts';
import {isCleanup, isTask} from '../workflow/model/steps.ts';
import type {Step, TaskStep, Workflow} from '../workflow/model/workflow.ts';
import {type Attempt, currentAttempt, hasBegun, type JobRecord, type Outcome, type RunState} from './run-facts.ts';

/** Which attempt of a step counts, how the step ended, and when it is tried again. Pure. */

const LONGEST_RETRY_PAUSE_MS = 30 * 60_000;

/** The number up to which a step's attempts do not count any more: a person resumed or updated the run, or a round began. 0: all count. */
export function putAside(run: RunState, step: string): number {
  return Math.max(putAsideByPeople(run, step), ...run.rounds.map(({steps}) => steps[step] ?? 0));
}

function putAsideByPeople({resumes, updates}: RunState, step: string): number {
  return Math.max(0, ...[...resumes, ...updates].map(({steps}) => steps[step] ?? 0));
}

/** In which round a step is done: 1, and one more for each in which it is done again. A person who resumes it begins no round. */
export function roundOf(run: RunState, step: string): number {
  return 1 + run.rounds.filter(({steps}) => steps[step] !== undefined).length;
}

/** How many rounds are left for a step, of those that begin where its own do. A person who resumes it has all of them again. */
export function roundsLeft(run: RunState, {name, redoFrom}: Pick<Step, 'name' | 'redoFrom'>): number {
  if (!redoFrom) return 0;
  const before = putAsideByPeople(run, name);
  const opened = run.rounds.filter(({from, steps}) => from === redoFrom.step && (steps[name] ?? Infinity) > before);
  return Math.max(0, redoFrom.rounds - opened.length);
}

/**
 * A step has failed, its retries are spent, and a round is to open in which it is done again: it has not ended, and
 * nothing that waits for its end goes on.
 */
export function opensRound(run: RunState, name: string): boolean {
  const {number, outcome} = currentAttempt(run, name);
  if (outcome?.state !== 'failed' || outcome.final || run.cancel || number <= putAside(run, name)) return false;
  const step = run.spec.workflow.steps.find((each) => each.name === name);
  return step !== undefined && retryAt(run, name) === undefined && roundsLeft(run, step) > 0;
}

/** How a step ended, or undefined while it may still go on: a lost attempt, and a failed one with retries left, is followed by another. */
export function endOf(run: RunState, step: string): Outcome | undefined {
  const {number, outcome} = currentAttempt(run, step);
  if (!outcome || outcome.state === 'lost' || number <= putAside(run, step)) return undefined;
  return retryAt(run, step) === undefined && !opensRound(run, step) ? outcome : undefined;
}

/**
 * The step failed before anything of it began: PBS or Globus refused what was asked, or PBS removed its job for a
 * dependency of the script's own. It did nothing that would have to be tidied up.
 */
export function failedUnbegun(run: RunState, step: string): boolean {
  if (endOf(run, step)?.state !== 'failed') return false;
  const aside = putAside(run, step);
  return (run.attempts.get(step) ?? []).every((attempt) => attempt.number <= aside || !showsWork(attempt));
}

/** A job of it ran, or Globus took a task for it, so far as is recorded. */
function showsWork(attempt: Attempt): boolean {
  const {ends, terminated, indices, transfer, act, outcome} = attempt;
  const ended = ends.size > 0 || terminated.size > 0 || outcome?.exitStatus !== undefined;
  return hasBegun(attempt) || indices.size > 0 || ended || transfer?.task !== undefined || act !== undefined;
}

/**
 * When the next attempt of a step that failed may begin, in milliseconds since the epoch.
 *
 * The pause doubles with each failure, up to half an hour, so that a fault that lasts is not met a hundred times.
 *
 * @returns undefined when its newest attempt has not failed, or no retry is left
 */
export function retryAt(run: RunState, name: string): number | undefined {
  const {number, outcome} = currentAttempt(run, name);
  const aside = putAside(run, name);
  if (outcome?.state !== 'failed' || outcome.final || run.cancel || number <= aside) return undefined;
  const step = workflowOfAttempt(run, currentAttempt(run, name)).steps.find((each) => each.name === name);
  const failures = (run.attempts.get(name) ?? []).filter(
    (attempt) => attempt.number > aside && attempt.outcome?.state === 'failed',
  ).length;
  if (failures > (step?.retries ?? 0)) return undefined;
  if (step && outcome.exitStatus !== undefined && step.redoFrom?.atOnceOn.includes(outcome.exitStatus)) {
    if (roundsLeft(run, step) > 0) return undefined;
  }
  const first = step?.retryDelayMs ?? DEFAULT_RETRY_DELAY_MS;
  return outcome.at + Math.min(first * 2 ** (failures - 1), Math.max(first, LONGEST_RETRY_PAUSE_MS));
}

/** The workflow with which an attempt was made: a later update does not change how it ended. */
function workflowOfAttempt({spec, original, updates}: RunState, {jobs, transfer, act}: Attempt): Workflow {
  if (act) return (updates[(act.updates ?? 0) - 1] ?? original).workflow;
  const intents = [...jobs.filter(({role}) => role === 'job'), ...(transfer ? [transfer] : [])];
  const made = intents.at(-1)?.intent.updates ?? 0;
  return intents.length === 0 ? spec.workflow : (updates[made - 1] ?? original).workflow;
}

/** The attempt to work on: the newest, or a fresh one when that was lost, is to be retried, or was put aside. */
export function workingAttempt(run: RunState, step: string): Attempt {
  const current = currentAttempt(run, step);
  const isLast = !current.outcome || endOf(run, step) !== undefined || opensRound(run, step);
  if (current.number > putAside(run, step) && isLast) return current;
  return {
    number: Math.max(current.number, putAside(run, step)) + 1,
    jobs: [],
    starts: [],
    ends: new Map(),
    terminated: new Set(),
    indices: new Map(),
  };
}

/** A step that waits for a task of Globus. */
export interface WaitsForTask {
  readonly step: TaskStep;
  readonly task: TaskId;
  /** the task was cancelled by us */
  readonly cancelled: boolean;
}

/** The steps of a run that wait for a task, in the order of the workflow: those that have one, and have not ended. */
export function waitingForTasks(run: RunState): WaitsForTask[] {
  return run.spec.workflow.steps.flatMap((step) => {
    if (!isTask(step) || endOf(run, step.name)) return [];
    const {task, cancelled = false} = workingAttempt(run, step.name).transfer ?? {};
    return task ? [{step, task, cancelled}] : [];
  });
}

/**
 * How many attempts of a step were lost one after the other, up to now, without our having deleted their jobs, and
 * without these having been let go by hand before their time.
 */
export function lostInARow(run: RunState, step: string): number {
  const aside = putAside(run, step);
  const counting = (run.attempts.get(step) ?? []).filter((attempt) => attempt.number > aside && attempt.outcome);
  const other = counting.findLastIndex((attempt) => attempt.outcome?.state !== 'lost');
  return counting
    .slice(other + 1)
    .filter(({jobs, outcome}) => !outcome?.unpermitted && !jobs.some((job) => job.deleteIntended)).length;
}

/** A person has changed the step since the job was asked for: it would do what the step did before. */
export function isOutdated(run: RunState, step: string, {role, intent}: JobRecord): boolean {
  const since = run.updates.slice(intent.updates ?? 0);
  // What a job of ours waits for may hang on steps beside its own.
  return role === 'job' ? since.some(({changed}) => changed.includes(step)) : since.length > 0;
}

/** A person has taken the step out of the run. */
export function isRemoved(run: RunState, step: string): boolean {
  return run.updates.at(-1)?.removed.includes(step) ?? false;
}

/**
 * Earlier attempts of a step whose results still stand: subjobs that succeeded in one of these are not run again.
 *
 * @returns numbers, oldest first; none from before a person asked for the step to be done again, or made a cleanup
 *   ready for another failure: there is more to tidy up by then
 */
export function earlierAttempts(run: RunState, step: string, before: number): number[] {
  const tidies = run.spec.workflow.steps.some((each) => each.name === step && isCleanup(each));
  const redone = Math.max(
    0,
    ...run.resumes.flatMap((resume) => (tidies || resume.redo.includes(step) ? [resume.steps[step] ?? 0] : [])),
    ...run.rounds.map(({steps}) => steps[step] ?? 0),
  );
  // What another script made, or another environment, is not mixed with what they make now.
  return (run.attempts.get(step) ?? [])
    .filter(({number}) => number > redone && number < before)
    .filter(({jobs}) => !jobs.some((record) => record.role === 'job' && isOutdated(run, step, record)))
    .map(({number}) => number);
}

/** The task that a person grafted onto a step's attempt; undefined when there is none. */
export function adoptedTask(run: RunState, step: string, attempt: number) {
  const resume = run.resumes.findLast((each) => each.adopt?.[step] !== undefined);
  if (resume) return attempt === (resume.steps[step] ?? 0) + 1 ? resume.adopt?.[step] : undefined;
  return attempt === 1 ? run.spec.adopt?.[step] : undefined;
}

/** Did the person who grafted a task onto a step last say that it counts whatever it moves? Pure. */
export function isForced(run: RunState, step: string): boolean {
  const resume = run.resumes.findLast((each) => each.adopt?.[step] !== undefined);
  return resume?.forced?.includes(step) ?? false;
}
