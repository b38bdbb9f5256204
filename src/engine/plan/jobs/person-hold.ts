import type {JobRecord} from '../../../ledger/run-facts.ts';
import type {LiveJob} from '../../../scheduler/scheduler.ts';

/** A user hold that a person put on a job: with qhold, or by `#PBS -h` in its script. */
export interface PersonHold {
  /** who, as PBS writes it */
  readonly by: string;
  /** when, as PBS writes it, in the time zone of its server; absent for one of the script's own */
  readonly on?: string;
}

const OF_THE_SCRIPT: PersonHold = {by: 'its script (#PBS -h)'};

/**
 * A user hold on a job of a run that a person put there, beside or in place of one of ours. Pure.
 *
 * PBS writes "Job held by USER on DATE" into the comment at every qhold, not where a job is submitted under a hold
 * (qsub -h), and removes it with the hold (measured on OpenPBS 23.06). `stage hold` uses qhold, too, and records the
 * comments of its own: while one stands, another comment is that of a person who put a hold beside it. Beside a hold
 * of an operator the comment is about that.
 *
 * @returns undefined for one that `stage release` has taken over since
 */
export function personHold(record: JobRecord, at: LiveJob): PersonHold | undefined {
  if (!at.userHold || at.holds?.includes('operator') || isHandedOver(record, at)) return undefined;
  const written = readQholdComment(at.comment);
  if (hasHoldOfRun(record)) return isOfRun(record, at) ? undefined : written;
  return written ?? (record.intent.ownHold ? OF_THE_SCRIPT : undefined);
}

/** `stage hold` has put a user hold on the job, or was about to, and has not taken it back. */
export function hasHoldOfRun({holds}: JobRecord): boolean {
  return holds.intended.some((number) => !holds.ended.includes(number));
}

/** What PBS shows is that hold, so far as is known. */
function isOfRun({holds: {ended, comments}}: JobRecord, {comment}: LiveJob): boolean {
  const ours = comments.filter(({hold}) => !ended.includes(hold));
  return ours.length === 0 || ours.some((one) => one.comment === '' || one.comment === comment);
}

/** `stage release` has taken over the very hold that PBS shows: it ends as one of ours does. */
export function isHandedOver({handedOver}: JobRecord, {userHold, comment}: LiveJob): boolean {
  return userHold && handedOver.includes(comment ?? '');
}

/** What qhold left in a job's comment; undefined for any other comment. */
export function readQholdComment(comment: string | undefined): PersonHold | undefined {
  const [, by, on] = /^Job held by (\S+) on (.+)$/.exec(comment ?? '') ?? [];
  return by === undefined || on === undefined ? undefined : {by, on};
}
