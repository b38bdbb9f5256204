import * as z from 'zod/mini';
import {by, count, text, time, yes} from './fields.ts';
import {kind, type RunFactKind} from './run-fact-kind.ts';

const thing = z.looseObject({
  root: z.optional(count),
  path: text,
  kind: z.enum(['file', 'directory', 'link', 'other']),
  device: text,
  number: text,
  size: count,
  mtime: text,
});

/** What is on record of an act on the file systems of the cluster. Without it nothing would be known of what may be removed. */
export const ACT_FACTS = {
  'act.intent': kind(
    'what is about to be linked, moved or removed',
    z.looseObject({
      at: time,
      by,
      updates: z.optional(count),
      host: text,
      across: z.boolean(),
      copyBytes: count,
      whole: z.boolean(),
      anew: yes,
      things: z.array(thing),
    }),
  ),
  'act.progress': kind(
    'how far an act is',
    z.looseObject({
      at: time,
      part: z.enum(['act', 'copy', 'put', 'remove']),
      done: count,
      compared: z.optional(count),
      acted: count,
      copied: count,
      gone: count,
      left: count,
      told: z.array(text),
      finished: yes,
    }),
  ),
} as const satisfies Readonly<Record<string, RunFactKind>>;
