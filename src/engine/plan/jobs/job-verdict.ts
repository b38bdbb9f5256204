import type {JobArray} from '../../../base/job-array.ts';
import type {JobId} from '../../../base/job-id.ts';
import {type Attempt, type EndMarker, hasBegun, type JobRecord, type Markers} from '../../../ledger/run-facts.ts';
import type {EndedJob, JobSeen, LiveJob} from '../../../scheduler/scheduler.ts';
import type {Observed, PlanSettings} from '../actions.ts';
import {type ArrayTally, indicesOf, tallySubjobs} from './array-tally.ts';
import {seenForAttempt} from './job-seen.ts';

/** What is known of the job that runs a step's script. */
export type JobVerdict =
  | {readonly is: 'live'; readonly seen: LiveJob}
  | {
      readonly is: 'ended';
      readonly succeeded: boolean;
      readonly why: string;
      readonly exitStatus?: number;
      /** it was deleted while it ran, and not by us */
      readonly deletedByHand?: true | undefined;
    }
  /** PBS does not know it, and the grace time has begun (`noted`) or must begin */
  | {readonly is: 'absent'; readonly noted: boolean}
  | {
      readonly is: 'lost';
      readonly started: boolean;
      readonly why: string;
      /** its user hold was ended by hand before its needs had succeeded: it ran nothing */
      readonly unpermitted?: true;
    }
  /** it was deleted before it ran; it is submitted again only at the request of a person */
  | {readonly is: 'deleted-by-hand'; readonly why: string}
  | {readonly is: 'no-evidence'; readonly why: string};

/** What pbs/job-wrapper.sh ends with when what lets it run is missing. */
const NOT_PERMITTED = 96;
/** Of a job that found another script in the place of the one that was recorded. */
export const ALTERED_EXIT = 94;
export const ALTERED = 'its script was not the one that was recorded, and was not run';
/** What pbs/job-wrapper.sh ends with when it did not run the script: the facts that let it run are not there; it cannot record a start. */
const DID_NOTHING: ReadonlyMap<number, string> = new Map([
  [NOT_PERMITTED, 'PBS started it although it may not run yet, and it did nothing'],
  [ALTERED_EXIT, ALTERED],
  [97, 'its node could not record a start in the state directory, and the script was not run'],
]);
/** What it ends with when PBS starts a job again whose step may not be run a second time. */
const INTERRUPTED = 95;

const LET_GO_EARLY: JobVerdict = {
  is: 'lost',
  started: false,
  why: 'it was released by hand (qrls) before what it waits for had ended, and its script was not run',
  unpermitted: true,
};

/** @param attempt of which no end is on record */
function foundAltered(attempt: Attempt): JobVerdict {
  return {is: 'lost', started: hasBegun(attempt), why: ALTERED};
}

/**
 * It said itself that it had no permit; or PBS says that it ended so, while none is on record.
 *
 * @param exitStatus of a job that has not begun
 */
function wasLetGoEarly({unpermitted, intent, releaseIntended}: JobRecord, exitStatus?: number): boolean {
  return unpermitted || (exitStatus === NOT_PERMITTED && intent.hold && !releaseIntended);
}

/** The job that holds the claim of an attempt, else the one that was confirmed. A job that started is the one, whatever was recorded at submission. */
export function jobOf(attempt: Attempt, record: JobRecord): JobId | undefined {
  return attempt.starts.findLast((start) => start.job !== undefined)?.job ?? record.job;
}

/**
 * How a job stands. The order of evidence: its own exit marker, PBS's history, PBS no longer knowing it.
 * What could not be learnt concludes nothing.
 */
export function judgeJob(
  attempt: Attempt,
  record: JobRecord,
  seen: Observed,
  settings: PlanSettings,
  array?: JobArray,
): JobVerdict {
  const id = jobOf(attempt, record);
  if (!id) return {is: 'no-evidence', why: 'its submission has not been confirmed'};
  const atPbs: JobSeen = seenForAttempt(seen, attempt, id) ?? {
    kind: 'no-evidence',
    why: 'PBS has not been queried since it was submitted',
  };
  if (array) return judgeArray(attempt, record, array, atPbs, seen, settings);
  const end = attempt.ends.get(attempt.starts.length);
  if (end && !end.terminated && isDelivered([end], atPbs)) return fromMarker(end);
  switch (atPbs.kind) {
    case 'live':
      return {is: 'live', seen: atPbs};
    case 'ended':
      return fromHistory(atPbs, attempt, record, end);
    case 'no-evidence':
      return {is: 'no-evidence', why: atPbs.why};
    case 'unknown':
      return fromAbsence(attempt, record, end, seen.now, settings);
  }
}

