import * as z from 'zod/mini';
import type {TaskId} from '../base/ids.ts';
import type {JobId} from '../base/job-id.ts';
import type {FactKind} from '../disk/read-fact.ts';
import type {OutcomeCause, RunSpec} from './run-facts.ts';
import type {RunId} from './state-directory.ts';
import {taskRequest, workflow} from './workflow-schema.ts';

// What each kind of fact must hold to be believed. A new kind has its schema here, and its line in docs/formats/ledger.md:
// without it, it is neither written (`kindOfRunFact`) nor read. Each says whose it is (`run`): one that was copied from
// another run is not believed (read-fact.ts, `FactOwner`); those of older versions do not say it. A field that came later than its kind is optional, so that
// old state directories stay readable; fields that nothing is concluded from need not be there. A change that an older
// version must not misread raises the `format` that the fact says, and the one of its kind.

const time = z.number();
const count = z.number().check(z.minimum(0));
const text = z.string();
const by = z.optional(text);
const yes = z.optional(z.literal(true));
const isWord = (value: unknown) => typeof value === 'string' && value !== '';
const job = z.custom<JobId>(isWord);
const task = z.custom<TaskId>(isWord);
const run = z.custom<RunId>(isWord);
/** One that a later version knows is no damage. */
const cause = z.optional(z.custom<OutcomeCause>(isWord));
const words = z.record(z.string(), text);
const counts = z.record(z.string(), count);

/** Jobs write times as text, `stage` as milliseconds; nothing hangs on them. */
const told = z.optional(z.union([time, text]));

const refusal = z.looseObject({
  at: time,
  why: text,
  retry: z.boolean(),
  unreachable: z.optional(z.boolean()),
  notAsked: z.optional(z.boolean()),
  unknownServer: z.optional(text),
  next: z.optional(z.array(text)),
  inQueue: z.optional(count),
});
const done = z.looseObject({at: time});
const intended = z.looseObject({at: time, why: z.optional(text), by});
const ofJob = z.looseObject({at: time, job});

/** A kind of fact that a run is the sum of. */
export interface RunFactKind extends FactKind {
  /** what follows when a person moves a damaged one away: the advice that they are given; absent: it can only be restored */
  readonly moved?: string;
  /**
   * Its name says all that must be known. Jobs write such markers on nodes that may lose power, and a run is not set aside
   * for one that is empty or cut short.
   */
  readonly byName?: true;
}

const ASKED_AGAIN = 'PBS is asked again';
const GLOBUS_ASKED_AGAIN = 'Globus is asked again';
const JUDGED_BY_PBS = 'what PBS says of the job decides; where it has forgotten it, the attempt counts as lost';

function kind(what: string, schema: FactKind['schema'], more: Pick<RunFactKind, 'moved' | 'byName'> = {}): RunFactKind {
  return {what, schema, ...more};
}

/** The facts of a run's directory `facts/`, by what is left of a name without step, attempt, index, numbers and role. */
export const RUN_FACTS = {
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

  start: kind(
    'the start of a job',
    z.looseObject({job: z.optional(job), host: z.optional(text), at: told, void: yes}),
    {
      byName: true,
    },
  ),
  altered: kind('a job that found another script than was recorded', z.looseObject({job: z.optional(job), at: told}), {
    byName: true,
  }),
  end: kind(
    'the end of a job',
    z.looseObject({
      job: z.optional(job),
      exit: time,
      terminated: z.optional(z.boolean()),
      delivers: z.optional(z.boolean()),
      at: told,
    }),
    {moved: JUDGED_BY_PBS},
  ),
  status: kind(
    'the exit status of a script',
    z.looseObject({job: z.optional(job), exit: time, delivers: z.optional(z.boolean()), at: told}),
    {moved: JUDGED_BY_PBS},
  ),
  term: kind('a job that was told to end', z.looseObject({job: z.optional(job), at: told}), {byName: true}),

  outcome: kind(
    'how an attempt ended',
    z.looseObject({
      at: time,
      state: z.enum(['succeeded', 'failed', 'cancelled', 'skipped', 'lost']),
      why: text,
      bytes: z.optional(time),
      files: z.optional(time),
      skippedErrors: z.optional(time),
      exitStatus: z.optional(time),
      final: yes,
      cause,
      unpermitted: yes,
    }),
    {moved: 'the attempt is judged again by its markers, PBS and Globus'},
  ),

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

export type RunFactName = keyof typeof RUN_FACTS;

/** Which kind of fact a name in `facts/` stands for. Pure. @returns undefined when it is none that this version knows */
export function nameOfKind(name: string): RunFactName | undefined {
  const ofAttempt = /^[^.]+\.[1-9][0-9]*\.(?:i[0-9]+\.)?(.+)$/.exec(name)?.[1];
  const general = (name.startsWith('decision.') ? name : (ofAttempt ?? ''))
    .replace(/^(?:job|launcher|sentinel|wait)(?:-[0-9]+)?\./, 'job.')
    .replace(/[-.][0-9]+(?=\.|$)/g, '');
  return Object.hasOwn(RUN_FACTS, general) ? (general as RunFactName) : undefined; // seen just now
}

/** @throws {RangeError} for a fact that no reader would believe */
export function requireKind(name: string): RunFactKind {
  const known = nameOfKind(name);
  if (!known) throw new RangeError(`the fact ${name} has no schema in src/ledger/fact-schemas.ts`);
  return RUN_FACTS[known];
}

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
        kind: z.enum(['transfer', 'delete', 'mkdir', 'job']),
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
