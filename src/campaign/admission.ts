import type {Change, ItemEnded} from './changes.ts';
import {apply, type CampaignState, type Segment} from './fold.ts';
import {type NumberSet, numbersWithin} from './number-set.ts';

/** What a look has seen of the runs of a campaign. */
export interface RunsSeen {
  /** how active items have ended, by the seals of their runs */
  readonly ends: readonly ItemEnded[];
  /** active items of which a job has begun, or that have none */
  readonly begun: ReadonlySet<number>;
}

/** How many further items may be admitted, and what keeps others. Pure. */
export function roomFor(
  {bounds: {maxActive, prefetch}, active, paused, cancelled}: CampaignState,
  begun: ReadonlySet<number>,
): number {
  if (paused || cancelled) return 0;
  const ahead = [...active.keys()].filter((number) => !begun.has(number)).length;
  const room = Math.min(maxActive - active.size, prefetch === undefined ? Infinity : prefetch - ahead);
  return Math.max(0, room);
}

/** Ends that are news: each of an item that is active as just that. Pure. */
export function newEnds(state: CampaignState, ends: readonly ItemEnded[]): ItemEnded[] {
  const seen = new Set<number>();
  return ends.filter(({number, try: of, seal}) => {
    const item = state.active.get(number);
    if (item?.try !== of || item.seal > seal || seen.has(number)) return false;
    seen.add(number);
    return true;
  });
}

/** The state once these changes are on record. */
export function after(state: CampaignState, changes: readonly Change[], at: number, by: string): CampaignState {
  return changes.length === 0 ? state : apply(state, {at, by, changes});
}

/**
 * The items that are admitted next: the highest priority first, among equals the lowest number. A segment is read only
 * where its items differ in priority, and where it may hold the next one.
 *
 * @param prioritiesOf the priority of each item of a segment, in their order
 */
export async function nextItems(
  {waiting, segments}: Pick<CampaignState, 'waiting' | 'segments'>,
  most: number,
  prioritiesOf: (segment: Segment) => Promise<readonly number[]>,
): Promise<readonly number[]> {
  if (most <= 0) return [];
  const open = segments.filter((segment) => isOpen(waiting, segment));
  const found: {number: number; priority: number}[] = [];
  for (const segment of open) {
    const {first, count, priority} = segment;
    const each = priority === undefined ? await prioritiesOf(segment) : undefined;
    const own: typeof found = [];
    for (const number of numbersWithin(waiting, first, first + count - 1)) {
      own.push({number, priority: each?.[number - first] ?? priority ?? 0});
      if (priority !== undefined && own.length === most) break;
    }
    found.push(...own);
  }
  return found
    .sort((a, b) => b.priority - a.priority || a.number - b.number)
    .slice(0, most)
    .map(({number}) => number);
}

function isOpen(waiting: NumberSet, {first, count}: Segment): boolean {
  return waiting.some(([from, to]) => from < first + count && to >= first);
}

/** The segment that describes an item. @throws {RangeError} for a number that none has */
export function segmentOf({segments}: Pick<CampaignState, 'segments'>, number: number): Segment {
  const found = segments.find(({first, count}) => first <= number && number < first + count);
  if (!found) throw new RangeError(`there is no item ${number}`);
  return found;
}
