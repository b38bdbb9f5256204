import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {JobId} from '../../../../src/base/job-id.ts';
import {nextLookAtRun, nextLookAtTask} from '../../../../src/engine/plan/monitor/next-look.ts';
import {type MonitorView, planMonitor} from '../../../../src/engine/plan/monitor/plan-monitor.ts';
import type {JobSeen} from '../../../../src/scheduler/scheduler.ts';
import {ARun, ended, HELD, jobStep, live, NOW, SETTINGS, task, transferStep, UNKNOWN} from '../../../support/a-run.ts';

const BOUNDS = {minMs: 30_000, maxMs: 1_800_000};
const MINUTE = 60_000;

describe('the next look at a transfer', () => {
  const GB = 1e9;
  const hundred = {
    files: 100,
    directories: 1,
    bytes: 100 * GB,
    sizes: {10: [100, 100 * GB]},
    cut: false,
    listedAt: 0,
  } as const;
  const rate = (watchedMs: number, bytesPerSecond: number) => ({
    since: NOW - watchedMs,
    at: NOW,
    bytes: 0,
    movedBytes: bytesPerSecond * 1000,
    movedMs: 1_000_000,
    rests: false,
  });
  const half = task('active', {
    requestedAt: NOW - 100 * MINUTE,
    bytesTransferred: 50 * GB,
    filesTransferred: 50,
    files: 100,
    rate: 1,
  });

  test('comes after half of what is left, at the rate of the last looks', () => {
    const known = {source: hundred, rate: rate(100 * MINUTE, (50 * GB) / 600)};
    expect(nextLookAtTask(half, BOUNDS, NOW, known)).toBe(NOW + 5 * MINUTE);
  });

  test('comes no later than the task was watched so far', () => {
    const known = {source: hundred, rate: rate(2 * MINUTE, (50 * GB) / 6000)};
    expect(nextLookAtTask(half, BOUNDS, NOW, known)).toBe(NOW + 2 * MINUTE);
  });

  test.each([
    ['no listing', {}],
    ['a listing that was cut', {source: {...hundred, cut: true}, rate: rate(100 * MINUTE, GB)}],
  ])('with %s, subtasks that are left put it off, and no further than ten minutes', (_why, known) => {
    const moving = (minutes: number, pending: number) =>
      task('active', {requestedAt: NOW - minutes * MINUTE, subtasksTotal: 100, subtasksPending: pending});
    expect(nextLookAtTask(moving(10, 50), BOUNDS, NOW, known)).toBe(NOW + 5 * MINUTE);
    expect(nextLookAtTask(moving(60, 99), BOUNDS, NOW, known)).toBe(NOW + 10 * MINUTE);
    expect(nextLookAtTask(moving(60, 1), BOUNDS, NOW, known)).toBe(NOW + 3 * MINUTE);
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
      bytes: fc.nat(200),
      state: fc.constantFrom('queued', 'active', 'paused', 'inactive'),
      isListed: fc.boolean(),
      watchedMs: fc.option(fc.nat(NOW)),
    });
    fc.assert(
      fc.property(anyTask, ({requestedAt, total, pending, bytes, state, isListed, watchedMs}) => {
        const known = {
          source: isListed ? hundred : undefined,
          rate: watchedMs === null ? undefined : rate(watchedMs, bytes),
        };
        const counts = {subtasksTotal: total, subtasksPending: Math.min(pending, total), bytesTransferred: bytes * GB};
        const at = nextLookAtTask(task(state as 'active', {requestedAt, ...counts}), BOUNDS, NOW, known);
        expect(at).toBeGreaterThanOrEqual(NOW + BOUNDS.minMs);
        expect(at).toBeLessThanOrEqual(NOW + BOUNDS.maxMs);
      }),
    );
  });
});

