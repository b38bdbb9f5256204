/**
 * What a limit grants next. Pure: the same record gives the same answer to every process.
 *
 * A limit is so much of something, such as places in the queue. What wants some of it claims it, acts once the claim is
 * granted, and releases it in the end. A grant is never taken back, also where the capacity became less. The caller
 * keeps the record: engine/queue-places.ts in memory, for one look. Limits that outlive a look, and that several
 * processes and users share, keep theirs in the log of a directory: log.ts, next-grants.ts.
 */
export interface Limit {
  /** how much all grants together may hold */
  readonly capacity: number;
}

export interface Claim {
  /** unlike that of any other claim on the limit, also of one that was released */
  readonly key: string;
  /** how much of the capacity it holds once it is granted: 0 or more */
  readonly amount: number;
  /** how much must stay free beside it, for a claim that it may itself wait for */
  readonly leaves?: number | undefined;
  /** the capacity that counts for this claim, where that is less than the limit's */
  readonly within?: number | undefined;
}

/** What is on record of a limit. */
export interface LimitRecord {
  /** everything that was granted, what was released since among it */
  readonly granted: readonly Claim[];
  /** keys of the grants that were released */
  readonly released: ReadonlySet<string>;
  /** claims, in the order of their turn; those that were granted are passed over */
  readonly open: readonly Claim[];
}

/**
 * The claim that is granted next: the first that fits.
 *
 * One that is larger than the capacity is granted when nothing is held, so that nothing waits for ever. One that must
 * leave something free is not: it waits for others, and these may come.
 *
 * @returns undefined when none fits before something is released
 */
export function nextGrant({capacity}: Limit, {granted, released, open}: LimitRecord): Claim | undefined {
  const held = heldBy({granted, released});
  const had = new Set(granted.map(({key}) => key));
  return open.find(
    ({key, amount, leaves = 0, within = capacity}) =>
      !had.has(key) &&
      ((held === 0 && leaves === 0) || fits({capacity: Math.min(within, capacity)}, held, amount + leaves)),
  );
}

/** Whether so much may be held beside what is held already: the one judgement that all limits share. */
export function fits({capacity}: Limit, held: number, amount: number): boolean {
  return held + amount <= capacity;
}

/** Everything that may be granted now, in the order in which it is granted. */
export function grantsNow(limit: Limit, record: LimitRecord): Claim[] {
  const now: Claim[] = [];
  // Each round grants one of the open claims, so that there are no more rounds than these.
  for (const _ of record.open) {
    const next = nextGrant(limit, {...record, granted: [...record.granted, ...now]});
    if (!next) break;
    now.push(next);
  }
  return now;
}

/** How much is held: what was granted and not released. */
export function heldBy({granted, released}: Pick<LimitRecord, 'granted' | 'released'>): number {
  return granted.reduce((sum, {key, amount}) => (released.has(key) ? sum : sum + amount), 0);
}
