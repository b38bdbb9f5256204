import * as z from 'zod/mini';
import {by, done, job, ofJob, refusal, text, time} from './fields.ts';

/** `monitor/GENERATION.KIND.json` */
export const MONITOR_FACTS = {
  intent: {
    what: 'a link of the monitor chain',
    schema: z.looseObject({
      at: z.optional(time),
      tag: text,
      startAt: time,
      deadline: time,
      inPlaceOf: z.optional(job),
      by,
    }),
  },
  confirmed: {what: 'its job', schema: ofJob},
  refused: {what: 'a refusal of PBS', schema: refusal},
  'never-arrived': {what: 'a link that PBS does not know', schema: done},
  unwanted: {what: 'a link that is being deleted', schema: z.looseObject({at: time, by})},
  look: {
    what: 'what its look saw',
    schema: z.looseObject({
      at: time,
      tasks: z.record(z.string(), z.looseObject({subtasksPending: time})),
      nextAt: z.optional(time),
      by,
    }),
  },
} as const;
