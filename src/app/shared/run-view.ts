import {iso} from '../../base/time.ts';
import type {RunSummary} from '../../ledger/summary.ts';
import type {Trouble} from '../../ledger/troubles.ts';
import type {LiveJob} from '../../scheduler/scheduler.ts';
import {
  inOneLine,
  type RunStanding,
  type RunStateWord,
  type StepStanding,
  type StepStateWord,
  type TransferringOutput,
} from '../../standing/standing.ts';
import {standingOfSeal} from '../../standing/standing-of-seal.ts';
import type {StepKind} from '../../workflow/model/workflow.ts';
import type {StepPlace} from '../../workflow/model/written-places.ts';
import {progressDocument} from './progress-words.ts';

/** One step as `stage status` shows it. Times in ISO 8601 UTC, sizes in bytes: the shape of `--json`. */
export interface StepView {
  readonly step: string;
  readonly kind: StepKind;
  readonly state: StepStateWord;
  /** why it is in that state, or what it waits for */
  readonly reason: string;
  /** the reason as `stage why` has it: a stable word for scripts */
  readonly code: string;
  /** since when it has been so, where that is known and the step has not ended */
  readonly since?: string | undefined;
  readonly attempt: number;
  readonly needs: readonly string[];
  readonly onFailureOf: readonly string[];
  readonly after: readonly string[];
  /** ends of a transfer that were written by bookmark or as a path of the cluster; while the run is active */
  readonly places?: readonly StepPlace[] | undefined;
  readonly job?: string | undefined;
  readonly task?: string | undefined;
  readonly bytesTransferred?: number | undefined;
  /** what its source held when it was listed, before the transfer began */
  readonly bytesExpected?: number | undefined;
  readonly filesTransferred?: number | undefined;
  /** found so far: grows while directories are walked */
  readonly files?: number | undefined;
  /** what it went on without, since its source could not be read */
  readonly skippedErrors?: number | undefined;
  readonly bytesPerSecond?: number | undefined;
  readonly secondsRemaining?: number | undefined;
  /** why it is not known how long it will take */
  readonly noEstimate?: string | undefined;
  readonly faults?: number | undefined;
  readonly exitStatus?: number | undefined;
  /** who or what ended it besides its own work: a stable word for scripts */
  readonly cause?: string | undefined;
  /** what PBS says of the job */
  readonly comment?: string | undefined;
  /** when PBS expects to start the job */
  readonly estimatedStart?: string | undefined;
  readonly startedAt?: string | undefined;
  readonly endedAt?: string | undefined;
}

export interface RunView {
  readonly run: string;
  readonly name: string;
  readonly state: RunStateWord;
  readonly reason: string;
  readonly profile: string;
  readonly createdAt: string;
  readonly endedAt?: string | undefined;
  /** a person keeps it from starting anything: who, and since when */
  readonly held?: {readonly by: string; readonly since: string};
  /** its jobs have ended, and hold no node since then; these steps move what they made */
  readonly transferringOutput?: TransferringView | undefined;
  /** what keeps the processes that carry it from PBS or Globus; absent where nothing does */
  readonly troubles?: readonly TroubleView[] | undefined;
  readonly steps: readonly StepView[];
}

export interface TransferringView {
  readonly nodesFreeSince: string;
  readonly steps: readonly string[];
}

export function viewTransferring(is: TransferringOutput | undefined): TransferringView | undefined {
  return is && {nodesFreeSince: iso(is.since), steps: is.steps};
}

/** What a process of stage last met at a service. */
export interface TroubleView extends Omit<Trouble, 'since' | 'at'> {
  readonly since: string;
  readonly at: string;
}

export function viewTroubles(troubles: readonly Trouble[] | undefined): TroubleView[] | undefined {
  return troubles?.map((trouble) => ({...trouble, since: iso(trouble.since), at: iso(trouble.at)}));
}

/** The document of a run, from how it stands. Pure. */
export function viewRun(standing: RunStanding): RunView {
  const {run, name, state, line, profile, createdAt, endedAt, hold, transferring, troubles, steps} = standing;
  return {
    run,
    name,
    state,
    reason: line,
    profile,
    createdAt: iso(createdAt),
    endedAt: iso(endedAt),
    held: hold ? {by: hold.by, since: iso(hold.at)} : undefined,
    transferringOutput: viewTransferring(transferring),
    troubles: viewTroubles(troubles),
    steps: steps.map(viewStep),
  };
}

/** A run that has ended, from its seal. Pure. */
export function viewSummary(summary: RunSummary): RunView {
  return viewRun(standingOfSeal(summary));
}

function viewStep(standing: StepStanding): StepView {
  const {step, kind, state, reason, attempt, needs, onFailureOf, after, places, job, task, end, progress} = standing;
  const live = !end && job?.seen?.kind === 'live' ? job.seen : undefined;
  return {
    step,
    kind,
    state,
    reason: inOneLine(reason),
    code: reason.code,
    since: end ? undefined : iso(reason.since),
    attempt,
    needs,
    onFailureOf,
    after,
    places: places.length > 0 ? places : undefined,
    job: job?.id,
    task: task?.id,
    ...liveFields(live),
    ...progressDocument(progress),
    skippedErrors: progress?.skippedErrors,
    faults: progress?.faults,
    exitStatus: end?.exitStatus,
    cause: end?.cause,
    startedAt: iso(standing.startedAt),
    endedAt: iso(end?.at),
  };
}

function liveFields(job: LiveJob | undefined): Partial<StepView> {
  return {comment: job?.comment, estimatedStart: iso(job?.estimatedStart)};
}
