import type {ActProgress, ActScope} from '../base/act.ts';
import type {TaskId} from '../base/ids.ts';
import type {JobId} from '../base/job-id.ts';
import type {SourceTotals} from '../base/source-totals.ts';
import type {TaskRequest} from '../base/task-request.ts';
import type {Workflow} from '../workflow/model/workflow.ts';
import type {RunId} from './state-directory.ts';

/** `spec`: what a run was asked to do. Times of all facts are milliseconds since the epoch. */
export interface RunSpec {
  readonly format: 1;
  readonly run: RunId;
  readonly name: string;
  readonly number: number;
  readonly workflow: Workflow;
  readonly fingerprint: string;
  /** sha256 of each script, by step */
  readonly scriptHashes: Readonly<Record<string, string>>;
  readonly profile: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly host: string;
  /** tells a repeated creation from a second one */
  readonly nonce: string;
  /** tasks that were started elsewhere and do the work of a step, by step */
  readonly adopt?: Readonly<Record<string, TaskId>>;
  /** how many jobs of the user PBS said it takes, when the run was created */
  readonly maxQueued?: number | undefined;
  /** files in the run's directory of scripts, by step; `STEP.script` where none is named */
  readonly scripts?: Readonly<Record<string, string>>;
  /** file in the run's directory with what its scripts have of the person's environment; absent: they have nothing of it */
  readonly environment?: string | undefined;
  /** the item of a campaign that it is a try of */
  readonly campaign?: RunOfCampaign | undefined;
}

/** Which item of which campaign a run works on. */
export interface RunOfCampaign {
  readonly name: string;
  /** of the item, from 1 */
  readonly number: number;
  /** what the item is called */
  readonly key: string;
  /** from 1 */
  readonly try: number;
}

/** The jobs that can serve an attempt. `job` runs the user's script; `wait` is there as long as its transfer is. */
export type JobRole = 'job' | 'launcher' | 'sentinel' | 'wait';

export interface JobIntent {
  readonly at: number;
  /** until then the process that wrote the intent may still be submitting; later it is resolved by asking PBS for the tag */
  readonly deadline: number;
  readonly tag: string;
  readonly hold: boolean;
  /** its script asks for a user hold, too (`#PBS -h`) */
  readonly ownHold?: true | undefined;
  /** ids that the job's `depend=` names */
  readonly dependsOn: readonly JobId[];
  /** how many updates of the run had been read by the process that submitted it; absent: none */
  readonly updates?: number;
  readonly by: string;
}

/** What we are about to ask of Globus: a task of our own, or none because one that exists does the work. */
export type TransferIntent = {
  readonly at: number;
  readonly by: string;
  /** as for {@link JobIntent} */
  readonly updates?: number;
} & (
  | {readonly submissionId: string; readonly request: TaskRequest}
  | {readonly adopted: TaskId /** whatever it moves */; readonly forced?: true}
);

/** What ended an attempt besides its own work, for what is advised and for scripts. */
export type OutcomeCause =
  /** the manager of a collection cancelled its task at Globus */
  | 'task-cancelled-by-manager'
  /** its task was cancelled at Globus under the identity that owns it, and not by stage */
  | 'task-cancelled'
  /** the deadline of its task passed */
  | 'task-expired'
  /** its job was deleted while it ran (qdel), and not by stage */
  | 'job-deleted'
  /** a person said that it ends though nothing can be learnt of its work: {@link ForgetDecision} */
  | 'forgotten';

export type OutcomeState = 'succeeded' | 'failed' | 'cancelled' | 'skipped' | 'lost';

export interface Outcome {
  readonly at: number;
  readonly state: OutcomeState;
  readonly why: string;
  /** what the transfer moved in all */
  readonly bytes?: number;
  readonly files?: number;
  /** what it went on without, since its source could not be read */
  readonly skippedErrors?: number;
  readonly exitStatus?: number;
  /** another attempt would end no differently, or must not be made: the step is not retried */
  readonly final?: true;
  readonly cause?: OutcomeCause | undefined;
  /** of a lost attempt: its job was let go by hand before its needs had succeeded. It does not count among those that were lost */
  readonly unpermitted?: true;
}

/** A job's own word that it started, or the reconciler's that it never may. */
export interface StartMarker {
  readonly job?: JobId;
  readonly host?: string;
  readonly at?: number;
  /** the reconciler gave this attempt up before any job began it */
  readonly void?: true;
}

