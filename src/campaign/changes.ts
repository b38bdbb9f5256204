/**
 * What a campaign's log can say. The log is a row of entries, numbered from 1, each a fact that is created exclusively:
 * the process that creates entry N has read all before N, and the one that finds N taken reads again. So all processes
 * agree on one order of items, admissions, ends and decisions, and a campaign is the fold of its log (fold.ts). A reader
 * that misses the newest entries can change nothing before it has read them.
 *
 * An entry may say several things at once: a look records in one what has ended and what it admits in its place.
 */
export interface LogEntry {
  /** milliseconds since the epoch, by the clock of the writer: for people; nothing is decided by it */
  readonly at: number;
  /** `user@host:pid` */
  readonly by: string;
  readonly changes: readonly Change[];
}

export type Change =
  | Defined
  | ItemsListed
  | {readonly is: 'admitted'; readonly number: number; readonly try: number; readonly prepared: string}
  | ItemEnded
  | ItemRetried
  | RunReopened
  /** an item that waited, and is not wanted any more */
  | {readonly is: 'dropped'; readonly number: number}
  | {readonly is: 'paused'}
  /** a pause or a cancellation is over */
  | {readonly is: 'resumed'}
  | {readonly is: 'cancelled'};

/** What the campaign does from here on, and within which bounds. */
export interface Defined extends Bounds {
  readonly is: 'defined';
  /** the fact that holds workflow and parameters */
  readonly definition: string;
}

export interface Bounds {
  /** at most so many runs are admitted and have not ended */
  readonly maxActive: number;
  /** of these at most so many of which no job has begun; absent: as many as there may be */
  readonly prefetch?: number | undefined;
  /** the campaign pauses after so many failures in a row with one reason, or on one node; 0: never */
  readonly pauseAfter: number;
}

/** Items are described by a segment: new ones, or those of a segment that it takes the place of. */
export interface ItemsListed {
  readonly is: 'items';
  /** the fact that holds a line for each */
  readonly segment: string;
  /** number of the first */
  readonly first: number;
  readonly count: number;
  /** of all of them; absent: they differ, and the segment says each */
  readonly priority?: number | undefined;
}

export type ItemEnd = 'succeeded' | 'failed' | 'cancelled';

export interface ItemEnded {
  readonly is: 'ended';
  readonly number: number;
  readonly try: number;
  /** which seal of its run says so: 0, or how many times the run was resumed before */
  readonly seal: number;
  readonly state: ItemEnd;
  readonly why: string;
  /** when the run ended, in milliseconds */
  readonly at: number;
  /** why it failed, without what is particular to the item: for {@link Bounds.pauseAfter} */
  readonly reason?: string | undefined;
  /** where the job ran that failed, and for how long */
  readonly host?: string | undefined;
  readonly seconds?: number | undefined;
}

/** An item that has ended is to run again, as a further run. */
export interface ItemRetried {
  readonly is: 'retried';
  readonly number: number;
  /** the number of the further try */
  readonly try: number;
  /** how it had ended */
  readonly was: ItemEnd;
}

/** The run of an item that has ended is resumed: it is active again. */
export interface RunReopened {
  readonly is: 'reopened';
  readonly number: number;
  readonly try: number;
  /** which seal of the run will say how it ended then */
  readonly seal: number;
  readonly was: ItemEnd;
}
