import {LONGEST_PAUSE_MS} from '../app/shared/look-until.ts';
import {pause} from '../base/time.ts';

/** Do something again and again until Ctrl-C. @returns what it came to last */
export async function untilInterrupted<T>(work: () => Promise<T>, pauseMs: number): Promise<T> {
  const interrupted = new AbortController();
  const stop = () => interrupted.abort();
  process.once('SIGINT', stop);
  try {
    for (;;) {
      const last = await work();
      await pause(Math.min(pauseMs, LONGEST_PAUSE_MS), interrupted.signal);
      if (interrupted.signal.aborted) return last;
    }
  } finally {
    process.off('SIGINT', stop);
  }
}
