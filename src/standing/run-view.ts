import type {Observed, PlanSettings} from '../engine/plan/actions.ts';
import {jobOf} from '../engine/plan/job-verdict.ts';
import {estimateRemainingMs} from '../engine/plan/next-look.ts';
import {standingJob, type View} from '../engine/plan/view.ts';
import {endOf, workingAttempt} from '../ledger/attempts.ts';
import type {Attempt, Outcome, RunState} from '../ledger/run-facts.ts';
import {type RunSummary, runEnd} from '../ledger/summary.ts';
import type {LiveJob} from '../scheduler/scheduler.ts';
import type {TransferTask} from '../transfer/transfer-service.ts';
import {isTask} from '../workflow/model/steps.ts';
import type {Step, StepKind} from '../workflow/model/workflow.ts';
import {type WrittenPlace, writtenPlaces} from '../workflow/model/written-places.ts';
import type {Knowledge} from './reasons/explain-step.ts';
import {directoryState, jobState, type StepStanding, type StepStateWord, transferState} from './step-state.ts';

/** One step as `stage status` shows it. Times in ISO 8601 UTC, sizes in bytes: the shape of `--json`. */
export interface StepView {
  readonly step: string;
  readonly kind: StepKind;
  readonly state: StepStateWord;
  /** why it is in that state, or what it waits for */
  readonly reason: string;
  readonly attempt: number;
  readonly needs: readonly string[];
  readonly onFailureOf: readonly string[];
  readonly after: readonly string[];
  /** ends of a transfer that were written by bookmark or as a path of the cluster; while the run is active */
  readonly places?: readonly WrittenPlace[];
  readonly job?: string;
  readonly task?: string;
  readonly bytesTransferred?: number;
  readonly filesTransferred?: number;
  /** found so far: grows while directories are walked */
  readonly files?: number;
  /** what it went on without, since its source could not be read */
  readonly skippedErrors?: number;
  readonly bytesPerSecond?: number;
  readonly secondsRemaining?: number;
  readonly faults?: number;
  readonly exitStatus?: number;
  /** what PBS says of the job */
  readonly comment?: string;
  /** when PBS expects to start the job */
  readonly estimatedStart?: string;
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
  /** a person keeps it from starting anything: who, and since when */
  readonly held?: {readonly by: string; readonly since: string};
  readonly steps: readonly StepView[];
}

const iso = (at: number | undefined): string | undefined => (at === undefined ? undefined : new Date(at).toISOString());

/** A run that is not sealed, from its facts and one look. Pure. */
export function viewRun(run: RunState, seen: Observed, settings: PlanSettings, told: Knowledge = new Map()): RunView {
  const view: View = {run, seen, settings};
  const end = runEnd(run);
  const steps = run.spec.workflow.steps.map((step) => viewStep(view, step, told));
  const hold = end ? undefined : run.holds.findLast((each) => each.endedAt === undefined);
  return {
    run: run.spec.run,
    name: run.spec.name,
    state: end?.state ?? (run.cancel ? 'cancelling' : 'active'),
    reason:
      end?.why ??
      (run.cancel
        ? `cancelled by ${run.cancel.by}; waiting for the end of what runs`
        : `${hold ? `held by ${hold.by}; ` : ''}${reasonOfRun(steps)}`),
    profile: run.spec.profile,
    createdAt: new Date(run.spec.createdAt).toISOString(),
    ...(hold ? {held: {by: hold.by, since: new Date(hold.at).toISOString()}} : {}),
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

function viewStep(view: View, step: Step, told: Knowledge): StepView {
  const attempt = workingAttempt(view.run, step.name);
  const outcome = endOf(view.run, step.name);
  const record = standingJob(attempt, 'job');
  const job = record && jobOf(attempt, record);
  const task = attempt.transfer?.task;
  const seenTask = task && view.seen.tasks.get(task);
  const seenJob = job && view.seen.jobs.get(job);
  const startedAt = iso(attempt.starts.find((start) => !start.void)?.at ?? attempt.transfer?.confirmedAt);
  const endedAt = iso(outcome?.at);
  const places = writtenPlaces(view.run.spec.workflow, step);
  return {
    step: step.name,
    kind: step.kind,
    ...(outcome ? ended(outcome) : standingOf(view, step, attempt, told)),
    attempt: attempt.number,
    needs: step.needs,
    onFailureOf: step.onFailureOf,
    after: step.after,
    ...(places.length > 0 ? {places} : {}),
    ...(job ? {job} : {}),
    ...(task ? {task} : {}),
    ...(!outcome && seenJob?.kind === 'live' ? toldOf(seenJob) : {}),
    ...(outcome
      ? movedInAll(outcome)
      : seenTask?.kind === 'task' && step.kind === 'transfer'
        ? progressOf(seenTask, view.seen.now)
        : {}),
    ...(startedAt ? {startedAt} : {}),
    ...(endedAt ? {endedAt} : {}),
  };
}

function standingOf(view: View, step: Step, attempt: Attempt, told: Knowledge): StepStanding {
  if (isTask(step)) return transferState(view, step, attempt, told);
  return step.kind === 'mkdir' ? directoryState(view, step, attempt) : jobState(view, step, attempt);
}

function toldOf({comment, estimatedStart}: LiveJob): Partial<StepView> {
  const start = iso(estimatedStart);
  return {...(comment === undefined ? {} : {comment}), ...(start === undefined ? {} : {estimatedStart: start})};
}

function ended(outcome: Outcome): StepStanding {
  return {state: outcome.state, reason: outcome.why};
}

function movedInAll(outcome: Outcome): Partial<StepView> {
  return {
    ...(outcome.bytes === undefined ? {} : {bytesTransferred: outcome.bytes}),
    ...(outcome.files === undefined ? {} : {filesTransferred: outcome.files}),
    ...(outcome.skippedErrors === undefined ? {} : {skippedErrors: outcome.skippedErrors}),
    ...(outcome.exitStatus === undefined ? {} : {exitStatus: outcome.exitStatus}),
  };
}

function progressOf(task: TransferTask, now: number): Partial<StepView> {
  const remaining = estimateRemainingMs(task, now);
  return {
    bytesTransferred: task.bytesTransferred,
    filesTransferred: task.filesTransferred,
    files: task.files,
    ...(task.skippedErrors === undefined ? {} : {skippedErrors: task.skippedErrors}),
    bytesPerSecond: task.rate,
    faults: task.faults,
    ...(remaining === undefined ? {} : {secondsRemaining: Math.round(remaining / 1000)}),
  };
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
        ...(step.skippedErrors === undefined ? {} : {skippedErrors: step.skippedErrors}),
        ...(step.exitStatus === undefined ? {} : {exitStatus: step.exitStatus}),
        ...(startedAt ? {startedAt} : {}),
        ...(endedAt ? {endedAt} : {}),
      };
    }),
  };
}
