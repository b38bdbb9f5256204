import * as z from 'zod/mini';

/** An error as Globus tells it. */
export interface GlobusError {
  readonly code: string;
  readonly message: string;
  readonly requestId?: string;
}

const Text = z.nullish(z.string());
const OneError = z.object({code: z.string(), message: Text, detail: z.optional(z.unknown()), request_id: Text});

/**
 * Read the body of an answer that is no success. Pure. Source: Globus Transfer API, "Errors"; globus-sdk-python reads
 * the list form of other Globus services (`errors: [{code, detail}]`) as well.
 *
 * @param body as JSON; undefined when it is none
 * @returns undefined for whatever has no code of Globus in it: a proxy's page, half a body, another type
 */
export function readError(body: unknown): GlobusError | undefined {
  for (const part of errorsIn(body)) {
    const read = OneError.safeParse(part);
    if (!read.success) continue;
    const {code, message, detail, request_id} = read.data;
    const words = message ?? (typeof detail === 'string' ? detail : '');
    return {code, message: words, ...(request_id ? {requestId: request_id} : {})};
  }
  return undefined;
}

/** The error itself, then those of its list. */
export function errorsIn(body: unknown): unknown[] {
  if (typeof body !== 'object' || body === null) return [];
  return 'errors' in body && Array.isArray(body.errors) ? [body, ...body.errors] : [body];
}
