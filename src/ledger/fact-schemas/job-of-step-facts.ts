import * as z from 'zod/mini';
import {by, count, done, intended, job, ofJob, refusal, text, time, told, yes} from './fields.ts';
import {ASKED_AGAIN, kind, type RunFactKind} from './run-fact-kind.ts';

/** What is on record of a job of an attempt, whatever its role: `job.` stands for each of them. */
export const JOB_OF_STEP_FACTS = {
  'job.intent': kind(
    'what is asked of PBS',
    z.looseObject({
      at: time,
      deadline: time,
      tag: z.string().check(z.minLength(1)),
      hold: z.boolean(),
      ownHold: yes,
      dependsOn: z.array(job),
      updates: z.optional(count),
      by,
    }),
  ),
  'job.confirmed': kind('the job that PBS gave', ofJob, {moved: 'PBS is asked for the job by its tag'}),
  'job.refused': kind('a refusal of PBS', refusal, {moved: 'PBS is asked for the job by its tag'}),
  'job.never-arrived': kind('a submission that PBS does not know', done, {
    moved: 'PBS is asked for the job by its tag',
  }),
  'job.release.intent': kind('the permit of a job', intended, {moved: ASKED_AGAIN}),
  'job.release.confirmed': kind('a job that was released', done, {moved: ASKED_AGAIN}),
  'job.unpermitted': kind('a job that was started without its permit', z.looseObject({at: told}), {byName: true}),
  'job.delete.intent': kind('a job that is about to be deleted', intended, {moved: ASKED_AGAIN}),
  'job.delete.confirmed': kind('a job that was deleted', done, {moved: ASKED_AGAIN}),
  'job.absent': kind('a job that PBS began not to know', z.looseObject({at: time, job: z.optional(job)}), {
    moved: ASKED_AGAIN,
  }),
  'job.seen-again': kind('a job that PBS showed again', z.looseObject({at: time, job: z.optional(job)}), {
    moved: ASKED_AGAIN,
  }),
  'job.leaving': kind('a waiting job that leaves', z.looseObject({at: time, by}), {moved: ASKED_AGAIN}),
  'job.hold-by-hand': kind('a user hold that stage has taken over', z.looseObject({at: time, by, comment: text}), {
    moved: 'say it again with "stage release --qhold"',
  }),
  'job.hold.intent': kind('a job that is about to be held', intended, {moved: ASKED_AGAIN}),
  'job.hold.confirmed': kind('a job that was held', done, {moved: ASKED_AGAIN}),
  'job.hold.comment': kind('what PBS wrote at a hold of ours', z.looseObject({at: time, comment: z.optional(text)}), {
    moved: 'it is not known what PBS wrote then',
  }),
  'job.hold.ended': kind('a job whose hold was taken back', done, {moved: ASKED_AGAIN}),
} as const satisfies Readonly<Record<string, RunFactKind>>;
