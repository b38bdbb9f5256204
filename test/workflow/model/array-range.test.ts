import fc from 'fast-check';
import {expect, test} from 'vitest';
import {countSubjobs, writeArrayRange} from '../../../src/base/job-array.ts';
import {readArrayRange} from '../../../src/workflow/model/array-range.ts';

test.each([
  ['0-99', {first: 0, last: 99, step: 1}],
  ['1-10:3', {first: 1, last: 10, step: 3}],
  ['0-99%10', {first: 0, last: 99, step: 1, atOnce: 10}],
  ['0-20000:2%1', {first: 0, last: 20_000, step: 2, atOnce: 1}],
])('%s is read as PBS reads it', (text, range) => expect(readArrayRange(text)).toEqual(range));

test.each(['', '5', '1-1', '2-1', '1-3,5-6', '-1-3', '0-9:0', '0-9%0', '0-9%2:2', ' 0-9', '0 - 9', '0-1e3', '0-9%'])(
  '%j is refused with a sentence',
  (text) => expect(readArrayRange(text)).toMatch(/; needs X-Y/),
);

test('has as many subjobs as there are indices from the first by steps to the last', () => {
  const range = fc
    .record({first: fc.nat(50), more: fc.integer({min: 1, max: 50}), step: fc.integer({min: 1, max: 60})})
    .map(({first, more, step}) => ({first, last: first + more, step}));
  fc.assert(
    fc.property(range, ({first, last, step}) => {
      let count = 0;
      for (let index = first; index <= last; index += step) count++;
      expect(countSubjobs({first, last, step})).toBe(count);
    }),
  );
});

test('what is written is read as the same range', () => {
  const range = fc
    .tuple(
      fc.nat(999),
      fc.integer({min: 1, max: 999}),
      fc.integer({min: 1, max: 99}),
      fc.option(fc.integer({min: 1, max: 999})),
    )
    .map(([first, more, step, atOnce]) => ({first, last: first + more, step, ...(atOnce === null ? {} : {atOnce})}));
  fc.assert(
    fc.property(range, (given) => {
      expect(readArrayRange(writeArrayRange(given))).toEqual(given);
    }),
  );
});
