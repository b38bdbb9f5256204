import {count} from '../base/units.ts';
import {tally} from '../engine/plan/array-tally.ts';
import {seenForAttempt} from '../engine/plan/job-seen.ts';
import {jobOf, judgeJob} from '../engine/plan/job-verdict.ts';
import {holdOn, standingJob, type View, verdictOf} from '../engine/plan/view.ts';
import {lostInARow, retryAt} from '../ledger/attempts.ts';
import {
  type Attempt,
  currentAttempt,
  type HoldDecision,
  type JobRecord,
  type Outcome,
  type RunState,
} from '../ledger/run-facts.ts';
import type {TransferTask} from '../transfer/transfer-service.ts';
import {endsOf} from '../workflow/model/steps.ts';
import type {MkdirStep, Step, TaskStep} from '../workflow/model/workflow.ts';
import {explainStep, type Knowledge} from './reasons/explain-step.ts';
import {explainTask} from './reasons/explain-task.ts';
import {inOneLine} from './reasons/explanation.ts';
import {inAStep} from './silence.ts';

/** What a step is doing, in one word for scripts and people. */
export type StepStateWord =
  | 'waiting'
  | 'held'
  | 'queued'
  | 'running'
  | 'transferring'
  | 'paused'
  | 'action-needed'
  | 'unknown'
  | 'deleted'
  | Outcome['state'];

/** A state, and why it is in it or what it waits for. */
export interface StepStanding {
  readonly state: StepStateWord;
  readonly reason: string;
}

/** How a transfer step stands that has not ended. */
export function transferState(view: View, step: TaskStep, attempt: Attempt, told: Knowledge): StepStanding {
  const {transfer, signIn} = attempt;
  if (signIn && !transfer?.refused) return {state: 'action-needed', reason: [signIn.what, ...signIn.next].join('; ')};
  if (!transfer) return notBegun(view, step);
  if (transfer.refused) return {state: 'failed', reason: transfer.refused.why};
  if (!transfer.task)
    return {
      state: 'unknown',
      reason: 'its submission has not been confirmed; it will be asked again under the same submission id',
    };
  const seen = view.seen.tasks.get(transfer.task);
  if (!seen) return {state: 'queued', reason: 'submitted'};
  if (seen.kind === 'unknown') return {state: 'unknown', reason: 'Globus does not list this task for this identity'};
  if (seen.kind === 'no-evidence') return {state: 'unknown', reason: inAStep(view.seen, 'Globus', seen.why)};
  const place = {run: view.run.spec.run, ...endsOf(step), now: view.seen.now};
  const why = explainTask(seen, told.get(transfer.task) ?? {}, place);
  if (why.standing !== 'fine') return {state: WORDS[seen.state] ?? 'transferring', reason: inOneLine(why)};
  return {state: 'transferring', reason: seen.state === 'active' ? whereTo(seen) : why.what};
}

function whereTo({sourceName, destinationName, faults}: TransferTask): string {
  const ends = destinationName === '' ? `deleting at ${sourceName}` : `${sourceName} to ${destinationName}`;
  return faults > 0 ? `${ends}, after ${count(faults, 'fault')} that it got over` : ends;
}

/** How a step stands that makes a directory, and has not ended. */
export function directoryState(view: View, step: MkdirStep, {signIn}: Attempt): StepStanding {
  return signIn ? {state: 'action-needed', reason: [signIn.what, ...signIn.next].join('; ')} : notBegun(view, step);
}

const WORDS: Readonly<Partial<Record<TransferTask['state'], StepStateWord>>> = {
  queued: 'queued',
  paused: 'paused',
  inactive: 'action-needed',
};

/** Jobs are explained by what PBS showed of them; only tasks have more to be asked. */
const NOTHING: Knowledge = new Map();

