import type {JobArray} from '../../base/job-array.ts';
import type {JobId} from '../../base/job-id.ts';
import {type Attempt, type EndMarker, hasBegun, type JobRecord} from '../../ledger/run-facts.ts';
import type {EndedJob, JobSeen} from '../../scheduler/scheduler.ts';
import type {Observed, PlanSettings} from './actions.ts';
import {judgeArray} from './array-verdict.ts';
import {seenForAttempt} from './job-seen.ts';
import type {JobVerdict} from './verdict.ts';

/** What pbs/job-wrapper.sh ends with when it did not run the script: the facts that let it run are not there; it cannot record a start. */
const DID_NOTHING: ReadonlyMap<number, string> = new Map([
  [96, 'PBS let it go although it may not run yet, and it did nothing'],
  [97, 'its node could not record a start in the state directory, and the script was not run'],
]);
/** What it ends with when PBS starts a job again whose step may not be run a second time. */
const INTERRUPTED = 95;

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
    why: 'PBS has not been asked since it was submitted',
  };
  if (array) return judgeArray(attempt, record, array, atPbs, seen, settings);
  const end = attempt.ends.get(attempt.starts.length);
  if (end && !end.terminated) return fromMarker(end);
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

function fromMarker(end: EndMarker): JobVerdict {
  return {is: 'ended', succeeded: end.exit === 0, why: `exit status ${end.exit}`, exitStatus: end.exit};
}

function fromHistory(job: EndedJob, attempt: Attempt, record: JobRecord, end: EndMarker | undefined): JobVerdict {
  if (job.how === 'ran' && job.exitStatus !== undefined) {
    const exitStatus = job.exitStatus;
    const nothing = !hasBegun(attempt) ? DID_NOTHING.get(exitStatus) : undefined;
    if (nothing) return {is: 'lost', started: false, why: nothing};
    if (exitStatus === INTERRUPTED && hasBegun(attempt)) {
      return {is: 'lost', started: true, why: 'it was interrupted, and PBS started it again'};
    }
    const why =
      hasBegun(attempt) || exitStatus === 0 ? job.reason : `${job.reason}, before its wrapper could record a start`;
    return {is: 'ended', succeeded: exitStatus === 0, why, exitStatus};
  }
  if (hasBegun(attempt)) {
    if (end) return fromMarker(end);
    return {is: 'lost', started: true, why: `it started, and PBS ended it without an exit status (${job.reason})`};
  }
  if (record.deleteIntended) return {is: 'lost', started: false, why: 'deleted before it started'};
  if (job.how === 'deleted') return {is: 'deleted-by-hand', why: 'somebody deleted it before it started'};
  return {is: 'lost', started: false, why: 'PBS removed it before it started'};
}

function fromAbsence(
  attempt: Attempt,
  record: JobRecord,
  end: EndMarker | undefined,
  now: number,
  settings: PlanSettings,
): JobVerdict {
  const started = hasBegun(attempt);
  if (record.deleteIntended && !started) return {is: 'lost', started: false, why: 'deleted before it started'};
  if (record.absentSince === undefined) return {is: 'absent', noted: false};
  if (now - record.absentSince < settings.lostGraceMs) return {is: 'absent', noted: true};
  // It was told to end, and perhaps did. One answer alone that PBS does not know it would not prove that: it may be requeued.
  if (end || attempt.terminated.has(attempt.starts.length)) {
    const why = 'ended by PBS (SIGTERM: walltime, or qdel)';
    return {is: 'ended', succeeded: false, why, ...(end ? {exitStatus: end.exit} : {})};
  }
  const why = started ? 'it started, and PBS no longer knows it' : 'PBS no longer knows it';
  return {is: 'lost', started, why};
}
