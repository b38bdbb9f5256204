import * as z from 'zod/mini';
import {readRecord, writeRecord} from './record.ts';

/*
 * How fast time passes in the stand-ins. What the real services count in hours and days (the lives of tokens, deadlines,
 * the history of jobs) lasts as much shorter here as a day does. All instants stay those of this machine's clock, so
 * that clients need no clock of their own (docs/decisions/0017).
 */

export const DAY_MS = 86_400_000;

/** How long lasts here, in milliseconds, what lasts so many milliseconds at the real services. */
export type Lasts = (ms: number) => number;

export const asInReality: Lasts = (ms) => ms;

/** @param dayMs how long a day lasts here */
export function whereADayLasts(dayMs: number): Lasts {
  return (ms) => (ms * dayMs) / DAY_MS;
}

/** The length of a day that was chosen last for a directory; a real one where none was. @returns milliseconds */
export function readDay(file: string): number {
  return readRecord(file, z.object({dayMs: z.number().check(z.positive())}))?.dayMs ?? DAY_MS;
}

export function writeDay(file: string, dayMs: number): void {
  writeRecord(file, {dayMs});
}
