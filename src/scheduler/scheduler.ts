import type {JobArray} from '../base/job-array.ts';
import type {JobId} from '../base/job-id.ts';
import type {NoEvidence} from '../base/no-evidence.ts';
import {EXIT, StageError} from '../errors.ts';

export type DependencyType = 'afterok' | 'afternotok' | 'afterany';

export interface Dependency {
  readonly type: DependencyType;
  /** without duplicates: PBS never releases a job that names one id twice (measured on OpenPBS 23.06) */
  readonly jobs: readonly JobId[];
}

/** Everything that one qsub says. Paths are absolute. */
export interface JobRequest {
  /** `-N`; 1 to 230 characters of `[A-Za-z0-9_.+-]`; absent when the script's own `#PBS -N` is to rule */
  readonly name?: string;
  /** the file to submit; PBS copies it at submission */
  readonly script: string;
  /** the directory qsub is started in: the job's PBS_O_WORKDIR */
  readonly workdir: string;
  /** travels as STAGE_INTENT in the job's variables; the job can be found by it again. `[A-Za-z0-9_.-]` only */
  readonly tag: string;
  /** raw values of the user's own `-v` (from `#PBS` lines), which a `-v` on the command line would otherwise replace whole */
  readonly userVariables: readonly string[];
  /** what `-V` and `-v NAME` mean: the environment of qsub; absent: that of this process */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** what qsub tells of the shell it was called in (`PBS_O_PATH`), where that is not this process; a name without a value is not set */
  readonly origin?: Readonly<Record<string, string | undefined>> | undefined;
  /** submit under a user hold (`-h`) */
  readonly hold: boolean;
  readonly dependencies: readonly Dependency[];
  /** those of the user's own `#PBS -W depend=`, which ours on the command line would otherwise replace whole */
  readonly ownDependencies?: readonly {readonly type: string; readonly jobs: readonly string[]}[] | undefined;
  /** do not start before this instant, in milliseconds since the epoch (`-a`) */
  readonly startAt?: number;
  /** `-J`: submit an array; the id that comes back has brackets */
  readonly array?: JobArray;
  readonly queue?: string;
  readonly account?: string;
  readonly project?: string;
  /** one `-l key=value` each, such as `{select: '1:ncpus=4', walltime: '01:00:00'}` */
  readonly resources: Readonly<Record<string, string>>;
  /** `-o` */
  readonly stdout?: string;
  /** `-e` */
  readonly stderr?: string;
  /** `-j oe` */
  readonly joinOutput: boolean;
  /** `-m n`: a job of stage itself, which sends no mail */
  readonly noMail: boolean;
  /** further arguments of the profile, passed as they are */
  readonly extraArgs: readonly string[];
}

/** It may have begun to run: deleting it might end the work of a user. Pure. */
export function mayHaveStarted({state, begun}: LiveJob): boolean {
  return begun === true || state === 'running' || state === 'ending' || state === 'suspended' || state === 'unlisted';
}

/** What one look told about one job. */
export type JobSeen =
  /** PBS could not be queried, or its answer could not be read: conclude nothing. `tag`: its variables were shown all the same */
  | (NoEvidence & {readonly tag?: string})
  /** PBS answered, and does not know this id (any more) */
  | {readonly kind: 'unknown'}
  | LiveJob
  | EndedJob;

/** Who keeps a job from starting: its owner, an operator, PBS itself or a manager, PBS for a password that is wrong. */
export type HoldKind = 'user' | 'operator' | 'system' | 'bad-password';

export interface LiveJob {
  readonly kind: 'live';
  /** `running` for an array too, from the moment one of its members has begun */
  readonly state:
    | 'queued'
    | 'held'
    | 'waiting'
    | 'running'
    | 'ending'
    | 'suspended'
    | 'moved'
    /** on its way between queues */
    | 'in-transit'
    /** a state that stage does not know: it may run */
    | 'unlisted';
  /** how PBS shows a state that is unlisted */
  readonly stateLetter?: string;
  /** an array that was held after some of its members had begun: those run on, and PBS shows the array as held */
  readonly begun?: true;
  readonly userHold: boolean;
  readonly otherHold: boolean;
  /** every hold on it, `system` for a dependency too; absent when there is none */
  readonly holds?: readonly HoldKind[];
  /** jobs that its `depend=` still waits for */
  readonly waitsFor?: readonly JobId[];
  /** how often PBS has started it; above 1 it was requeued */
  readonly runCount?: number;
  readonly name: string;
  readonly queue: string;
  readonly comment?: string;
  /** STAGE_INTENT of the job's variables; empty when it has none; absent when PBS did not show its variables */
  readonly tag?: string;
  /** submission time (`ctime`), milliseconds since the epoch */
  readonly submittedAt?: number;
  readonly startAt?: number;
  /** when the scheduler expects to start it; few sites have it estimate that */
  readonly estimatedStart?: number;
  readonly walltimeSeconds?: number;
  readonly startedAt?: number;
  /** of an array: which members it was submitted with */
  readonly array?: JobArray;
}

export interface EndedJob {
  readonly kind: 'ended';
  /** of an array: which members it was submitted with. `exitStatus` is then that of the last member to end: look at each */
  readonly array?: JobArray;
  /** absent for a job that never ran: deleted early, or removed by a dependency (measured on OpenPBS 23.06) */
  readonly exitStatus?: number;
  /** `ran`: it has an exit status; `deleted`: by qdel before it ran (substate 91); `removed`: by its dependency (substate 92, no exit status) */
  readonly how: 'ran' | 'deleted' | 'removed';
  /** it was deleted while it ran, by qdel: substate 91 with an exit status (measured on OpenPBS 23.06) */
  readonly deletedRunning?: true;
  /** PBS says that what its `depend=` waits for cannot be met any more */
  readonly byDependency?: true;
  /** one phrase for people: "exit status 3", "killed: walltime exceeded", "killed by signal 15", "deleted before it started" */
  readonly reason: string;
  readonly name: string;
  readonly comment?: string;
  readonly tag?: string;
  readonly submittedAt?: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
}

