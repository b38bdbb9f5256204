import {afterEntry, type Entry, type EntryRead, type LimitEvent, type LimitsState} from './log.ts';
import {type Free, grantsDue} from './next-grants.ts';

/** The log of a limits directory, as one process can see it. */
export interface EntryLog {
  /** @returns undefined when there is no such entry, or it cannot be seen yet */
  read(number: number): EntryRead | undefined;
  /** Create an entry, whole or not at all. @returns false when there is one of that number */
  create(number: number, entry: Entry): boolean;
  /** the user who may set capacities and free claims of others */
  readonly keeper: number;
  /** the user that this process runs as */
  readonly me: number;
}

/** Read the entries that have come since. */
export function readOn(log: EntryLog, state: LimitsState): LimitsState {
  let now = state;
  for (let read = log.read(now.next); read; read = log.read(now.next)) now = afterEntry(now, read, log.keeper);
  return now;
}

/** As much as one entry holds, so that it stays a small file. */
const MOST_EVENTS = 200;

/** More than there can be of others that come first, one after the other: then something else is wrong. */
const MOST_TRIES = 2_000;

/** What one process asks of a log, and how. */
export interface Request {
  /** what is to be written, from what is there: nothing when all of it is there. Asked again whenever another process came first */
  readonly wanted: (state: LimitsState) => readonly LimitEvent[];
  /** undefined: this process grants nothing */
  readonly free?: Free | undefined;
  readonly by: string;
  readonly clock: () => number;
  /** is told of each entry that this process has made, with the state after it */
  readonly wrote?: ((does: readonly LimitEvent[], state: LimitsState) => void) | undefined;
  /** for tests alone: a process may be made to die before an entry, or after it */
  readonly around?: ((create: () => boolean) => boolean) | undefined;
}

/**
 * Write what is wanted, and grant what is due, to whomever it is.
 *
 * An entry is made with all before it read: its number is the next one, and a process that has missed some finds that
 * number taken, reads on, and decides again. What it dies in is either there as a whole or not at all.
 *
 * @throws {LogNotSeen} when a number is taken, and its entry cannot be seen
 */
export function settle(
  log: EntryLog,
  state: LimitsState,
  {wanted, free, by, clock, wrote, around = (create) => create()}: Request,
): LimitsState {
  let now = readOn(log, state);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const does = withGrants(log, now, wanted(now).slice(0, MOST_EVENTS), free);
    if (does.length === 0) return now;
    const entry: Entry = {by, at: clock(), does};
    const number = now.next;
    if (around(() => log.create(number, entry))) {
      now = afterEntry(now, {is: 'whole', entry, writer: log.me}, log.keeper);
      wrote?.(does, now);
    }
    now = readOn(log, now);
  }
  throw new LogNotSeen(now.next);
}

function withGrants(log: EntryLog, state: LimitsState, events: readonly LimitEvent[], free: Free | undefined) {
  if (!free) return events;
  const entry: Entry = {by: '', at: 0, does: events};
  const after = events.length > 0 ? afterEntry(state, {is: 'whole', entry, writer: log.me}, log.keeper) : state;
  return [...events, ...grantsDue(after, free).slice(0, MOST_EVENTS)];
}

/** A number of the log is taken, and what has it does not show. */
export class LogNotSeen extends Error {
  readonly entry: number;
  constructor(entry: number) {
    super(`entry ${entry} of the log of limits is there, and cannot be seen`);
    this.entry = entry;
  }
}
