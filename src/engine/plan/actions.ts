import type {TaskId} from '../../base/ids.ts';
import type {JobId} from '../../base/job-id.ts';
import type {SourceTotals} from '../../base/source-totals.ts';
import type {JobRole, OutcomeCause, OutcomeState} from '../../ledger/run-facts.ts';
import type {Reservation} from '../../scheduler/reservations.ts';
import type {Dependency, JobSeen} from '../../scheduler/scheduler.ts';
import type {TaskSeen} from '../../transfer/transfer-service.ts';
import type {Strategy} from '../../workflow/model/workflow.ts';
import type {RateHint} from './tasks/rate.ts';
import type {TaskTrouble} from './tasks/task-trouble.ts';

/** One thing to do to a run, and why. The reconciler's switch over `do` is exhaustive. */
export type Action =
  /** get a submission id, record it, submit; or submit again under the id that is on record */
  | {readonly do: 'submit-transfer'; readonly step: string; readonly attempt: number; readonly why: string}
  /** see that the directory of a step is there */
  | {readonly do: 'make-directory'; readonly step: string; readonly attempt: number; readonly why: string}
  /** link, move or remove, as far as a look may; `stop`: not any further, since the step is not to be done */
  | {
      readonly do: 'act';
      readonly step: string;
      readonly attempt: number;
      readonly stop?: true | undefined;
      readonly why: string;
    }
  | {
      readonly do: 'cancel-task';
      readonly step: string;
      readonly attempt: number;
      readonly task: TaskId;
      readonly why: string;
    }
  /** a task that was started elsewhere does the work of this attempt */
  | {
      readonly do: 'adopt-task';
      readonly step: string;
      readonly attempt: number;
      readonly task: TaskId;
      /** it counts whatever it moves */
      readonly forced?: true;
      readonly why: string;
    }
  | SubmitJob
  /** a job was found at PBS by the tag of an intent without a confirmation */
  | (OnJob & {readonly do: 'adopt-job'})
  /** PBS answered, and holds no job with the tag of an overdue intent */
  | {readonly do: 'give-up-intent'; readonly step: string; readonly key: string; readonly why: string}
  | (OnJob & {readonly do: 'release-job'})
  /** let a job run as soon as PBS starts it, and leave its user hold alone: a person's, or one that was ended by hand */
  | (OnJob & {readonly do: 'permit-job'})
  | (OnJob & {readonly do: 'delete-job'})
  /** put a user hold on a job for a person's hold of the run, and take back exactly those that this put there */
  | (OnJob & {readonly do: 'hold-job' | 'unhold-job'; readonly hold: number})
  /** PBS no longer knows the job, or Globus does not list the task; conclude only if that is still so after the grace time */
  | (OnJobOrTask & {readonly do: 'note-absent'; readonly number: number})
  /** it is shown again: what was begun to be concluded from its absence does not count */
  | (OnJobOrTask & {readonly do: 'note-seen-again'; readonly number: number})
  /** take the attempt's claim, so that no job of it can ever begin; then it counts as lost */
  | {
      readonly do: 'void-attempt';
      readonly step: string;
      readonly attempt: number;
      readonly why: string;
      /** its job was let go before its time */
      readonly unpermitted?: true | undefined;
    }
  /** the steps of a stretch are done again, since its last one has failed */
  | {
      readonly do: 'open-round';
      readonly step: string;
      readonly number: number;
      readonly from: string;
      /** by step: its attempts up to this number are put aside */
      readonly steps: Readonly<Record<string, number>>;
      readonly why: string;
    }
  | EndStep;

interface OnJob {
  readonly step: string;
  /** prefix of the job's facts */
  readonly key: string;
  readonly job: JobId;
  readonly why: string;
}

interface OnJobOrTask extends Omit<OnJob, 'job'> {
  readonly job?: JobId | undefined;
  readonly task?: TaskId | undefined;
}

export interface SubmitJob {
  readonly do: 'submit-job';
  readonly step: string;
  readonly attempt: number;
  readonly role: JobRole;
  readonly serial: number;
  readonly hold: boolean;
  readonly dependencies: readonly Dependency[];
  /** attempts that PBS is to wait for: the job looks for the proof of their success, or of their end, before it begins */
  readonly proof?: {readonly succeeded: readonly string[]; readonly ended: readonly string[]};
  readonly why: string;
}

export interface EndStep {
  readonly do: 'end-step';
  readonly step: string;
  readonly attempt: number;
  readonly state: OutcomeState;
  readonly why: string;
  readonly bytes?: number;
  readonly files?: number;
  readonly skippedErrors?: number;
  readonly exitStatus?: number;
  readonly final?: true;
  readonly cause?: OutcomeCause | undefined;
}

