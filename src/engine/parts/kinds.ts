/**
 * What a look does after all else, in this order. Acts, which are planned, have a process of their own (src/wiring/acts-apart.ts). Each kind runs in a process of its own with a time limit:
 * what hangs in one, such as a file server that does not answer, delays no other, and no question to PBS or Globus.
 */
export const PART_KINDS = ['watches', 'housekeeping'] as const;
export type PartKind = (typeof PART_KINDS)[number];

/** `left`: there is more to do than the time allowed. */
export type PartEnd = 'done' | 'left';

/** How the parts of one kind ended. */
export type KindEnd =
  | {readonly is: PartEnd}
  /** ended by us after so long: something hangs */
  | {readonly is: 'hung'; readonly seconds: number}
  | {readonly is: 'failed'; readonly why: string};

/** Runs the parts of one kind, in another process. */
export type RunApart = (kind: PartKind, limitMs: number) => Promise<KindEnd>;

/** How much time is left. A part looks between two pieces of its work, and leaves the rest to the next look. */
export interface Budget {
  isSpent(): boolean;
}
