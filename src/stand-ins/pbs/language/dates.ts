/** Dates as PBS writes and reads them: local time without a zone. */

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A wall-clock reading; months count from 0 as in Date. */
export interface Wall {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly weekday: number;
}

const formats = new Map<string, Intl.DateTimeFormat | undefined>();

function formatFor(tz: string): Intl.DateTimeFormat | undefined {
  if (formats.has(tz)) return formats.get(tz);
  let format: Intl.DateTimeFormat | undefined;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: tz,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    format = undefined; // an unknown zone is UTC, as in the C library
  }
  formats.set(tz, format);
  return format;
}

/**
 * What a clock on the wall shows.
 *
 * @param at instant in milliseconds since the epoch
 * @param tz value of TZ where the command runs; absent means the zone of this process
 */
export function wallClock(at: number, tz?: string): Wall {
  const date = new Date(at);
  if (tz === undefined || tz === '')
    return {
      year: date.getFullYear(),
      month: date.getMonth(),
      day: date.getDate(),
      hour: date.getHours(),
      minute: date.getMinutes(),
      second: date.getSeconds(),
      weekday: date.getDay(),
    };
  const format = formatFor(tz.replace(/^:/, ''));
  const parts: Record<string, number> = {};
  if (format) for (const part of format.formatToParts(date)) parts[part.type] = Number(part.value);
  const year = parts.year ?? date.getUTCFullYear();
  const month = parts.month === undefined ? date.getUTCMonth() : parts.month - 1;
  const day = parts.day ?? date.getUTCDate();
  return {
    year,
    month,
    day,
    hour: parts.hour ?? date.getUTCHours(),
    minute: parts.minute ?? date.getUTCMinutes(),
    second: parts.second ?? date.getUTCSeconds(),
    weekday: new Date(Date.UTC(year, month, day)).getUTCDay(),
  };
}

/** The instant at which a clock in that zone shows these numbers; overflowing ones are carried, as mktime does. */
export function instantOf(wall: Omit<Wall, 'weekday'>, tz?: string): number {
  if (tz === undefined || tz === '')
    return new Date(wall.year, wall.month, wall.day, wall.hour, wall.minute, wall.second).getTime();
  const wanted = Date.UTC(wall.year, wall.month, wall.day, wall.hour, wall.minute, wall.second);
  let guess = wanted;
  // The offset at the guess may differ from the one at the result across a change of summer time: look twice.
  for (let round = 0; round < 2; round += 1) {
    const seen = wallClock(guess, tz);
    guess += wanted - Date.UTC(seen.year, seen.month, seen.day, seen.hour, seen.minute, seen.second);
  }
  return guess;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** `Sat Nov 21 06:26:00 2026`; the day is padded with a blank. */
export function longDate(at: number, tz?: string): string {
  const w = wallClock(at, tz);
  const clock = `${two(w.hour)}:${two(w.minute)}:${two(w.second)}`;
  return `${WEEKDAYS[w.weekday]} ${MONTHS[w.month]} ${String(w.day).padStart(2)} ${clock} ${w.year}`;
}

/** `Sat Nov 21 at 06:26`, as comments have it. */
export function commentDate(at: number): string {
  const w = wallClock(at);
  return `${WEEKDAYS[w.weekday]} ${MONTHS[w.month]} ${two(w.day)} at ${two(w.hour)}:${two(w.minute)}`;
}

/** `11/21/2026 06:14:40`, as log lines have it. */
export function logDate(at: number): string {
  const w = wallClock(at);
  return `${two(w.month + 1)}/${two(w.day)}/${w.year} ${two(w.hour)}:${two(w.minute)}:${two(w.second)}`;
}

/** `20261121`: the name of a day's log file. */
export function logDay(at: number): string {
  const w = wallClock(at);
  return `${w.year}${two(w.month + 1)}${two(w.day)}`;
}

/**
 * Read `[[CC]YY]MMDDhhmm[.SS]` with optional leading parts, in the zone of the command.
 *
 * Short forms that are not in the future roll over: to tomorrow, next month, next year; `hhmm` of the current minute
 * is tomorrow. The 30th of February is carried into March (measured on OpenPBS 23.06).
 *
 * @returns milliseconds since the epoch, or undefined for anything else
 */
export function readStartTime(text: string, now: number, tz?: string): number | undefined {
  const match = /^(\d+)(?:\.(\d\d))?$/.exec(text);
  if (!match) return undefined;
  const digits = match[1] ?? '';
  if (![4, 6, 8, 10, 12].includes(digits.length)) return undefined;
  const second = Number(match[2] ?? '0');
  const pair = (fromEnd: number): number => Number(digits.slice(digits.length - fromEnd, digits.length - fromEnd + 2));
  const minute = pair(2);
  const hour = pair(4);
  if (second > 59 || minute > 59 || hour > 23) return undefined;
  const here = wallClock(now, tz);
  let {year, month, day} = here;
  if (digits.length >= 6) day = pair(6);
  if (digits.length >= 8) month = pair(8) - 1;
  if (day < 1 || day > 31 || month < 0 || month > 11) return undefined;
  if (digits.length === 10) year = pair(10) + (pair(10) > 68 ? 1900 : 2000);
  if (digits.length === 12) year = Number(digits.slice(0, 4));
  const at = (): number => instantOf({year, month, day, hour, minute, second}, tz);
  const limit = Math.floor(now / 1000) * 1000;
  if (digits.length === 4 && at() <= limit) day += 1;
  if (digits.length === 6 && at() <= limit) month += 1;
  if (digits.length === 8 && at() <= limit) year += 1;
  return at();
}
