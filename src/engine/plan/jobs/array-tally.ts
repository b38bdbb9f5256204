import {countSubjobs, type JobArray} from '../../../base/job-array.ts';
import type {Attempt, Markers} from '../../../ledger/run-facts.ts';

/** How the subjobs of an array stand by their own markers. */
export interface ArrayTally {
  readonly succeeded: readonly number[];
  /** with the exit status; undefined when it was told to end and wrote none */
  readonly failed: readonly {readonly index: number; readonly exit: number | undefined}[];
  /** started, and no end is known */
  readonly open: readonly number[];
  /** how many: a range in a workflow may have more of them than a list can hold */
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

/** How the subjobs of an attempt stand, by what they left. Pure. */
export function tallySubjobs(attempt: Attempt, range: JobArray): ArrayTally {
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
