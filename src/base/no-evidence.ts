/** Nothing could be learnt about any of these, and nothing may be concluded: the answer for each id. */
export function noEvidence<Id>(
  ids: readonly Id[],
  why: string,
): ReadonlyMap<Id, {readonly kind: 'no-evidence'; readonly why: string}> {
  return new Map(ids.map((id) => [id, {kind: 'no-evidence', why}]));
}
