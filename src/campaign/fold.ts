import type {Bounds, Change, Defined, ItemEnd, ItemEnded, ItemsListed, LogEntry} from './changes.ts';
import {holds, type NumberSet, sizeOf, without, withRange} from './number-set.ts';
import {afterEnd, NO_STREAKS, pauseFor, type Streaks} from './streaks.ts';

/**
 * A campaign after some entry of its log. Its size follows what is active, and how many segments of items there are;
 * of what has ended it holds numbers alone.
 */
export interface CampaignState {
  /** how many entries it is the fold of */
  readonly position: number;
  readonly definition: string;
  readonly bounds: Bounds;
  /** in the order of their numbers, each of them in one segment */
  readonly segments: readonly Segment[];
  /** items that are to be admitted */
  readonly waiting: NumberSet;
  /** items that have been retried, by the number of their newest try; that of others is 1 */
  readonly retried: Levels;
  /** items whose newest run has been resumed, by the number of its newest seal that is on record or waited for */
  readonly reopened: Levels;
  /** items that were admitted, and whose end is not on record */
  readonly active: ReadonlyMap<number, ActiveItem>;
  readonly ended: Readonly<Record<ItemEnd, number>>;
  /** nothing is admitted until it is resumed */
  readonly paused?: Stopped | undefined;
  /** nothing is admitted, and its runs are cancelled, unless it is resumed */
  readonly cancelled?: Stopped | undefined;
  readonly streaks: Streaks;
}

/** Numbers of items by a count that is the least for most of them; those are left out. */
export type Levels = ReadonlyMap<number, NumberSet>;

export type Segment = Omit<ItemsListed, 'is'>;

export interface Stopped {
  readonly at: number;
  readonly by: string;
  /** absent: a person said so, and gave no reason */
  readonly why?: string | undefined;
}

export interface ActiveItem {
  readonly number: number;
  readonly try: number;
  /** under which name its run was prepared */
  readonly prepared: string;
  /** which seal of its run says how it ended, or a later one: 0, or how often it had been resumed */
  readonly seal: number;
}

/** The entry does not follow from those before it: no version of stage has written it there. */
export class LogContradiction extends Error {}

/** The state of a log that begins with this entry. */
export function begin(entry: LogEntry): CampaignState {
  const [first, ...rest] = entry.changes;
  if (first?.is !== 'defined') throw new LogContradiction('it does not begin with what the campaign does');
  const empty: CampaignState = {
    position: 0,
    definition: first.definition,
    bounds: boundsOf(first),
    segments: [],
    waiting: [],
    retried: new Map(),
    reopened: new Map(),
    active: new Map(),
    ended: {succeeded: 0, failed: 0, cancelled: 0},
    streaks: NO_STREAKS,
  };
  return apply(empty, {...entry, changes: rest});
}

/** The state after one more entry. Pure. @throws {LogContradiction} */
export function apply(state: CampaignState, entry: LogEntry): CampaignState {
  const after = entry.changes.reduce((so, change) => applyChange(so, change, entry), state);
  return {...after, position: state.position + 1};
}

function boundsOf({maxActive, prefetch, pauseAfter}: Defined): Bounds {
  return {maxActive, prefetch, pauseAfter};
}

function applyChange(state: CampaignState, change: Change, {at, by}: LogEntry): CampaignState {
  switch (change.is) {
    case 'defined':
      return {...state, definition: change.definition, bounds: boundsOf(change)};
    case 'items':
      return withItems(state, change);
    case 'admitted': {
      const {number, prepared} = change;
      must(holds(state.waiting, number), `item ${number} is admitted, and did not wait`);
      must(change.try === tryOf(state, number), `item ${number} is admitted for another try than its next`);
      return {
        ...state,
        waiting: without(state.waiting, number),
        active: new Map([...state.active, [number, {number, try: change.try, prepared, seal: 0}]]),
      };
    }
    case 'ended':
      return withEnd(state, change, {at, by});
    case 'retried': {
      const {number} = change;
      must(isKnown(state, number), `item ${number} is to be tried again, and is none`);
      must(!holds(state.waiting, number) && !state.active.has(number), `item ${number} has not ended`);
      must(change.try === tryOf(state, number) + 1, `item ${number} is retried for another try than its next`);
      return {
        ...uncounted(state, change.was),
        waiting: withRange(state.waiting, number, number),
        retried: moved(state.retried, number, change.try),
        reopened: moved(state.reopened, number, undefined),
      };
    }
    case 'reopened': {
      const {number, seal} = change;
      must(isKnown(state, number), `item ${number} is resumed, and is none`);
      must(!holds(state.waiting, number) && !state.active.has(number), `item ${number} has not ended`);
      must(change.try === tryOf(state, number), `a run of item ${number} is resumed, and a later one has followed it`);
      must(seal > sealOf(state, number), `item ${number} is resumed by an older seal`);
      const item = {number, try: change.try, prepared: '', seal};
      const reopened = moved(state.reopened, number, seal);
      return {...uncounted(state, change.was), reopened, active: new Map([...state.active, [number, item]])};
    }
    case 'dropped':
      must(holds(state.waiting, change.number), `item ${change.number} is dropped, and did not wait`);
      return counted({...state, waiting: without(state.waiting, change.number)}, 'cancelled');
    case 'paused':
      return {...state, paused: {at, by}};
    case 'resumed':
      return {...state, paused: undefined, cancelled: undefined, streaks: NO_STREAKS};
    case 'cancelled':
      return {...state, cancelled: {at, by}};
  }
}

