/** Nothing could be learnt, and nothing may be concluded. */
export interface NoEvidence {
  readonly kind: 'no-evidence';
  readonly why: string;
  /** the service did not answer in time: whatever else it is asked now would wait as long */
  readonly timedOut?: true | undefined;
  /** what a person has to do something about before there is an answer */
  readonly demand?: Error | undefined;
}

/** Nothing could be learnt about any of these: the answer for each id. */
export function noEvidence<Id>(
  ids: readonly Id[],
  why: string,
  {timedOut = false, demand}: {readonly timedOut?: boolean | undefined; readonly demand?: Error | undefined} = {},
): ReadonlyMap<Id, NoEvidence> {
  const seen = {kind: 'no-evidence', why, ...(timedOut ? {timedOut} : {}), ...(demand ? {demand} : {})} as const;
  return new Map(ids.map((id) => [id, seen]));
}
