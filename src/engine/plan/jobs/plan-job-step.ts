import type {JobId} from '../../../base/job-id.ts';
import {endOf, isOutdated, isRemoved, lostInARow, workingAttempt} from '../../../ledger/attempts.ts';
import {type Attempt, attemptKey, type JobRecord} from '../../../ledger/run-facts.ts';
import type {Dependency, DependencyType} from '../../../scheduler/scheduler.ts';
import type {JobStep} from '../../../workflow/model/workflow.ts';
import type {Action} from '../actions.ts';
import type {Verdict} from '../conditions.ts';
import {planForgotten} from '../forget.ts';
import {mayBeKept} from '../limits/limit-claims.ts';
import {
  currentJobId,
  dependableJob,
  endUnbegun,
  holdOn,
  isLeftWaiting,
  isLive,
  isNative,
  isPausing,
  isPending,
  isRefusedForGood,
  isToBeReplaced,
  maySubmit,
  nextSerial,
  standingJob,
  stepNamed,
  type View,
  verdictOf,
} from '../view.ts';
import {seenForAttempt, seenOf} from './job-seen.ts';
import {type JobVerdict, jobOf, judgeJob} from './job-verdict.ts';
import {isHandedOver, personHold} from './person-hold.ts';
import {planSentinel, planSpentSentinels} from './plan-sentinel.ts';
import {planUnconfirmedJobs} from './plan-unconfirmed-jobs.ts';

/** What to do about one job step. Pure. */
export function planJobStep(view: View, step: JobStep): Action[] {
  const attempt = workingAttempt(view.run, step.name);
  const intents = planUnconfirmedJobs(view, step.name);
  if (endOf(view.run, step.name) || isPausing(view, step.name)) return intents;
  const forgotten = planForgotten(view, step);
  if (forgotten) return [...intents, forgotten];
  const verdict = verdictOf(view, step);
  const record = standingJob(attempt, 'job');
  const refused = attempt.jobs.findLast((job) => job.role === 'job')?.refused;
  if (!record)
    return [
      ...intents,
      ...(refused && isRefusedForGood(attempt)
        ? [failed(step, attempt, refused.why)]
        : planFirst(view, step, attempt, verdict)),
    ];
  return [
    ...intents,
    ...planAbsence(view, step, attempt, record),
    ...planStanding(view, step, attempt, record, verdict),
  ];
}

/** Conclusions are drawn from an absence that lasts: a cache before the server, or one on its way up, forgets for a moment. */
function planAbsence(view: View, step: JobStep, attempt: Attempt, record: JobRecord): Action[] {
  const stands = judgeJob(attempt, record, view.seen, view.settings, step.array);
  const job = jobOf(attempt, record);
  if (!job) return [];
  const on = {step: step.name, key: record.key, job};
  if (stands.is === 'absent' && !stands.noted)
    return [{do: 'note-absent', ...on, number: record.absences + 1, why: 'PBS does not know it'}];
  if (stands.is === 'live' && record.absentSince !== undefined)
    return [{do: 'note-seen-again', ...on, number: record.absences, why: 'PBS knows it again'}];
  return [];
}

function failed(step: JobStep, attempt: Attempt, why: string): Action {
  return {do: 'end-step', step: step.name, attempt: attempt.number, state: 'failed', why, final: true};
}

/** No job stands for the step (an unconfirmed one would): submit it ahead of time, or end a step that can never start. */
function planFirst(view: View, step: JobStep, attempt: Attempt, verdict: Verdict): Action[] {
  if (verdict.is === 'impossible') return [endUnbegun(view, step.name, verdict.why)];
  if (!maySubmit(attempt, 'job', view)) return [];
  if (lostInARow(view.run, step.name) >= view.settings.lostAttempts && !view.settings.rebuild) return [];
  if (holdOn(view.run, step.name)) return [];
  // What waits under a delay is submitted when that has passed.
  if (step.delayMs !== undefined && verdict.is !== 'met') return [];
  return planSubmission(view, step, attempt, verdict);
}

/** What PBS can wait for becomes `depend=`; the rest becomes a user hold. */
function planSubmission(view: View, step: JobStep, attempt: Attempt, verdict: Verdict): Action[] {
  const dependencies = dependenciesOfStep(view, step);
  if (!dependencies) return [];
  return [
    {
      do: 'submit-job',
      step: step.name,
      attempt: attempt.number,
      role: 'job',
      serial: nextSerial(attempt, 'job'),
      hold: isHeldAtFirst(view, step, verdict),
      dependencies,
      proof: {succeeded: natives(view, step, step.needs), ended: natives(view, step, step.after)},
      why: verdict.is === 'waiting' ? `waits for ${verdict.on.join(', ')}` : verdict.why || 'it may start',
    },
  ];
}

