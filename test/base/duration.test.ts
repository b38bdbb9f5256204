import fc from 'fast-check';
import {expect, test} from 'vitest';
import {readDuration, writeDuration} from '../../src/base/duration.ts';

test.each([
  [30, 30_000],
  ['30', 30_000],
  ['90s', 90_000],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
  [604_800, 604_800_000],
  ['7d', 604_800_000],
])('%j is %i ms', (written, milliseconds) => expect(readDuration(written)).toBe(milliseconds));

test.each([0, -1, 1.5, 604_801, 1e21, Number.NaN, '', '0s', '169h', '8d', '1.5h', '1h30m', '5 m', '5M', 'soon', '١s'])(
  '%j is no duration between a second and a week',
  (written) => expect(readDuration(written)).toBeUndefined(),
);

test('what is written is read as the same duration', () => {
  fc.assert(
    fc.property(fc.integer({min: 1, max: 604_800}), (seconds) => {
      expect(readDuration(writeDuration(seconds * 1000))).toBe(seconds * 1000);
    }),
  );
  expect([90, 120, 3600, 172_800].map((seconds) => writeDuration(seconds * 1000))).toEqual(['90s', '2m', '1h', '2d']);
});
