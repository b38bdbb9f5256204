import {join} from 'node:path';
import * as z from 'zod/mini';
import {ensureSubdirectory} from '../../disk/directories.ts';
import {fileCache} from '../../disk/file-cache.ts';
import type {KindEnd, PartKind} from './kinds.ts';

/** How a kind of work ended last. */
export interface PartNote {
  readonly at: number;
  readonly end: KindEnd['is'];
  /** since when it has not come to its end, in milliseconds; absent where it did */
  readonly since?: number | undefined;
}

const NOTE = z.object({
  at: z.number(),
  end: z.enum(['done', 'left', 'hung', 'failed']),
  since: z.optional(z.number()),
});

/** What looks have left to the next one, by kind of work; it may vanish, and is learnt again. @param cache of the state directory */
export function openPartNotes(cache: string) {
  const file = (kind: PartKind) => fileCache(join(cache, `part.${kind}.json`), NOTE, ensureSubdirectory);
  return {
    read: (kind: PartKind): PartNote | undefined => file(kind).read(),
    write(kind: PartKind, end: KindEnd['is'], at: number): void {
      const since = end === 'done' ? undefined : (file(kind).read()?.since ?? at);
      file(kind).write({at, end, since});
    },
  };
}
