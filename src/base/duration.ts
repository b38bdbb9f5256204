/** What `retry_delay` may be, in the words of error messages. */
export const DURATION = 'needs a duration from 1s to 7d: whole seconds, or text such as 90s, 5m, 2h or 1d';
/** For editors; the bounds are checked by {@link readDuration}. */
export const DURATION_PATTERN = /^[0-9]{1,9}[smhd]?$/;
/** The pause before the first retry of a step that names none. */
export const DEFAULT_RETRY_DELAY_MS = 60_000;
export const MAX_DURATION_SECONDS = 7 * 24 * 60 * 60;

/** The longest that something may be kept. */
export const MOST_AGE_SECONDS = 100 * 365 * 24 * 60 * 60;

/** The longest time that a transfer may be given from its submission on. */
const MAX_DEADLINE_SECONDS = 365 * 24 * 60 * 60;
/** The longest time that something is kept for: ten years. */
export const MAX_KEEP_SECONDS = 3650 * 24 * 60 * 60;
/** What `keep` may be, in the words of error messages. */
export const KEEP = 'needs a duration from 1s to 3650d: whole seconds, or text such as 12h or 14d';
/** Of a deadline that counts from the submission: a number alone could be anything. */
export const DEADLINE_PATTERN = /^[0-9]{1,8}[smhd]$/;

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

/**
 * Read a duration as the file has it: whole seconds, or text with a unit. Pure.
 *
 * @returns milliseconds; undefined for what is none, or is less than a second or more than `mostSeconds` (seven days)
 */
export function readDuration(written: string | number, mostSeconds = MAX_DURATION_SECONDS): number | undefined {
  const text = String(written);
  if (!DURATION_PATTERN.test(text)) return undefined;
  const [, size = 1] = UNITS.find(([unit]) => text.endsWith(unit)) ?? [];
  const seconds = Number.parseInt(text, 10) * size;
  return seconds >= 1 && seconds <= mostSeconds ? seconds * 1000 : undefined;
}

/** One spelling for one duration, in the largest unit that it is a whole number of: `90s`, `2m`. */
export function writeDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  const [unit, size] = UNITS.find(([, candidate]) => seconds % candidate === 0) ?? ['s', 1];
  return `${seconds / size}${unit}`;
}

/** A deadline that counts from the submission, such as `12h` or `2d`. Pure. @returns milliseconds; undefined for any other text */
export function readDeadline(written: string): number | undefined {
  return DEADLINE_PATTERN.test(written) ? readDuration(written, MAX_DEADLINE_SECONDS) : undefined;
}
