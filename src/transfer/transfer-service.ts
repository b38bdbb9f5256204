import type {TaskId} from '../base/ids.ts';
import type {NoEvidence} from '../base/no-evidence.ts';
import type {Place, TaskRequest} from '../base/task-request.ts';

/** What one look found out about one task. */
export type TaskSeen =
  /** Globus could not be queried, or its answer could not be read: conclude nothing */
  | NoEvidence
  /** Globus answered, and lists no such task for this identity */
  | {readonly kind: 'unknown'}
  | TransferTask;

export interface TransferTask {
  readonly kind: 'task';
  readonly task: TaskId;
  /** what says so, as people know it; absent: Globus */
  readonly saidBy?: string | undefined;
  /**
   * The task as users meet it. `inactive` needs a person (a sign-in or consent); `cancelled` is Globus's
   * FAILED with fatal error CANCELED. Source: Globus Transfer API, "Task document".
   */
  readonly state: 'queued' | 'active' | 'paused' | 'inactive' | 'succeeded' | 'failed' | 'cancelled';
  readonly label: string;
  readonly sourceCollection: string;
  readonly destinationCollection: string;
  readonly sourceName: string;
  readonly destinationName: string;
  readonly bytesTransferred: number;
  readonly filesTransferred: number;
  readonly filesSkipped: number;
  /** files and directories passed over since their source could not be read; absent: none */
  readonly skippedErrors?: number;
  /** files found so far; grows while directories are walked */
  readonly files: number;
  readonly subtasksTotal: number;
  readonly subtasksPending: number;
  /** how much it is to move in all, where that is told; Globus tells none */
  readonly bytesTotal?: number | undefined;
  /** bytes per second, as the service reckons it; 0 when not known */
  readonly rate: number;
  readonly faults: number;
  /** what Globus says of a task that is not running smoothly, such as "file not found"; absent when all is well */
  readonly trouble?: string;
  /** its code, such as `FILE_NOT_FOUND` */
  readonly troubleCode?: string;
  /** why a task failed: `fatal_error` code and description */
  readonly fatalError?: {readonly code: string; readonly description: string};
  /** the manager of a collection cancelled it, and what they said */
  readonly cancelledByManager?: {readonly of: 'source' | 'destination' | 'both'; readonly message: string};
  readonly requestedAt: number;
  readonly completedAt?: number;
  readonly deadline?: number;
}

/** Globus works on so many transfers of a user at a time, and queues the others. Source: Globus Transfer API, limits. */
export const TRANSFERS_AT_ONCE = 3;

/** Nothing more will come of the task. */
export function taskHasEnded({state}: {readonly state: TransferTask['state'] | 'unknown'}): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}

export interface TaskEvent {
  readonly at: number;
  readonly code: string;
  readonly isError: boolean;
  readonly description: string;
  readonly details: string;
}

/** A file or directory that a task passed over, and why. A path is absent where the identity may not know it. */
export interface SkippedFile {
  readonly from?: string;
  readonly to?: string;
  readonly isDirectory: boolean;
  /** such as `PERMISSION_DENIED` */
  readonly code: string;
  readonly details: string;
}

/** One reason why a task is paused. */
export interface Pause {
  /** absent where Globus does not say which collection's manager it was */
  readonly collection?: {readonly id: string; readonly name: string};
  /** what the manager has to say; may be empty */
  readonly message: string;
  readonly since?: number;
}

export interface CollectionSeen {
  readonly id: string;
  readonly displayName: string;
  readonly owner: string;
  readonly entityType: string;
  /** asks for a recent sign-in of a person; such a collection has no `data_access` to consent to */
  readonly highAssurance?: boolean;
  /** how long a sign-in is good for there */
  readonly authenticationTimeoutMinutes?: number;
  /** id of the policy that a sign-in must meet there */
  readonly authenticationPolicy?: string;
  /** whom to write to about it */
  readonly contact?: string;
  /** a personal collection whose machine is not connected, or that its owner paused */
  readonly away?: 'not connected' | 'paused by its owner';
  /** Globus says that it cannot be used */
  readonly nonFunctional?: true;
}

export interface FileEntry {
  readonly name: string;
  readonly type: 'file' | 'dir' | 'other';
  readonly sizeBytes: number;
  /** a symbolic link; type and size are of what it leads to */
  readonly link?: true | undefined;
}

/** What can be changed of a task; what is undefined stays. */
export interface TaskChange {
  readonly label?: string | undefined;
  readonly deadline?: string | undefined;
}

/** Globus Transfer as the engine needs it. All methods but `look` throw
 *  {@link TransferUnreachable} (nothing may be concluded), {@link TransferRefused} or {@link SignInNeeded}. */
export interface TransferService {
  /** A fresh submission id for a request; for one to Globus where none is named. Store it before `submit`. */
  newSubmissionId(request?: TaskRequest): Promise<string>;
  /** Ask for a transfer or a deletion. The same submission id asked twice is still one task. */
  submit(submissionId: string, request: TaskRequest): Promise<TaskId>;
  /** Look at many tasks with one question (in chunks of 50). Never throws for what Globus says.
   *  @returns an entry for every id that was asked about */
  look(tasks: readonly TaskId[]): Promise<ReadonlyMap<TaskId, TaskSeen>>;
  /** Ask for the end of a task. One that has ended, or is not known, is left as it is: safe to repeat. */
  cancel(task: TaskId): Promise<void>;
  /** Give a task that has not ended another label or deadline (ISO 8601). @throws {TransferRefused} for one that has ended */
  update(task: TaskId, change: TaskChange): Promise<void>;
  /** Newest first. */
  events(task: TaskId, query?: {readonly limit?: number; readonly errorsOnly?: boolean}): Promise<readonly TaskEvent[]>;
  /** The newest transfer tasks of this identity, at most 1000 of them, newest first; when so asked only those that have not ended, and deletions too. */
  recent(query?: {readonly unfinished?: boolean; readonly deletions?: boolean}): Promise<readonly TransferTask[]>;
  /** Why a task is paused, a reason each; none when it is not. */
  pauses(task: TaskId): Promise<readonly Pause[]>;
  /** Some of the files that a task has moved, as absolute paths. @throws {TransferRefused} for a task that has not ended */
  moved(task: TaskId): Promise<readonly {readonly from: string; readonly to: string}[]>;
  /** What a task with `skipSourceErrors` passed over, at most `limit` of it; `more` when there is more. */
  skipped(task: TaskId, limit: number): Promise<{readonly files: readonly SkippedFile[]; readonly more: boolean}>;
  /** List one directory of a collection. @param most names at most; as many as that: there may be more */
  list(place: Place, most?: number): Promise<readonly FileEntry[]>;
  /** What lies at a path; undefined when there is nothing. */
  stat(place: Place): Promise<FileEntry | undefined>;
  /** Make one directory. @throws {TransferRefused} when it exists, or its parent does not */
  makeDirectory(place: Place): Promise<void>;
  collection(id: string): Promise<CollectionSeen>;
}
