import type {JobArray} from '../../base/job-array.ts';
import type {NotifyOn, Place, TransferItem, TransferOptions, Way} from '../../base/task-request.ts';

/** What must have happened before a step may start. */
export interface Conditions {
  /** all of these succeeded */
  readonly needs: readonly string[];
  /** at least one of these failed */
  readonly onFailureOf: readonly string[];
  /** all of these ended, either way */
  readonly after: readonly string[];
}

/** How a transfer is waited for: by short monitor jobs that look from time to time, or by one long job that waits. */
export type Strategy = 'monitor' | 'wait';

/** Faults of a transfer that are not waited out until its deadline. */
export interface FailFast {
  /** how long a fault must have lasted, in milliseconds */
  readonly afterMs: number;
  /** codes of error events, such as `FILE_NOT_FOUND`; sorted */
  readonly on: readonly string[];
}

/** A step that has failed for good has a stretch of steps done again, so many times: a *round* each. */
export interface RedoFrom {
  /** where the stretch begins; it ends with the step that says this */
  readonly step: string;
  readonly rounds: number;
  /** exit statuses of its job with which a round opens at once, without further attempts; sorted */
  readonly atOnceOn: readonly number[];
}

interface AnyStep extends Conditions {
  readonly name: string;
  /** how many further attempts follow a failed one; absent: none */
  readonly retries?: number;
  /** pause before the first retry, in milliseconds; it doubles with each further one; absent: a minute */
  readonly retryDelayMs?: number;
  /** how long after what it waits for it begins, in milliseconds, by the clock of the file server; absent: at once */
  readonly delayMs?: number;
  /** which steps are done again when it has failed for good; absent: none */
  readonly redoFrom?: RedoFrom;
  /** its texts hold `${{ round }}` or `${{ try }}` (numbers.ts) */
  readonly numbered?: true;
  /** a step that ends the run whatever happened, a cancelled run too; `after` names the steps before it */
  readonly always?: true;
  /** slots that an attempt holds while it works, by the name of the limit */
  readonly uses?: Readonly<Record<string, number>> | undefined;
}

export interface TransferStep extends AnyStep {
  readonly kind: 'transfer';
  /** how it is made; absent: by Globus */
  readonly via?: Way | undefined;
  /** collection ids (UUIDs), friendly names already resolved; with `via`: hosts */
  readonly from: Place;
  readonly to: Place;
  /** with `items`: one of them is a directory */
  readonly recursive: boolean;
  /** what it moves, absolute paths, when it is not just `from` to `to`, which are then the directories that the items were written from */
  readonly items?: readonly TransferItem[];
  readonly options: TransferOptions;
  /** the user's own words in the label of its tasks */
  readonly label?: string | undefined;
  /** how long what it moves is kept on disk after the run, in milliseconds; absent: until a person releases it */
  readonly keepMs?: number;
  /** what is done when it has failed for good: absent keeps what was made; `rerun` makes it again where it is gone */
  readonly whenFails?: 'rerun';
  /** the file itself says that `deleteExtra` is meant */
  readonly confirmDelete?: true;
  /** absent: what the profile says */
  readonly strategy?: Strategy;
  /** absent: faults are Globus's to try again until the deadline */
  readonly failFast?: FailFast;
}

/** Deletes one path of a collection, by a task of Globus. A missing path is not an error. */
export interface DeleteStep extends AnyStep {
  readonly kind: 'delete';
  readonly at: Place;
  /** a directory too, with all that is in it */
  readonly recursive: boolean;
  /** the user's own words in the label of its tasks */
  readonly label?: string | undefined;
  /** when Globus writes a mail; absent: as the profile says */
  readonly notify?: readonly NotifyOn[] | undefined;
  readonly strategy?: Strategy;
  readonly failFast?: FailFast;
}

/** Makes a directory on a collection, and those above it that are missing. One that is there is fine. */
export interface MkdirStep extends AnyStep {
  readonly kind: 'mkdir';
  readonly at: Place;
}

