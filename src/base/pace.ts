import {sleep} from './time.ts';

/** How often may be asked. */
export interface PaceLimit {
  /** in the long run */
  readonly perSecond: number;
  /** at once, after a rest */
  readonly burst: number;
}

/**
 * When the next request may start. Pure: the "generic cell rate algorithm", whose whole memory is one instant.
 *
 * @param dueAt what the turn before said, in milliseconds; `-Infinity` before the first
 * @param now   of a clock that never goes back
 * @returns when to start, and what the next turn has to know
 */
export function nextTurn(
  dueAt: number,
  now: number,
  {perSecond, burst}: PaceLimit,
): {readonly startAt: number; readonly dueAt: number} {
  const interval = 1000 / perSecond;
  const startAt = Math.max(now, dueAt - (burst - 1) * interval);
  return {startAt, dueAt: Math.max(startAt, dueAt) + interval};
}

export interface PaceClock {
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** Resolves when it is the caller's turn: first come, first served. @param longestMs after so long the caller goes on all the same */
export type Pace = (longestMs?: number) => Promise<void>;

const REAL_CLOCK: PaceClock = {
  now: () => performance.now(),
  sleep,
};

/** One pace for all that a process asks of one service as one user. */
export function createPace(limit: PaceLimit, clock: PaceClock = REAL_CLOCK): Pace {
  let dueAt = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = clock.now();
    const turn = nextTurn(dueAt, now, limit);
    dueAt = turn.dueAt; // taken before anything is waited for: the next one queues up behind
    if (turn.startAt > now) await clock.sleep(turn.startAt - now);
  };
}
