import type {JobArray} from '../../base/job-array.ts';
import {type Attempt, hasBegun, type JobRecord, type Markers} from '../../ledger/run-facts.ts';
import type {JobSeen} from '../../scheduler/scheduler.ts';
import {countSubjobs} from '../../workflow/model/array-range.ts';
import type {Observed, PlanSettings} from './actions.ts';
import type {JobVerdict} from './verdict.ts';

/** How the subjobs of an array stand by their own markers. */
export interface ArrayTally {
  readonly succeeded: readonly number[];
  /** with the exit status; undefined when it was told to end and wrote none */
  readonly failed: readonly {readonly index: number; readonly exit: number | undefined}[];
  /** started, and no end is known */
  readonly open: readonly number[];
  /** how many: a range that somebody wrote may have more of them than a list can hold */
  readonly notStarted: number;
}

/** Subjobs of the range that left markers, ascending. */
function begunIn(attempt: Attempt, {first, last, step}: JobArray): [index: number, markers: Markers][] {
  return [...attempt.indices]
    .filter(([index]) => index >= first && index <= last && (index - first) % step === 0)
    .sort(([a], [b]) => a - b);
}

/** Indices of an array, ascending. Only for one that PBS has taken: it bounds how many there are. */
export function indicesOf(range: JobArray): number[] {
  return Array.from({length: countSubjobs(range)}, (_, count) => range.first + count * range.step);
}

export function tally(attempt: Attempt, range: JobArray): ArrayTally {
  const all = begunIn(attempt, range).map(([index, markers]) => ({index, is: standOf(markers)}));
  return {
    succeeded: all.flatMap(({index, is}) => (is === 'succeeded' ? [index] : [])),
    failed: all.flatMap(({index, is}) => (typeof is === 'object' ? [{index, exit: is.exit}] : [])),
    open: all.flatMap(({index, is}) => (is === 'open' ? [index] : [])),
    notStarted: countSubjobs(range) - all.length,
  };
}

/** Its newest start counts: PBS may start a subjob several times. */
function standOf(markers: Markers): 'succeeded' | 'open' | {exit: number | undefined} {
  const count = markers.starts.length;
  const end = markers.ends.get(count);
  if (end && !end.terminated) return end.exit === 0 ? 'succeeded' : {exit: end.exit};
  // Told to end, perhaps to be started again: only what PBS says of the array can close this.
  return 'open';
}

/**
 * How an array stands: by the markers of its subjobs, and by PBS where those are missing.
 *
 * PBS's own exit status of an array is that of the last subjob to end, and tells nothing of the others
 * (measured on OpenPBS 23.06), so it is not used.
 */
export function judgeArray(
  attempt: Attempt,
  record: JobRecord,
  range: JobArray,
  atPbs: JobSeen,
  seen: Observed,
  settings: PlanSettings,
): JobVerdict {
  const counted = tally(attempt, range);
  if (counted.open.length === 0 && counted.notStarted === 0) return concluded(counted);
  if (atPbs.kind === 'live') return {is: 'live', seen: atPbs};
  if (atPbs.kind === 'no-evidence') return {is: 'no-evidence', why: atPbs.why};
  if (!hasBegun(attempt)) return neverBegun(record, atPbs, seen, settings);
  // It is over, and markers are missing: one from another node may still be on its way through the file system.
  if (record.absentSince === undefined) return {is: 'absent', noted: false};
  if (seen.now - record.absentSince < settings.lostGraceMs) return {is: 'absent', noted: true};
  const notStarted = indicesOf(range).filter((index) => !attempt.indices.has(index));
  const ended = counted.open.filter((index) => wasTerminated(attempt.indices.get(index)));
  const interrupted = counted.open.length > ended.length || (atPbs.kind === 'unknown' && counted.notStarted > 0);
  if (interrupted && counted.failed.length === 0 && ended.length === 0)
    return {is: 'lost', started: true, why: `${inWords([...counted.open, ...notStarted])} did not end`};
  const over = [...ended, ...counted.open, ...notStarted].map((index) => ({index, exit: undefined}));
  return concluded({...counted, failed: [...counted.failed, ...over]});
}

function neverBegun(record: JobRecord, atPbs: JobSeen, seen: Observed, settings: PlanSettings): JobVerdict {
  const lost = (why: string): JobVerdict => ({is: 'lost', started: false, why});
  if (record.deleteIntended) return lost('deleted before it started');
  if (atPbs.kind === 'ended')
    return atPbs.how === 'deleted'
      ? {is: 'deleted-by-hand', why: 'somebody deleted it before it started'}
      : lost('PBS ended it before any subjob started');
  if (record.absentSince === undefined) return {is: 'absent', noted: false};
  if (seen.now - record.absentSince < settings.lostGraceMs) return {is: 'absent', noted: true};
  return lost('PBS no longer knows it');
}

function concluded(counted: ArrayTally): JobVerdict {
  const [first] = counted.failed;
  const all = counted.succeeded.length + new Set(counted.failed.map(({index}) => index)).size;
  if (!first) return {is: 'ended', succeeded: true, why: `all ${all} subjobs exited with 0`, exitStatus: 0};
  const failed = [...new Set(counted.failed.map(({index}) => index))];
  const how = first.exit === undefined ? 'was ended before it was done' : `exited with ${first.exit}`;
  return {
    is: 'ended',
    succeeded: false,
    why: `${failed.length} of ${all} subjobs failed: ${inWords(failed)}; subjob ${first.index} ${how}`,
    ...(first.exit === undefined ? {} : {exitStatus: first.exit}),
  };
}

function wasTerminated(markers: Markers | undefined): boolean {
  const count = markers?.starts.length ?? 0;
  return markers !== undefined && (markers.ends.has(count) || markers.terminated.has(count));
}

function inWords(indices: readonly number[]): string {
  const shown = [...indices].sort((a, b) => a - b).slice(0, 10);
  const more = indices.length - shown.length;
  return `subjob${indices.length === 1 ? '' : 's'} ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
