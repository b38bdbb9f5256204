import * as z from 'zod/mini';
import {workflow} from '../workflow-schema.ts';
import {count, counts, job, task, text, time, words} from './fields.ts';
import {kind, type RunFactKind} from './run-fact-kind.ts';

/** What people have decided about a run. */
export const DECISION_FACTS = {
  'decision.cancel': kind('a cancellation', z.looseObject({at: time, by: text, cleanup: z.boolean()}), {
    moved: 'cancel the run again',
  }),
  'decision.hold': kind('a hold of the run', z.looseObject({at: time, by: text, steps: z.optional(z.array(text))}), {
    moved: 'hold the run again',
  }),
  'decision.release': kind('the end of a hold', z.looseObject({at: time, by: text}), {moved: 'release the run again'}),
  'decision.forget': kind(
    'the word of a person that a step ends though nothing is known of its work',
    z.looseObject({
      at: time,
      by: text,
      step: text,
      attempt: count,
      task: z.optional(task),
      job: z.optional(job),
      submission: z.optional(text),
      jobs: z.array(text),
    }),
    {moved: 'say it again with "stage cancel --forget"'},
  ),
  'decision.round': kind(
    'a round in which steps are done again',
    z.looseObject({at: time, by: text, step: text, from: text, steps: counts, why: text}),
  ),
  'decision.update': kind(
    'an update of the run',
    z.looseObject({
      at: time,
      by: text,
      workflow,
      fingerprint: text,
      scriptHashes: words,
      scripts: z.optional(words),
      environment: z.optional(text),
      changed: z.array(text),
      removed: z.array(text),
      steps: z.optional(counts),
    }),
  ),
} as const satisfies Readonly<Record<string, RunFactKind>>;
