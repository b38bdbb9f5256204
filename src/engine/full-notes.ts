import {join} from 'node:path';
import * as z from 'zod/mini';
import {ensureSubdirectory} from '../disk/directories.ts';
import {fileCache} from '../disk/file-cache.ts';
import type {Observed} from './plan/actions.ts';

/** What kept something waiting for a place in the last look, as people are told of it; it may vanish, and is learnt again. */
export type FullNote = Pick<Observed, 'places' | 'queue'>;

const NOTE = z.object({
  places: z.optional(z.object({limit: z.number(), pending: z.number(), waiting: z.number()})),
  queue: z.optional(z.object({limit: z.number(), by: z.enum(['profile', 'PBS', 'refusal']), waiting: z.number()})),
});

/** @param cache of the state directory */
export function openFullNotes(cache: string): {read(): FullNote; write(note: FullNote): void} {
  const file = fileCache(join(cache, 'full.json'), NOTE, ensureSubdirectory);
  return {read: () => file.read() ?? {}, write: file.write};
}