/** Gives files a second name in directories of this cluster; a copy where the file system differs. */
export interface LinkStep extends AnyStep {
  readonly kind: 'link';
  /** a file, or a directory whose files are meant; paths of this and the next two kinds are absolute */
  readonly from: string;
  readonly into: readonly string[];
}

/** Moves a file or directory of this cluster to a name that is not there. */
export interface MoveStep extends AnyStep {
  readonly kind: 'move';
  readonly from: string;
  readonly to: string;
  /** directories: each of the two paths lies below one of them, and is reached from there without links */
  readonly below: readonly string[];
  /** transfers that it needs, and that read or wrote what it takes away; absent: none */
  readonly touches?: readonly string[];
}

/** Removes files and directories of this cluster. A missing one is not an error. */
export interface RemoveStep extends AnyStep {
  readonly kind: 'remove';
  readonly paths: readonly string[];
  /** as for {@link MoveStep} */
  readonly below: readonly string[];
  readonly touches?: readonly string[];
}

/** A step that acts on the file systems of this cluster, in looks or in a job of stage. */
export type ActStep = LinkStep | MoveStep | RemoveStep;

export interface JobStep extends AnyStep {
  readonly kind: 'job';
  /** absolute path of the user's batch script */
  readonly script: string;
  /** `-l key=value`, such as `{select: '1:ncpus=4', walltime: '01:00:00'}` */
  readonly resources: Readonly<Record<string, string>>;
  readonly queue?: string;
  readonly account?: string;
  readonly project?: string;
  /** `-N`; absent: the script's `#PBS -N`, else run and step */
  readonly jobName?: string;
  /** environment of the user's script; never through `-v`, which cannot carry every value */
  readonly env: Readonly<Record<string, string>>;
  /** the script runs once for each index, as subjobs of one job array */
  readonly array?: JobArray;
  /** when its job was interrupted after it had started (a node failed, a queue was wiped): absent runs it again, `fail` fails the step */
  readonly onInterrupted?: 'fail';
  /** its script asks for a user hold (`#PBS -h`), which is a person's to end; read from the script, and no part of the fingerprint */
  readonly ownHold?: true;
}

/** A step that is a task of Globus: asked for once, and waited for. */
export type TaskStep = TransferStep | DeleteStep;

export type Step = TaskStep | JobStep | MkdirStep | ActStep;

export type StepKind = Step['kind'];

/** What a step of any kind may say. */
export type StepCommon = AnyStep;

/** Bytes of a pool that a run claims: from before one step until another has come so far. */
export interface PoolClaim {
  /** the pool, as the profile or the group's directory of limits names it */
  readonly pool: string;
  /** bytes, or `auto`: what the source of the transfer `from` holds, as it was listed */
  readonly amount: number | 'auto';
  /** what `auto` is multiplied by */
  readonly factor?: number | undefined;
  /** this step does not begin before it is granted */
  readonly from: string;
  readonly until: {readonly step: string; readonly has: 'succeeded' | 'begun'};
}

/** The normal form of a workflow: defaults filled in, names and params resolved, steps in the order of the file. */
export interface Workflow {
  /** run name when `--name` is not given */
  readonly name: string;
  /** friendly name to collection id */
  readonly collections: Readonly<Record<string, string>>;
  /** where the bookmarks led that it names, when they were looked up: what becomes of them later changes nothing */
  readonly bookmarks?: Readonly<Record<string, Place>>;
  /** what was written by bookmark or as a path of the cluster, and the place that it is */
  readonly places?: Readonly<Record<string, Place>>;
  readonly params: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
  /** space that the run claims for some of its steps; absent: none */
  readonly claims?: readonly PoolClaim[] | undefined;
  /** directory that relative paths of scripts were taken from, and where qsub is started; absolute */
  readonly workdir: string;
}