/** It stands in the queue under a hold of ours: PBS cannot see what it waits for. */
function isHeldAtFirst(view: View, step: JobStep, verdict: Verdict): boolean {
  if (verdict.is === 'later') return true;
  if (verdict.is !== 'waiting') return false;
  // A slot is claimed when what it waits for is there, and PBS does not wait for that.
  return mayBeKept(view.run, view.seen.limits, step) || verdict.on.some((name) => !isNative(view, step, name));
}

/** The attempts behind `depend=`, by their keys: PBS counts a job that was removed before it ran as one that exited with 0. */
function natives(view: View, step: JobStep, names: readonly string[]): string[] {
  return names
    .filter((name) => !endOf(view.run, name) && isNative(view, step, name))
    .map((name) => attemptKey(name, workingAttempt(view.run, name).number));
}

/** `depend=` for the jobs that are still open; undefined while one of them has no job at PBS to point to. */
function dependenciesOfStep(view: View, step: JobStep): Dependency[] | undefined {
  const lists: [DependencyType, readonly string[]][] = [
    ['afterok', step.needs],
    ['afterany', step.after.filter((name) => !step.needs.includes(name))],
  ];
  const dependencies: Dependency[] = [];
  for (const [type, names] of lists) {
    const open = names.filter((name) => !endOf(view.run, name) && isNative(view, step, name));
    const jobs = open.flatMap((name) => dependableJob(view, name) ?? []);
    if (jobs.length < open.length) return undefined;
    if (jobs.length > 0) dependencies.push({type, jobs: [...new Set(jobs)]});
  }
  return dependencies;
}

function planStanding(view: View, step: JobStep, attempt: Attempt, record: JobRecord, verdict: Verdict): Action[] {
  const stands = judgeJob(attempt, record, view.seen, view.settings, step.array);
  const job = jobOf(attempt, record);
  if (stands.is === 'ended') return planConclusion(view, step, attempt, record, stands);
  // The claim is safe to take, whatever became of the submission.
  if (verdict.is !== 'impossible' && isToBeReplaced(view, step.name))
    return [{do: 'void-attempt', step: step.name, attempt: attempt.number, why: 'the step was changed since'}];
  if (!job) return [];
  if (stands.is === 'absent') return [];
  if (verdict.is === 'impossible') return planEnding(view, step, attempt, record, stands, verdict.why);
  if (stands.is === 'lost' && stands.started && step.onInterrupted === 'fail')
    return [
      failed(step, attempt, `${stands.why}; "on_interrupted: fail", or "#PBS -r n", keeps it from being run again`),
    ];
  if (
    stands.is === 'lost' &&
    !stands.started &&
    verdict.is === 'waiting' &&
    verdict.on.some((name) => isEnding(view, name))
  )
    return [];
  if (stands.is === 'lost' || (stands.is === 'deleted-by-hand' && view.settings.rebuild)) {
    const unpermitted = stands.is === 'lost' ? stands.unpermitted : undefined;
    return [{do: 'void-attempt', step: step.name, attempt: attempt.number, why: stands.why, unpermitted}];
  }
  const release = planRelease(view, step, record, job, verdict);
  // Submitted moments ago, and not looked at yet: what it waited for may have ended since, and its sentinel need not wait.
  if (!seenForAttempt(view.seen, attempt, job)) return [...release, ...planSentinel(view, step, attempt, record)];
  // It stays so until a person says what is to become of it; its sentinel would stay held for ever.
  if (stands.is === 'deleted-by-hand') return planSpentSentinels(view, step.name, attempt);
  if (stands.is !== 'live') return [];
  if (dependsOnGone(view, step, record) && isPending(view, attempt, record)) {
    return [
      ...planSpentSentinels(view, step.name, attempt),
      {do: 'delete-job', step: step.name, key: record.key, job, why: 'a job it depends on was submitted again'},
    ];
  }
  return [...release, ...planSentinel(view, step, attempt, record)];
}

/**
 * Let a job go that was submitted under a hold, once everything it waits for is there. Its permit comes first (it is the
 * intent of the release), then qrls: without the permit the wrapper does not run the script. A hold that a person put
 * on it stays, and so does one that was ended by hand; such a job is given its permit alone.
 */