/** Where PBS delivers what a script wrote, it is in its place when PBS has ended the job: nothing may follow it earlier. */
function isDelivered(ends: readonly EndMarker[], atPbs: JobSeen): boolean {
  return atPbs.kind === 'ended' || atPbs.kind === 'unknown' || !ends.some(({delivers}) => delivers);
}

function fromMarker(end: EndMarker): JobVerdict {
  return {is: 'ended', succeeded: end.exit === 0, why: `exit status ${end.exit}`, exitStatus: end.exit};
}

function fromHistory(job: EndedJob, attempt: Attempt, record: JobRecord, end: EndMarker | undefined): JobVerdict {
  if (!hasBegun(attempt) && wasLetGoEarly(record, job.exitStatus)) return LET_GO_EARLY;
  if (attempt.altered && !end) return foundAltered(attempt);
  if (job.how === 'ran' && job.exitStatus !== undefined) {
    const exitStatus = job.exitStatus;
    const nothing = !hasBegun(attempt) ? DID_NOTHING.get(exitStatus) : undefined;
    if (nothing) return {is: 'lost', started: false, why: nothing};
    if (exitStatus === INTERRUPTED && hasBegun(attempt)) {
      return {is: 'lost', started: true, why: 'it was interrupted, and PBS started it again'};
    }
    const why =
      hasBegun(attempt) || exitStatus === 0 ? job.reason : `${job.reason}, before its wrapper could record a start`;
    // A script that was told to end by qdel may end with 0: it was not left to do its work.
    const succeeded = exitStatus === 0 && !job.deletedRunning;
    return {is: 'ended', succeeded, why, exitStatus, deletedByHand: isDeletedByHand(job, record)};
  }
  if (hasBegun(attempt)) {
    if (end) return fromMarker(end);
    return {is: 'lost', started: true, why: `it started, and PBS ended it without an exit status (${job.reason})`};
  }
  if (record.deleteIntended) return {is: 'lost', started: false, why: 'deleted before it started'};
  if (job.how === 'deleted') return {is: 'deleted-by-hand', why: 'it was deleted before it started'};
  return isRefusedByOwnDependency(job, record)
    ? OWN_DEPENDENCY
    : {is: 'lost', started: false, why: 'PBS removed it before it started'};
}

/** It was deleted while it ran, and nothing of stage asked for that. */
function isDeletedByHand(job: JobSeen, {deleteIntended}: JobRecord): true | undefined {
  return (job.kind === 'ended' && job.deletedRunning && !deleteIntended) || undefined;
}

/** stage named no job for it to wait for: its script did, and another attempt would be removed as well. */
function isRefusedByOwnDependency({byDependency}: EndedJob, {intent}: JobRecord): boolean {
  return byDependency === true && intent.dependsOn.length === 0;
}

const OWN_DEPENDENCY: JobVerdict = {
  is: 'ended',
  succeeded: false,
  why: 'PBS removed it before it started: what the #PBS -W depend= of its script waits for did not end so',
};

function fromAbsence(
  attempt: Attempt,
  record: JobRecord,
  end: EndMarker | undefined,
  now: number,
  settings: PlanSettings,
): JobVerdict {
  const started = hasBegun(attempt);
  if (!started && record.unpermitted) return LET_GO_EARLY;
  if (attempt.altered && !end) return foundAltered(attempt);
  if (record.deleteIntended && !started) return {is: 'lost', started: false, why: 'deleted before it started'};
  const fresh = freshAbsence(record, now, settings);
  if (fresh) return fresh;
  // It was told to end, and perhaps did. One answer alone that PBS does not know it would not prove that: it may be requeued.
  if (end || attempt.terminated.has(attempt.starts.length)) {
    const why = 'ended by PBS (SIGTERM: walltime, or qdel)';
    return {is: 'ended', succeeded: false, why, exitStatus: end?.exit};
  }
  const why = started ? 'it started, and PBS no longer knows it' : 'PBS no longer knows it';
  return {is: 'lost', started, why};
}

/** It has not lasted long enough that PBS no longer knows the job: one from another node may still be on its way. */
function freshAbsence({absentSince}: JobRecord, now: number, settings: PlanSettings): JobVerdict | undefined {
  if (absentSince === undefined) return {is: 'absent', noted: false};
  return now - absentSince < settings.lostGraceMs ? {is: 'absent', noted: true} : undefined;
}

/**
 * How an array stands: by the markers of its subjobs, and by PBS where those are missing.
 *
 * PBS's own exit status of an array is that of the last subjob to end, and tells nothing of the others
 * (measured on OpenPBS 23.06), so it is not used.
 */
