import * as z from 'zod/mini';
import type {AskedPause} from '../base/asked-pause.ts';
import {DAY_MS} from '../base/time.ts';
import {ensureSubdirectory} from './directories.ts';
import {fileCache} from './file-cache.ts';

export const PAUSE = z.object({service: z.string(), until: z.number(), said: z.string()});

/**
 * The pause that a service asked for, known to all processes that share a directory. It may be lost at any time: then the
 * service is asked once more, and says it again.
 *
 * @param path    a file that may vanish
 * @param service its address: what another one said is passed over
 */
export function openAskedPause(path: string, service: string, clock: () => number = Date.now): AskedPause {
  const cache = fileCache(path, PAUSE, ensureSubdirectory);
  return {
    now() {
      const written = cache.read();
      if (written?.service !== service) return undefined;
      const left = written.until - clock();
      // Longer than a day was written by another clock.
      return left > 0 && left <= DAY_MS ? {until: written.until, said: written.said} : undefined;
    },
    remember: (ms, said) => cache.write({service, until: clock() + Math.min(ms, DAY_MS), said}),
  };
}
