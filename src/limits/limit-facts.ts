import * as z from 'zod/mini';
import {NAME} from '../base/names.ts';
import type {FactKind} from '../disk/read-fact.ts';
import type {ClaimState, Entry} from './log.ts';

// What each kind of fact of a limits directory must hold to be believed: docs/formats/limits.md. Other users of a group
// write there, too, so every text and number has a bound. The rules by which entries count (log.ts) are part of their
// format: a change of these raises it, and an older version then grants nothing.

const MOST_TEXT = 300;
const text = z.string().check(z.maxLength(MOST_TEXT));
const key = z.string().check(z.minLength(1), z.maxLength(MOST_TEXT));
const limit = z.string().check(z.regex(NAME));
const whole = z.int().check(z.minimum(0));
const amount = z.int().check(z.minimum(1));
const count = z.int().check(z.minimum(1));
const priority = z.optional(z.int().check(z.minimum(-1_000_000), z.maximum(1_000_000)));

const capacity = z.discriminatedUnion('kind', [
  z.object({kind: z.literal('slots'), size: whole}),
  z.object({
    kind: z.literal('pool'),
    size: whole,
    reserve: whole,
    path: z.optional(z.string().check(z.maxLength(4096))),
  }),
]);
const holder = z.object({who: text, home: text, run: z.optional(text), step: z.optional(text)});
const wants = z.array(z.object({limit, amount})).check(z.minLength(1), z.maxLength(20));

const event = z.discriminatedUnion('do', [
  z.object({do: z.literal('capacity'), limit, capacity}),
  z.object({do: z.literal('claim'), key, wants, priority, holder}),
  z.object({do: z.literal('grant'), key, free: z.optional(z.record(limit, whole))}),
  z.object({do: z.literal('release'), key, why: text}),
  z.object({do: z.literal('hold'), key}),
  z.object({do: z.literal('unhold'), key}),
  z.object({do: z.literal('void'), entry: count}),
]);

/** An entry of the log. It names its number: one that was copied to another is not believed. */
export const ENTRY: FactKind<Entry & {readonly number: number}> = {
  what: 'an entry of the log of limits',
  schema: z.object({
    number: count,
    by: text,
    at: z.number(),
    does: z.array(event).check(z.minLength(1), z.maxLength(1000)),
  }),
};

const claim: z.ZodMiniType<ClaimState> = z.object({
  key,
  turn: count,
  wants,
  priority: z.number(),
  holder,
  owner: whole,
  at: z.number(),
  held: z.boolean(),
  overtaken: whole,
  granted: z.optional(z.object({entry: count, at: z.number()})),
});

/** The state after an entry, so that those before it need not be read. */
export const CHECKPOINT = {
  what: 'a checkpoint of the log of limits',
  schema: z.object({
    next: count,
    claimed: whole,
    capacities: z.array(z.tuple([limit, capacity])),
    claims: z.array(claim),
    unreadable: z.array(z.tuple([count, z.string()])),
  }),
} satisfies FactKind<unknown>;

/** What makes a directory one of limits. */
export interface DirectoryFact {
  readonly at: number;
  readonly by: string;
  /** unlike that of any other such directory */
  readonly id: string;
  /** members of a group use it together */
  readonly shared?: boolean | undefined;
}

export const DIRECTORY: FactKind<DirectoryFact> = {
  what: 'what makes a directory one of limits',
  schema: z.object({at: z.number(), by: text, id: key, shared: z.optional(z.boolean())}),
};

/** When a state directory last looked at its claims: for people. It is replaced at each look. */
export interface LastLook {
  readonly who: string;
  readonly home: string;
  readonly at: number;
}

export const LAST_LOOK: FactKind<LastLook> = {
  what: 'when a state directory last looked at its claims',
  schema: z.object({who: text, home: text, at: z.number()}),
};