function planRelease({run, seen}: View, step: JobStep, record: JobRecord, job: JobId, verdict: Verdict): Action[] {
  if (holdOn(run, step.name)) return [];
  const at = seenOf(seen, record);
  const waits = record.intent.hold && record.releasedAt === undefined;
  if (!waits && at?.kind === 'live' && isHandedOver(record, at))
    return [
      {do: 'release-job', step: step.name, key: record.key, job, why: 'a person ended its hold by stage release'},
    ];
  if (verdict.is !== 'met' || !waits) return [];
  // Of an array that began without it, some subjobs ran nothing: the others shall not either, and another attempt does all.
  // A job that is none and still waits has not begun: it was another one that found no permit.
  if (step.array && record.unpermitted && !(at?.kind === 'live' && isHandedOver(record, at))) return [];
  const on = {step: step.name, key: record.key, job, why: verdict.why};
  // Submitted moments ago, and not looked at yet; one that was adopted is looked at first: a person may have held it since.
  if (at === undefined) return wasAdopted(record) ? [] : [{do: 'release-job', ...on}];
  if (at.kind !== 'live') return [];
  if (at.userHold && !personHold(record, at)) return [{do: 'release-job', ...on}];
  return record.releaseIntended ? [] : [{do: 'permit-job', ...on}];
}

/** It was found by its tag: it is at PBS for longer than its record says. */
function wasAdopted({intent, confirmedAt}: JobRecord): boolean {
  return confirmedAt !== undefined && confirmedAt > intent.deadline;
}

/** The run was cancelled, or something it needs failed: no job may be left in the queue, then the step ends. */
function planEnding(
  view: View,
  step: JobStep,
  attempt: Attempt,
  record: JobRecord,
  stands: JobVerdict,
  why: string,
): Action[] {
  const job = jobOf(attempt, record);
  const cancelled = view.run.cancel !== undefined;
  // What runs is ended only at a person's word, and takes a while to end: its sentinel stays, to see that.
  if (isLive(view, record) && !record.deleted && job) {
    const deletion: Action = {do: 'delete-job', step: step.name, key: record.key, job, why};
    if (isPending(view, attempt, record)) return [...planSpentSentinels(view, step.name, attempt), deletion];
    if (cancelled) return [deletion];
  }
  if (isLive(view, record) || stands.is === 'no-evidence') return [];
  return [...planSpentSentinels(view, step.name, attempt), endUnbegun(view, step.name, why)];
}

/**
 * Record the end of a job. No step counts as succeeded before what it needs does: the success of a need may be proven
 * later than that of the job that PBS started after it, and without it the job worked on something else.
 */
function planConclusion(
  view: View,
  step: JobStep,
  attempt: Attempt,
  record: JobRecord,
  verdict: JobVerdict & {is: 'ended'},
): Action[] {
  const {run} = view;
  // What began before an update, or is ended by a person, is not judged by what the workflow says by now.
  const isJudged =
    verdict.succeeded && !run.cancel && !isRemoved(run, step.name) && !isOutdated(run, step.name, record);
  const ends = isJudged ? step.needs.map((name) => ({name, state: endOf(run, name)?.state})) : [];
  if (ends.some(({state}) => state === undefined)) return [];
  const lacking = ends.find(({state}) => state !== 'succeeded');
  if (lacking) return [failed(step, attempt, `${verdict.why}, but ${lacking.name}, which it needs, ${lacking.state}`)];
  return [concluded(view, step, attempt, record, verdict)];
}

function concluded(
  view: View,
  step: JobStep,
  attempt: Attempt,
  record: JobRecord,
  verdict: JobVerdict & {is: 'ended'},
): Action {
  const state = verdict.succeeded ? 'succeeded' : view.run.cancel && record.deleteIntended ? 'cancelled' : 'failed';
  const {why, exitStatus, deletedByHand} = verdict;
  const end = {do: 'end-step', step: step.name, attempt: attempt.number, state, why, exitStatus} as const;
  // As a task that a person cancelled: it comes back at a person's word alone (docs/decisions/0006).
  return deletedByHand && state === 'failed' ? {...end, final: true, cause: 'job-deleted'} : end;
}

/**
 * The job of a step has ended, which is about to be recorded: PBS removes its dependents where it failed, and what is
 * to become of them is known only then.
 */
function isEnding(view: View, name: string): boolean {
  const step = stepNamed(view.run, name);
  if (step.kind !== 'job' || endOf(view.run, name)) return false;
  const attempt = workingAttempt(view.run, name);
  const record = standingJob(attempt, 'job');
  return record !== undefined && judgeJob(attempt, record, view.seen, view.settings, step.array).is === 'ended';
}

/** Its `depend=` names a job that was given up since; PBS would never release it. */
function dependsOnGone(view: View, step: JobStep, record: JobRecord): boolean {
  const waited = [...step.needs, ...step.after];
  const valid = new Set<JobId>(waited.flatMap((name) => currentJobId(view.run, name) ?? []));
  return record.intent.dependsOn.some((id) => !valid.has(id)) || isLeftWaiting(view, record);
}
