import {
  afterEntry,
  type ClaimState,
  compareTurns,
  type Excess,
  excessOf,
  inTheWay,
  type Lack,
  type LimitEvent,
  type LimitsState,
  lacking,
  mayBeGranted,
} from './log.ts';

/** The bytes that are really free for a pool, as this process sees it; undefined where it cannot. */
export type Free = (limit: string) => number | undefined;

type Grant = LimitEvent & {readonly do: 'grant'};

/** Claims that may be granted, in their turn. Those that cannot be granted today are left out. */
export function inTurn(state: LimitsState): ClaimState[] {
  return [...state.claims.values()].filter((claim) => mayBeGranted(state, claim)).toSorted(compareTurns);
}

/**
 * The claim that is granted next: the first in turn that finds room. One that does not lets no other pass that wants
 * something of the same, so that what is large is not kept out by what is small.
 *
 * @returns undefined when nothing may be granted before something is released, or while an entry cannot be read
 */
export function nextGrant(state: LimitsState, free: Free): Grant | undefined {
  if (state.unreadable.size > 0) return undefined;
  const closed = new Set<string>();
  for (const claim of inTurn(state)) {
    const isFree = claim.wants.every(({limit}) => !closed.has(limit));
    if (isFree && !lacking(state, claim, free)) return grantOf(state, claim, free);
    for (const {limit} of claim.wants) closed.add(limit);
  }
  return undefined;
}

function grantOf(state: LimitsState, {key, wants}: ClaimState, free: Free): Grant {
  const seen = wants.flatMap(({limit}) => {
    const left = state.capacities.get(limit)?.kind === 'pool' ? free(limit) : undefined;
    return left === undefined ? [] : [[limit, left] as const];
  });
  return {do: 'grant', key, ...(seen.length > 0 && {free: Object.fromEntries(seen)})};
}

/** Everything that may be granted now, in the order in which it is granted. What one gets of a pool is free for no other. */
export function grantsDue(state: LimitsState, free: Free): Grant[] {
  const grants: Grant[] = [];
  const gone = new Map<string, number>();
  const left: Free = (limit) => {
    const bytes = free(limit);
    return bytes === undefined ? undefined : Math.max(0, bytes - (gone.get(limit) ?? 0));
  };
  let now = state;
  // Each round grants one of the claims, so that there are no more rounds than these.
  for (const _ of state.claims) {
    const grant = nextGrant(now, left);
    if (!grant) break;
    grants.push(grant);
    for (const {limit, amount} of now.claims.get(grant.key)?.wants ?? [])
      gone.set(limit, (gone.get(limit) ?? 0) + amount);
    now = afterEntry(now, {is: 'whole', entry: {by: '', at: 0, does: [grant]}, writer: 0}, 0);
  }
  return grants;
}

/** Why a claim has not been granted. */
export type Standing =
  | {readonly is: 'granted'}
  /** a person holds its run */
  | {readonly is: 'passed over'}
  /** more than there is today: it is passed over until there is as much */
  | {readonly is: 'refused'; readonly excess: Excess}
  /** entries of the log cannot be read: one may be a grant */
  | {readonly is: 'unreadable'; readonly entries: readonly number[]}
  | {readonly is: 'no room'; readonly lack: Lack}
  /** there may be room, and what is before it wants something of the same */
  | {readonly is: 'behind'; readonly claim: ClaimState}
  /** the process that looks next grants it */
  | {readonly is: 'next'};

export function standingOf(state: LimitsState, claim: ClaimState, free: Free): Standing {
  if (claim.granted) return {is: 'granted'};
  if (claim.held) return {is: 'passed over'};
  const excess = excessOf(state.capacities, claim.wants);
  if (excess) return {is: 'refused', excess};
  if (state.unreadable.size > 0) return {is: 'unreadable', entries: [...state.unreadable.keys()]};
  const lack = lacking(state, claim, free);
  if (lack) return {is: 'no room', lack};
  const before = inTheWay(state, claim);
  return before ? {is: 'behind', claim: before} : {is: 'next'};
}
