import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {estimateRemainingMs, nextLookAtTask} from '../../src/engine/plan/next-look.ts';
import {type MonitorView, planMonitor} from '../../src/engine/plan/plan-monitor.ts';
import type {JobId, JobSeen} from '../../src/scheduler/scheduler.ts';
import {live, NOW, task, UNKNOWN} from '../support/a-run.ts';

const BOUNDS = {minMs: 30_000, maxMs: 1_800_000};
const MINUTE = 60_000;

describe('the next look at a transfer', () => {
  test('comes after half of what is left', () => {
    const moving = task('active', {requestedAt: NOW - 10 * MINUTE, subtasksTotal: 100, subtasksPending: 50});
    expect(estimateRemainingMs(moving, NOW)).toBe(10 * MINUTE);
    expect(nextLookAtTask(moving, BOUNDS, NOW)).toBe(NOW + 5 * MINUTE);
  });

  test('counts with the rate since the last look, not with the average', () => {
    const stalled = task('active', {requestedAt: NOW - 100 * MINUTE, subtasksTotal: 100, subtasksPending: 50});
    expect(estimateRemainingMs(stalled, NOW, {at: NOW - MINUTE, subtasksPending: 60})).toBe(5 * MINUTE);
  });

  test('without an estimate comes after a twentieth of the time that has passed, at most ten minutes', () => {
    const unknown = (hours: number) =>
      task('active', {requestedAt: NOW - hours * 60 * MINUTE, subtasksTotal: 0, subtasksPending: 0});
    expect(nextLookAtTask(unknown(1), BOUNDS, NOW)).toBe(NOW + 3 * MINUTE);
    expect(nextLookAtTask(unknown(100), BOUNDS, NOW)).toBe(NOW + 10 * MINUTE);
  });

  test.each([task('paused'), task('inactive'), task('active', {trouble: 'file not found'})])(
    'is at the slow end while nothing moves: $state $trouble',
    (stuck) => {
      expect(nextLookAtTask(stuck, BOUNDS, NOW)).toBe(NOW + BOUNDS.maxMs);
    },
  );

  test('is always within the bounds', () => {
    const anyTask = fc.record({
      requestedAt: fc.integer({min: 0, max: NOW}),
      total: fc.nat(1000),
      pending: fc.nat(1000),
      state: fc.constantFrom('queued', 'active', 'paused', 'inactive'),
    });
    fc.assert(
      fc.property(anyTask, ({requestedAt, total, pending, state}) => {
        const at = nextLookAtTask(
          task(state as 'active', {requestedAt, subtasksTotal: total, subtasksPending: Math.min(pending, total)}),
          BOUNDS,
          NOW,
        );
        expect(at).toBeGreaterThanOrEqual(NOW + BOUNDS.minMs);
        expect(at).toBeLessThanOrEqual(NOW + BOUNDS.maxMs);
      }),
    );
  });
});

describe('the monitor chain', () => {
  const job = '9.s' as JobId;
  const link = {generation: 4, tag: 't', startAt: NOW + 10 * MINUTE, deadline: NOW, job, neverArrived: false};
  const view = (seen: JobSeen | undefined, more: Partial<MonitorView> = {}): MonitorView => ({
    newest: link,
    wantedAt: NOW + 10 * MINUTE,
    me: undefined,
    seen: {
      now: NOW,
      jobs: new Map(seen ? [[job, seen.kind === 'live' ? {tag: 't', ...seen} : seen]] : []),
      tasks: new Map(),
      tags: new Map(),
    },
    bounds: BOUNDS,
    refusedRetryMs: MINUTE,
    ...more,
  });
  const waiting = live('waiting', {startAt: NOW + 10 * MINUTE});
  const todo = (asked: MonitorView) => planMonitor(asked).map(({do: what}) => what);

  test('begins when there is something to look at', () => {
    expect(planMonitor(view(undefined, {newest: undefined}))).toMatchObject([
      {do: 'submit-monitor', generation: 1, startAt: NOW + 10 * MINUTE},
    ]);
    expect(todo(view(undefined, {newest: undefined, wantedAt: undefined}))).toEqual([]);
  });

  test('is left alone while its link waits', () => {
    expect(todo(view(waiting))).toEqual([]);
  });

  test('is moved when its link would come much too late, and not for a little', () => {
    expect(todo(view(waiting, {wantedAt: NOW + MINUTE}))).toEqual(['move-monitor']);
    expect(todo(view(waiting, {wantedAt: NOW + 9 * MINUTE}))).toEqual([]);
  });

  test('ends when nothing is left to look at', () => {
    expect(todo(view(waiting, {wantedAt: undefined}))).toEqual(['delete-monitor']);
  });

  test('gets a new link only when the newest is proven gone, or is this very process', () => {
    expect(planMonitor(view(UNKNOWN))).toMatchObject([{do: 'submit-monitor', generation: 5}]);
    expect(todo(view({kind: 'no-evidence', why: 'timeout'}))).toEqual([]);
    expect(todo(view(undefined))).toEqual([]);
    expect(todo(view(live('running')))).toEqual([]);
    expect(planMonitor(view(live('running'), {me: 4}))).toMatchObject([{do: 'submit-monitor', generation: 5}]);
  });
});
