import {z} from 'zod';
import {codeInWords, FAULT_CODES, Fault, type Side} from './fault.ts';

/** Faults that a person ordered, to see what comes of them: whatever reads or writes beneath a path meets them. */

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