describe('the monitor chain', () => {
  const job = '9.s' as JobId;
  const link = {
    generation: 4,
    tag: 't',
    startAt: NOW + 10 * MINUTE,
    deadline: NOW,
    job,
    neverArrived: false,
    unwanted: false,
  };
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
    insist: false,
    stays: false,
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

  test('gets a new link when a process that found nothing to look at deletes the newest', () => {
    const newest = {...link, unwanted: true};
    expect(planMonitor(view(waiting, {newest}))).toMatchObject([{do: 'submit-monitor', generation: 5}]);
    expect(todo(view(waiting, {newest, wantedAt: undefined}))).toEqual(['delete-monitor']);
  });

  test('is moved when its link would come much too late, and not for a little', () => {
    expect(todo(view(waiting, {wantedAt: NOW + MINUTE}))).toEqual(['move-monitor']);
    expect(todo(view(waiting, {wantedAt: NOW + 9 * MINUTE}))).toEqual([]);
  });

  test('ends when nothing is left to look at', () => {
    expect(todo(view(waiting, {wantedAt: undefined}))).toEqual(['delete-monitor']);
  });

  test('that may start this moment is left to run: a deletion would meet it running', () => {
    for (const startAt of [NOW + 1_000, NOW - 1_000])
      expect(todo(view(live('waiting', {startAt}), {wantedAt: undefined}))).toEqual([]);
    const queued = {...link, startAt: NOW - MINUTE};
    expect(todo(view(live('queued'), {newest: queued, wantedAt: undefined}))).toEqual(['delete-monitor']);
  });

  test('gets a new link beside one that runs, which may have found nothing to look at and adds none', () => {
    for (const state of ['running', 'ending'] as const)
      expect(planMonitor(view(live(state)))).toMatchObject([{do: 'submit-monitor', generation: 5}]);
  });

  test('gets a new link only when the newest is proven gone or runs, or is this very process', () => {
    expect(planMonitor(view(UNKNOWN))).toMatchObject([{do: 'submit-monitor', generation: 5}]);
    expect(todo(view({kind: 'no-evidence', why: 'timeout'}))).toEqual([]);
    expect(todo(view(undefined))).toEqual([]);
    expect(todo(view(live('running'), {wantedAt: undefined}))).toEqual([]);
    expect(planMonitor(view(live('running'), {me: 4}))).toMatchObject([{do: 'submit-monitor', generation: 5}]);
  });

  test('gets a new link when the newest is hours late, and cannot be seen though other jobs can', () => {
    const dark = {kind: 'no-evidence', why: 'illegally formed job identifier: 9.s'} as const;
    const late = view(dark, {newest: {...link, startAt: NOW - 61 * MINUTE}});
    const withOther = (asked: MonitorView) => ({
      ...asked,
      seen: {...asked.seen, jobs: new Map([...asked.seen.jobs, ['3.new' as JobId, live('held')]])},
    });
    expect(planMonitor(withOther(late))).toMatchObject([{do: 'submit-monitor', generation: 5}]);
    expect(todo(late)).toEqual([]); // PBS itself may be away
    expect(todo(withOther(view(dark)))).toEqual([]);
  });
});

test('a link that never arrived is given up, and another one follows in the same look', () => {
  const newest = {generation: 4, tag: 't', startAt: NOW, deadline: NOW - 1, neverArrived: false, unwanted: false};
  const seen = {now: NOW, jobs: new Map(), tasks: new Map(), tags: new Map([['t', null]])};
  const view = {
    newest,
    wantedAt: NOW + MINUTE,
    me: undefined,
    seen,
    bounds: BOUNDS,
    refusedRetryMs: MINUTE,
    insist: false,
    stays: false,
  };
  expect(planMonitor(view)).toMatchObject([{do: 'give-up-monitor'}, {do: 'submit-monitor', generation: 5}]);
});

