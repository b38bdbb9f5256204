import * as z from 'zod/mini';
import {by, done, job, ofJob, refusal, text, time, told, yes} from './fields.ts';
import {ENVIRONMENT} from './run-record.ts';

/** `jobs/by-name/NAME/NAME.NUMBER.KIND.json`; markers are written by pbs/batch-job.sh. */
export const JOB_FACTS = {
  intent: {
    what: 'what is asked of PBS',
    schema: z.looseObject({
      at: z.optional(time),
      tag: z.string().check(z.minLength(1)),
      deadline: time,
      essence: text,
      array: z.optional(z.looseObject({first: time, last: time, step: time})),
      dependsOn: z.optional(z.array(job)),
      script: z.optional(text),
      by,
    }),
  },
  confirmed: {what: 'the job that PBS gave', schema: ofJob},
  checked: {
    what: 'whether PBS keeps the job',
    schema: z.looseObject({at: time, dropped: z.boolean(), why: z.optional(text)}),
  },
  refused: {what: 'a refusal of PBS', schema: refusal},
  'never-arrived': {what: 'a submission that PBS does not know', schema: done},
  environment: ENVIRONMENT,
  claim: {
    what: 'the start of the job',
    schema: z
      .looseObject({job: z.optional(job), dropped: yes})
      .check(z.refine(({job: id, dropped}) => id !== undefined || dropped === true, 'it names no job')),
  },
  end: {what: 'the end of the job', schema: z.looseObject({job: z.optional(job), exit: time, at: told})},
  /** `jobs/by-id/NNxx/ID.NAME.NUMBER.json`: a hint. What it says is in its name, and on record beside the job */
  index: {what: 'a hint which name has a job', schema: ofJob},
} as const;
