import type {FactValue} from '../disk/facts.ts';

/** What is put on record of one submission: each of these at most once, by whichever process comes first. */
export type Paper = 'intent' | 'confirmed' | 'refused' | 'never-arrived';

/**
 * The record of one submission. The ledger of runs, the monitor chain and the jobs of "stage job submit" each keep such
 * records in files of their own; how something is submitted exactly once is the same for all of them.
 */
export interface Papers {
  /** @returns false when it existed already */
  create(paper: Paper, value: FactValue): boolean;
  /** An event, for people: nothing is decided by it. */
  note(event: string, more?: object): void;
  /** Why what was decided on is not to be done any more; undefined while it is. */
  overtaken(): string | undefined;
}
