import * as z from 'zod/mini';
import type {FactKind} from '../disk/read-fact.ts';

// What each kind of fact of an output area must hold to be believed: docs/formats/ledger.md.

const time = z.number();
const text = z.string();
const count = z.int().check(z.minimum(0));
const number = z.string().check(z.regex(/^\d+$/));
const path = z.string().check(z.regex(/^\//));

/** What lies at a path: its device and file number tell it from whatever may come to that name later. */
const FOUND = z.object({
  path,
  /** the same without links on the way */
  real: path,
  kind: z.enum(['directory', 'file']),
  /** in decimal: file numbers of large file systems are no exact numbers of JavaScript */
  device: number,
  file: number,
  owner: count,
});
export type Found = z.output<typeof FOUND>;

const AREA = z.object({
  at: time,
  by: text,
  run: text,
  step: text,
  reason: text,
  place: text,
  paths: z.array(path),
  keepMs: z.optional(time),
  before: z.enum(['absent', 'there', 'unknown']),
});
export type AreaFact = z.output<typeof AREA>;

const FILLING = z.object({at: time, by: text, step: text, attempt: count});
const SEEN = z.object({
  at: time,
  by: text,
  host: text,
  found: z.array(FOUND),
  files: z.optional(count),
  bytes: z.optional(count),
  cut: z.optional(z.boolean()),
});
export type SeenFact = z.output<typeof SEEN>;

const KEPT = z.object({at: time, by: text, until: time});
const DECIDED = z.object({at: time, by: text});
const GONE = z.object({at: time, by: text, why: text, files: z.optional(count), bytes: z.optional(count)});
export type GoneFact = z.output<typeof GONE>;

const kinds: readonly (readonly [RegExp, FactKind<Record<string, unknown>>])[] = [
  [/^area$/, {what: 'an output area', schema: AREA}],
  [/^filling-\d+$/, {what: 'a job that fills an output area', schema: FILLING}],
  [/^seen-\d+-\d+$/, {what: 'what an output area held', schema: SEEN}],
  [/^kept-\d+$/, {what: 'until when an output area is kept', schema: KEPT}],
  [/^released-\d+-\d+$/, {what: 'the word of a person that an output area may go', schema: DECIDED}],
  [/^removing-\d+-\d+$/, {what: 'a removal that is about to begin', schema: DECIDED}],
  [/^left-\d+-\d+$/, {what: 'a removal that was not made', schema: DECIDED}],
  [/^gone-\d+$/, {what: 'the end of an output area', schema: GONE}],
];

/** @returns undefined for a name that is no fact of an area */
export function kindOfAreaFact(name: string): FactKind | undefined {
  return kinds.find(([pattern]) => pattern.test(name))?.[1];
}
