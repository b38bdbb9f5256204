import {describe, expect, test} from 'vitest';
import {type SourceTotals, sizeClasses} from '../../../../src/base/source-totals.ts';
import {type RateHint, rateOf, withLook} from '../../../../src/engine/plan/tasks/rate.ts';
import {remainingOf} from '../../../../src/engine/plan/tasks/remaining.ts';
import type {TransferTask} from '../../../../src/transfer/transfer-service.ts';
import {NOW, task} from '../../../support/a-run.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Looks at a task that moves: minutes, and what had been moved by then. */
function looks(
  seen: readonly (readonly [minutes: number, bytes: number, more?: Partial<TransferTask>])[],
): RateHint | undefined {
  return seen.reduce<RateHint | undefined>(
    (hint, [minutes, bytesTransferred, more]) =>
      withLook(hint, task('active', {bytesTransferred, ...more}), NOW + minutes * MINUTE),
    undefined,
  );
}

const rate = (hint: RateHint | undefined) => rateOf(hint, task('active', {rate: 7}));

describe('the rate of a task', () => {
  test('is the average that Globus gives at the first look, and what was moved between looks from then on', () => {
    expect(rate(looks([[0, 5_000]]))).toBe(7);
    expect(
      rate(
        looks([
          [0, 5_000],
          [1, 11_000],
        ]),
      ),
    ).toBe(100);
  });

  test('leaves the time out in which it was paused, queued or faulting', () => {
    const moved = [
      [0, 0],
      [1, 6_000],
    ] as const;
    for (const more of [{state: 'paused'}, {state: 'queued'}, {trouble: 'file not found'}] as const)
      expect(rate(looks([...moved, [2, 6_000, more], [60, 6_000, more], [61, 9_000], [62, 15_000]]))).toBeCloseTo(100);
  });

  test('waits for the next step of a counter, and knows one that stands still', () => {
    const once = [
      [0, 0],
      [1, 6_000],
    ] as const;
    expect(looks([...once, [2, 6_000]])?.stillSince).toBeUndefined();
    const still = looks([...once, [3, 6_000], [5, 6_000]]);
    expect(still?.stillSince).toBe(NOW + MINUTE);
    expect(rate(still)).toBe(100);
    expect(looks([...once, [3, 6_000], [4, 7_000]])?.stillSince).toBeUndefined();
  });

  test('is measured anew when it has changed', () => {
    const faster = [
      [0, 0],
      [1, 6_000],
      [2, 36_000],
    ] as const;
    expect(looks(faster)?.changed).toBe(true);
    const after = looks([...faster, [3, 66_000]]);
    expect(after?.changed).toBeUndefined();
    expect(rate(after)).toBe(500);
  });

  test('begins anew where the counter, or the clock, went back', () => {
    expect(
      looks([
        [0, 5_000],
        [1, 11_000],
        [2, 100],
      ]),
    ).toMatchObject({since: NOW + 2 * MINUTE, movedMs: 0});
    expect(
      looks([
        [5, 5_000],
        [1, 11_000],
      ]),
    ).toMatchObject({since: NOW + MINUTE, movedMs: 0});
  });

  test('takes no notice of looks that follow at once', () => {
    const first = looks([
      [0, 0],
      [1, 6_000],
    ]);
    expect(withLook(first, task('active', {bytesTransferred: 60_000}), NOW + MINUTE + SECOND)).toBe(first);
  });
});

describe('the remaining time', () => {
  const GB = 1e9;
  const source = (sizes: readonly number[], more: Partial<SourceTotals> = {}): SourceTotals => ({
    files: sizes.length,
    directories: 1,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    sizes: sizeClasses(sizes),
    cut: false,
    listedAt: NOW,
    ...more,
  });
  const ten = source(Array.from({length: 10}, () => GB));
  const moved = (gigabytes: number, more: Partial<TransferTask> = {}) =>
    task('active', {
      bytesTransferred: gigabytes * GB,
      filesTransferred: Math.floor(gigabytes),
      files: 10,
      rate: GB / 10,
      ...more,
    });
  const why = (seen: TransferTask, of: SourceTotals | undefined = ten, hint?: RateHint) => {
    const remaining = remainingOf(seen, of, hint);
    return remaining.is === 'none' ? remaining.why : remaining.ms / SECOND;
  };

  test('is the bytes that are left by the rate', () => {
    expect(why(moved(4))).toBe(60);
  });

  test.each([
    ['no listing', moved(4), undefined, /not listed/],
    [
      'a listing that was cut',
      moved(4),
      {...ten, cut: true, why: 'it took more than 40 requests'},
      /in part only: it took more than 40/,
    ],
    ['more files than were listed', moved(4, {files: 12}), ten, /more files than were listed/],
    ['more bytes than were listed', moved(12, {filesTransferred: 9}), ten, /more has been moved than its source held/],
    ['all bytes moved, and a file still checked', moved(10, {filesTransferred: 9}), ten, /being checked/],
    ['all files moved', moved(10), ten, /all files have been moved/],
    ['nothing but empty files', moved(0, {files: 2}), source([0, 0]), /empty/],
    ['nothing moved yet', moved(0, {rate: 0}), ten, /nothing has been moved yet/],
  ])('is not told with %s', (_name, seen, of, words) => {
    expect(remainingOf(seen, of, undefined)).toMatchObject({is: 'none', why: expect.stringMatching(words)});
  });

  test.each(['paused', 'queued', 'inactive'] as const)(
    'is not told of one that is %s, which says it by itself',
    (state) => {
      expect(remainingOf({...moved(4), state}, ten, undefined)).toEqual({is: 'none', why: undefined});
    },
  );

  test('counts files that sync skipped as done where they are alike', () => {
    expect(why(moved(1, {filesTransferred: 1, filesSkipped: 3}))).toBe(60);
  });

  test('is not told where it is not known how large the skipped files are', () => {
    const mixed = source([9 * GB, ...Array.from({length: 9}, () => 1_000)]);
    expect(
      why(task('active', {files: 10, filesSkipped: 4, filesTransferred: 0, bytesTransferred: GB, rate: GB}), mixed),
    ).toMatch(/4 files have that were skipped/);
  });

  test('is not told from small files alone', () => {
    const mixed = source([9 * GB, ...Array.from({length: 9}, () => 1_000)]);
    const small = task('active', {files: 10, filesTransferred: 5, bytesTransferred: 5_000, rate: 100});
    expect(why(small, mixed)).toMatch(/only small files/);
  });

  test('is not told while it stands still, or its rate has just changed', () => {
    const hint = looks([
      [0, 0],
      [1, 6_000],
    ]);
    expect(why(moved(4), ten, hint && {...hint, stillSince: NOW})).toMatch(/nothing has been moved since/);
    expect(why(moved(4), ten, hint && {...hint, changed: true})).toMatch(/rate has just changed/);
  });
});