describe('the next look at a run', () => {
  const look = (run: ARun) => nextLookAtRun(run.state, run.seen(), SETTINGS, BOUNDS);
  const watched = (run: ARun, step: string, job: string) =>
    run.job(`${step}.1.sentinel`, `s${job}`, live('held', {otherHold: true}), {dependsOn: [job]});

  test('is at the slow end while a job is queued: its sentinel, too, may die', () => {
    const run = watched(new ARun([jobStep('a')]).job('a.1.job', '1.s', live('queued')), 'a', '1.s');
    expect(look(run)).toBe(NOW + BOUNDS.maxMs);
  });

  test('comes when the pause before a retry is over', () => {
    const run = new ARun([{...jobStep('a'), retries: 1}]).fact('a.1.outcome', {at: NOW, state: 'failed', why: 'x'});
    expect(look(run)).toBe(NOW + MINUTE);
  });

  test('comes soon when a job could not be released: its sentinel waits with it', () => {
    const run = new ARun([transferStep('in'), jobStep('a', {needs: ['in']})])
      .outcome('in', 'succeeded')
      .job('a.1.job', '1.s', HELD, {hold: true});
    expect(look(watched(run, 'a', '1.s'))).toBe(NOW + BOUNDS.minMs);
  });

  test('comes soon when a job could not be deleted although nothing can need it any more', () => {
    const run = new ARun([transferStep('in'), jobStep('a', {needs: ['in']})])
      .outcome('in', 'failed')
      .job('a.1.job', '1.s', HELD, {hold: true});
    expect(look(watched(run, 'a', '1.s'))).toBe(NOW + BOUNDS.minMs);
  });

  test('comes after the grace time when a running job was deleted and PBS keeps no history of it', () => {
    const run = new ARun([jobStep('a')])
      .fact('decision.cancel', {by: 'a@h', cleanup: false})
      .job('a.1.job', '1.s', UNKNOWN)
      .job('a.1.sentinel', '2.s', live('running'), {dependsOn: ['1.s']})
      .fact('a.1.start.1', {job: '1.s'})
      .fact('a.1.job.delete.confirmed')
      .fact('a.1.job.absent', {at: NOW - 10_000});
    expect(look(run)).toBe(NOW - 10_000 + SETTINGS.lostGraceMs);
  });

  test('is at the slow end while a job waits for the transfer, until that leaves', () => {
    const run = new ARun([{...transferStep('in'), strategy: 'wait'}])
      .task('in', 't', task('active'))
      .job('in.1.wait', '1.s', live('running'));
    expect(look(run)).toBe(NOW + BOUNDS.maxMs);
    expect(look(run.fact('in.1.wait.leaving'))).toBeLessThan(NOW + BOUNDS.maxMs);
  });

  test('is left to a person where a job was deleted before it ran, also for what needs that job', () => {
    const run = new ARun([jobStep('a'), jobStep('b', {needs: ['a']})])
      .job('a.1.job', '1.s', ended(undefined, 'deleted'))
      .job('b.1.job', '2.s', live('held', {otherHold: true}), {dependsOn: ['1.s']});
    expect(look(run)).toBeUndefined();
  });

  test('is found at once in a wide and deep workflow of which a job was deleted by hand', () => {
    const layers = Array.from({length: 14}, (_, layer) => Array.from({length: 10}, (__, at) => `s${layer}-${at}`));
    const steps = layers.flatMap((names, layer) =>
      names.map((name) => jobStep(name, {needs: layers[layer - 1] ?? []})),
    );
    const run = new ARun(steps).job('s0-0.1.job', '1.s', ended(undefined, 'deleted'));
    for (const name of layers.slice(1).flat())
      run.job(`${name}.1.job`, `${name}.s`, live('held', {otherHold: true}), {dependsOn: []});
    expect(look(run)).toBeUndefined();
  });

  test('is left to the end of a hold where that is all that is waited for', () => {
    expect(look(new ARun([transferStep('in')]).fact('decision.hold-1', {by: 'ann'}))).toBeUndefined();
  });
});
