import * as z from 'zod/mini';
import type {FactKind} from '../../disk/read-fact.ts';
import type {RunSpec} from '../run-facts.ts';
import {workflow} from '../workflow-schema.ts';
import {cause, count, counts, job, run, task, text, time, words} from './fields.ts';

// What is on record of a run beside its directory `facts/`.

/** `spec.json` of a run. */
export const SPEC: FactKind<RunSpec> = {
  what: 'what the run was asked to do',
  schema: z.looseObject({
    run,
    name: z.string().check(z.minLength(1)),
    number: count,
    workflow,
    fingerprint: text,
    scriptHashes: words,
    profile: text,
    createdAt: time,
    createdBy: text,
    host: text,
    nonce: text,
    adopt: z.optional(z.record(z.string(), task)),
    maxQueued: z.optional(count),
    scripts: z.optional(words),
    environment: z.optional(text),
    campaign: z.optional(z.looseObject({name: text, number: count, key: text, try: count})),
  }) as unknown as z.ZodMiniType<RunSpec>, // `format` is seen to before (read-fact.ts)
};

/** `environment-….json` of a run or of a single job. */
export const ENVIRONMENT = {
  what: 'the environment of its scripts',
  schema: z.looseObject({variables: words}),
} as const;

/** `resumed/RUN~NUMBER.json` */
export const RESUMED = {
  what: 'a resumption',
  schema: z.looseObject({
    at: time,
    by: text,
    steps: counts,
    redo: z.array(text),
    adopt: z.optional(z.record(z.string(), task)),
    forced: z.optional(z.array(text)),
  }),
} as const;

const names = z.optional(z.array(text));

/** `sealed/RUN.json`. Its first version did not say what a step waited for. */
export const SEAL = {
  what: 'how the run ended',
  schema: z.looseObject({
    run,
    name: text,
    number: count,
    profile: text,
    state: z.enum(['succeeded', 'failed', 'cancelled']),
    why: text,
    fingerprint: text,
    givenUp: z.optional(z.literal(true)),
    createdAt: time,
    endedAt: time,
    steps: z.array(
      z.looseObject({
        step: text,
        kind: z.enum(['transfer', 'delete', 'mkdir', 'job', 'link', 'move', 'remove']),
        state: z.enum(['succeeded', 'failed', 'cancelled', 'skipped', 'lost']),
        why: text,
        needs: names,
        onFailureOf: names,
        after: names,
        attempts: count,
        startedAt: z.optional(time),
        endedAt: z.optional(time),
        job: z.optional(job),
        task: z.optional(task),
        bytes: z.optional(time),
        files: z.optional(time),
        skippedErrors: z.optional(time),
        exitStatus: z.optional(time),
        cause,
      }),
    ),
  }),
} as const;

/** `late/RUN.json` */
export const LATE = {
  what: 'submissions that PBS may still take',
  schema: z.looseObject({run, tags: z.array(text), until: time}),
} as const;
