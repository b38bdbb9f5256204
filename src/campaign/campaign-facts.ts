import * as z from 'zod/mini';
import type {Place} from '../base/task-request.ts';
import type {PathMapping} from '../config/map-path.ts';
import type {FactKind} from '../disk/read-fact.ts';
import type {KeptVariables} from '../ledger/kept-environment.ts';
import type {LogEntry} from './changes.ts';
import type {ItemLine} from './listed-items.ts';

// What each kind of fact of a campaign must hold to be believed; each says whose it is (`campaign`). A change that an
// older version must not misread raises the `format` of its kind, as for runs (src/ledger/fact-schemas.ts).

const count = z.number().check(z.minimum(0));
const number = z.number().check(z.minimum(1));
const text = z.string();
const end = z.enum(['succeeded', 'failed', 'cancelled']);
const bounds = {maxActive: number, prefetch: z.optional(number), pauseAfter: count};

const change = z.discriminatedUnion('is', [
  z.looseObject({is: z.literal('defined'), definition: text, ...bounds}),
  z.looseObject({
    is: z.literal('items'),
    segment: text,
    first: number,
    count: number,
    priority: z.optional(z.number()),
  }),
  z.looseObject({is: z.literal('admitted'), number, try: number, prepared: text}),
  z.looseObject({
    is: z.literal('ended'),
    number,
    try: number,
    seal: count,
    state: end,
    why: text,
    at: z.number(),
    reason: z.optional(text),
    host: z.optional(text),
    seconds: z.optional(z.number()),
  }),
  z.looseObject({is: z.literal('retried'), number, try: number, was: end}),
  z.looseObject({is: z.literal('reopened'), number, try: number, seal: number, was: end}),
  z.looseObject({is: z.literal('dropped'), number}),
  z.looseObject({is: z.literal('paused')}),
  z.looseObject({is: z.literal('resumed')}),
  z.looseObject({is: z.literal('cancelled')}),
]);

/** `log/000017.json` */
export const LOG_ENTRY: FactKind<LogEntry & {readonly position: number}> = {
  what: 'an entry of the log of a campaign',
  schema: z.looseObject({at: z.number(), by: text, position: number, changes: z.array(change)}),
};

/** What the items of a campaign are worked on with. */
export interface Definition {
  readonly at: number;
  readonly by: string;
  /** the workflow file: as the user typed it, what it held, and where it lay */
  readonly workflow: {readonly file: string; readonly text: string; readonly directory: string};
  /** scripts and batch files that any item names, by absolute path */
  readonly files: Readonly<Record<string, KeptFile>>;
  readonly collections: Readonly<Record<string, string>>;
  readonly bookmarks: Readonly<Record<string, Place>>;
  readonly paths: readonly PathMapping[];
  /** what scripts have of the person's environment */
  readonly environment?: KeptVariables | undefined;
  readonly profile: string;
  readonly maxQueued?: number | undefined;
  /** items are admitted also where their walltime crosses a reservation that PBS shows */
  readonly crossReservations?: true | undefined;
  /** tells whether what is asked for is what is recorded */
  readonly fingerprint: string;
}

export interface KeptFile {
  readonly sha256: string;
  /** `#PBS -r n`: its job is never started twice */
  readonly once?: true | undefined;
  /** `#PBS -h`: its job is held by its own wish */
  readonly holds?: true | undefined;
  /** `#PBS -l walltime=` */
  readonly walltimeSeconds?: number | undefined;
}

const place = z.looseObject({collection: text, path: text});

/** `definitions/WORD.json` */
export const DEFINITION: FactKind<Definition> = {
  what: 'what a campaign does',
  schema: z.looseObject({
    at: z.number(),
    by: text,
    workflow: z.looseObject({file: text, text, directory: text}),
    files: z.record(
      z.string(),
      z.looseObject({
        sha256: text,
        once: z.optional(z.literal(true)),
        holds: z.optional(z.literal(true)),
        walltimeSeconds: z.optional(count),
      }),
    ),
    collections: z.record(z.string(), text),
    bookmarks: z.record(z.string(), place),
    paths: z.array(z.looseObject({cluster: text, collection: text, path: text})),
    environment: z.optional(z.record(z.string(), text)),
    profile: text,
    maxQueued: z.optional(number),
    crossReservations: z.optional(z.literal(true)),
    fingerprint: text,
  }),
};

/** `items/WORD.json` */
export const SEGMENT: FactKind<{readonly lines: readonly ItemLine[]}> = {
  what: 'items of a campaign',
  schema: z.looseObject({
    lines: z.array(
      z.looseObject({
        key: text,
        params: z.record(z.string(), text),
        priority: z.number(),
        inputs: z.optional(text),
      }),
    ),
  }),
};

const numbers = z.array(z.tuple([number, number]));
const levels = z.array(z.tuple([number, numbers]));
const stopped = z.optional(z.looseObject({at: z.number(), by: text, why: z.optional(text)}));
const segment = z.looseObject({segment: text, first: number, count: number, priority: z.optional(z.number())});

/** `checkpoints/000250.json`: a state as JSON. */
export const CHECKPOINT = {
  what: 'a checkpoint of a campaign',
  schema: z.looseObject({
    position: number,
    definition: text,
    bounds: z.looseObject(bounds),
    segments: z.array(segment),
    waiting: numbers,
    retried: levels,
    reopened: levels,
    active: z.array(z.looseObject({number, try: number, prepared: text, seal: count})),
    ended: z.looseObject({succeeded: count, failed: count, cancelled: count}),
    paused: stopped,
    cancelled: stopped,
    streaks: z.looseObject({
      reason: z.optional(z.looseObject({why: text, times: number})),
      nodes: z.array(z.looseObject({host: text, times: number, quick: z.boolean()})),
    }),
  }),
} as const;

/** `.open/NAME~POSITION.json` */
export const OPEN_MARK = {what: 'a mark that a campaign is to be looked at', schema: z.looseObject({})} as const;
