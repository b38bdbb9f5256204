import {join} from 'node:path';
import {z} from 'zod';
import {readRecord, writeRecord} from '../../record.ts';
import {TransferProblem} from '../http/problem.ts';

/** What a user may have at once. Defaults: Globus Transfer API, limits. */
const limitValues = z.object({
  /** transfers, and as many deletes, that are worked on */
  active: z.number().int().min(1).default(3),
  /** tasks that wait or run */
  pending: z.number().int().min(1).default(100),
  /** requests a second, metered over ten; null: as many as come. The service has 20 */
  requests: z.number().positive().nullable().default(null),
  /** files of a task */
  files: z.number().int().min(1).default(100_000_000),
  /** entries of a directory */
  entries: z.number().int().min(1).default(5_000_000),
});
export type LimitValues = z.output<typeof limitValues>;

export interface Limits {
  readonly values: LimitValues;
  /** Kept. @throws {z.ZodError} for numbers that make no sense */
  set(wanted: Partial<LimitValues>): void;
  /** @throws {TransferProblem} 429, with `Retry-After`, once a user has asked too often */
  countRequest(identity: string): void;
}

const WINDOW_MS = 10_000;

/** @param root directory of the stand-in's state; `limits.json` lies in it */
export function openLimits(root: string): Limits {
  const file = join(root, 'limits.json');
  let values = readRecord(file, limitValues) ?? limitValues.parse({});
  const asked = new Map<string, number[]>();
  return {
    get values() {
      return values;
    },
    set(wanted) {
      values = limitValues.parse({...values, ...wanted});
      writeRecord(file, values);
    },
    countRequest(identity) {
      if (values.requests === null) return;
      const now = performance.now();
      const recent = (asked.get(identity) ?? []).filter((at) => now - at < WINDOW_MS);
      const [oldest = now] = recent;
      if (recent.length >= values.requests * (WINDOW_MS / 1000)) {
        const wait = Math.max(1, Math.ceil((WINDOW_MS - (now - oldest)) / 1000));
        // The code that goes with it is not known.
        throw new TransferProblem(429, 'TooManyRequests', 'Too many requests, slow down', {
          headers: {'retry-after': String(wait)},
        });
      }
      asked.set(identity, [...recent, now]);
    },
  };
}
