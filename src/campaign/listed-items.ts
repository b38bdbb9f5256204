import type {CampaignState, Segment} from './fold.ts';
import {holds} from './number-set.ts';

/** An item as its segment describes it; its number follows from its place there. */
export interface ItemLine {
  /** what it is called, unlike every other item of the campaign: by this it is found again */
  readonly key: string;
  /** what the workflow is given for it */
  readonly params: Readonly<Record<string, string>>;
  readonly priority: number;
  /** what its inputs were when it was listed, where the source says that */
  readonly inputs?: string | undefined;
}

/** A segment is one fact of so many lines at most. */
export const SEGMENT_LINES = 10_000;

/** What asking for these items comes to, beside what is on record. */
export interface ItemsDifference {
  readonly added: readonly ItemLine[];
  /** what is to be done for an item, or when its turn is, differs */
  readonly changed: readonly {readonly number: number; readonly line: ItemLine}[];
  /** its inputs differ, and nothing else */
  readonly inputsChanged: readonly {readonly number: number; readonly line: ItemLine}[];
  /** numbers of items that are on record, and are not asked for any more */
  readonly gone: readonly number[];
}

/** Compare by key what is on record, segment by segment, with what is asked for. Pure. */
export function compareItems(
  recorded: readonly {readonly segment: Segment; readonly lines: readonly ItemLine[]}[],
  asked: readonly ItemLine[],
): ItemsDifference {
  const wanted = new Map(asked.map((line) => [line.key, line]));
  const changed: {number: number; line: ItemLine}[] = [];
  const inputsChanged: typeof changed = [];
  const gone: number[] = [];
  for (const {segment, lines} of recorded)
    for (const [index, line] of lines.entries()) {
      const number = segment.first + index;
      const now = wanted.get(line.key);
      wanted.delete(line.key);
      if (!now) gone.push(number);
      else if (!isSame(line, now)) changed.push({number, line: now});
      else if (line.inputs !== now.inputs) inputsChanged.push({number, line: now});
    }
  return {added: [...wanted.values()], changed, inputsChanged, gone};
}

function isSame(one: ItemLine, other: ItemLine): boolean {
  const names = Object.keys(one.params);
  return (
    one.priority === other.priority &&
    names.length === Object.keys(other.params).length &&
    names.every((name) => Object.hasOwn(other.params, name) && one.params[name] === other.params[name])
  );
}

/** Lines in segments of {@link SEGMENT_LINES}, with what the log says of each. Pure. */
export function inSegments(
  first: number,
  lines: readonly ItemLine[],
): {readonly about: Omit<Segment, 'segment'>; readonly lines: readonly ItemLine[]}[] {
  const segments = [];
  for (let from = 0; from < lines.length; from += SEGMENT_LINES) {
    const part = lines.slice(from, from + SEGMENT_LINES);
    segments.push({about: aboutLines(first + from, part), lines: part});
  }
  return segments;
}

/** The same segments with other lines in the place of some. Pure. @returns those of them that differ */
export function replaceLines(
  recorded: readonly {readonly segment: Segment; readonly lines: readonly ItemLine[]}[],
  changed: ItemsDifference['changed'],
): {readonly about: Omit<Segment, 'segment'>; readonly lines: readonly ItemLine[]}[] {
  return recorded.flatMap(({segment: {first, count}, lines}) => {
    const own = changed.filter(({number}) => number >= first && number < first + count);
    if (own.length === 0) return [];
    const now = [...lines];
    for (const {number, line} of own) now[number - first] = line;
    return [{about: aboutLines(first, now), lines: now}];
  });
}

function aboutLines(first: number, lines: readonly ItemLine[]): Omit<Segment, 'segment'> {
  const priorities = new Set(lines.map(({priority}) => priority));
  return {first, count: lines.length, priority: priorities.size === 1 ? [...priorities][0] : undefined};
}

/** What an update does to items whose lines change, by how they stand. Pure. */
export function standingOf(state: CampaignState, number: number): 'waiting' | 'active' | 'ended' {
  if (holds(state.waiting, number)) return 'waiting';
  return state.active.has(number) ? 'active' : 'ended';
}
