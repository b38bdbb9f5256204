/** What is asked of the file systems of this cluster, and what came of it: values, as they are put on record. */

/** A file or directory as it was when it was recorded. */
export interface Thing {
  /** which of the paths of the step it belongs to; absent: the first */
  readonly root?: number | undefined;
  /** below that path; empty for what lies at the path itself */
  readonly path: string;
  readonly kind: ThingKind;
  /** of the file system, as the host saw it that recorded it: another host may have another number for it */
  readonly device: string;
  /** of the file in its file system (inode) */
  readonly number: string;
  readonly size: number;
  /** when it was last written, in nanoseconds since the epoch */
  readonly mtime: string;
}

export type ThingKind = 'file' | 'directory' | 'link' | 'other';

/** What a step wants of the file systems; all paths are absolute, without `.`, `..` and doubled slashes. */
export type ActRequest =
  | {readonly act: 'remove'; readonly paths: readonly string[]; readonly below: readonly string[]}
  | {readonly act: 'move'; readonly from: string; readonly to: string; readonly below: readonly string[]}
  | {readonly act: 'link'; readonly from: string; readonly into: readonly string[]};

/** How much of an act is done at once. */
export interface ActBounds {
  readonly entries: number;
  readonly ms: number;
}

/** What an act is about, as far as that is recorded. */
export interface ActScope {
  readonly things: readonly Thing[];
  /** everything is recorded: the act may begin */
  readonly whole: boolean;
  /** the host that recorded it */
  readonly host: string;
  /** it moves from one file system to another */
  readonly across: boolean;
  /** how many bytes have to be copied, since file systems differ */
  readonly copyBytes: number;
}

/**
 * How far an act is. `copy`, `put` and `remove` are the parts of a move from one file system to another: nothing is removed
 * before all of it is in its place. Everything else is done in one part.
 */
export interface ActProgress {
  readonly part: 'act' | 'copy' | 'put' | 'remove';
  /** how many of the things of this part have been seen to */
  readonly done: number;
  /** bytes of the next file that are known to be as in its source */
  readonly compared?: number | undefined;
  /** how many were removed, moved or linked */
  readonly acted: number;
  /** of these, how many had to be copied */
  readonly copied: number;
  /** how many were not there any more */
  readonly gone: number;
  /** how many were left alone, since they are not what was recorded, or the file system refused */
  readonly left: number;
  /** the first few of these, with the reason */
  readonly told: readonly string[];
  readonly finished?: true | undefined;
}

export const NO_PROGRESS: ActProgress = {part: 'act', done: 0, acted: 0, copied: 0, gone: 0, left: 0, told: []};

export type ActTask =
  /** learn what the act is about, going on after what is recorded */
  | {
      readonly do: 'list';
      readonly request: ActRequest;
      readonly known: readonly Thing[] /** a rename has shown that file systems differ */;
      readonly across?: boolean | undefined;
      readonly bounds: ActBounds;
    }
  /** act on what is recorded, and on nothing else, going on from there */
  | {
      readonly do: 'act';
      readonly request: ActRequest;
      readonly scope: ActScope;
      readonly progress: ActProgress;
      /** part of the names of what is being copied: of this attempt, and of no other */
      readonly tag: string;
      readonly bounds: ActBounds;
    }
  /** remove what a copy has left that is not to be finished */
  | {readonly do: 'tidy'; readonly request: ActRequest; readonly tag: string};

export type ActDone =
  | ({readonly is: 'listed'} & ActScope)
  | {readonly is: 'advanced'; readonly progress: ActProgress; readonly trouble?: ActTrouble | undefined}
  /** a rename leads to another file system, which its number did not show: it has to be copied */
  | {readonly is: 'across'}
  | {readonly is: 'tidied'}
  /** it cannot be done, and not later either */
  | {readonly is: 'refused'; readonly why: string}
  /** it could not be done now */
  | {readonly is: 'trouble'; readonly trouble: ActTrouble};

/** What the operating system said, where that may pass: a disk that is full, a file server that is away. */
export interface ActTrouble {
  readonly code: string;
  readonly path: string;
  readonly said: string;
}

/** Does acts, in this process or in another one. */
export interface Acts {
  /**
   * What the file system says is in the answer.
   *
   * @param reach for tests, which may have a process die there: called before and after each change
   */
  perform(task: ActTask, reach?: (point: string) => void): Promise<ActDone>;
}

/** An act on more things is a job's. */
export const MOST_THINGS = 100_000;
