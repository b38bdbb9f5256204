import type {Place, TransferOptions} from '../transfer/transfer-service.ts';

/** What must have happened before a step may start. */
export interface Conditions {
  /** all of these succeeded */
  readonly needs: readonly string[];
  /** at least one of these failed */
  readonly onFailureOf: readonly string[];
  /** all of these ended, either way */
  readonly after: readonly string[];
}

export type Strategy = 'monitor';

export interface TransferStep extends Conditions {
  readonly kind: 'transfer';
  readonly name: string;
  /** collection ids (UUIDs), friendly names already resolved */
  readonly from: Place;
  readonly to: Place;
  readonly recursive: boolean;
  readonly options: TransferOptions;
  readonly strategy: Strategy;
}

export interface JobStep extends Conditions {
  readonly kind: 'job';
  readonly name: string;
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
}

export type Step = TransferStep | JobStep;

/** The normal form of a workflow: defaults filled in, names and params resolved, steps in the order of the file. */
export interface Workflow {
  /** run name when `--name` is not given */
  readonly name: string;
  /** friendly name to collection id */
  readonly collections: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
  /** directory that relative paths of scripts were taken from, and where qsub is started; absolute */
  readonly workdir: string;
}
