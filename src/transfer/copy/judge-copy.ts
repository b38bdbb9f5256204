import type {JobId} from '../../base/job-id.ts';
import type {JobSeen} from '../../scheduler/scheduler.ts';
import {isOpen, isOverdue} from '../../submission/resolution.ts';
import type {CopyJobRecord} from './copy-facts.ts';

/** What is to be done about a copy now, or how it stands. */
export type CopyVerdict =
  | {
      readonly is: 'ended';
      readonly state: 'succeeded' | 'failed' | 'cancelled';
      readonly code: string;
      readonly why: string;
    }
  | {readonly is: 'submit'; readonly number: number}
  /** what became of its submission: PBS is asked for its tag, unless it has begun */
  | {readonly is: 'resolve'; readonly job: CopyJobRecord}
  | {readonly is: 'note-absent'; readonly number: number}
  /** PBS has lost it: nothing is to run under its claim any more */
  | {readonly is: 'give-up'; readonly number: number}
  | {readonly is: 'delete'; readonly job: JobId}
  | {readonly is: 'no-evidence'; readonly why: string}
  | {readonly is: 'wait'; readonly state: 'queued' | 'active'; readonly trouble?: string | undefined};

export interface CopyView {
  /** oldest first */
  readonly jobs: readonly CopyJobRecord[];
  /** what PBS shows of the newest */
  readonly seen: JobSeen | undefined;
  readonly cancelled: boolean;
  readonly now: number;
  /** how long PBS must not know a job before it counts as lost */
  readonly lostGraceMs: number;
}

/** After a refusal that may pass by itself. */
const REFUSED_PAUSE_MS = 30_000;
/** So many jobs in a row that moved nothing are no accident. */
const MOST_IN_VAIN = 5;

/** How a copy stands, by what its jobs have put on record and what PBS shows of the newest. Pure. */
export function judgeCopy({jobs, seen, cancelled, now, lostGraceMs}: CopyView): CopyVerdict {
  const arrived = jobs.find(({end}) => end?.code === '');
  if (arrived) return {is: 'ended', state: 'succeeded', code: '', why: ''};
  const newest = jobs.at(-1);
  const done = (state: 'failed' | 'cancelled', code: string, why: string): CopyVerdict => ({
    is: 'ended',
    state,
    code,
    why,
  });
  const again = (): CopyVerdict => {
    if (cancelled) return done('cancelled', 'CANCELLED', 'the transfer was cancelled');
    if (inVain(jobs) >= MOST_IN_VAIN)
      return done('failed', 'LOST', `its job was lost ${MOST_IN_VAIN} times, and had moved nothing`);
    return {is: 'submit', number: (newest?.number ?? 0) + 1};
  };
  if (!newest) return again();
  const {number, end, refused, neverArrived, begun, lost} = newest;
  if (end)
    return end.code === TERMINATED ? afterTermination(seen, cancelled, again, done) : done('failed', end.code, end.why);
  if (lost) return again();
  if (refused) {
    if (cancelled) return again();
    if (!refused.retry) return done('failed', 'REFUSED', refused.why);
    if (now < refused.at + REFUSED_PAUSE_MS) return {is: 'wait', state: 'queued', trouble: refused.why};
    return again();
  }
  const job = newest.job ?? begun;
  if (!job) {
    if (neverArrived) return {is: 'give-up', number};
    if (isOpen(newest) && isOverdue(newest, now)) return {is: 'resolve', job: newest};
    return {is: 'wait', state: 'queued'};
  }
  if (!newest.job && !neverArrived) return {is: 'resolve', job: newest};
  if (!seen || seen.kind === 'no-evidence')
    return {is: 'no-evidence', why: seen?.why ?? 'PBS was not asked about its job'};
  if (seen.kind === 'live') {
    if (cancelled) return {is: 'delete', job};
    if (begun) return {is: 'wait', state: 'active'};
    return {is: 'wait', state: 'queued', trouble: seen.holds ? `its job ${job} is held` : undefined};
  }
  if (cancelled) return again();
  if (deletedByHand(seen)) return done('cancelled', 'DELETED', `its job ${job} was deleted`);
  if (newest.absentSince === undefined) return {is: 'note-absent', number};
  if (now - newest.absentSince < lostGraceMs) return {is: 'wait', state: begun ? 'active' : 'queued'};
  return {is: 'give-up', number};
}

export const TERMINATED = 'TERMINATED';

/** It was told to end: by a person, who deleted it, or by its walltime or its node, after which another goes on. */
function afterTermination(
  seen: JobSeen | undefined,
  cancelled: boolean,
  again: () => CopyVerdict,
  done: (state: 'cancelled', code: string, why: string) => CopyVerdict,
): CopyVerdict {
  if (cancelled) return again();
  if (!seen || seen.kind === 'no-evidence')
    return {is: 'no-evidence', why: seen?.why ?? 'PBS was not asked about its job'};
  if (seen.kind === 'live') return {is: 'wait', state: 'active'};
  return deletedByHand(seen) ? done('cancelled', 'DELETED', 'its job was deleted') : again();
}

/** What a person deleted stays deleted (docs/decisions/0006). */
function deletedByHand(seen: JobSeen): boolean {
  return seen.kind === 'ended' && (seen.how === 'deleted' || seen.deletedRunning === true);
}

/** How many of the last jobs came to nothing, one after the other. */
function inVain(jobs: readonly CopyJobRecord[]): number {
  const last = jobs.findLastIndex(({end, refused}) => (end?.bytes ?? 0) > 0 || refused !== undefined);
  return jobs.length - 1 - last;
}
