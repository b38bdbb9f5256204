import {constants, readFileSync} from 'node:fs';
import {dirname} from 'node:path';
import type * as z from 'zod/mini';
import {NOT_COMPILED, parseJson} from '../base/json.ts';
import {writeWhole} from './whole-file.ts';

/**
 * A file of JSON that may vanish at any time, for what can be learnt again. It is for its owner alone.
 *
 * @param schema whatever does not fit it counts as not there
 * @param ensure makes its directory; what it throws, like any failure to write, means no more than that nothing is kept
 */
export function fileCache<T>(
  path: string,
  schema: z.ZodMiniType<T>,
  ensure: (directory: string) => void,
): {read(): T | undefined; write(value: T): void} {
  return {
    read() {
      try {
        const read = schema.safeParse(parseJson(readFileSync(path, {encoding: 'utf8', flag: QUICKLY})), NOT_COMPILED);
        return read.success ? read.data : undefined;
      } catch {
        return undefined;
      }
    },
    write(value) {
      try {
        ensure(dirname(path));
        writeWhole(path, JSON.stringify(value), {flush: false});
      } catch {
        // It is learnt again next time: a full or read-only disk must not look like an absent PBS.
      }
    },
  };
}

/** A pipe in its place is not waited for. The type knows names of flags alone. */
const QUICKLY = (constants.O_RDONLY | constants.O_NONBLOCK) as unknown as string;
