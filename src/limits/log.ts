import {fits} from './grant.ts';

/**
 * What the log of a limits directory adds up to. Pure: the same entries give the same state to every reader.
 *
 * The log is one sequence of numbered entries, each created once, by a process that had read all before it: what is claimed,
 * granted and released, and how much there is, has one order for all processes on all hosts, whatever their clocks. A
 * process that reads less than all of it is late, and grants nothing: the number that it would take is taken.
 *
 * An entry says what its writer did, and counts only as far as that is right (docs/limits.md): nothing is granted that
 * does not fit or whose turn it is not; no user releases or holds the claims of another but the keeper of the
 * directory, who alone sets how much there is. What is not right is passed over by every reader alike, so these rules
 * change with the format of the entries only.
 */

/** How much there is of one thing. */
export type Capacity =
  /** so many at once */
  | {readonly kind: 'slots'; readonly size: number}
  /** so many bytes on the file system of `path`, of which `reserve` must stay really free beside what is granted */
  | {readonly kind: 'pool'; readonly size: number; readonly reserve: number; readonly path?: string | undefined};

/** Who claims, for people and for the processes that look after the claim. */
export interface Holder {
  /** `ada@node17` */
  readonly who: string;
  /** names the state directory that looks after the claim, unlike any other */
  readonly home: string;
  readonly run?: string | undefined;
  readonly step?: string | undefined;
}

export interface Want {
  readonly limit: string;
  /** slots, or bytes: 1 or more */
  readonly amount: number;
}

export type LimitEvent =
  | {readonly do: 'capacity'; readonly limit: string; readonly capacity: Capacity}
  | {
      readonly do: 'claim';
      /** unlike that of any other claim of the directory; it begins with {@link keyPrefix} */
      readonly key: string;
      /** granted together, or not at all; no limit twice */
      readonly wants: readonly Want[];
      /** the higher one goes first; 0 when absent */
      readonly priority?: number | undefined;
      readonly holder: Holder;
    }
  | {
      readonly do: 'grant';
      readonly key: string;
      /** the bytes that were free where pools are of which it gets some */
      readonly free?: Readonly<Record<string, number>> | undefined;
    }
  /** a claim is given up, or what was granted is free again: for good */
  | {readonly do: 'release'; readonly key: string; readonly why: string}
  /** a claim is passed over, until it is not any more */
  | {readonly do: 'hold' | 'unhold'; readonly key: string}
  /** a person says that an entry that cannot be read counts for nothing */
  | {readonly do: 'void'; readonly entry: number};

export interface Entry {
  /** `user@host:pid` */
  readonly by: string;
  /** when, by the clock of its writer, in milliseconds: for people. Nothing is decided by it */
  readonly at: number;
  readonly does: readonly LimitEvent[];
}

/** An entry as it was read. */
export type EntryRead =
  | {readonly is: 'whole'; readonly entry: Entry /** the user whose file it is */; readonly writer: number}
  | {readonly is: 'unreadable'; readonly path: string; readonly why: string; readonly writer?: number | undefined};

export interface ClaimState {
  readonly key: string;
  /** the place in which it came: no other claim has this number */
  readonly turn: number;
  readonly wants: readonly Want[];
  readonly priority: number;
  readonly holder: Holder;
  /** the user whose it is */
  readonly owner: number;
  readonly at: number;
  /** a person holds its run: it is passed over */
  readonly held: boolean;
  /** how many claims that came later were granted something of the same while it could have been */
  readonly overtaken: number;
  /** undefined while it waits */
  readonly granted?: {readonly entry: number; readonly at: number} | undefined;
}

export interface LimitsState {
  /** the number of the entry that comes next */
  readonly next: number;
  /** how many claims there have been */
  readonly claimed: number;
  readonly capacities: ReadonlyMap<string, Capacity>;
  /** those that were not released, in the order in which they came */
  readonly claims: ReadonlyMap<string, ClaimState>;
  /** entries that cannot be read, and why: nothing is granted while there are any, since one may be a grant */
  readonly unreadable: ReadonlyMap<number, string>;
}

