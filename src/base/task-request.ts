/** Where something lies: a collection's id (a UUID) and a path on it. */
export interface Place {
  readonly collection: string;
  readonly path: string;
  /** as which of several local accounts of the identity a mapped collection is to act; absent: its default */
  readonly localUser?: string | undefined;
}

/** The path of the directory above, with its `/`: `/a/` for `/a/b` and `/a/b/`; empty for what has none above. */
export function pathAbove(path: string): string {
  return path.replace(/\/+$/, '').replace(/[^/]*$/, '');
}

/** Of which ends of a task Globus writes a mail to its owner. */
export const NOTIFY_ON = ['succeeded', 'failed', 'inactive'] as const;
export type NotifyOn = (typeof NOTIFY_ON)[number];

export interface TransferOptions {
  /** Globus `sync_level`: 0 exists, 1 size, 2 mtime, 3 checksum; absent copies everything */
  readonly syncLevel?: 0 | 1 | 2 | 3;
  readonly verifyChecksum: boolean;
  readonly preserveTimestamp: boolean;
  readonly encryptData: boolean;
  /** ISO 8601 instant after which Globus gives up */
  readonly deadline?: string;
  /** the same, counted from when the task is submitted, in milliseconds */
  readonly deadlineAfterMs?: number | undefined;
  /** tried in order on the names met while walking directories: the first that fits decides, and none includes */
  readonly filters?: readonly FilterRule[];
  /** remove at the destination of a directory what the source does not have */
  readonly deleteExtra?: true;
  /** pass over files of the source that are missing or may not be read */
  readonly skipSourceErrors?: true;
  /** a full quota at the destination ends the task, instead of being tried again */
  readonly failOnQuota?: true;
  /** links met while walking directories: created at the destination, or what they lead to copied; absent leaves them out */
  readonly symlinks?: 'keep' | 'copy';
  /** when Globus writes a mail; absent: as the profile says */
  readonly notify?: readonly NotifyOn[] | undefined;
}

/** Which names a transfer of directories takes along. Wildcards: `* ? [] [!]`. */
export interface FilterRule {
  readonly method: 'include' | 'exclude';
  readonly name: string;
  /** absent: both */
  readonly type?: 'file' | 'dir';
}

/** One file or directory of a transfer: absolute paths. */
export interface TransferItem {
  readonly from: string;
  readonly to: string;
  readonly recursive: boolean;
  /** of the file, in hex; a mismatch fails the whole task */
  readonly checksum?: string;
  /** absent: MD5 */
  readonly checksumAlgorithm?: string;
}

/** How a transfer is made that Globus does not make. */
export type Way =
  /** by a job of stage itself, which copies */
  | {readonly by: 'copy'}
  /** by a program of the site (docs/transfer-plugins.md), absolute path */
  | {readonly by: 'command'; readonly program: string};

/** One transfer task to be asked for. */
export interface TransferRequest {
  /** absent: by Globus. Collections are hosts otherwise, and `localhost` is the cluster */
  readonly via?: Way | undefined;
  /** at most 128 characters, no CR or LF, no white space at either end; says run and step */
  readonly label: string;
  readonly sourceCollection: string;
  readonly destinationCollection: string;
  /** as which local accounts the collections are to act; absent: their default */
  readonly sourceLocalUser?: string | undefined;
  readonly destinationLocalUser?: string | undefined;
  readonly items: readonly TransferItem[];
  readonly options: TransferOptions;
}

/** One delete task to be asked for. What is not there (any more) is no error. */
export interface DeleteRequest {
  readonly label: string;
  readonly collection: string;
  readonly localUser?: string | undefined;
  readonly paths: readonly string[];
  /** directories too, with all that is in them */
  readonly recursive: boolean;
  /** when Globus writes a mail; absent: as the profile says */
  readonly notify?: readonly NotifyOn[] | undefined;
}

/** What a task of ours is to do. */
export type TaskRequest = TransferRequest | DeleteRequest;