/** What one look at PBS and Globus showed. */
export interface Observed {
  /** milliseconds since the epoch */
  readonly now: number;
  readonly jobs: ReadonlyMap<JobId, JobSeen>;
  /** when PBS was asked about jobs that it was asked about before `now`, and not since */
  readonly seenAt?: ReadonlyMap<JobId, number>;
  readonly tasks: ReadonlyMap<TaskId, TaskSeen>;
  /** tags of overdue intents PBS was asked for: the job it has, or null when it has none */
  readonly tags: ReadonlyMap<string, JobId | null>;
  /** what stands in the way of tasks whose step is to fail fast; asked for only those that fault */
  readonly troubles?: ReadonlyMap<TaskId, TaskTrouble>;
  /** how fast tasks have moved, as this look and earlier ones saw them */
  readonly rates?: ReadonlyMap<string, RateHint> | undefined;
  /** Globus has refused tasks for want of room, in one run or several; absent: it has not, so far as is on record */
  readonly room?: TaskRoom | undefined;
  /** places for tasks; absent: the profile sets no limit, or nothing has wanted one */
  readonly places?: PlacesAtGlobus | undefined;
  /** jobs that got no place in the queue; absent: none wanted one in vain */
  readonly queue?: FullQueue | undefined;
  /**
   * how much of the delay of a step is left, in milliseconds by the clock of the file server, where what it waits for has
   * ended; a step that is absent could not be measured
   */
  readonly delays?: ReadonlyMap<string, number> | undefined;
  /** what limits have granted to the runs of this look; absent: none of them has to do with limits */
  readonly limits?: LimitsSeen | undefined;
  /** reservations, where a person asked why a job waits; nothing is planned by them */
  readonly reservations?: readonly Reservation[];
}

/** What the directories of limits say of the claims of this state directory, by their names (limits/limit-claims.ts). */
export interface LimitsSeen {
  /** claims all of which is granted */
  readonly granted: ReadonlySet<string>;
  /** why claims are not, in words */
  readonly waiting: ReadonlyMap<string, string>;
  /** some of those wait for what other state directories hold, whose ends are seen by no look of ours */
  readonly waitsForOthers: boolean;
  /** they cannot be read: nothing is granted */
  readonly trouble?: string | undefined;
  /** what sources hold that were listed for the amount of a claim, as `RUN/STEP` */
  readonly sources?: ReadonlyMap<string, SourceTotals> | undefined;
}

/** Globus has refused tasks of ours, since as many are pending as an identity may have. */
export interface TaskRoom {
  /** it is not asked before, in milliseconds; in the past where a task of ours has ended since */
  readonly until: number;
  /** when it began to have no room */
  readonly since: number;
  /** what it said last */
  readonly why: string;
}

/** How many tasks are pending at Globus, where the profile sets a limit. */
export interface PlacesAtGlobus {
  readonly limit: number;
  readonly pending: number;
  /** tasks that got no place */
  readonly waiting: number;
}

/** As many jobs of ours are in the queue as PBS takes, as far as that is known; further ones are submitted when others have ended. */
export interface FullQueue {
  readonly limit: number;
  /** who says so: the profile, PBS when a run was created, or a refusal of a job for room */
  readonly by: 'profile' | 'PBS' | 'refusal';
  readonly waiting: number;
}

/** The delay of a step among {@link Observed.delays}. */
export function delayKey(run: string, step: string): string {
  return `${run} ${step}`;
}

export interface PlanSettings {
  /** how long PBS must have been seen not to know a job before it counts as lost; longer than a network file system hides a new marker */
  readonly lostGraceMs: number;
  /** pause before a submission that PBS refused for now is tried again */
  readonly refusedRetryMs: number;
  /** how many attempts of a step may be lost before a person has to say `stage run` again */
  readonly lostAttempts: number;
  /** jobs of our own can reach PBS and Globus; where they cannot, cron or a person looks, and none is submitted */
  readonly stagingJobs: boolean;
  /** how transfers are waited for whose step does not say */
  readonly strategy: Strategy;
  /** a person asked: submit again even what was deleted by hand */
  readonly rebuild: boolean;
  /** this process creates the run: when PBS refuses its first job, the run is not created */
  readonly creates?: boolean | undefined;
  /** a submission got no place in the queue during this look: nothing waits for it to be made */
  readonly queueIsFull?: boolean | undefined;
}

/** Two plans hold the same action when its key is the same. */
export function actionKey(action: Action): string {
  return [
    action.do,
    action.step,
    'attempt' in action ? action.attempt : '',
    'key' in action ? action.key : '',
    'hold' in action ? action.hold : '',
    'role' in action ? `${action.role}-${action.serial}` : '',
  ].join(' ');
}