/** What `submit` learnt. Only `submitted` and `refused` are conclusions. */
export type Submission =
  | {readonly kind: 'submitted'; readonly job: JobId}
  | RefusedSubmission
  /** PBS could not be reached before anything was sent; no job exists */
  | {readonly kind: 'unreachable'; readonly error: SchedulerUnreachable}
  /** the answer was lost (timeout, connection cut, unreadable): the job may exist; look for its tag later */
  | {readonly kind: 'unclear'; readonly why: string /** it did not answer in time */; readonly timedOut?: true};

/** PBS said no; no job exists. */
export interface RefusedSubmission {
  readonly kind: 'refused';
  readonly error: SchedulerRefused;
  /** the refusal may pass by itself (a queue limit) */
  readonly retry: boolean;
  /** it takes no more jobs of this user */
  readonly full?: boolean | undefined;
  /** how many jobs of ours were known to be in the queue then, where it was full and all of them are known */
  readonly inQueue?: number | undefined;
}

/** Of many jobs, those that something could not be done for. */
export type NotDone = ReadonlyMap<JobId, SchedulerUnreachable | SchedulerRefused>;

/** The batch system as the engine needs it. */
export interface Scheduler {
  /** Submit one job. Never throws for what PBS says; see {@link Submission}. */
  submit(request: JobRequest): Promise<Submission>;
  /** End a job's user hold. A job that is not held, or is gone, is left as it is: safe to repeat.
   *  @throws {SchedulerUnreachable} when PBS cannot be queried; {SchedulerRefused} when it says no */
  release(job: JobId): Promise<void>;
  /** Put a user hold on a job. Finished and unknown jobs are left as they are.
   *  @throws {SchedulerUnreachable} {SchedulerRefused} */
  hold(job: JobId): Promise<void>;
  /** Delete one job (one id per qdel: an unknown last id crashes the server, measured on OpenPBS 23.06).
   *  A job that is gone already is left as it is.
   *  @throws {SchedulerUnreachable} {SchedulerRefused} */
  delete(job: JobId): Promise<void>;
  /** End the user holds of many jobs, by one command where that can be. As for {@link release} of each.
   *  @param jobs that a look has just shown live
   *  @returns those it could not be done for, and why */
  releaseAll(jobs: readonly JobId[]): Promise<NotDone>;
  /** Delete many jobs in this order, by one command where that can be. As for {@link delete} of each.
   *  @param jobs that a look has just shown live
   *  @returns those it could not be done for, and why */
  deleteAll(jobs: readonly JobId[]): Promise<NotDone>;
  /** Move the start time of a waiting job (`qalter -a`). A job that started or is gone is left as it is.
   *  @throws {SchedulerUnreachable} {SchedulerRefused} */
  moveStart(job: JobId, startAt: number): Promise<void>;
  /** Look at many jobs with one question. Never throws for what PBS says.
   *  @returns an entry for every id that was asked about */
  look(jobs: readonly JobId[]): Promise<ReadonlyMap<JobId, JobSeen>>;
  /** Find own jobs, finished ones too where history is kept, by the tags they were submitted with.
   *  @returns found jobs by tag; a tag that is absent is known to PBS in no job
   *  @throws {SchedulerUnreachable} when PBS cannot be queried: then nothing may be concluded
   *  @throws {SearchIncomplete} when jobs are left that cannot be seen: nothing may be concluded of tags not found */
  findByTag(tags: readonly string[]): Promise<ReadonlyMap<string, JobId>>;
}

export interface SchedulerCapabilities {
  /** finished jobs are shown by `qstat -x` */
  readonly historyKept: boolean;
  readonly serverName: string;
}

/** PBS could not be queried. Nothing is known to have changed, and nothing may be concluded. */
export class SchedulerUnreachable extends StageError {
  /** it did not answer in time: whatever else it is asked now would wait as long */
  readonly timedOut: boolean;

  constructor(asked: string, why: string, {cause, timedOut = false}: {cause?: unknown; timedOut?: boolean} = {}) {
    super({
      code: 'SCHEDULER_UNREACHABLE',
      exit: EXIT.unreachable,
      what: `PBS did not answer "${asked}"`,
      why,
      next: ['Nothing was changed: run the same command again later.', 'Check whether PBS answers: qstat -B'],
      cause,
    });
    this.timedOut = timedOut;
  }
}

/** Some jobs could not be looked at, and the tags that were not found may be theirs. */
export class SearchIncomplete extends SchedulerUnreachable {
  /** what was found all the same, by tag; of any other tag nothing is known */
  readonly found: ReadonlyMap<string, JobId>;

  constructor(found: ReadonlyMap<string, JobId>, why: string) {
    super('qstat', why);
    this.found = found;
  }
}

/** PBS answered, and said no. */
export class SchedulerRefused extends StageError {
  /** the queue that was asked for is on a server of this name, which is not known */
  readonly unknownServer: string | undefined;

  constructor(parts: {
    asked: string;
    why: string;
    next?: readonly string[];
    exit?: 2 | 4;
    unknownServer?: string;
    cause?: unknown;
  }) {
    super({
      code: 'SCHEDULER_REFUSED',
      exit: parts.exit ?? EXIT.usage,
      what: `PBS refused "${parts.asked}"`,
      why: parts.why,
      next: parts.next ?? [],
      cause: parts.cause,
    });
    this.unknownServer = parts.unknownServer;
  }
}
