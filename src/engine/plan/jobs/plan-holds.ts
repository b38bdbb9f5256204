import type {JobId} from '../../../base/job-id.ts';
import {workingAttempt} from '../../../ledger/attempts.ts';
import type {Attempt, JobRecord, RunState} from '../../../ledger/run-facts.ts';
import {mayHaveStarted} from '../../../scheduler/scheduler.ts';
import {isOpen} from '../../../submission/resolution.ts';
import type {Step} from '../../../workflow/model/workflow.ts';
import type {Action} from '../actions.ts';
import {holdOn, isLive, isOlderThanRelease, type View} from '../view.ts';
import {tallySubjobs} from './array-tally.ts';
import {seenOf} from './job-seen.ts';
import {personHold} from './person-hold.ts';

/**
 * What a person's hold and its end ask of a step's queued jobs. Pure.
 *
 * A job that is under a user hold already is left alone and not written down, so that the end of the hold gives back
 * exactly the holds that were there. So does one that a person put on a job beside ours: it stays, and ours is over
 * when that is. Sentinels are not held: they only look.
 */
export function planHolds(view: View, step: Step): Action[] {
  const hold = holdOn(view.run, step.name);
  const attempt = workingAttempt(view.run, step.name);
  return attempt.jobs.flatMap((record): Action[] => {
    if (record.role === 'sentinel' || !record.job) return [];
    const on = {step: step.name, key: record.key, job: record.job};
    if (hold) {
      // Once it was held, a person who released it by hand has had the last word.
      const free = mayBegin(view, step, attempt, record) && !record.holds.confirmed.includes(hold.number);
      return free ? [{do: 'hold-job', ...on, hold: hold.number, why: `the run is held by ${hold.by}`}] : [];
    }
    const at = seenOf(view.seen, record);
    if (!isLive(view, record) || (at?.kind === 'live' && personHold(record, at))) return [];
    return record.holds.intended
      .filter((number) => !record.holds.ended.includes(number))
      .map((number) => ({do: 'unhold-job', ...on, hold: number, why: 'the hold of the run was ended'}));
  });
}

/** Jobs that PBS may begin although their run is held: the hold was put on them, and a person, or PBS, has ended it since. Pure. */
export function letGoUnderHold(view: View, step: Step): JobId[] {
  const hold = holdOn(view.run, step.name);
  const attempt = workingAttempt(view.run, step.name);
  return attempt.jobs.flatMap((record) => {
    const wasHeld = hold !== undefined && record.holds.confirmed.includes(hold.number);
    const shown = seenOf(view.seen, record)?.kind === 'live';
    return record.job && wasHeld && shown && mayBegin(view, step, attempt, record) ? [record.job] : [];
  });
}

/**
 * Jobs of held steps that PBS may have taken, and may begin: what became of their submission is not on record. Pure.
 * One that was submitted under a hold of its own stays where it is.
 */
export function unconfirmedUnderHold(run: RunState): JobRecord[] {
  return run.spec.workflow.steps
    .filter(({name}) => holdOn(run, name) !== undefined)
    .flatMap(({name}) => (run.attempts.get(name) ?? []).flatMap(({jobs}) => jobs))
    .filter((record) => record.role !== 'sentinel' && !record.intent.hold && isOpen({...record, ...record.intent}));
}

/**
 * PBS may begin the job, or further subjobs of it, at any moment. A hold that comes too late does no harm: a job that
 * runs goes on under it, and so do the subjobs of an array that have begun (measured on OpenPBS 23.06).
 */
function mayBegin({seen}: View, step: Step, attempt: Attempt, record: JobRecord): boolean {
  if (record.deleted) return false;
  const at = seenOf(seen, record);
  // Submitted, and not looked at yet: under a hold of its own, or free.
  if (at === undefined) return !record.intent.hold || record.releaseIntended;
  if (at.kind !== 'live') return false;
  const held = at.userHold && !isOlderThanRelease(seen, record);
  if (held || at.state === 'ending') return false;
  if (step.kind === 'job' && step.array && record.role === 'job')
    return tallySubjobs(attempt, step.array).notStarted > 0;
  return !mayHaveStarted(at) && !attempt.starts.some((start) => start.job === record.job);
}