export const NO_ENTRIES: LimitsState = {
  next: 1,
  claimed: 0,
  capacities: new Map(),
  claims: new Map(),
  unreadable: new Map(),
};

/** A claim has been passed by so often: then it is its turn, whatever the priorities. */
export const MOST_OVERTAKEN = 100;

/** More than a user has claims at once; further ones are passed over, so that no user fills the memory of others. */
const MOST_CLAIMS_OF_A_USER = 20_000;

/** root may do what the keeper of a directory may. */
const ROOT = 0;

/**
 * The state after one more entry.
 *
 * @param keeper the user who may set capacities and free claims of others: the owner of the directory
 */
export function afterEntry(state: LimitsState, read: EntryRead, keeper: number): LimitsState {
  const {next, claimed} = state;
  const draft: Draft = {
    claimed,
    capacities: new Map(state.capacities),
    claims: new Map(state.claims),
    unreadable: new Map(state.unreadable),
  };
  if (read.is === 'unreadable') {
    draft.unreadable.set(next, `${read.path}: ${read.why}`);
  } else {
    const {entry, writer} = read;
    const by = {number: next, at: entry.at, writer, keeps: writer === keeper || writer === ROOT};
    for (const event of entry.does) apply(draft, event, by);
  }
  return {next: next + 1, ...draft};
}

/** A state that is being made, and not shared yet. */
interface Draft {
  claimed: number;
  readonly capacities: Map<string, Capacity>;
  readonly claims: Map<string, ClaimState>;
  readonly unreadable: Map<number, string>;
}

/** What can be asked of a state, and of one that is being made. */
type Claims = Pick<LimitsState, 'capacities' | 'claims'>;

interface By {
  readonly number: number;
  readonly at: number;
  readonly writer: number;
  /** it is the keeper of the directory */
  readonly keeps: boolean;
}

/** An event that is not right leaves the state as it is. */
function apply(draft: Draft, event: LimitEvent, by: By): void {
  switch (event.do) {
    case 'capacity':
      if (by.keeps) draft.capacities.set(event.limit, event.capacity);
      break;
    case 'claim':
      applyClaim(draft, event, by);
      break;
    case 'grant':
      applyGrant(draft, event, by);
      break;
    case 'release': {
      const claim = draft.claims.get(event.key);
      if (claim && (by.keeps || claim.owner === by.writer)) draft.claims.delete(event.key);
      break;
    }
    case 'hold':
    case 'unhold': {
      const claim = draft.claims.get(event.key);
      if (claim && !claim.granted && claim.owner === by.writer)
        draft.claims.set(claim.key, {...claim, held: event.do === 'hold'});
      break;
    }
    case 'void':
      if (by.keeps) draft.unreadable.delete(event.entry);
      break;
  }
}

/** How the keys of a user's claims begin: no other user can take them. */
export function keyPrefix(user: number): string {
  return `${user}/`;
}

function applyClaim(draft: Draft, event: LimitEvent & {do: 'claim'}, {at, writer}: By): void {
  const {key, wants, priority = 0, holder} = event;
  const distinct = new Set(wants.map(({limit}) => limit)).size === wants.length && wants.length > 0;
  if (!key.startsWith(keyPrefix(writer)) || draft.claims.has(key) || !distinct || wants.some(({amount}) => amount < 1))
    return;
  let own = 0;
  for (const {owner} of draft.claims.values()) if (owner === writer) own++;
  if (own >= MOST_CLAIMS_OF_A_USER) return;
  const turn = ++draft.claimed;
  draft.claims.set(key, {key, turn, wants, priority, holder, owner: writer, at, held: false, overtaken: 0});
}

