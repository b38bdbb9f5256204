import {oneLine} from '../../../base/text.ts';
import type {TaskEvent} from '../../../transfer/transfer-service.ts';

/** What stands in a task's way, by its own error events. */
export interface TaskTrouble {
  /** of the event, such as `FILE_NOT_FOUND` */
  readonly code: string;
  /** Globus's words for the code */
  readonly description: string;
  /** the file or directory it concerns, where the event names one */
  readonly path?: string;
  /** the collection it happened at, where the event names one: its id */
  readonly collection?: string;
  /** what the collection's server said */
  readonly said: string;
  /** the first and the newest event about this path, in milliseconds since the epoch */
  readonly since: number;
  readonly last: number;
  readonly times: number;
  /** the events that were asked for reach no further back: it may have begun earlier, and happened more often */
  readonly atLeast: boolean;
}

/** Ends of a task that Globus files as errors too, and that say nothing of what stood in its way. */
const ENDS = ['CANCELED', 'EXPIRED'];

/** An event that says what stood in a task's way. */
export function isTrouble({code}: TaskEvent): boolean {
  return !ENDS.includes(code);
}

/**
 * The newest trouble among a task's error events, and since when the same has been met at the same place. Pure.
 *
 * @param events error events, newest first
 * @param limit  how many events were asked for
 * @param among  only these codes; all when absent
 */
export function readTrouble(
  events: readonly TaskEvent[],
  limit: number,
  among?: readonly string[],
): TaskTrouble | undefined {
  const errors = events.filter(isTrouble);
  const [newest] = errors;
  if (!newest || (among && !among.includes(newest.code))) return undefined;
  const path = pathIn(newest.details);
  const same = errors.filter(({code, details}) => code === newest.code && pathIn(details) === path);
  const collection = /^Endpoint: .*\(([0-9a-f-]{36})\)\s*$/im.exec(newest.details)?.[1];
  return {
    code: newest.code,
    description: newest.description || newest.code.toLowerCase().replaceAll('_', ' '),
    ...(path === undefined ? {} : {path}),
    ...(collection === undefined ? {} : {collection}),
    said: oneLine(/^Message: ([\s\S]*?)(?:\n---|$)/m.exec(newest.details)?.[1] ?? (path ? '' : newest.details)),
    since: Math.min(...same.map(({at}) => at)),
    last: newest.at,
    times: same.length,
    atLeast: events.length >= limit,
  };
}

/** Details of an error are lines of `Name: value`; what they hold beyond that differs from one server to another. */
function pathIn(details: string): string | undefined {
  return /^(?:File|Path): (.+)$/m.exec(details)?.[1]?.trim();
}