function withItems(state: CampaignState, {is: _, ...segment}: ItemsListed): CampaignState {
  const {first, count} = segment;
  const end = lastNumber(state) + 1;
  const replaced = state.segments.findIndex((one) => one.first === first && one.count === count);
  if (replaced >= 0) return {...state, segments: state.segments.with(replaced, segment)};
  must(first === end && count > 0, `items ${first} and on do not follow item ${end - 1}`);
  return {
    ...state,
    segments: [...state.segments, segment],
    waiting: withRange(state.waiting, first, first + count - 1),
  };
}

function withEnd(state: CampaignState, end: ItemEnded, writer: Pick<LogEntry, 'at' | 'by'>): CampaignState {
  const {number} = end;
  const item = state.active.get(number);
  must(item?.try === end.try && item.seal <= end.seal, `item ${number} ended, and was not active as that`);
  const active = new Map(state.active);
  active.delete(number);
  const streaks = afterEnd(state.streaks, end);
  const why = state.paused ? undefined : pauseFor(streaks, state.bounds.pauseAfter);
  const paused = why === undefined ? state.paused : {...writer, why};
  const reopened = end.seal > 0 ? moved(state.reopened, number, end.seal) : state.reopened;
  return {...counted(state, end.state), active, reopened, streaks, paused};
}

/** A number at another level, or at none. */
function moved(levels: Levels, number: number, to: number | undefined): Levels {
  const others = [...levels].map(([level, set]) => [level, without(set, number)] as const);
  const now = new Map(others.filter(([, set]) => set.length > 0));
  return to === undefined ? now : now.set(to, withRange(now.get(to) ?? [], number, number));
}

function levelOf(levels: Levels, number: number): number | undefined {
  return [...levels].find(([, set]) => holds(set, number))?.[0];
}

function counted(state: CampaignState, end: ItemEnd): CampaignState {
  return {...state, ended: {...state.ended, [end]: state.ended[end] + 1}};
}

function uncounted(state: CampaignState, end: ItemEnd): CampaignState {
  must(state.ended[end] > 0, `no item has ended as ${end}`);
  return {...state, ended: {...state.ended, [end]: state.ended[end] - 1}};
}

function isKnown(state: CampaignState, number: number): boolean {
  return number >= 1 && number <= lastNumber(state);
}

function must(holdsTrue: boolean, otherwise: string): asserts holdsTrue {
  if (!holdsTrue) throw new LogContradiction(otherwise);
}

/** How many items there are; they are numbered from 1. */
export function lastNumber({segments}: Pick<CampaignState, 'segments'>): number {
  const last = segments.at(-1);
  return last ? last.first + last.count - 1 : 0;
}

/** The newest try of an item: the one that it waits for, or is active or ended with. */
export function tryOf({retried}: Pick<CampaignState, 'retried'>, number: number): number {
  return levelOf(retried, number) ?? 1;
}

/** The newest seal of the newest run of an item that is on record, or waited for. */
export function sealOf({reopened}: Pick<CampaignState, 'reopened'>, number: number): number {
  return levelOf(reopened, number) ?? 0;
}

/** What this seal of a run says is on record: the run may be packed and removed, unless it is resumed. */
export function endIsOnRecord(
  state: CampaignState,
  {number, try: of, seal}: Pick<ActiveItem, 'number' | 'try' | 'seal'>,
): boolean {
  const newest = tryOf(state, number);
  if (!isKnown(state, number) || of > newest) return false;
  if (of < newest) return true;
  return !holds(state.waiting, number) && !state.active.has(number) && seal <= sealOf(state, number);
}

/** How many items are to be admitted. */
export function sizeWaiting({waiting}: Pick<CampaignState, 'waiting'>): number {
  return sizeOf(waiting);
}

/** All items, by what has become of them: the sum is how many there are. */
export function accounts(state: CampaignState) {
  return {waiting: sizeOf(state.waiting), active: state.active.size, ...state.ended};
}
