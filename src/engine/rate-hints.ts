import * as z from 'zod/mini';
import type {TaskId} from '../base/ids.ts';
import {DAY_MS} from '../base/time.ts';
import {ensureSubdirectory} from '../disk/directories.ts';
import {fileCache} from '../disk/file-cache.ts';
import type {TaskSeen} from '../transfer/transfer-service.ts';
import {type RateHint, withLook} from './plan/tasks/rate.ts';

/** How fast tasks have moved, for the next look of any process. They may vanish, and are learnt again then. */
export interface RateHints {
  read(): ReadonlyMap<string, RateHint>;
  write(hints: ReadonlyMap<string, RateHint>): void;
}

const Hint = z.object({
  since: z.number(),
  at: z.number(),
  bytes: z.number(),
  movedBytes: z.number(),
  movedMs: z.number(),
  rests: z.boolean(),
  stillSince: z.optional(z.number()),
  changed: z.optional(z.literal(true)),
});
const Hints = z.record(z.string(), Hint);

/** @param path a file that each look replaces: of two at a time, what one of them saw is lost */
export function openRateHints(path: string): RateHints {
  const cache = fileCache(path, Hints, ensureSubdirectory);
  return {
    read: () => new Map(Object.entries(cache.read() ?? {})),
    write: (hints) => cache.write(Object.fromEntries(hints)),
  };
}

/** What this look adds to the hints. Those of tasks that no look has seen for a day are left out. */
export function rateSeen(
  hints: RateHints,
  tasks: ReadonlyMap<TaskId, TaskSeen>,
  now: number,
): ReadonlyMap<string, RateHint> {
  const before = hints.read();
  const after = new Map([...before].filter(([, {at}]) => now - at < DAY_MS));
  for (const [id, task] of tasks) if (task.kind === 'task') after.set(id, withLook(before.get(id), task, now));
  if ([...after].some(([id, hint]) => before.get(id) !== hint)) hints.write(after);
  return after;
}