function notBegun(view: View, step: Step): StepStanding {
  const retry = retryAt(view.run, step.name);
  const failure = currentAttempt(view.run, step.name).outcome?.why;
  if (retry !== undefined && retry > view.seen.now)
    return {
      state: 'waiting',
      reason: `failed (${failure}); tried again ${new Date(retry).toISOString().slice(0, 19)}Z`,
    };
  const verdict = verdictOf(view, step);
  if (verdict.is === 'waiting') return {state: 'waiting', reason: `waits for ${verdict.on.join(', ')}`};
  const hold = verdict.is === 'met' && holdOn(view.run, step.name);
  if (hold) return {state: 'held', reason: heldBy(hold, view.run)};
  const {lostAttempts} = view.settings;
  if (step.kind === 'job' && lostInARow(view.run, step.name) >= lostAttempts) {
    return {state: 'lost', reason: `lost ${lostAttempts} times; "stage run" submits it again`};
  }
  return {state: 'waiting', reason: verdict.is === 'met' ? 'to be started at the next look' : verdict.why};
}

/** How a job step stands that has not ended. */
export function jobState(view: View, step: Step, attempt: Attempt): StepStanding {
  const record = standingJob(attempt, 'job');
  const refused = attempt.jobs.findLast((job) => job.role === 'job')?.refused;
  if (!record)
    return refused ? {state: 'waiting', reason: `PBS has not taken it yet: ${refused.why}`} : notBegun(view, step);
  if (!record.job && attempt.starts.length === 0)
    return {state: 'unknown', reason: 'it is not known yet whether PBS took it; PBS will be asked for it'};
  const verdict = verdictOf(view, step);
  const waits = verdict.is === 'waiting' ? `waits for ${verdict.on.join(', ')}` : '';
  const stands = judgeJob(attempt, record, view.seen, view.settings, step.kind === 'job' ? step.array : undefined);
  switch (stands.is) {
    case 'live': {
      const {state, comment, userHold} = stands.seen;
      if (state === 'running' || state === 'ending')
        return {state: 'running', reason: progressOf(step, attempt) ?? comment ?? ''};
      const held = state === 'held' && userHold ? heldReason(view, step, record) : undefined;
      return {
        state: state === 'held' ? 'held' : 'queued',
        reason: waits || (held ?? inOneLine(explainStep(view, step, NOTHING))),
      };
    }
    case 'ended':
      return {state: 'running', reason: `ended (${stands.why})`};
    case 'deleted-by-hand':
      return {state: 'deleted', reason: `${stands.why}; "stage run" submits it again, "stage cancel" ends the run`};
    case 'absent':
      return {state: 'unknown', reason: 'PBS does not know it (any more); looking again before anything is concluded'};
    case 'lost':
      return {state: 'lost', reason: stands.why};
    case 'no-evidence':
      return !wasAskedFor(view, attempt, record)
        ? {state: record.intent.hold ? 'held' : 'queued', reason: waits || 'submitted'}
        : {state: 'unknown', reason: inAStep(view.seen, 'PBS', stands.why)};
  }
}

/** How far an array is, by the markers of its subjobs: PBS's comment speaks of the array as a whole. */
function progressOf(step: Step, attempt: Attempt): string | undefined {
  if (step.kind !== 'job' || !step.array) return undefined;
  const {succeeded, failed, open, notStarted} = tally(attempt, step.array);
  const ended = succeeded.length + failed.length;
  const failures = failed.length > 0 ? `, ${failed.length} of them failed` : '';
  return `${ended} of ${ended + open.length + notStarted} subjobs ended${failures}`;
}

function wasAskedFor({seen}: View, attempt: Attempt, record: JobRecord): boolean {
  const job = jobOf(attempt, record);
  return job !== undefined && seenForAttempt(seen, attempt, job) !== undefined;
}

function heldReason({run, seen}: View, step: Step, record: JobRecord): string {
  const hold = holdOn(run, step.name);
  if (hold) return heldBy(hold, run);
  if (record.holds.intended.some((number) => !record.holds.ended.includes(number)))
    return 'the hold of the run was ended; to be released at the next look';
  if (record.intent.hold && record.releasedAt === undefined) return 'to be released at the next look';
  return Math.max(record.releasedAt ?? 0, record.holds.endedAt ?? 0) >= seen.now
    ? 'released just now'
    : 'somebody put a user hold on it; end it with qrls';
}

function heldBy({by}: HoldDecision, {spec}: RunState): string {
  return `the run is held by ${by}; it goes on with: stage release ${spec.run}`;
}
