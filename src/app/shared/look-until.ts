import {setTimeout as pause} from 'node:timers/promises';

const FIRST_PAUSE_MS = 1_000;
/** Often enough for a person, seldom enough for PBS and Globus. */
export const LONGEST_PAUSE_MS = 30_000;

export interface Looked<T> {
  /** the last look */
  readonly seen: T;
  /** it showed what was waited for */
  readonly so: boolean;
  /** the person at the terminal left with Ctrl-C before it did */
  readonly left: boolean;
}

/**
 * Look again and again, with growing pauses, until what is waited for is so, the time is up, or Ctrl-C.
 *
 * @param timeoutSeconds as long as it takes when undefined
 */
export async function lookUntil<T>(
  look: () => Promise<T>,
  isSo: (seen: T) => boolean,
  timeoutSeconds: number | undefined,
): Promise<Looked<T>> {
  const until = timeoutSeconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeoutSeconds * 1000;
  return untilCtrlC(async (signal) => {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
      const seen = await look();
      if (isSo(seen)) return {seen, so: true, left: false};
      const leftMs = until - Date.now();
      if (signal.aborted || leftMs <= 0) return {seen, so: false, left: signal.aborted};
      await pause(Math.min(pauseMs, leftMs), undefined, {signal}).catch(() => undefined); // Ctrl-C: told just below
      if (signal.aborted) return {seen, so: false, left: true};
    }
  });
}

/**
 * Do work that ends early when its signal says that Ctrl-C was pressed; pressed again, it ends the process. When all is
 * said, the process ends by that signal all the same: a shell script goes on after a command that took Ctrl-C in its own
 * hand and exited.
 */
export async function untilCtrlC<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const leave = () => {
    stop.abort();
    process.once('exit', () => process.kill(process.pid, 'SIGINT'));
  };
  process.once('SIGINT', leave);
  try {
    return await work(stop.signal);
  } finally {
    process.removeListener('SIGINT', leave);
  }
}
