import fc from 'fast-check';
import {expect, test} from 'vitest';
import {createPace, nextTurn, type PaceLimit} from '../../src/base/pace.ts';
import {GLOBUS_PACE} from '../../src/transfer/globus/caller.ts';

/** Starts of requests that arrive after these pauses, in milliseconds. */
function startsOf(pauses: readonly number[], limit: PaceLimit): {arrival: number; start: number}[] {
  let [now, dueAt] = [0, Number.NEGATIVE_INFINITY];
  return pauses.map((pause) => {
    now += pause;
    const turn = nextTurn(dueAt, now, limit);
    dueAt = turn.dueAt;
    return {arrival: now, start: turn.startAt};
  });
}

const limit = fc.record({perSecond: fc.integer({min: 1, max: 50}), burst: fc.integer({min: 1, max: 20})});
const pauses = fc.array(fc.oneof(fc.constant(0), fc.integer({min: 0, max: 2500})), {maxLength: 80});

test('no second ever sees more than the burst and a second of the rate, in whatever way requests arrive', () => {
  fc.assert(
    fc.property(limit, pauses, (allowed, gaps) => {
      const starts = startsOf(gaps, allowed).map(({start}) => start);
      for (const from of starts) {
        // Half a millisecond less: sums of thirds are not exact.
        const within = starts.filter((start) => start >= from && start < from + 999.5).length;
        expect(within).toBeLessThanOrEqual(allowed.burst + allowed.perSecond);
      }
    }),
  );
});

test('no request waits after a long enough rest, and none overtakes', () => {
  fc.assert(
    fc.property(limit, pauses, (allowed, gaps) => {
      const turns = startsOf(gaps, allowed);
      for (const [index, {arrival, start}] of turns.entries()) {
        expect(start).toBeGreaterThanOrEqual(arrival);
        expect(start).toBeGreaterThanOrEqual(turns[index - 1]?.start ?? 0);
        if (index < allowed.burst) expect(start).toBeCloseTo(arrival);
      }
    }),
  );
});

test('what Globus is asked stays below 20 requests in a second, and far below 200 in ten', () => {
  const starts = startsOf(new Array<number>(300).fill(0), GLOBUS_PACE).map(({start}) => start);
  const most = (ms: number) =>
    Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + ms).length));
  expect(most(1000)).toBeLessThan(20);
  expect(most(10_000)).toBeLessThan(120);
});

test('requests at the same moment get turns one after the other', async () => {
  const slept: number[] = [];
  const pace = createPace(
    {perSecond: 10, burst: 2},
    {
      now: () => 5000,
      sleep: async (ms) => {
        slept.push(ms);
      },
    },
  );
  await Promise.all([pace(), pace(), pace(), pace(), pace()]);
  expect(slept).toEqual([100, 200, 300]);
});
