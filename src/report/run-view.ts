import type {Observed, PlanSettings} from '../engine/plan/actions.ts';
import {endOf} from '../engine/plan/conditions.ts';
import {jobOf, judgeJob} from '../engine/plan/job-verdict.ts';
import {estimateRemainingMs} from '../engine/plan/next-look.ts';
import {standingJob, type View, verdictOf, workingAttempt} from '../engine/plan/view.ts';
import type {Attempt, Outcome, RunState} from '../ledger/run-facts.ts';
import {type RunSummary, runEnd} from '../ledger/summary.ts';
import type {TransferTask} from '../transfer/transfer-service.ts';
import type {Step} from '../workflow/workflow.ts';

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

/** One step as `stage status` shows it. Times in ISO 8601 UTC, sizes in bytes: the shape of `--json`. */
export interface StepView {
  readonly step: string;
  readonly kind: 'transfer' | 'job';
  readonly state: StepStateWord;
  /** why it is in that state, or what it waits for */
  readonly reason: string;
  readonly attempt: number;
  readonly needs: readonly string[];
  readonly onFailureOf: readonly string[];
  readonly after: readonly string[];
  readonly job?: string;
  readonly task?: string;
  readonly bytesTransferred?: number;
  readonly filesTransferred?: number;
  /** found so far: grows while directories are walked */
  readonly files?: number;
  readonly bytesPerSecond?: number;
  readonly secondsRemaining?: number;
  readonly faults?: number;
  readonly exitStatus?: number;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

export interface RunView {
  readonly run: string;
  readonly name: string;
  readonly state: 'active' | 'succeeded' | 'failed' | 'cancelled' | 'cancelling';
  readonly reason: string;
  readonly profile: string;
  readonly createdAt: string;
  readonly endedAt?: string;
  readonly steps: readonly StepView[];
}

const iso = (at: number | undefined): string | undefined => (at === undefined ? undefined : new Date(at).toISOString());

/** By task: the last error event, for tasks that are in trouble. */
export type LastErrors = ReadonlyMap<string, string>;

/** A run that is not sealed, from its facts and one look. Pure. */
export function viewRun(
  run: RunState,
  seen: Observed,
  settings: PlanSettings,
  errors: LastErrors = new Map(),
): RunView {
  const view: View = {run, seen, settings};
  const end = runEnd(run);
  const steps = run.spec.workflow.steps.map((step) => viewStep(view, step, errors));
  return {
    run: run.spec.run,
    name: run.spec.name,
    state: end?.state ?? (run.cancel ? 'cancelling' : 'active'),
    reason:
      end?.why ?? (run.cancel ? `cancelled by ${run.cancel.by}; waiting for the end of what runs` : reasonOfRun(steps)),
    profile: run.spec.profile,
    createdAt: new Date(run.spec.createdAt).toISOString(),
    steps,
  };
}

/** What a person should know first about an active run. */
function reasonOfRun(steps: readonly StepView[]): string {
  for (const state of ['action-needed', 'paused', 'deleted', 'failed'] as const) {
    const step = steps.find((candidate) => candidate.state === state);
    if (step) return `${step.step}: ${step.reason}`;
  }
  const faulting = steps.find((step) => step.state === 'transferring' && (step.faults ?? 0) > 0);
  if (faulting) return `${faulting.step}: ${faulting.reason}`;
  const busy = steps.filter((step) => ['running', 'transferring', 'queued'].includes(step.state));
  return busy.length > 0 ? `${busy.map((step) => `${step.step} is ${step.state}`).join(', ')}` : 'waiting';
}

function viewStep(view: View, step: Step, errors: LastErrors): StepView {
  const attempt = workingAttempt(view.run, step.name);
  const outcome = endOf(view.run, step.name);
  const record = standingJob(attempt, 'job');
  const job = record && jobOf(attempt, record);
  const task = attempt.transfer?.task;
  const seenTask = task && view.seen.tasks.get(task);
  const startedAt = iso(attempt.starts.find((start) => !start.void)?.at ?? attempt.transfer?.confirmedAt);
  const endedAt = iso(outcome?.at);
  return {
    step: step.name,
    kind: step.kind,
    ...(outcome
      ? ended(outcome)
      : step.kind === 'transfer'
        ? transferState(view, step, attempt, errors)
        : jobState(view, step, attempt)),
    attempt: attempt.number,
    needs: step.needs,
    onFailureOf: step.onFailureOf,
    after: step.after,
    ...(job ? {job} : {}),
    ...(task ? {task} : {}),
    ...(outcome ? movedInAll(outcome) : seenTask?.kind === 'task' ? progressOf(seenTask, view.seen.now) : {}),
    ...(startedAt ? {startedAt} : {}),
    ...(endedAt ? {endedAt} : {}),
  };
}

function ended(outcome: Outcome): {state: StepStateWord; reason: string} {
  return {state: outcome.state, reason: outcome.why};
}

function movedInAll(outcome: Outcome): Partial<StepView> {
  return {
    ...(outcome.bytes === undefined ? {} : {bytesTransferred: outcome.bytes}),
    ...(outcome.files === undefined ? {} : {filesTransferred: outcome.files}),
    ...(outcome.exitStatus === undefined ? {} : {exitStatus: outcome.exitStatus}),
  };
}

function progressOf(task: TransferTask, now: number): Partial<StepView> {
  const remaining = estimateRemainingMs(task, now);
  return {
    bytesTransferred: task.bytesTransferred,
    filesTransferred: task.filesTransferred,
    files: task.files,
    bytesPerSecond: task.rate,
    faults: task.faults,
    ...(remaining === undefined ? {} : {secondsRemaining: Math.round(remaining / 1000)}),
  };
}

function transferState(
  view: View,
  step: Step,
  attempt: Attempt,
  errors: LastErrors,
): {state: StepStateWord; reason: string} {
  const transfer = attempt.transfer;
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
  if (seen.kind === 'no-evidence') return {state: 'unknown', reason: `Globus could not be asked: ${seen.why}`};
  const lastError = errors.get(transfer.task);
  const trouble = seen.trouble ? `: ${seen.trouble}${lastError ? `, last error: ${lastError}` : ''}` : '';
  const faults =
    seen.faults > 0 ? ` (${seen.faults} ${seen.faults === 1 ? 'fault' : 'faults'}; Globus tries again by itself)` : '';
  switch (seen.state) {
    case 'queued':
      return {state: 'queued', reason: `queued at Globus${trouble}`};
    case 'paused':
      return {state: 'paused', reason: `paused at Globus${trouble}; goes on when the pause ends`};
    case 'inactive':
      return {state: 'action-needed', reason: `Globus needs a sign-in or consent${trouble}`};
    case 'active':
      return {
        state: 'transferring',
        reason:
          trouble || faults
            ? `${trouble.slice(2) || 'faults'}${faults}`
            : `${seen.sourceName} to ${seen.destinationName}`,
      };
    default:
      return {state: 'transferring', reason: `Globus reports its end (${seen.state})`};
  }
}

function notBegun(view: View, step: Step): {state: StepStateWord; reason: string} {
  const verdict = verdictOf(view, step);
  if (verdict.is === 'waiting') return {state: 'waiting', reason: `waits for ${verdict.on.join(', ')}`};
  const {lostAttempts} = view.settings;
  if (step.kind === 'job' && workingAttempt(view.run, step.name).number > lostAttempts) {
    return {state: 'lost', reason: `lost ${lostAttempts} times; "stage run" submits it again`};
  }
  return {state: 'waiting', reason: verdict.is === 'met' ? 'to be started at the next look' : verdict.why};
}

function jobState(view: View, step: Step, attempt: Attempt): {state: StepStateWord; reason: string} {
  const record = standingJob(attempt, 'job');
  const refused = attempt.jobs.findLast((job) => job.role === 'job')?.refused;
  if (!record)
    return refused ? {state: 'waiting', reason: `PBS refused it for now: ${refused.why}`} : notBegun(view, step);
  if (!record.job && attempt.starts.length === 0)
    return {state: 'unknown', reason: 'it is not known yet whether PBS took it; PBS will be asked for it'};
  const verdict = verdictOf(view, step);
  const waits = verdict.is === 'waiting' ? `waits for ${verdict.on.join(', ')}` : '';
  const stands = judgeJob(attempt, record, view.seen, view.settings);
  switch (stands.is) {
    case 'live': {
      const {state, comment, userHold} = stands.seen;
      if (state === 'running' || state === 'ending') return {state: 'running', reason: comment ?? ''};
      if (state === 'held')
        return {
          state: 'held',
          reason: waits || (userHold ? heldReason(record.releasedAt, view.seen.now) : (comment ?? 'held')),
        };
      return {state: 'queued', reason: waits || comment || `${state} in queue ${stands.seen.queue}`};
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
      return view.seen.jobs.size === 0 || !view.seen.jobs.has(jobOf(attempt, record) as never)
        ? {state: record.intent.hold ? 'held' : 'queued', reason: waits || 'submitted'}
        : {state: 'unknown', reason: `PBS could not be asked: ${stands.why}`};
  }
}

function heldReason(releasedAt: number | undefined, lookedAt: number): string {
  if (releasedAt === undefined) return 'to be released at the next look';
  return releasedAt >= lookedAt ? 'released just now' : 'somebody put a user hold on it; end it with qrls';
}

/** A run that has ended, from its seal. Pure. */
export function viewSummary(summary: RunSummary): RunView {
  return {
    run: summary.run,
    name: summary.name,
    state: summary.state,
    reason: summary.why,
    profile: summary.profile,
    createdAt: new Date(summary.createdAt).toISOString(),
    endedAt: new Date(summary.endedAt).toISOString(),
    steps: summary.steps.map((step) => {
      const startedAt = iso(step.startedAt);
      const endedAt = iso(step.endedAt);
      return {
        step: step.step,
        kind: step.kind,
        state: step.state,
        reason: step.why,
        attempt: step.attempts,
        needs: step.needs,
        onFailureOf: step.onFailureOf,
        after: step.after,
        ...(step.job ? {job: step.job} : {}),
        ...(step.task ? {task: step.task} : {}),
        ...(step.bytes === undefined ? {} : {bytesTransferred: step.bytes}),
        ...(step.files === undefined ? {} : {filesTransferred: step.files}),
        ...(step.exitStatus === undefined ? {} : {exitStatus: step.exitStatus}),
        ...(startedAt ? {startedAt} : {}),
        ...(endedAt ? {endedAt} : {}),
      };
    }),
  };
}
