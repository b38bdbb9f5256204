import {z} from 'zod';
import {codeInWords, Fault, type Side} from './fault.ts';

/** Faults that a person ordered, to see what comes of them: whatever reads or writes beneath a path meets them. */

/** Error codes of task events. Source: Globus Transfer API, "Task events". */
export const FAULT_CODES = [
  'ACL_CHANGED',
  'AMBIGUOUS_PATH',
  'AUTH',
  'CLOCK',
  'CONNECT_FAILED',
  'CONNECTION_BROKEN',
  'CONNECTION_RESET',
  'ENDPOINT_ERROR',
  'ENDPOINT_TOO_BUSY',
  'FILE_NOT_FOUND',
  'FILE_SIZE_CHANGED',
  'GC_NOT_CONNECTED',
  'GC_PAUSED',
  'GSI_DN_MISMATCH',
  'INTERNAL_ERROR',
  'INVALID_PATH_NAME',
  'INVALID_SERVICE_CREDENTIAL',
  'INVALID_SYMLINK',
  'IS_A_DIRECTORY',
  'IS_A_FILE',
  'LIMIT_EXCEEDED',
  'MPU_NOT_FOUND',
  'NO_APPEND_FILESYSTEM',
  'NO_CREDENTIALS',
  'NO_PHYSICALS',
  'NO_SPACE_LEFT',
  'NOT_A_DIRECTORY',
  'NOT_A_FILE',
  'NOT_A_SYMLINK',
  'PERMISSION_DENIED',
  'QUOTA_EXCEEDED',
  'TIMEOUT',
  'UNKNOWN',
  'VERIFY_CHECKSUM',
] as const;

/** `path` in normal form */
export const plannedFault = z.object({path: z.string(), code: z.enum(FAULT_CODES)});
export type PlannedFault = z.output<typeof plannedFault>;

/**
 * Meet the fault that was ordered for a path or for a directory above it, the nearest one first.
 *
 * @param path in normal form
 * @throws {Fault} when there is one
 */
export function meetPlanned(faults: readonly PlannedFault[] | undefined, side: Side, path: string): void {
  if (faults === undefined) return;
  const met = faults
    .filter((fault) => path === fault.path || path.startsWith(fault.path === '/' ? '/' : `${fault.path}/`))
    .sort((one, other) => other.path.length - one.path.length)[0];
  if (met) throw new Fault(met.code, side, path, codeInWords(met.code));
}
