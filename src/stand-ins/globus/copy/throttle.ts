import {setTimeout as sleep} from 'node:timers/promises';

export interface Throttle {
  /**
   * Wait until so many bytes may go. The rate is read again while waiting, so that changing it acts at once.
   *
   * @param left bytes that the file still has to go, these among them: the one that has the fewest goes first. So files of a
   *   size are completed one after the other and not all of them at the end, and a small one does not wait for a large one
   */
  take(bytes: number, left: number, signal: AbortSignal): Promise<void> | undefined;
  /** The most to move in one step, so that a slow rate shows progress several times a second. */
  stepBytes(): number;
}

const LARGEST_STEP = 1024 * 1024;
/** The longest time until the rate, and who is next, are looked at again. */
const LOOK_MS = 100;

interface Waiting {
  readonly bytes: number;
  readonly left: number;
  go(): void;
}

/** A throttle of one task. @param rate bytes per second, null for none */
export function createThrottle(rate: () => number | null): Throttle {
  const waiting = new Set<Waiting>();
  let serving = false;
  let since = 0; // until when everything that went has been worked off, in milliseconds of the monotonic clock
  return {
    take(bytes, left, signal) {
      return rate() === null ? undefined : wait(bytes, left, signal);
    },
    stepBytes() {
      const perSecond = rate();
      return perSecond === null ? LARGEST_STEP : Math.min(LARGEST_STEP, Math.max(512, Math.ceil(perSecond / 10)));
    },
  };

  function wait(bytes: number, left: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        waiting.delete(mine);
        reject(signal.reason);
      };
      const mine: Waiting = {
        bytes,
        left,
        go() {
          signal.removeEventListener('abort', stop);
          waiting.delete(mine);
          resolve();
        },
      };
      if (signal.aborted) return stop();
      signal.addEventListener('abort', stop, {once: true});
      waiting.add(mine);
      if (!serving) void serve();
    });
  }

  async function serve(): Promise<void> {
    serving = true;
    since = Math.max(since, performance.now());
    for (let next = first(waiting); next; next = first(waiting)) {
      const perSecond = rate();
      const due = perSecond === null ? since : since + (next.bytes / perSecond) * 1000;
      const ahead = due - performance.now();
      // Who is next is judged when the time has come: the one that just went is back by then.
      if (ahead > 0) await sleep(Math.min(ahead, LOOK_MS));
      else {
        since = due;
        next.go();
      }
    }
    serving = false;
  }
}

function first(waiting: ReadonlySet<Waiting>): Waiting | undefined {
  let best: Waiting | undefined;
  for (const one of waiting) if (!best || one.left < best.left) best = one;
  return best;
}
