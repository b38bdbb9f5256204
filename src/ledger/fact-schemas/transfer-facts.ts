import * as z from 'zod/mini';
import {taskRequest} from '../workflow-schema.ts';
import {by, count, done, intended, refusal, task, text, time, yes} from './fields.ts';
import {GLOBUS_ASKED_AGAIN, kind, type RunFactKind} from './run-fact-kind.ts';

/** What is on record of a task of Globus that a step asked for. */
export const TRANSFER_FACTS = {
  'transfer.intent': kind(
    'what is asked of Globus',
    z
      .looseObject({
        at: time,
        by,
        updates: z.optional(count),
        submissionId: z.optional(text),
        request: z.optional(taskRequest),
        adopted: z.optional(task),
        forced: yes,
      })
      .check(
        z.refine(
          ({adopted, submissionId, request}) =>
            adopted !== undefined || (Boolean(submissionId) && request !== undefined),
          'it names neither a submission nor a task that was adopted',
        ),
      ),
  ),
  'transfer.source': kind(
    'what the source of a transfer held',
    z.looseObject({
      files: count,
      directories: count,
      bytes: count,
      sizes: z.record(z.string(), z.tuple([count, count])),
      cut: z.boolean(),
      why: z.optional(text),
      listedAt: time,
      updates: z.optional(count),
    }),
    {moved: 'no time is told that the transfer will take'},
  ),
  'transfer.confirmed': kind('the task that Globus gave', z.looseObject({at: time, task, byLabel: yes}), {
    moved: 'the submission is repeated under its id, for which Globus gives the same task',
  }),
  'transfer.refused': kind('a refusal of Globus', refusal, {moved: GLOBUS_ASKED_AGAIN}),
  'transfer.later': kind(
    'a submission that Globus refused for now',
    z.looseObject({at: time, why: text, room: yes, next: z.optional(z.array(text))}),
    {moved: GLOBUS_ASKED_AGAIN},
  ),
  'transfer.again': kind('a submission that is about to be repeated', z.looseObject({at: time, by}), {
    moved: GLOBUS_ASKED_AGAIN,
  }),
  'transfer.forced': kind('the word of a person that a task counts', z.looseObject({at: time, by}), {
    moved: 'say it again with "stage adopt --force"',
  }),
  'transfer.sign-in': kind(
    'what Globus wants before it takes a transfer',
    z.looseObject({at: time, what: text, why: z.optional(text), next: z.array(text)}),
    {moved: GLOBUS_ASKED_AGAIN},
  ),
  'transfer.cancel.intent': kind('a task that is about to be cancelled', intended, {moved: GLOBUS_ASKED_AGAIN}),
  'transfer.cancel.confirmed': kind('a task that was cancelled', done, {moved: GLOBUS_ASKED_AGAIN}),

  'transfer.absent': kind('a task that Globus began not to list', z.looseObject({at: time, task: z.optional(task)}), {
    moved: GLOBUS_ASKED_AGAIN,
  }),
  'transfer.seen-again': kind('a task that Globus listed again', z.looseObject({at: time, task: z.optional(task)}), {
    moved: GLOBUS_ASKED_AGAIN,
  }),
} as const satisfies Readonly<Record<string, RunFactKind>>;
