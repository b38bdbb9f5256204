import {setTimeout as pause} from 'node:timers/promises';

/** Bounds say that something is broken, not how quick a machine is: in CI they are wider. */
const WIDER = process.env.CI ? 3 : 1;

/**
 * Ask again and again until the answer is there, within a bound.
 *
 * @param what     what is waited for, for the error
 * @param condition gives a value, or undefined or false while it is not so yet
 * @param last     what to show of the world when the time has run out
 */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  {seconds = 30, last}: {seconds?: number; last?: () => unknown} = {},
): Promise<T> {
  const end = Date.now() + seconds * 1000 * WIDER;
  let failure = '';
  // What is asked for often costs a process each time: after a second or two, half a second more is no matter.
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 1.2, 500)) {
    try {
      const value = await condition();
      if (value !== undefined && value !== false) return value;
      failure = '';
    } catch (error) {
      failure = `; the last look failed: ${String(error)}`;
    }
    if (Date.now() > end) break;
    await pause(waitMs);
  }
  const seen = last ? `; last seen: ${JSON.stringify(await last())}` : '';
  throw new Error(`waited ${seconds} s for: ${what}${failure}${seen}`);
}
