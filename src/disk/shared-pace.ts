import {closeSync, openSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {nextTurn, type Pace, type PaceClock, type PaceLimit} from '../base/pace.ts';
import {sleep} from '../base/time.ts';
import {ensureDirectory} from './directories.ts';
import {removeIfPossible} from './whole-file.ts';

const REAL_CLOCK: PaceClock = {now: Date.now, sleep};

/** Others hold the file for a millisecond. One that died holding it is passed over. */
const [LOCK_PAUSE_MS, LOCK_TRIES, STALE_LOCK_MS] = [3, 30, 2_000];

/**
 * One pace for all processes of a host, by a file that holds when the next turn is due.
 *
 * It is a courtesy: where the file cannot be read or written, or another process holds it for too long, the caller goes
 * on at once; and no caller waits for longer than it said.
 *
 * @param file in a directory of this host's user; another file beside it is its lock
 */
export function sharedPace(file: string, limit: PaceLimit, clock: PaceClock = REAL_CLOCK): Pace {
  const lock = `${file}.lock`;
  return async (longestMs = Number.POSITIVE_INFINITY) => {
    let waitMs = 0;
    try {
      ensureDirectory(dirname(file));
      if (!(await take(lock, clock))) return;
      try {
        waitMs = reserve(file, limit, clock.now(), longestMs);
      } finally {
        removeIfPossible(lock);
      }
    } catch {
      return; // a disk that is full or read-only must not keep a command from PBS
    }
    if (waitMs > 0) await clock.sleep(waitMs);
  };
}

/** Take a turn. @returns how long to wait for it */
function reserve(file: string, limit: PaceLimit, now: number, longestMs: number): number {
  const restMs = (limit.burst * 1000) / limit.perSecond;
  const written = readDueAt(file);
  // What lies further ahead than that was written by another clock, or by too many processes at once.
  const dueAt = Math.min(written, now + restMs + Math.min(longestMs, restMs));
  const turn = nextTurn(dueAt, now, limit);
  writeFileSync(file, String(turn.dueAt), {mode: 0o600});
  return Math.min(turn.startAt - now, longestMs);
}

function readDueAt(file: string): number {
  try {
    const dueAt = Number(readFileSync(file, 'utf8') || Number.NaN);
    return Number.isFinite(dueAt) ? dueAt : Number.NEGATIVE_INFINITY;
  } catch {
    return Number.NEGATIVE_INFINITY;
  }
}

/** @returns false when another process holds it for too long @throws what keeps the file from being made */
async function take(lock: string, clock: PaceClock): Promise<boolean> {
  for (let tries = 0; tries < LOCK_TRIES; tries++) {
    try {
      closeSync(openSync(lock, 'wx', 0o600));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (isStale(lock, clock.now())) removeIfPossible(lock);
    else await clock.sleep(LOCK_PAUSE_MS);
  }
  return false;
}

function isStale(lock: string, now: number): boolean {
  try {
    return now - statSync(lock).mtimeMs > STALE_LOCK_MS;
  } catch {
    return false;
  }
}
