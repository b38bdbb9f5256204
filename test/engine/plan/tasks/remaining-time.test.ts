import {describe, expect, test} from 'vitest';
import {type SourceTotals, sizeClasses} from '../../../../src/base/source-totals.ts';
import {nextLookAtTask} from '../../../../src/engine/plan/monitor/next-look.ts';
import {type RateHint, withLook} from '../../../../src/engine/plan/tasks/rate.ts';
import {remainingOf} from '../../../../src/engine/plan/tasks/remaining.ts';
import {numbers, type Played, play, type Service, type Shape, shapes} from '../../../support/moving-task.ts';

const BOUNDS = {minMs: 30_000, maxMs: 1_800_000};
const T0 = 1_000_000;

/** Half as fast, or half as fast again, from one half minute to the next. */
function noisy(): (second: number) => number {
  const draw = numbers(3);
  const factors = Array.from({length: 5_000}, () => 0.5 + draw());
  return (second) => 1e8 * (factors[Math.floor(second / 30) % factors.length] ?? 1);
}

const CONSTANT: Service = {bytesPerSecond: () => 1e8};
const NOISY: Service = {bytesPerSecond: noisy()};
const PAUSE: Service = {bytesPerSecond: () => 1e8, paused: {from: 3_600, to: 5_400}};

const SIX: Shape = {name: 'six equal files', files: Array.from({length: 6}, () => 120e9)};
const TINY_FIRST: Shape = {
  name: 'tiny files before a huge one',
  files: [...Array.from({length: 20_000}, () => 20_000), 700e9],
};
const SHORT: Shape = {name: 'ten minutes', files: Array.from({length: 100}, () => 0.6e9)};
const LONG: Shape = {name: 'twelve hours', files: Array.from({length: 500}, () => 8.64e9)};

function listed({files}: Shape): SourceTotals {
  const bytes = files.reduce((sum, size) => sum + size, 0);
  return {files: files.length, directories: 1, bytes, sizes: sizeClasses(files), cut: false, listedAt: T0};
}

interface Looked {
  /** milliseconds since the request */
  readonly at: number;
  readonly state: string;
  readonly estimateMs?: number | undefined;
  readonly why?: string | undefined;
  /** what it takes indeed from then on, a pause that is still to come aside */
  readonly truthMs: number;
}

interface Watched {
  readonly seconds: number;
  readonly looks: readonly Looked[];
  /** from the end of the task to the look that sees it */
  readonly lateSeconds: number;
  readonly looksAnHour: number;
}

/** Look when the pace says so, until the end is seen. */
function watch(played: Played, source: SourceTotals | undefined): Watched {
  const looks: Looked[] = [];
  let rate: RateHint | undefined;
  for (let now = T0; ; ) {
    const task = played.at(now - T0);
    if (task.state === 'succeeded') {
      const lateSeconds = Math.round((now - T0) / 1000 - played.seconds);
      return {seconds: played.seconds, looks, lateSeconds, looksAnHour: (3_600 * (looks.length + 1)) / played.seconds};
    }
    rate = withLook(rate, task, now);
    const remaining = remainingOf(task, source, rate);
    looks.push({
      at: now - T0,
      state: task.state,
      ...(remaining.is === 'estimate' ? {estimateMs: remaining.ms} : {why: remaining.why}),
      truthMs: played.movingMs(now - T0),
    });
    now = nextLookAtTask(task, BOUNDS, now, {source, rate});
  }
}

/** What a step of a counter may be off. */
const STEP_MS = 10_000;

/** Looks after the first tenth, while it moves, that were off by more than a fifth. */
function wrong({seconds, looks}: Watched): Looked[] {
  return looks.filter(
    ({at, state, estimateMs, truthMs}) =>
      state === 'active' &&
      at > 100 * seconds &&
      estimateMs !== undefined &&
      Math.abs(estimateMs - truthMs) > 0.2 * truthMs + STEP_MS,
  );
}

function unsaid({seconds, looks}: Watched): Looked[] {
  return looks.filter(
    ({at, state, estimateMs}) => state === 'active' && at > 100 * seconds && estimateMs === undefined,
  );
}

/** `npx vitest run test/engine/plan/tasks/remaining-time.test.ts` with `PRINT=1` prints what the notes of the project quote. */
function print(shape: Shape, how: string, {seconds, lateSeconds, looksAnHour, looks}: Watched): void {
  if (!process.env.PRINT) return;
  const off = looks
    .filter(({at, state, estimateMs}) => state === 'active' && at > 100 * seconds && estimateMs !== undefined)
    .map(({estimateMs = 0, truthMs}) => Math.abs(estimateMs - truthMs) / Math.max(truthMs, STEP_MS));
  const worst = off.length > 0 ? `worst estimate ${Math.round(100 * Math.max(...off))} % off` : 'no estimate';
  console.log(
    `${shape.name}, ${how}: ${Math.round(seconds / 60)} min, ${looks.length + 1} looks (${looksAnHour.toFixed(1)} an hour), ${lateSeconds} s late, ${worst}`,
  );
}

const SERVICES = Object.entries({constant: CONSTANT, noisy: NOISY, 'with a pause': PAUSE});
/** Each shape on each service, played once. */
const PLAYED = [...shapes(), SIX, SHORT, LONG, TINY_FIRST].flatMap((shape) =>
  SERVICES.map(([how, service]) => ({name: shape.name, how, shape, played: play(shape, service, T0)})),
);
const isTinyFirst = ({shape}: {readonly shape: Shape}) => shape === TINY_FIRST;

describe('with a listing of its source', () => {
  const cases = PLAYED.filter((each) => !isTinyFirst(each)).map((each) => ({
    ...each,
    seen: watch(each.played, listed(each.shape)),
  }));

  test.each(cases)('$name, $how: the estimate is there and within a fifth after the first tenth', ({seen}) => {
    expect(wrong(seen)).toEqual([]);
    expect(unsaid(seen)).toEqual([]);
  });

  test.each(cases)(
    '$name, $how: the end is seen within half a minute, in a few looks an hour',
    ({shape, how, seen}) => {
      print(shape, how, seen);
      expect(seen.lateSeconds).toBeLessThanOrEqual(30);
      // They double at the beginning and halve at the end; one each half an hour is between.
      expect(seen.looks.length).toBeLessThanOrEqual(16 + (2 * seen.seconds) / 3_600);
    },
  );
});

describe('tiny files that come before a huge one', () => {
  test.each(PLAYED.filter(isTinyFirst))(
    '$how: nothing is said while they are moved, and it is right afterwards',
    ({shape, how, played}) => {
      const seen = watch(played, listed(shape));
      print(shape, how, seen);
      expect(wrong(seen)).toEqual([]);
      expect(unsaid(seen).map(({why}) => why)).toContain(
        'only small files have been moved so far, and the large ones are left',
      );
      expect(seen.lateSeconds).toBeLessThanOrEqual(30);
    },
  );
});

describe('without a listing', () => {
  const cases = PLAYED.map((each) => ({...each, seen: watch(each.played, undefined)}));

  test.each(cases)(
    '$name, $how: no time is told, and the looks are spaced by what has passed',
    ({shape, how, seen}) => {
      print(shape, how, seen);
      expect(seen.looks.every(({estimateMs}) => estimateMs === undefined)).toBe(true);
      expect(seen.lateSeconds).toBeLessThanOrEqual(Math.min(600, seen.seconds / 2));
      // Every half minute for ten minutes, then 5 % further each, and six an hour at last.
      expect(seen.looks.length).toBeLessThanOrEqual(22 + 61 + (6 * seen.seconds) / 3_600);
    },
  );
});
