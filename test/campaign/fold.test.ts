import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {nextItems, roomFor} from '../../src/campaign/admission.ts';
import {accounts, endIsOnRecord, LogContradiction, tryOf} from '../../src/campaign/fold.ts';
import {holds, type NumberSet, numbersWithin, sizeOf, without, withRange} from '../../src/campaign/number-set.ts';
import {admitted, defined, ended, items, stateOf} from './campaign-of.ts';

const retried = (number: number, of: number) => ({is: 'retried', number, try: of, was: 'failed'}) as const;
const reopened = (number: number) => ({is: 'reopened', number, try: 1, seal: 1, was: 'failed'}) as const;
const failed = (number: number, more = {}) => ended(number, {state: 'failed', why: 'exit status 1', ...more});

describe('the log of a campaign', () => {
  test('accounts for every item, whatever has become of it', () => {
    const state = stateOf(defined(), items(1, 5), [admitted(1), admitted(2)], [ended(1), admitted(3)], failed(2));
    expect(accounts(state)).toEqual({waiting: 2, active: 1, succeeded: 1, failed: 1, cancelled: 0});
    expect(state.waiting).toEqual([[4, 5]]);
  });

  test('says that an item waits again when it is retried, under the number of its next try', () => {
    const state = stateOf(defined(), items(1, 2), admitted(1), failed(1), retried(1, 2));
    expect(tryOf(state, 1)).toBe(2);
    expect(accounts(state)).toEqual({waiting: 2, active: 0, succeeded: 0, failed: 0, cancelled: 0});
  });

  test('lets a run be removed only when the end of that very try, and of its last resumption, is on record', () => {
    const before = [defined(), items(1, 2), admitted(1)] as const;
    const of = (number: number, tried: number, seal = 0) => ({number, try: tried, seal});
    expect(endIsOnRecord(stateOf(...before), of(1, 1))).toBe(false);
    const once = stateOf(...before, failed(1));
    expect(endIsOnRecord(once, of(1, 1))).toBe(true);
    expect(endIsOnRecord(once, of(1, 2))).toBe(false);
    expect(endIsOnRecord(once, of(1, 1, 1))).toBe(false);
    expect(endIsOnRecord(once, of(2, 1))).toBe(false);
    expect(endIsOnRecord(once, of(9, 1))).toBe(false);
    const again = stateOf(...before, failed(1), reopened(1));
    expect(endIsOnRecord(again, of(1, 1, 1))).toBe(false);
    expect(endIsOnRecord(stateOf(...before, failed(1), retried(1, 2), admitted(1, 2)), of(1, 1))).toBe(true);
  });

  test.each([
    ['an item is admitted twice', [admitted(1), admitted(1)]],
    ['an item is admitted that there is not', [admitted(3)]],
    ['an item ends that is not active', [ended(1)]],
    ['an item ends by an older seal', [admitted(1), failed(1), reopened(1), failed(1)]],
    ['an active item is retried', [admitted(1), retried(1, 2)]],
    ['a try is left out', [admitted(1), failed(1), retried(1, 3)]],
    ['items leave a gap in the numbers', [items(5, 2)]],
  ])('is refused where %s', (_, changes) => {
    expect(() => stateOf(defined(), items(1, 2), ...changes)).toThrow(LogContradiction);
  });

  test('pauses by itself after so many failures in a row with one reason, until it is resumed', () => {
    const three = [admitted(1), failed(1), admitted(2), failed(2), admitted(3)] as const;
    const before = [defined({pauseAfter: 3}), items(1, 9), ...three] as const;
    expect(stateOf(...before, failed(3, {why: 'exit status 2'})).paused).toBeUndefined();
    expect(stateOf(...before, ended(3)).paused).toBeUndefined();
    const state = stateOf(...before, failed(3));
    expect(state.paused?.why).toBe('3 items failed in a row with one reason: exit status 1');
    const again = stateOf(...before, failed(3), {is: 'resumed'}, admitted(4), failed(4));
    expect(again.paused).toBeUndefined();
  });

  test('names the node on which everything fails within seconds, also between successes elsewhere', () => {
    const on = (number: number, host: string, state: 'failed' | 'succeeded') =>
      [admitted(number), ended(number, {state, why: `w${number}`, host, seconds: 4})] as const;
    const log = [...on(1, 'n7', 'failed'), ...on(2, 'n8', 'succeeded'), ...on(3, 'n7', 'failed')];
    expect(stateOf(defined({pauseAfter: 2}), items(1, 9), ...log.flat()).paused?.why).toBe(
      'the last 2 items that ran on node n7 failed, each within seconds',
    );
  });
});

describe('admission', () => {
  test('leaves room for max_active runs, and for prefetch of them that have not begun', () => {
    const state = stateOf(defined({maxActive: 4, prefetch: 2}), items(1, 9), [admitted(1), admitted(2)]);
    expect(roomFor(state, new Set())).toBe(0);
    expect(roomFor(state, new Set([1]))).toBe(1);
    expect(roomFor(state, new Set([1, 2]))).toBe(2);
    expect(roomFor({...state, paused: {at: 0, by: 'ana'}}, new Set([1, 2]))).toBe(0);
    expect(roomFor({...state, cancelled: {at: 0, by: 'ana'}}, new Set([1, 2]))).toBe(0);
  });

  test('takes the highest priority first, among equals the lowest number, and reads no segment without need', async () => {
    const read: string[] = [];
    const priorities = async ({segment}: {segment: string}) => {
      read.push(segment);
      return [0, 3, 0];
    };
    const state = stateOf(defined(), items(1, 2, 1), [{is: 'items', segment: 'm', first: 3, count: 3}], items(6, 99));
    expect(await nextItems(state, 4, priorities)).toEqual([4, 1, 2, 3]);
    expect(read).toEqual(['m']);
    const rest = {...state, waiting: [[20, 25]] as const};
    expect(await nextItems(rest, 2, priorities)).toEqual([20, 21]);
    expect(read).toEqual(['m']);
  });
});

test('a set of numbers is one pair for those in a row, whatever was added and taken away', () => {
  const step = fc.record({add: fc.boolean(), at: fc.integer({min: 1, max: 12}), more: fc.nat(3)});
  fc.assert(
    fc.property(fc.array(step, {maxLength: 12}), (steps) => {
      let set: NumberSet = [];
      const really = new Set<number>();
      for (const {add, at, more} of steps) {
        if (add) {
          set = withRange(set, at, at + more);
          for (let number = at; number <= at + more; number++) really.add(number);
        } else {
          set = without(set, at);
          really.delete(at);
        }
      }
      const all = [...numbersWithin(set, 1, 20)];
      expect(all).toEqual([...really].sort((a, b) => a - b));
      expect(sizeOf(set)).toBe(really.size);
      expect(all.every((number) => holds(set, number))).toBe(true);
      for (const [index, [first]] of set.entries()) expect(first).toBeGreaterThan((set[index - 1]?.[1] ?? -1) + 1);
    }),
  );
});
