import {renderBytes, renderTime} from '../base/units.ts';
import type {ClaimState, Holder, LimitsState} from './log.ts';
import type {Standing} from './next-grants.ts';

/** Why a claim has not been granted, in words. Pure. */
export function whyNotYet(state: LimitsState, standing: Standing): string {
  const amountOf = (limit: string, amount: number) =>
    state.capacities.get(limit)?.kind === 'pool' ? `${renderBytes(amount)} of ${limit}` : `${amount} of ${limit}`;
  switch (standing.is) {
    case 'granted':
      return 'it is granted';
    case 'passed over':
      return 'its run is held';
    case 'refused': {
      const {limit, amount, size} = standing.excess;
      return size === undefined
        ? `there is no limit ${limit}`
        : `it wants ${amountOf(limit, amount)}, and there are ${amountOf(limit, size)} in all`;
    }
    case 'unreadable':
      return `entry ${standing.entries.join(', ')} of its log cannot be read`;
    case 'no room': {
      const {lack} = standing;
      const {limit, amount} = lack;
      if (lack.is === 'held')
        return `it wants ${amountOf(limit, amount)}; held: ${amountOf(limit, lack.held)}, of ${amountOf(limit, lack.size)} in all, by ${holdersInWords(state, limit)}`;
      return lack.free === undefined
        ? `it cannot be seen from this host how much is free for ${limit}`
        : `it wants ${amountOf(limit, amount)}, of which ${renderBytes(lack.reserve)} stay free, and ${renderBytes(lack.free)} are free on the disk`;
    }
    case 'behind':
      return `it waits its turn behind ${holderInWords(standing.claim.holder)}`;
    case 'next':
      return 'it is granted at the next look';
  }
}

const MOST_SHOWN = 3;

function holdersInWords(state: LimitsState, limit: string): string {
  const holders = holdersOf(state, limit);
  const shown = holders
    .slice(0, MOST_SHOWN)
    .map(({holder, granted}) => `${holderInWords(holder)} since ${renderTime(granted?.at ?? 0)}`);
  const more = holders.length - MOST_SHOWN;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join('; ');
}

/** Those that hold something of a limit, first come first. */
export function holdersOf(state: LimitsState, limit: string): ClaimState[] {
  return [...state.claims.values()].filter(({granted, wants}) => granted && wants.some((want) => want.limit === limit));
}

export function holderInWords({who, run, step}: Holder): string {
  const what = run === undefined ? undefined : step === undefined ? run : `${run} ${step}`;
  return what === undefined ? who : `${what} of ${who}`;
}

/** It waits for something that another state directory holds, or has claimed before it. */
export function waitsForOthers(state: LimitsState, claim: ClaimState, home: string): boolean {
  return [...state.claims.values()].some(
    ({holder, wants}) =>
      holder.home !== home && wants.some(({limit}) => claim.wants.some((want) => want.limit === limit)),
  );
}
