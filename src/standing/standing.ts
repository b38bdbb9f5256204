import type {TaskId} from '../base/ids.ts';
import type {JobId} from '../base/job-id.ts';
import {renderTime} from '../base/units.ts';
import type {Verdict} from '../engine/plan/conditions.ts';
import type {JobVerdict} from '../engine/plan/jobs/job-verdict.ts';
import type {TaskTrouble} from '../engine/plan/tasks/task-trouble.ts';
import type {HoldDecision, Outcome} from '../ledger/run-facts.ts';
import type {Trouble} from '../ledger/troubles.ts';
import type {JobSeen} from '../scheduler/scheduler.ts';
import type {TaskSeen} from '../transfer/transfer-service.ts';
import type {StepKind} from '../workflow/model/workflow.ts';
import type {StepPlace} from '../workflow/model/written-places.ts';

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

export type RunStateWord = 'active' | 'succeeded' | 'failed' | 'cancelled' | 'cancelling';

/**
 * `fine`: it moves. `waiting`: it waits for what is under way. `trouble`: it does not move, and may continue by itself.
 * `action`: it does not before a person has done something.
 */
export type Severity = 'fine' | 'waiting' | 'trouble' | 'action';

/** One reason why a step stands where it stands, without the step. Times in milliseconds since the epoch. */
export interface Reason {
  readonly standing: Severity;
  /** stable word for scripts, such as `TASK_PAUSED` */
  readonly code: string;
  /** what is the matter: one line, no full stop */
  readonly what: string;
  /** the cause as far as it is known */
  readonly why?: string;
  /** all of it in one line of a status, where that is said in fewer words than `what` and `why` */
  readonly brief?: string;
  /** what to do or type next: each one sentence or command. Empty where there is nothing to do */
  readonly next: readonly string[];
  /** since when it has been so */
  readonly since?: number;
  /** how often it was met */
  readonly times?: number;
  /** when PBS expects to start the job */
  readonly estimatedStart?: number;
  /** when Globus gives up */
  readonly deadline?: number;
}

/** What a transfer has moved, and how it gets on. */
export interface Progress {
  readonly bytes?: number | undefined;
  /** what its source held when it was listed: Globus tells of files and subtasks, and never how many bytes there are in all */
  readonly bytesExpected?: number | undefined;
  readonly files?: number | undefined;
  /** found so far: grows while directories are walked */
  readonly filesFound?: number | undefined;
  /** what it went on without, since its source could not be read */
  readonly skippedErrors?: number | undefined;
  readonly bytesPerSecond?: number | undefined;
  readonly remainingMs?: number | undefined;
  /** why it is not known how long it will take */
  readonly noEstimate?: string | undefined;
  readonly faults?: number | undefined;
}

/** What a transfer that has ended has moved; undefined where that is not on record. */
export function movedInAll({bytes, files, skippedErrors}: Progress): Progress | undefined {
  const moved = [bytes, files, skippedErrors].some((number) => number !== undefined);
  return moved ? {bytes, files, skippedErrors} : undefined;
}

/** How a step stands at one look: worked out once, and read by all that show it or judge by it. */
export interface StepStanding {
  readonly step: string;
  readonly kind: StepKind;
  readonly needs: readonly string[];
  readonly onFailureOf: readonly string[];
  readonly after: readonly string[];
  /** ends of a transfer that were written by bookmark or as a path of the cluster; none in a sealed run */
  readonly places: readonly StepPlace[];
  /** the number of the attempt that counts */
  readonly attempt: number;
  readonly state: StepStateWord;
  readonly reason: Reason;
  /** how it ended; undefined while it may still go on */
  readonly end?: Pick<Outcome, 'why' | 'exitStatus' | 'cause'> & {readonly at?: number | undefined};
  /** whether it may start; undefined in a sealed run */
  readonly verdict?: Verdict;
  /** the job whose success is the step's */
  readonly job?: {
    readonly id?: JobId | undefined;
    readonly seen?: JobSeen | undefined;
    readonly verdict?: JobVerdict | undefined;
  };
  readonly task?: {
    readonly id: TaskId;
    readonly seen?: TaskSeen | undefined;
    readonly trouble?: TaskTrouble | undefined;
  };
  readonly progress?: Progress | undefined;
  readonly startedAt?: number | undefined;
}

/** The jobs of a run have ended, and transfers of what they made go on: no node is held meanwhile. */
export interface TransferringOutput {
  /** when the last of its jobs ended, in milliseconds since the epoch */
  readonly since: number;
  /** the transfers, in the order of the workflow */
  readonly steps: readonly string[];
}

/** How a run stands at one look, and each of its steps. */
export interface RunStanding {
  readonly run: string;
  readonly name: string;
  readonly profile: string;
  readonly state: RunStateWord;
  /** what a person should know first, in one line */
  readonly line: string;
  /** what concerns the run as a whole: that it is held, or being cancelled */
  readonly reasons: readonly Reason[];
  /** its jobs have ended, and what they made is on its way; absent where that is not all that goes on */
  readonly transferring?: TransferringOutput | undefined;
  /** what keeps the processes that carry it from PBS or Globus; none in a run that has ended */
  readonly troubles?: readonly Trouble[] | undefined;
  /** a person keeps it from starting anything */
  readonly hold?: HoldDecision | undefined;
  readonly createdAt: number;
  /** when it was sealed; a run may have a final state before that */
  readonly endedAt?: number | undefined;
  /** the instant of the look */
  readonly now: number;
  readonly steps: readonly StepStanding[];
}

/** A reason in one line of a status view. */
export function inOneLine({what, why, brief, estimatedStart}: Reason): string {
  const start = estimatedStart === undefined ? '' : `; PBS expects to start it ${renderTime(estimatedStart)}`;
  return `${brief ?? (why ? `${what}: ${why}` : what)}${start}`;
}
