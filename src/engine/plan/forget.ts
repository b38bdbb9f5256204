import type {TaskId} from '../../base/ids.ts';
import type {JobId} from '../../base/job-id.ts';
import {endOf, workingAttempt} from '../../ledger/attempts.ts';
import {
  type Attempt,
  attemptKey,
  type ForgetDecision,
  hasBegun,
  type JobRecord,
  type TransferRecord,
} from '../../ledger/run-facts.ts';
import {endsOf, isTask} from '../../workflow/model/steps.ts';
import type {JobStep, Step} from '../../workflow/model/workflow.ts';
import type {Action, EndStep} from './actions.ts';
import {seenForAttempt, seenOf} from './jobs/job-seen.ts';
import {jobOf, judgeJob} from './jobs/job-verdict.ts';
import {standingJob, type View} from './view.ts';

/** Work of a step of which nothing can be learnt: asking for its end leads nowhere. */
export interface Unanswered {
  readonly task?: TaskId | undefined;
  readonly job?: JobId | undefined;
  /** a submission id, or a tag, of which the answer never came */
  readonly submission?: string | undefined;
  /** why nothing is known */
  readonly why: string;
  /** since when it has been so, in milliseconds; undefined where that is not known */
  readonly since?: number | undefined;
}

const NOT_LISTED = 'Globus does not list it for this identity';

/**
 * The work of a step that has not ended and that neither Globus nor PBS tells of: a task that is not listed, a job that
 * PBS cannot be queried about, a submission without an answer. Pure.
 *
 * @returns undefined where the ordinary way leads to an end, or nothing was asked for
 */
export function unanswered(view: View, step: Step): Unanswered | undefined {
  if (endOf(view.run, step.name)) return undefined;
  const attempt = workingAttempt(view.run, step.name);
  if (isTask(step)) return attempt.transfer && unansweredTask(view, attempt.transfer);
  return step.kind === 'job' ? unansweredJob(view, step, attempt) : undefined;
}

function unansweredTask({run, seen}: View, {task, refused, putOff, intent, absentSince}: TransferRecord) {
  if (refused || putOff) return undefined;
  if (!task)
    return 'adopted' in intent
      ? undefined
      : {submission: intent.submissionId, why: 'Globus has not confirmed the submission', since: run.cancel?.at};
  const at = seen.tasks.get(task);
  if (at === undefined) return absentSince === undefined ? undefined : {task, why: NOT_LISTED, since: absentSince};
  if (at.kind === 'unknown') return {task, why: NOT_LISTED, since: absentSince};
  if (at.kind === 'task') return undefined;
  return {task, why: `Globus could not be queried about it: ${at.why}`, since: absentSince ?? run.cancel?.at};
}

function unansweredJob(view: View, step: JobStep, attempt: Attempt): Unanswered | undefined {
  const {run, seen, settings} = view;
  const record = standingJob(attempt, 'job');
  if (!record) return undefined;
  const job = jobOf(attempt, record);
  if (!job) {
    const {tag, deadline} = record.intent;
    if (deadline > seen.now) return undefined;
    const since = run.cancel && Math.max(run.cancel.at, deadline);
    return {submission: tag, why: 'it could not be learnt whether PBS accepted the job', since};
  }
  const verdict = judgeJob(attempt, record, seen, settings, step.array);
  if (verdict.is !== 'no-evidence' || !seenForAttempt(seen, attempt, job)) return undefined;
  return {job, why: `PBS could not be queried about it: ${verdict.why}`, since: run.cancel?.at};
}

/** PBS was asked about a job on record, and nothing is known of it; or it is not known whether there is one. */
export function isSilent({seen}: View, record: JobRecord): boolean {
  if (record.refused || record.neverArrived) return false;
  return record.job === undefined || seenOf(seen, record)?.kind === 'no-evidence';
}

/** Jobs of a run that PBS could not be queried about, and that no person has forgotten: its seal waits for them. */
export function silentUnforgotten(view: View): {readonly step: string; readonly record: JobRecord}[] {
  const forgotten = new Set(view.run.forgets.flatMap(({jobs}) => jobs));
  return [...view.run.attempts].flatMap(([step, attempts]) =>
    attempts.flatMap(({jobs}) =>
      jobs.filter((record) => isSilent(view, record) && !forgotten.has(record.key)).map((record) => ({step, record})),
    ),
  );
}

/** Keys of jobs, in any role, that would keep a run from its end for ever when a step is forgotten: its own, and those of steps that have ended. */
export function silentJobs(view: View, step: string): string[] {
  return view.run.spec.workflow.steps.flatMap(({name}) =>
    name === step || endOf(view.run, name)
      ? (view.run.attempts.get(name) ?? []).flatMap(({jobs}) =>
          jobs.filter((record) => isSilent(view, record)).map(({key}) => key),
        )
      : [],
  );
}

/** A person's word that an attempt ends though nothing is known of its work. */
export function forgetOf(view: View, step: string): ForgetDecision | undefined {
  const {number} = workingAttempt(view.run, step);
  return view.run.forgets.find((forget) => forget.step === step && forget.attempt === number);
}

/**
 * The end of a step that a person has forgotten. What is shown of its work after all is better: a task that is listed
 * again is cancelled like others, and its end is the step's.
 *
 * @returns undefined where no person said so, it was not looked at yet, or something is known of it
 */
export function planForgotten(view: View, step: Step): EndStep | undefined {
  const decision = forgetOf(view, step.name);
  const open = decision && unanswered(view, step);
  if (!open || (open.task && !view.seen.tasks.has(open.task))) return undefined;
  const attempt = workingAttempt(view.run, step.name);
  const why = `forgotten by ${decision.by}: ${forgottenInWords(step, attempt, open)}`;
  return {do: 'end-step', step: step.name, attempt: attempt.number, state: 'cancelled', why, cause: 'forgotten'};
}

/** What is not known of the work of a step, and what it may still do. Pure. */
export function forgottenInWords(step: Step, attempt: Attempt, {task, job, submission, why}: Unanswered): string {
  if (isTask(step)) {
    const {to} = endsOf(step);
    const where = `${to.collection}:${to.path}`;
    const does = step.kind === 'transfer' ? `move data to ${where}` : `delete at ${where}`;
    if (task) return `task ${task} may still ${does} (${why})`;
    return `a task of submission ${submission} may exist, and ${does} (${why})`;
  }
  const goesOn = hasBegun(attempt) ? 'may still run' : 'may still be in a queue, and will not run its script';
  return job ? `job ${job} ${goesOn} (${why})` : `a job with the tag ${submission} ${goesOn} (${why})`;
}

/** Put on record since when Globus has not listed a task, and that it lists it again: for people, nothing is concluded from it. */
export function planTaskAbsence(view: View, step: string, attempt: Attempt): Action[] {
  const {task, absentSince, absences = 0} = attempt.transfer ?? {};
  const at = task && view.seen.tasks.get(task);
  const on = {step, key: `${attemptKey(step, attempt.number)}.transfer`, task};
  if (at?.kind === 'unknown' && absentSince === undefined)
    return [{do: 'note-absent', ...on, number: absences + 1, why: 'Globus does not list it'}];
  if (at?.kind === 'task' && absentSince !== undefined)
    return [{do: 'note-seen-again', ...on, number: absences, why: 'Globus lists it again'}];
  return [];
}