export interface EndMarker {
  readonly job?: JobId;
  readonly exit: number;
  /** the job was told to end (SIGTERM) before it did: walltime, qdel or a requeue */
  readonly terminated: boolean;
  /** what it wrote is in its place only when PBS has ended the job: PBS delivers it (`#PBS -o`, `-W stageout=`) */
  readonly delivers?: true | undefined;
  readonly at?: number;
}

export interface Refusal {
  readonly at: number;
  readonly why: string;
  /** it may pass by itself (a queue limit, PBS not reachable): try again later */
  readonly retry: boolean;
  /** there was no answer: the server could not be reached */
  readonly unreachable?: boolean;
  /** PBS was not asked: what would be submitted is not as it was recorded */
  readonly notAsked?: boolean | undefined;
  /** the queue is on a server of this name, which was not known: tried again a few times, and no more */
  readonly unknownServer?: string;
  /** what a person can do about it, in lines */
  readonly next?: readonly string[];
  /** PBS took no more jobs of this user: so many of ours were in the queue */
  readonly inQueue?: number;
}

/**
 * PBS refused it for room, of jobs or of what they ask for. It is told by the words that its refusals have on record
 * (src/scheduler/pbs/refusals.ts); how many jobs were in the queue is not always known (`inQueue`).
 */
export function isForRoom({why = ''}: {readonly why?: string | undefined}): boolean {
  return /\blimit\b/.test(why);
}

/** One job that was asked for in some role; several of a role when an earlier one was lost. */
export interface JobRecord {
  readonly role: JobRole;
  readonly serial: number;
  /** prefix of its facts: `compute.1.job`, `stage-out.1.launcher-2` */
  readonly key: string;
  readonly intent: JobIntent;
  readonly job?: JobId;
  readonly confirmedAt?: number;
  /** PBS said no */
  readonly refused?: Refusal;
  /** asked PBS for the tag after the deadline, and it knew no such job */
  readonly neverArrived: boolean;
  readonly releaseIntended: boolean;
  /** when its user hold was ended */
  readonly releasedAt?: number;
  /** it was started without the permit, which is the intent of its release, and ran nothing: its own word, or that of one of its subjobs */
  readonly unpermitted: boolean;
  readonly deleteIntended: boolean;
  readonly deleted: boolean;
  /** comments of user holds that a person put on it, and that `stage release` has taken over: they end when its needs have succeeded */
  readonly handedOver: readonly string[];
  /** since when PBS has not known it; absent when it has shown the job again since */
  readonly absentSince?: number;
  /** how often PBS began not to know it */
  readonly absences: number;
  /** a job that waits has said that it leaves before its walltime: another one takes over */
  readonly leaving: boolean;
  /** numbers of the run's holds that were about to put a user hold on this job, that did, and that took it back */
  readonly holds: {
    readonly intended: readonly number[];
    readonly confirmed: readonly number[];
    readonly ended: readonly number[];
    /** what PBS wrote at the qhold of a hold, for each process that put it there; empty where it was not learnt */
    readonly comments: readonly {readonly hold: number; readonly comment: string}[];
    /** when the last of them was taken back */
    readonly endedAt?: number;
  };
}

export interface TransferRecord {
  readonly intent: TransferIntent;
  readonly task?: TaskId;
  /** Globus refused a submission since this task was there, which has the label of it: perhaps that of another state directory */
  readonly foundByLabel?: true | undefined;
  /** adopted by a person who said that it counts whatever it moves */
  readonly forced?: true;
  readonly confirmedAt?: number;
  readonly refused?: Refusal;
  /** absent: there is a task, or may be one */
  readonly putOff?: PutOff | undefined;
  /** how many tries were put off, and how many were begun */
  readonly tries: {readonly refused: number; readonly begun: number};
  readonly cancelIntended: boolean;
  /** why we were about to cancel it */
  readonly cancelReason?: string;
  readonly cancelled: boolean;
  /** since when Globus has not listed its task; absent when it has been listed again since */
  readonly absentSince?: number;
  /** how often Globus began not to list it */
  readonly absences: number;
}

/** Its task is none that was submitted for it: what that has moved is compared with what the step says, unless forced. */
export function isAdopted({intent, foundByLabel}: TransferRecord): boolean {
  return 'adopted' in intent || foundByLabel === true;
}

/**
 * `transfer.later-NUMBER`: Globus refused the try of this number, and may accept a later one. A further try is announced
 * by `transfer.again-NUMBER`, and made under the submission id of the first.
 */
export interface TaskLater {
  readonly at: number;
  readonly why: string;
  /** there was no room for another task; else it is not understood */
  readonly room?: true | undefined;
  /** what a person can do about it, in lines */
  readonly next?: readonly string[] | undefined;
}

