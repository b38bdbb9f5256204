import {readDuration, writeDuration} from '../../base/duration.ts';
import type {FailFast} from './workflow.ts';

/** Faults that can end a transfer early: those that last until a person acts. Source of the codes: Globus Transfer API, "Task events". */
export const FAIL_FAST_CODES = [
  'ACL_CHANGED',
  'AMBIGUOUS_PATH',
  'FILE_NOT_FOUND',
  'GC_NOT_CONNECTED',
  'GC_PAUSED',
  'INVALID_PATH_NAME',
  'INVALID_SYMLINK',
  'IS_A_DIRECTORY',
  'IS_A_FILE',
  'NOT_A_DIRECTORY',
  'NOT_A_FILE',
  'NO_SPACE_LEFT',
  'PERMISSION_DENIED',
  'QUOTA_EXCEEDED',
  'VERIFY_CHECKSUM',
] as const;

export type FailFastCode = (typeof FAIL_FAST_CODES)[number];

/** A missing source and a refused permission. */
export const DEFAULT_FAIL_FAST_ON: readonly FailFastCode[] = ['FILE_NOT_FOUND', 'PERMISSION_DENIED'];

type Written = string | number | {readonly after: string | number; readonly on?: readonly FailFastCode[] | undefined};

/** `10m`, or `{after: 10m, on: [NO_SPACE_LEFT]}`, in normal form. @throws {RangeError} for a duration that the schema would not let pass */
export function toFailFast(written: Written): FailFast {
  const {after, on = DEFAULT_FAIL_FAST_ON} = typeof written === 'object' ? written : {after: written};
  const afterMs = readDuration(after);
  if (afterMs === undefined) throw new RangeError(`${after} is no duration`);
  return {afterMs, on: [...new Set(on)].sort()};
}

/** One spelling for one meaning. */
export function writeFailFast({afterMs, on}: FailFast): {readonly after: string; readonly on: readonly string[]} {
  return {after: writeDuration(afterMs), on};
}
