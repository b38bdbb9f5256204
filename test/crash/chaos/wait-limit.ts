import {availableParallelism, loadavg} from 'node:os';
import {setTimeout as pause} from 'node:timers/promises';

/** What a wait is measured by. */
export interface Machine {
  /** milliseconds since some instant */
  now(): number;
  /** how much of the time that a process asks for it gets, above 0 and up to 1 */
  share(): number;
}

const MACHINE: Machine = {
  now: () => performance.now(),
  share: () => Math.min(1, availableParallelism() / (loadavg()[0] ?? 0)),
};

/** However busy a machine is, and whatever goes on in a world. */
const LONGEST_SECONDS = 600;

/**
 * Tells a world that stands still from a slow one: a second on a machine that has four times as much to do as it can counts as a
 * quarter, and what is new in the world begins the count again.
 *
 * @param seconds on an idle machine, since the last news
 * @returns whether the time is over, asked with something that is another value whenever something has happened
 */
export function waitLimit(seconds: number, machine: Machine = MACHINE): (progress?: unknown) => boolean {
  const begun = machine.now();
  let last = begun;
  let counted = 0;
  let before: unknown;
  return (progress) => {
    const now = machine.now();
    counted = progress === before ? counted + ((now - last) / 1000) * machine.share() : 0;
    last = now;
    before = progress;
    return counted > seconds || now - begun > LONGEST_SECONDS * 1000;
  };
}

/**
 * Look until there is a value.
 *
 * @param options.progress see {@link waitLimit}
 * @param options.otherwise what is said when the time is over
 */
export async function waitFor<T, U>(
  look: () => T | undefined | Promise<T | undefined>,
  {seconds, progress, otherwise}: {seconds: number; progress?: () => unknown; otherwise: () => U | Promise<U>},
): Promise<T | U> {
  const isOver = waitLimit(seconds);
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (isOver(progress?.())) return otherwise();
    await pause(300);
  }
}