function judgeArray(
  attempt: Attempt,
  record: JobRecord,
  range: JobArray,
  atPbs: JobSeen,
  seen: Observed,
  settings: PlanSettings,
): JobVerdict {
  const counted = tallySubjobs(attempt, range);
  const ends = [...attempt.indices.values()].flatMap((markers) => [...markers.ends.values()]);
  const complete = counted.open.length === 0 && counted.notStarted === 0;
  if (complete && isDelivered(ends, atPbs)) return concluded(counted);
  if (atPbs.kind === 'live') return {is: 'live', seen: atPbs};
  if (atPbs.kind === 'no-evidence') return {is: 'no-evidence', why: atPbs.why};
  if (!hasBegun(attempt) && attempt.altered) return foundAltered(attempt);
  if (!hasBegun(attempt)) return neverBegun(record, atPbs, seen, settings);
  // It is over, and markers are missing: one from another node may still be on its way through the file system.
  const fresh = freshAbsence(record, seen.now, settings);
  if (fresh) return fresh;
  const notStarted = indicesOf(range).filter((index) => !attempt.indices.has(index));
  const ended = counted.open.filter((index) => wasTerminated(attempt.indices.get(index)));
  const noneFailed = counted.failed.length === 0 && ended.length === 0;
  // Subjobs that were started before the permit was there ran nothing: another attempt does what is missing.
  if (record.unpermitted && noneFailed && notStarted.length > 0) return LET_GO_EARLY;
  if (attempt.altered && noneFailed && notStarted.length > 0) return foundAltered(attempt);
  // As of a single job: where PBS says that it ran to an end, one that left no marker was killed, and has failed.
  const ran = atPbs.kind === 'ended' && atPbs.how === 'ran';
  const interrupted =
    (counted.open.length > ended.length && !ran) || (atPbs.kind === 'unknown' && counted.notStarted > 0);
  if (interrupted && noneFailed)
    return {is: 'lost', started: true, why: `${subjobsInWords([...counted.open, ...notStarted])} did not end`};
  const over = [...ended, ...counted.open, ...notStarted].map((index) => ({index, exit: undefined}));
  const deletedByHand = over.length > 0 ? isDeletedByHand(atPbs, record) : undefined;
  return {...concluded({...counted, failed: [...counted.failed, ...over]}), deletedByHand};
}

function neverBegun(record: JobRecord, atPbs: JobSeen, seen: Observed, settings: PlanSettings): JobVerdict {
  const lost = (why: string): JobVerdict => ({is: 'lost', started: false, why});
  // PBS shows 1 for any exit status of a subjob that is not 0 (measured on OpenPBS 23.06).
  const ran = atPbs.kind === 'ended' && atPbs.how === 'ran' && atPbs.exitStatus !== 0;
  if (wasLetGoEarly(record, ran ? NOT_PERMITTED : undefined)) return LET_GO_EARLY;
  if (record.deleteIntended) return lost('deleted before it started');
  if (atPbs.kind === 'ended')
    return atPbs.how === 'deleted'
      ? {is: 'deleted-by-hand', why: 'it was deleted before it started'}
      : isRefusedByOwnDependency(atPbs, record)
        ? OWN_DEPENDENCY
        : lost('PBS ended it before any subjob started');
  const fresh = freshAbsence(record, seen.now, settings);
  if (fresh) return fresh;
  return lost('PBS no longer knows it');
}

function concluded(counted: ArrayTally): JobVerdict & {is: 'ended'} {
  const [first] = counted.failed;
  const all = counted.succeeded.length + new Set(counted.failed.map(({index}) => index)).size;
  if (!first) return {is: 'ended', succeeded: true, why: `all ${all} subjobs exited with 0`, exitStatus: 0};
  const failed = [...new Set(counted.failed.map(({index}) => index))];
  const how = first.exit === undefined ? 'was ended before it was done' : `exited with ${first.exit}`;
  return {
    is: 'ended',
    succeeded: false,
    why: `${failed.length} of ${all} subjobs failed: ${subjobsInWords(failed)}; subjob ${first.index} ${how}`,
    exitStatus: first.exit,
  };
}

function wasTerminated(markers: Markers | undefined): boolean {
  const count = markers?.starts.length ?? 0;
  return markers !== undefined && (markers.ends.has(count) || markers.terminated.has(count));
}

function subjobsInWords(indices: readonly number[]): string {
  const shown = [...indices].sort((a, b) => a - b).slice(0, 10);
  const more = indices.length - shown.length;
  return `subjob${indices.length === 1 ? '' : 's'} ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