/** A submission that Globus has refused for now, so that there is no task: the newest of its refusals. */
export interface PutOff extends TaskLater {
  /** when the first try was refused */
  readonly since: number;
  /** how many were */
  readonly times: number;
}

/** `transfer.sign-in-NUMBER`: Globus took no submission until a person acts. A further one when it asks for something else. */
export interface SignInDemand {
  readonly at: number;
  readonly what: string;
  /** what Globus said when it first asked for it */
  readonly why?: string;
  /** what to do, in lines */
  readonly next: readonly string[];
}

/**
 * `act.intent-NUMBER`: what is about to be linked, moved or removed, in parts: nothing is done before the last of them
 * (`whole`) is on record.
 */
export interface ActIntent extends ActScope {
  readonly at: number;
  readonly by: string;
  /** as for {@link JobIntent} */
  readonly updates?: number;
  /** what earlier ones say does not count: it turned out that it has to be copied */
  readonly anew?: true;
}

/** What is on record of an act on the file systems of the cluster. */
export interface ActRecord {
  /** when it was begun to be put on record */
  readonly at: number;
  readonly updates?: number | undefined;
  /** how many intents there are, and what they say together */
  readonly intents: number;
  readonly scope: ActScope;
  /** how many facts `act.progress-NUMBER` there are, and what the last of them says */
  readonly steps: number;
  readonly progress: ActProgress;
}

/** The fact of the part of an act's intent, or of its progress, with this number: after the attempt's prefix. */
export function actName(what: 'intent' | 'progress', number: number): string {
  return `act.${what}-${number}`;
}

export interface Attempt {
  readonly number: number;
  readonly act?: ActRecord | undefined;
  readonly transfer?: TransferRecord;
  /** what its source held when it was listed; absent: it was not listed */
  readonly source?: SourceTotals | undefined;
  /** what Globus asked for last, while it has not taken the transfer */
  readonly signIn?: SignInDemand & {readonly number: number};
  /** in order of role and serial */
  readonly jobs: readonly JobRecord[];
  /** by start number, from 1; PBS may start one job several times */
  readonly starts: readonly StartMarker[];
  readonly ends: ReadonlyMap<number, EndMarker>;
  readonly terminated: ReadonlySet<number>;
  /** a job of it found another script in the place of the one that was recorded, and ran nothing */
  readonly altered?: true | undefined;
  /** markers of an array's subjobs, by index */
  readonly indices: ReadonlyMap<number, Markers>;
  readonly outcome?: Outcome;
}

/** What a job, or one subjob, wrote about its starts and ends. */
export interface Markers {
  readonly starts: readonly StartMarker[];
  readonly ends: ReadonlyMap<number, EndMarker>;
  readonly terminated: ReadonlySet<number>;
}

export interface CancelDecision {
  readonly at: number;
  readonly by: string;
  readonly cleanup: boolean;
}

/** `resumed/RUN~NUMBER`: a person's word that steps are to be tried again. One fact, so that it holds for all of them or none. */
export interface ResumeDecision {
  readonly at: number;
  readonly by: string;
  /** by step: its attempts up to this number do not count any more */
  readonly steps: Readonly<Record<string, number>>;
  /** steps that had succeeded, and are to be done again all the same */
  readonly redo: readonly string[];
  /** tasks that exist and do the work of these steps' next attempt */
  readonly adopt?: Readonly<Record<string, TaskId>>;
  /** steps whose adopted task counts whatever it moves */
  readonly forced?: readonly string[];
}

/**
 * `decision.update-NUMBER`: a person's word that steps which have not begun are to do something else. A job that was
 * submitted for what such a step did before is given up, unless it had begun.
 */
export interface UpdateDecision
  extends Pick<RunSpec, 'fingerprint' | 'scriptHashes' | 'environment'>,
    Required<Pick<RunSpec, 'scripts'>> {
  readonly at: number;
  readonly by: string;
  /** the whole of it, with the steps that were taken out */
  readonly workflow: Workflow;
  /** steps that do something else than before, or are new */
  readonly changed: readonly string[];
  /** steps that are not to begin any more */
  readonly removed: readonly string[];
  /** by step: its attempts up to this number do not count any more, since they ended as skipped for what was asked before */
  readonly steps: Readonly<Record<string, number>>;
}

/**
 * `decision.round-NUMBER`: a step has failed for good, and the steps from `from` up to it are done again. One fact, so
 * that it holds for all of them or none; it comes when every job and task of theirs has ended.
 */
export interface RoundDecision {
  readonly at: number;
  readonly by: string;
  /** the step that failed */
  readonly step: string;
  readonly from: string;
  /** by step: its attempts up to this number do not count any more */
  readonly steps: Readonly<Record<string, number>>;
  readonly why: string;
}

