import {expect, test} from 'vitest';
import {waitLimit} from './wait-limit.ts';

/** Seconds until a wait is over, looked at each second. @param progress what has happened in the world by a second */
function secondsOf(limit: number, share: number, progress: (second: number) => unknown = () => 'nothing'): number {
  let second = 0;
  const isOver = waitLimit(limit, {now: () => second * 1000, share: () => share});
  while (!isOver(progress(second))) second++;
  return second;
}

test('a world that stands still on an idle machine is given so many seconds', () => {
  expect(secondsOf(75, 1)).toBe(76);
});

test('on a busy machine it is given as many more as the machine is slower', () => {
  expect(secondsOf(75, 0.25)).toBe(301);
});

test('what is new in the world begins the count again', () => {
  expect(secondsOf(75, 1, (second) => Math.min(100, second))).toBe(176);
});

test('a world that goes on and on, or a machine that does nothing, is given ten minutes', () => {
  expect(secondsOf(75, 1, (second) => second)).toBe(601);
  expect(secondsOf(75, 0.001)).toBe(601);
});
