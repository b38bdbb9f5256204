import type {JobArray} from '../../base/job-array.ts';
import type {DependencyType} from '../../scheduler/scheduler.ts';

/** What `stage job submit` was asked for. */
export interface SubmitRequest {
  readonly script: string;
  /** makes it safe to repeat: the same name twice is one job */
  readonly name: string | undefined;
  /** submit a new job under a name that is already in use already */
  readonly again: boolean;
  readonly jobName: string | undefined;
  readonly queue: string | undefined;
  readonly account: string | undefined;
  readonly project: string | undefined;
  readonly resources: Readonly<Record<string, string>>;
  /** `NAME=VALUE` or `NAME`, for the script's environment */
  readonly variables: readonly string[];
  readonly hold: boolean;
  readonly array: JobArray | undefined;
  readonly after: Readonly<Record<DependencyType, readonly string[]>>;
  readonly extra: readonly string[];
}
