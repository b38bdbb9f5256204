import {setTimeout as sleep} from 'node:timers/promises';

export interface Throttle {
  /** Wait until so many bytes may go. The rate is read again while waiting, so that changing it acts at once. */
  take(bytes: number, signal: AbortSignal): Promise<void> | undefined;
  /** The most to move in one step, so that a slow rate shows progress several times a second. */
  stepBytes(): number;
}

const LARGEST_STEP = 1024 * 1024;

/** A throttle of one task. @param rate bytes per second, null for none */
export function createThrottle(rate: () => number | null): Throttle {
  let due = 0; // when everything granted so far has been worked off, in milliseconds of the monotonic clock
  return {
    take(bytes, signal) {
      const perSecond = rate();
      return perSecond === null ? undefined : wait(bytes, perSecond, signal);
    },
    stepBytes() {
      const perSecond = rate();
      return perSecond === null ? LARGEST_STEP : Math.min(LARGEST_STEP, Math.max(512, Math.ceil(perSecond / 10)));
    },
  };

  async function wait(bytes: number, perSecond: number, signal: AbortSignal): Promise<void> {
    due = Math.max(performance.now(), due) + (bytes / perSecond) * 1000;
    const mine = due;
    for (let left = mine - performance.now(); left > 0; left = mine - performance.now()) {
      if (rate() !== perSecond) {
        due = Math.min(due, performance.now());
        return;
      }
      await sleep(Math.min(left, 100), undefined, {signal});
    }
  }
}
