import type * as z from 'zod/mini';
import {TransferRefused, TransferUnreachable} from '../../globus-errors.ts';
import type {Caller, Send} from './caller.ts';
import {isUuid} from './requests.ts';

/** Ask, and insist on the shape of the answer: what cannot be read is no conclusion. */
export type Ask = <T>(asked: string, schema: z.ZodMiniType<T>, send: Send) => Promise<T>;

export function createAsk(call: Caller): Ask {
  return async (asked, schema, send) => {
    const read = schema.safeParse(await call(asked, send));
    if (!read.success) throw new TransferUnreachable(asked, 'the answer does not have the form that is known');
    return read.data;
  };
}

/** @throws {TransferRefused} for what must not stand in an address */
export function checkId(id: string, of: 'task' | 'collection' | 'bookmark'): void {
  if (isUuid(id)) return;
  throw new TransferRefused({
    asked: `${of} ${id}`,
    globusCode: 'NotAnId',
    why: `"${id}" is not the id of a ${of}; Globus was not asked`,
    next: [`Use the UUID of the ${of}.`],
  });
}
