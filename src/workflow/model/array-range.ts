import type {JobArray} from '../../base/job-array.ts';
import {quote} from '../file/problems.ts';

const ALLOWED = 'needs X-Y, X-Y:STEP, X-Y%MAX or X-Y:STEP%MAX, such as 0-99%10';
/** For editors; what is wrong in particular is said by {@link readArrayRange}. */
export const ARRAY_PATTERN = /^([0-9]{1,9})-([0-9]{1,9})(?::([0-9]{1,9}))?(?:%([0-9]{1,9}))?$/;

/**
 * Read the indices of a job array, in the form that `qsub -J` takes. Pure.
 *
 * PBS refuses one index (`5`, `1-1`), several ranges (`1-3,5-6`), and more indices than its max_array_size. The last
 * only the server can tell (measured on OpenPBS 23.06; qsub(1B), "-J").
 *
 * @returns the range, or one sentence on what is wrong with it
 */
export function readArrayRange(text: string): JobArray | string {
  const found = ARRAY_PATTERN.exec(text);
  if (found === null) {
    if (text.includes(',')) return `${quote(text)} is more than one range; PBS takes one; ${ALLOWED}`;
    return `${quote(text)} is not a range of indices; ${ALLOWED}`;
  }
  const [first = 0, last = 0, step = 1, atOnce] = found
    .slice(1)
    .map((digits: string | undefined) => (digits === undefined ? undefined : Number(digits)));
  if (first >= last) return `${quote(text)} ends where it begins or before; ${ALLOWED} (X less than Y)`;
  if (step < 1) return `${quote(text)} has a step of 0; ${ALLOWED} (STEP at least 1)`;
  if (atOnce !== undefined && atOnce < 1) return `${quote(text)} lets none run at once; ${ALLOWED} (MAX at least 1)`;
  return {first, last, step, ...(atOnce === undefined ? {} : {atOnce})};
}
