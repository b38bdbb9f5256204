import type {JobId} from '../base/job-id.ts';

// Decides what became of a submission whose confirmation is missing; resolve.ts asks PBS and records it.

/** A submission to PBS, as far as it is on record. */
export interface SubmissionRecord {
  readonly tag: string;
  /** until when the process that wrote the intent may still be at it, in milliseconds since the epoch */
  readonly deadline: number;
  readonly job?: JobId | undefined;
  /** the job that says itself that it has begun */
  readonly begun?: JobId | undefined;
  readonly refused?: unknown;
  readonly neverArrived: boolean;
}

/** What became of it is not on record: a process is submitting it, or died while it was. Pure. */
export function isOpen({job, refused, neverArrived}: SubmissionRecord): boolean {
  return !job && !refused && !neverArrived;
}

/** PBS is to be asked what became of it: the process that wrote the intent can no longer be at it. Pure. */
export function isOverdue(record: SubmissionRecord, now: number): boolean {
  return isOpen(record) && now > record.deadline;
}

/** A qsub whose answer was lost may be in the hands of a server that stands still; it is taken when that goes on. */
const LATE_ARRIVAL_MS = 60 * 60_000;

/** It was given up a short time ago, and PBS may take it all the same: it is still looked for. Pure. */
export function mayArriveLate({job, refused, neverArrived, deadline}: SubmissionRecord, now: number): boolean {
  return neverArrived && !job && !refused && now > deadline && now < deadline + LATE_ARRIVAL_MS;
}

/** What became of a submission whose confirmation is missing. */
export type Resolution =
  | {readonly is: 'adopted'; readonly job: JobId; readonly why: string}
  | {readonly is: 'never-arrived'; readonly why: string};

/**
 * What became of a submission whose confirmation is missing. Pure.
 *
 * @param begun the job that says itself that it has begun
 * @param found the job that PBS has with the tag; null when it answered after the deadline, and has none; undefined when
 *   that is not known
 * @returns undefined when nothing may be concluded
 */
export function resolutionOf(begun: JobId | undefined, found: JobId | null | undefined): Resolution | undefined {
  if (begun) return {is: 'adopted', job: begun, why: 'it started, so it was submitted'};
  if (found === undefined) return undefined;
  return found === null
    ? {is: 'never-arrived', why: 'PBS holds no job with its tag'}
    : {is: 'adopted', job: found, why: 'found at PBS by its tag'};
}
