import type {FactKind} from '../../disk/read-fact.ts';

/** A kind of fact that a run is the sum of. */
export interface RunFactKind extends FactKind {
  /** what follows when a person moves a damaged one away: the advice that they are given; absent: it can only be restored */
  readonly moved?: string;
  /**
   * Its name says all that must be known. Jobs write such markers on nodes that may lose power, and a run is not set aside
   * for one that is empty or cut short.
   */
  readonly byName?: true;
}

export const ASKED_AGAIN = 'PBS is asked again';
export const GLOBUS_ASKED_AGAIN = 'Globus is asked again';

/** @param what it is, in the words of a message that it is damaged */
export function kind(
  what: string,
  schema: FactKind['schema'],
  more: Pick<RunFactKind, 'moved' | 'byName'> = {},
): RunFactKind {
  return {what, schema, ...more};
}
