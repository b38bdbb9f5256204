import type {FactValue} from '../disk/facts.ts';
import type {AreaFact, GoneFact, SeenFact} from './area-facts.ts';

/**
 * A place on disk that a step of a run is about to fill, and that something else empties later: what a job makes for a
 * stage-out. What is on record of it, as the fold of its facts.
 */
export interface Area extends Omit<AreaFact, 'by'> {
  readonly name: string;
  /** how often jobs have begun to fill it: what was said of an earlier filling does not hold for a later one */
  readonly filling: number;
  /** by which attempts of which jobs, oldest first */
  readonly fillings: readonly {readonly step: string; readonly attempt: number}[];
  /** when the newest filling began */
  readonly filledAt: number;
  /** what lay there when the newest filling was about to be moved */
  readonly seen?: SeenFact | undefined;
  /** a person has it kept until then */
  readonly keptUntil?: {readonly until: number; readonly by: string} | undefined;
  /** a person said that it may go, when the run had been resumed so many times */
  readonly released?: {readonly at: number; readonly by: string; readonly resumes: number} | undefined;
  /** a removal began, and may have removed any part of it */
  readonly removal?: {readonly at: number; readonly by: string} | undefined;
  /** it is not there any more */
  readonly gone?: GoneFact | undefined;
}

/** A fact's name and its numbers: `released-2-0` is `released`, 2 and 0. */
function numbered(facts: ReadonlyMap<string, FactValue>, kind: string) {
  const pattern = new RegExp(`^${kind}-(\\d+)(?:-(\\d+))?$`);
  return [...facts]
    .flatMap(([name, value]) => {
      const [, first, second] = pattern.exec(name) ?? [];
      return first === undefined ? [] : [{name, value, first: Number(first), second: Number(second ?? 0)}];
    })
    .sort((one, other) => one.first - other.first || one.second - other.second);
}

/**
 * What the facts of an area add up to. Pure. The casts stand where facts become values: a schema has read them.
 *
 * @returns undefined while it is not registered
 */
export function foldArea(name: string, facts: ReadonlyMap<string, FactValue>): Area | undefined {
  const area = facts.get('area') as AreaFact | undefined;
  if (!area) return undefined;
  const fillings = numbered(facts, 'filling');
  const newest = fillings.at(-1);
  const filling = newest?.first ?? 0;
  const of = (kind: string) => numbered(facts, kind).filter(({first}) => first === filling);
  const seen = of('seen').at(-1)?.value as SeenFact | undefined;
  const kept = numbered(facts, 'kept').at(-1)?.value as {until: number; by: string} | undefined;
  const released = of('released').at(-1);
  const left = new Set(of('left').map(({second}) => second));
  const removal = of('removing').find(({second}) => !left.has(second))?.value as {at: number; by: string} | undefined;
  const gone = of('gone').at(-1)?.value as GoneFact | undefined;
  return {
    ...area,
    name,
    filling,
    fillings: fillings.map(({value}) => ({step: String(value.step), attempt: Number(value.attempt)})),
    filledAt: Number(newest?.value.at ?? area.at),
    seen,
    keptUntil: kept && {until: kept.until, by: kept.by},
    released: released && {
      at: Number(released.value.at),
      by: String(released.value.by),
      resumes: released.second,
    },
    removal: removal && {at: removal.at, by: removal.by},
    gone,
  };
}

/** How the run stands that an area belongs to. */
export type OwnerState =
  | {readonly is: 'active'}
  /** @param sent the transfer of the area has succeeded */
  | {
      readonly is: 'ended';
      readonly state: string;
      readonly at: number;
      readonly sent: boolean;
      readonly resumes: number;
    }
  /** its record cannot be read */
  | {readonly is: 'unreadable'; readonly why: string}
  /** there is no record of it any more */
  | {readonly is: 'unknown'};

/** Whether an area may be removed, and why. */
export interface Judgement {
  readonly is: 'active' | 'kept' | 'to-go' | 'gone';
  readonly why: string;
  /** until when it is kept, in milliseconds; absent: until a person releases it */
  readonly until?: number | undefined;
}

/**
 * Whether an area may be removed. Pure.
 *
 * Never while its run may still need it. After that when a person has released it since, or when its time is over:
 * never by time alone where something lay there before the run, which that time was not said of.
 *
 * @param now milliseconds since the epoch
 */
export function judgeArea(area: Area, owner: OwnerState, now: number): Judgement {
  if (area.gone) return {is: 'gone', why: area.gone.why};
  if (owner.is === 'active') return {is: 'active', why: 'its run has not ended'};
  if (owner.is === 'unreadable') return {is: 'kept', why: `it is not known how its run stands: ${owner.why}`};
  const {released, removal, keptUntil, keepMs, filledAt} = area;
  if (released && (owner.is === 'unknown' || released.resumes === owner.resumes))
    return {is: 'to-go', why: `released by ${released.by}`};
  if (removal) return {is: 'to-go', why: `its removal began, by ${removal.by}`};
  const from = owner.is === 'ended' ? owner.at : filledAt;
  const times = [...(keepMs === undefined ? [] : [from + keepMs]), ...(keptUntil ? [keptUntil.until] : [])];
  const until = times.length > 0 ? Math.max(...times) : undefined;
  const what = owner.is === 'ended' && owner.sent ? 'it has arrived at its destination' : 'it was not sent';
  if (until === undefined) return {is: 'kept', why: `${what}; kept until it is released`};
  if (now < until) return {is: 'kept', why: what, until};
  if (area.before !== 'absent')
    return {
      is: 'kept',
      why: `its time is over, but ${area.before === 'there' ? 'something' : 'it is not known whether something'} was there before the run; kept until it is released`,
    };
  return {is: 'to-go', why: `${what}, and its time is over`, until};
}

/** One is the other, or lies below it. Pure; of absolute paths without `.` and `..`. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [`${one.replace(/\/+$/, '')}/`, `${other.replace(/\/+$/, '')}/`];
  return a.startsWith(b) || b.startsWith(a);
}

/** One lies above the other, or is it. Pure. */
export function covers(above: string, path: string): boolean {
  return `${path.replace(/\/+$/, '')}/`.startsWith(`${above.replace(/\/+$/, '')}/`);
}
