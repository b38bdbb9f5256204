import type {TransferTask} from '../../../transfer/transfer-service.ts';

/**
 * How fast a task has moved, as several looks saw it. It is kept as a hint: without it, the next looks learn it again.
 * Times in milliseconds.
 */
export interface RateHint {
  /** when a look saw the task first */
  readonly since: number;
  /** what the next look is compared with: an instant, and what had been moved by then */
  readonly at: number;
  readonly bytes: number;
  /** bytes moved between looks, and the time that took, older ones counting less */
  readonly movedBytes: number;
  readonly movedMs: number;
  /** it was paused, queued or faulting when a look saw it last: what comes until the next one is no measure */
  readonly rests: boolean;
  /** since when nothing has been moved, though it is active; absent while it moves */
  readonly stillSince?: number | undefined;
  /** between the last two looks it moved much faster, or slower, than before: what was measured before is forgotten */
  readonly changed?: true | undefined;
}

/** Looks that follow one another sooner are one: counters move in steps. */
const SHORTEST_MS = 10_000;
/** A counter that stands for as long does not wait for its next step. */
const STILL_MS = 120_000;
/** What is older than this share of the time it was watched counts for a third. */
const MEMORY = 0.5;
const LEAST_MEMORY_MS = 5 * 60_000;
/** So many times as fast or as slow is no noise: other files have their turn, or it is about the network. */
const CHANGE = 2;

/** What one more look adds to what is known of a task's rate. Pure. @param now in milliseconds since the epoch */
export function withLook(hint: RateHint | undefined, task: TransferTask, now: number): RateHint {
  const rests = task.state !== 'active' || task.trouble !== undefined;
  const bytes = task.bytesTransferred;
  // A counter or clock that goes back is another one.
  if (!hint || bytes < hint.bytes || now < hint.at) return {since: now, at: now, bytes, ...NOTHING, rests};
  const passed = now - hint.at;
  const next = {...hint, at: now, bytes, rests, stillSince: undefined, changed: undefined};
  if (rests || hint.rests) return next;
  if (passed < SHORTEST_MS) return hint;
  if (bytes === hint.bytes) {
    // The time that it stood still does not count: how fast it is when it moves is what is asked.
    return passed < STILL_MS ? hint : {...next, stillSince: hint.stillSince ?? hint.at};
  }
  if (hint.stillSince !== undefined) return next;
  const moved = bytes - hint.bytes;
  const times = (moved * hint.movedMs) / (passed * hint.movedBytes);
  if (hint.movedMs > 0 && (times > CHANGE || times < 1 / CHANGE)) return {...next, ...NOTHING, changed: true}; // a part of the time was as before: it is no measure of what comes
  const fade = Math.exp(-passed / Math.max(LEAST_MEMORY_MS, MEMORY * (now - hint.since)));
  return {...next, movedBytes: hint.movedBytes * fade + moved, movedMs: hint.movedMs * fade + passed};
}

const NOTHING = {movedBytes: 0, movedMs: 0} as const;

/** In bytes per second: of several looks, else the average that Globus gives; undefined where nothing has been moved. */
export function rateOf(hint: RateHint | undefined, task: TransferTask): number | undefined {
  if (hint && hint.movedMs > 0) return (1000 * hint.movedBytes) / hint.movedMs;
  return task.rate > 0 ? task.rate : undefined;
}
