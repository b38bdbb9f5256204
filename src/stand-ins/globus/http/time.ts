import {badRequest} from './problem.ts';

/** An instant as task documents have it: `2021-01-15T18:13:11+00:00`. */
export const taskTime = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}+00:00`;

/** An instant as file documents have it: `2021-01-15 01:45:50+00:00`. */
export const fileTime = (at: number): string => taskTime(at).replace('T', ' ');

/**
 * Read an ISO 8601 time the way clients write it: with `T` or a space, with or without time of day and zone (UTC).
 *
 * @returns milliseconds since the epoch
 */
export function readTime(text: string, field: string): number {
  const parts =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))? ?(Z|[+-]\d\d:?\d\d)?$/.exec(text.trim()) ?? undefined;
  const at = parts ? Date.parse(`${parts[1]}T${parts[2] ?? '00:00'}${zone(parts[3])}`) : Number.NaN;
  if (Number.isNaN(at)) throw badRequest(`Invalid ${field}: '${text}' is not an ISO 8601 time`);
  return at;
}

const zone = (text: string | undefined): string => (text ? text.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2') : 'Z');