/** `decision.hold-NUMBER`: a person keeps the queued jobs of a run from starting. Ended by `decision.release-NUMBER`. */
export interface HoldDecision {
  readonly number: number;
  readonly at: number;
  readonly by: string;
  /** only these steps; all when absent */
  readonly steps?: readonly string[];
  /** when it was ended */
  readonly endedAt?: number;
}

/**
 * `decision.forget-NUMBER`: a person's word that a step ends though neither PBS nor Globus tells what became of its
 * work: the task belongs to another identity, the server of the job is gone. The work may go on.
 */
export interface ForgetDecision {
  readonly number: number;
  readonly at: number;
  readonly by: string;
  readonly step: string;
  readonly attempt: number;
  /** what nothing is known of; none for a step that had ended, with jobs that could not be queried */
  readonly task?: TaskId | undefined;
  readonly job?: JobId | undefined;
  /** a submission id, or the tag of a job, of which the answer never came */
  readonly submission?: string | undefined;
  /** keys of the jobs that PBS did not answer about, of this step and of those that had ended: nothing waits for them any more */
  readonly jobs: readonly string[];
}

/** All that is known of a run: the fold of its facts. */
export interface RunState {
  /** what it is asked to do by now: with its updates */
  readonly spec: RunSpec;
  /** what it was asked to do when it was created */
  readonly original: RunSpec;
  /** attempts of each step, by step name, oldest first; at least one, which may be empty */
  readonly attempts: ReadonlyMap<string, readonly Attempt[]>;
  readonly cancel?: CancelDecision;
  /** oldest first */
  readonly resumes: readonly ResumeDecision[];
  /** oldest first */
  readonly holds: readonly HoldDecision[];
  /** oldest first */
  readonly forgets: readonly ForgetDecision[];
  /** oldest first */
  readonly updates: readonly UpdateDecision[];
  /** oldest first */
  readonly rounds: readonly RoundDecision[];
}

/** The newest hold of a person's that has not been ended; some of its steps alone may be held. */
export function standingHold({holds}: Pick<RunState, 'holds'>): HoldDecision | undefined {
  return holds.findLast(({endedAt}) => endedAt === undefined);
}

/** The workflow of a run as it is on record: the texts of its steps without the numbers of the attempt that is worked on. */
export function asWritten({original, updates}: Pick<RunState, 'original' | 'updates'>): Workflow {
  return (updates.at(-1) ?? original).workflow;
}

/** The name of the fact that cancels a run: a run that was resumed since can be cancelled again. */
export function cancelName(resumes: number): string {
  return resumes === 0 ? 'decision.cancel' : `decision.cancel-${resumes}`;
}

/** PBS began not to know a job, for the NUMBERth time: after the job's prefix. */
export function absentName(number: number): string {
  return number === 1 ? 'absent' : `absent-${number}`;
}

/** PBS showed the job again after that. */
export function seenAgainName(number: number): string {
  return number === 1 ? 'seen-again' : `seen-again-${number}`;
}

/** The name of the fact that changes what a run is asked to do. */
export function updateName(number: number): string {
  return `decision.update-${number}`;
}

/** The name of the fact that has steps done again. */
export function roundName(number: number): string {
  return `decision.round-${number}`;
}

export function isUpdate(fact: string): boolean {
  return fact.startsWith('decision.update-');
}

/** Prefix of an attempt's facts. */
export function attemptKey(step: string, attempt: number): string {
  return `${step}.${attempt}`;
}

/** After an attempt's prefix: what the source of its transfer held when it was listed. */
export const SOURCE_FACT = 'transfer.source';

export function jobKey(step: string, attempt: number, role: JobRole, serial: number): string {
  return `${attemptKey(step, attempt)}.${role}${serial === 1 ? '' : `-${serial}`}`;
}

/** The attempt that counts: the newest. */
export function currentAttempt(run: RunState, step: string): Attempt {
  const attempts = run.attempts.get(step);
  const last = attempts?.[attempts.length - 1];
  if (!last) throw new RangeError(`run ${run.spec.run} has no step ${step}`);
  return last;
}

/** The newest job of a role in an attempt, given up ones included. */
export function newestJob(attempt: Attempt, role: JobRole): JobRecord | undefined {
  return attempt.jobs.findLast((record) => record.role === role);
}

/** A job started it. The claim that gives an attempt up, so that none ever can, is no start. */
export function hasBegun(attempt: Attempt): boolean {
  return attempt.starts.some((start) => !start.void);
}
