import type {LimitValues} from '../transfer/limits.ts';
import type {TransferItem} from '../transfer/submission.ts';
import type {TaskCounts, TaskState} from '../transfer/task-state.ts';
import type {Copied, CopyPace} from './copy-file.ts';
import {asFault, type Fault, type Side, systemCode} from './fault.ts';
import type {Included} from './filter-rules.ts';
import type {Gate} from './gate.ts';
import type {Ground} from './held-directories.ts';
import type {Temporaries} from './temporaries.ts';
import type {Throttle} from './throttle.ts';

/** A piece of a transfer that is still to do. What fails comes back as it was, to be tried again. */
export type Work = {readonly kind: 'item'; readonly item: TransferItem} | FileWork | DirectoryWork | LinkWork;

/** Where both really lie on this machine, without links on the way, and the paths in which clients speak of them. */
export interface Pair {
  readonly from: string;
  /** how the walk came to `from`, links not resolved */
  readonly trail: string;
  readonly to: string;
  readonly sourcePath: string;
  readonly destinationPath: string;
}

interface Found extends Pair {
  /** the item that led to it */
  readonly item: TransferItem;
}
export interface FileWork extends Found {
  readonly kind: 'file';
}
export interface DirectoryWork extends Found {
  readonly kind: 'directory';
}
export interface LinkWork extends Found {
  readonly kind: 'link';
}

/** What a round needs from the task it works for, and tells it. */
export interface TransferTools {
  readonly options: TaskState['options'];
  readonly counts: TaskCounts;
  readonly isIncluded: Included;
  readonly limits: Pick<LimitValues, 'files' | 'entries'>;
  readonly source: Ground;
  readonly destination: Ground;
  readonly gate: Gate;
  readonly throttle: Throttle;
  /** aborts when the task is over, or the stand-in closes */
  readonly signal: AbortSignal;
  readonly temporaries: Temporaries;
  /** destination paths that were copied before a restart */
  readonly finished: ReadonlySet<string>;
  /** @throws {Fault} when one was ordered for the path */
  meetPlanned(side: Side, path: string): void;
  succeeded(file: {sourcePath: string; destinationPath: string; algorithm: string} & Copied): void;
  skipped(fault: Fault, sourcePath: string | null, destinationPath: string | null, directory: boolean): void;
  faulted(fault: Fault): void;
}

/** The tools of one round, whose signal also aborts when one of its parts has ended the task. */
export type Tools = TransferTools & {readonly pace: Omit<CopyPace, 'moved' | 'checksummed'>};

export const withPace = (task: TransferTools, signal: AbortSignal): Tools => ({
  ...task,
  pace: {
    signal,
    pass: () => task.gate.pass(signal),
    take: (bytes, left) => task.throttle.take(bytes, left, signal),
    stepBytes: task.throttle.stepBytes,
  },
});

/** Run a step that concerns the destination alone: what fails there is not the source's fault. */
export async function onDestination<Result>(path: string, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    throw error instanceof Error && systemCode(error) ? asFault(error, 'destination', path) : error;
  }
}

/** Do one piece; a fault is noted and the piece kept for another try, or passed over where the task says so. */
export type Attempt = (work: Work, act: () => Promise<void>) => Promise<void>;
