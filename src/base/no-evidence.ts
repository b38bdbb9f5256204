/** Nothing could be learnt, and nothing may be concluded. */
export interface NoEvidence {
  readonly kind: 'no-evidence';
  readonly why: string;
  /** the service did not answer in time: whatever else it is asked now would wait as long */
  readonly timedOut?: true | undefined;
}

/** Nothing could be learnt about any of these: the answer for each id. */
export function noEvidence<Id>(ids: readonly Id[], why: string, timedOut = false): ReadonlyMap<Id, NoEvidence> {
  return new Map(ids.map((id) => [id, timedOut ? {kind: 'no-evidence', why, timedOut} : {kind: 'no-evidence', why}]));
}
