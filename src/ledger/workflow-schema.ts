import * as z from 'zod/mini';
import type {Workflow} from '../workflow/model/workflow.ts';

/** The normal form of a workflow as it is kept: as much of it as steps are planned and asked for by. */

const text = z.string();
const word = z.string().check(z.minLength(1));
const words = z.record(z.string(), text);
const yes = z.optional(z.literal(true));
const place = z.looseObject({collection: word, path: text});
const options = z.looseObject({verifyChecksum: z.boolean(), preserveTimestamp: z.boolean(), encryptData: z.boolean()});
const items = z.array(z.looseObject({from: text, to: text, recursive: z.boolean()}));

const common = {
  name: word,
  needs: z.array(word),
  onFailureOf: z.array(word),
  after: z.array(word),
  retries: z.optional(z.number()),
  retryDelayMs: z.optional(z.number()),
  always: yes,
  delayMs: z.optional(z.number()),
  redoFrom: z.optional(z.looseObject({step: word, rounds: z.number(), atOnceOn: z.array(z.number())})),
  numbered: yes,
  uses: z.optional(z.record(z.string(), z.number())),
};
const ofTask = {
  strategy: z.optional(z.enum(['monitor', 'wait'])),
  failFast: z.optional(z.looseObject({afterMs: z.number(), on: z.array(text)})),
};

/** What is acted on: a path that is not absolute would lead elsewhere. */
const path = z.string().check(z.startsWith('/'));
const paths = z.array(path);
const touches = z.optional(z.array(word));

const step = z.discriminatedUnion('kind', [
  z.looseObject({
    kind: z.literal('transfer'),
    ...common,
    ...ofTask,
    via: z.optional(z.looseObject({by: word, program: z.optional(word)})),
    from: place,
    to: place,
    recursive: z.boolean(),
    items: z.optional(items),
    options,
  }),
  z.looseObject({kind: z.literal('delete'), ...common, ...ofTask, at: place, recursive: z.boolean()}),
  z.looseObject({kind: z.literal('mkdir'), ...common, at: place}),
  z.looseObject({kind: z.literal('link'), ...common, from: path, into: paths}),
  z.looseObject({kind: z.literal('move'), ...common, from: path, to: path, below: paths, touches}),
  z.looseObject({kind: z.literal('remove'), ...common, paths, below: paths, touches}),
  z.looseObject({
    kind: z.literal('job'),
    ...common,
    script: text,
    resources: words,
    env: words,
    queue: z.optional(text),
    account: z.optional(text),
    project: z.optional(text),
    jobName: z.optional(text),
    array: z.optional(z.looseObject({first: z.number(), last: z.number(), step: z.number()})),
    onInterrupted: z.optional(z.literal('fail')),
    ownHold: yes,
  }),
]);

const claim = z.looseObject({
  pool: word,
  amount: z.union([z.number(), z.literal('auto')]),
  factor: z.optional(z.number()),
  from: word,
  until: z.looseObject({step: word, has: z.enum(['succeeded', 'begun'])}),
});

export const workflow: z.ZodMiniType<Workflow> = z.looseObject({
  name: word,
  collections: words,
  bookmarks: z.optional(z.record(z.string(), place)),
  places: z.optional(z.record(z.string(), place)),
  params: words,
  steps: z.array(step),
  claims: z.optional(z.array(claim)),
  workdir: text,
}) as unknown as z.ZodMiniType<Workflow>; // levels of `syncLevel` and the like are what the workflow file's own schema let through

/** What is asked of Globus. */
export const taskRequest = z.union([
  z.looseObject({label: text, sourceCollection: word, destinationCollection: word, items, options}),
  z.looseObject({label: text, collection: word, paths: z.array(text), recursive: z.boolean()}),
]);