function applyGrant(draft: Draft, {key, free}: LimitEvent & {do: 'grant'}, {number, at}: By): void {
  const claim = draft.claims.get(key);
  if (!claim || !mayBeGranted(draft, claim)) return;
  if (lacking(draft, claim, (limit) => free?.[limit]) || inTheWay(draft, claim)) return;
  for (const other of draft.claims.values()) {
    const passed = other.turn < claim.turn && mayBeGranted(draft, other) && shareALimit(other, claim);
    if (passed) draft.claims.set(other.key, {...other, overtaken: other.overtaken + 1});
  }
  draft.claims.set(key, {...claim, granted: {entry: number, at}});
}

/** The higher priority goes first, then the claim that came first; one that was overtaken as often as may be, before all. */
export function compareTurns(one: ClaimState, other: ClaimState): number {
  const [first, second] = [one.overtaken >= MOST_OVERTAKEN, other.overtaken >= MOST_OVERTAKEN];
  if (first !== second) return first ? -1 : 1;
  return (first ? 0 : other.priority - one.priority) || one.turn - other.turn;
}

/** What goes before a claim, and wants something of the same: it lets no other pass, whether there is room for it or not. */
export function inTheWay(state: Claims, claim: ClaimState): ClaimState | undefined {
  return [...state.claims.values()]
    .filter((other) => mayBeGranted(state, other) && compareTurns(other, claim) < 0 && shareALimit(other, claim))
    .toSorted(compareTurns)[0];
}

function shareALimit(one: ClaimState, other: ClaimState): boolean {
  return one.wants.some(({limit}) => other.wants.some((want) => want.limit === limit));
}

/** It waits, is not held, and it asks for no more than there is in all. */
export function mayBeGranted(state: Claims, claim: ClaimState): boolean {
  return !claim.granted && !claim.held && excessOf(state.capacities, claim.wants) === undefined;
}

/** What exceeds the whole of a limit, also when nothing is held. */
export interface Excess {
  readonly limit: string;
  readonly amount: number;
  /** undefined: there is no such limit */
  readonly size: number | undefined;
}

/** The first thing of which more is wanted than there is today. */
export function excessOf(capacities: ReadonlyMap<string, Capacity>, wants: readonly Want[]): Excess | undefined {
  for (const {limit, amount} of wants) {
    const size = capacities.get(limit)?.size;
    if (size === undefined || !fits({capacity: size}, 0, amount)) return {limit, amount, size};
  }
  return undefined;
}

/** How much of a limit is held. */
export function heldOf(state: Claims, limit: string): number {
  let held = 0;
  for (const {granted, wants} of state.claims.values())
    if (granted) for (const want of wants) if (want.limit === limit) held += want.amount;
  return held;
}

/** Of what there is too little now for a claim. */
export type Lack =
  | {readonly is: 'held'; readonly limit: string; readonly amount: number; readonly held: number; readonly size: number}
  /** `free`: undefined where it could not be seen how much */
  | {
      readonly is: 'free';
      readonly limit: string;
      readonly amount: number;
      readonly free: number | undefined;
      readonly reserve: number;
    };

/** @param free the bytes that are really free for a pool; undefined: not known, so that nothing of it is granted */
export function lacking(
  state: Claims,
  {wants}: Pick<ClaimState, 'wants'>,
  free: (limit: string) => number | undefined,
): Lack | undefined {
  for (const {limit, amount} of wants) {
    const capacity = state.capacities.get(limit);
    const size = capacity?.size ?? 0;
    const held = heldOf(state, limit);
    if (!capacity || !fits({capacity: size}, held, amount)) return {is: 'held', limit, amount, held, size};
    if (capacity.kind !== 'pool') continue;
    const left = free(limit);
    if (left === undefined || !fits({capacity: left}, capacity.reserve, amount))
      return {is: 'free', limit, amount, free: left, reserve: capacity.reserve};
  }
  return undefined;
}
