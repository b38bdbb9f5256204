import type {FactValue} from '../disk/facts.ts';

/** The facts that are recorded about one submission to PBS; each can be created once. */
export type SubmissionFactName = 'intent' | 'confirmed' | 'refused' | 'never-arrived';
/** Of a task besides: Globus refused the try of this number for now; a further try is about to be made. */
export type TaskFactName = Exclude<SubmissionFactName, 'never-arrived'> | `later-${number}` | `again-${number}`;

/**
 * The facts that record one submission: that it is intended, and what came of it. The ledger of runs, the monitor chain
 * and the jobs of "stage job submit" each keep them in files of their own; how something is submitted exactly once is the
 * same for all of them.
 */
export interface SubmissionFacts<Name extends string = SubmissionFactName> {
  /** @returns false when it existed already */
  create(name: Name, value: FactValue): boolean;
  /** Write an event to the journal, for people: nothing is decided by it. */
  note(event: string, more?: object): void;
  /** Why the submission is no longer wanted, such as a cancellation; undefined while it is wanted. */
  overtaken(): string | undefined;
}
