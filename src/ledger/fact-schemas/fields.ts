import * as z from 'zod/mini';
import type {TaskId} from '../../base/ids.ts';
import type {JobId} from '../../base/job-id.ts';
import type {OutcomeCause} from '../run-facts.ts';
import type {RunId} from '../state-directory.ts';

// What several kinds of facts hold.

export const time = z.number();
export const count = z.number().check(z.minimum(0));
export const text = z.string();
export const by = z.optional(text);
export const yes = z.optional(z.literal(true));
const isWord = (value: unknown) => typeof value === 'string' && value !== '';
export const job = z.custom<JobId>(isWord);
export const task = z.custom<TaskId>(isWord);
export const run = z.custom<RunId>(isWord);
/** One that a later version knows is no damage. */
export const cause = z.optional(z.custom<OutcomeCause>(isWord));
export const words = z.record(z.string(), text);
export const counts = z.record(z.string(), count);

/** Jobs write times as text, `stage` as milliseconds; nothing hangs on them. */
export const told = z.optional(z.union([time, text]));

export const refusal = z.looseObject({
  at: time,
  why: text,
  retry: z.boolean(),
  unreachable: z.optional(z.boolean()),
  notAsked: z.optional(z.boolean()),
  unknownServer: z.optional(text),
  next: z.optional(z.array(text)),
  inQueue: z.optional(count),
});
export const done = z.looseObject({at: time});
export const intended = z.looseObject({at: time, why: z.optional(text), by});
export const ofJob = z.looseObject({at: time, job});
