import {describe, expect, test} from 'vitest';
import type {JobId} from '../../../src/base/job-id.ts';
import type {MonitorLink} from '../../../src/ledger/monitor-link.ts';
import type {JobSeen} from '../../../src/scheduler/scheduler.ts';
import {standingOf} from '../../../src/standing/standing-of.ts';
import {ARun, live, NOW, SETTINGS, task, transferStep} from '../../support/a-run.ts';

const MINUTE = 60_000;
const monitor: MonitorLink = {
  generation: 3,
  tag: 'm',
  startAt: NOW - 10 * MINUTE,
  deadline: 0,
  job: '9.s' as JobId,
  confirmedAt: 0,
  neverArrived: false,
  unwanted: false,
};
function told(at: JobSeen, more: Partial<MonitorLink> = {}) {
  const run = new ARun([transferStep('in')]).task('in', 't', task('active'));
  const seen = run.seen();
  const jobs = new Map([['9.s' as JobId, at.kind === 'live' ? {tag: 'm', ...at} : at]]);
  return standingOf({run: run.state, seen: {...seen, jobs}, settings: SETTINGS}, {monitor: {...monitor, ...more}});
}

describe('a monitor that PBS does not start is told of, with what PBS says:', () => {
  test.each([
    ['Not Running: Queue not started.', /queue workq is stopped/],
    ['Not Running: Job would conflict with reservation or top job', /a reservation of the site is in its way/],
  ])('%s', (comment, why) => {
    const {reasons, line} = told(live('queued', {comment}));
    expect(reasons).toMatchObject([
      {
        standing: 'trouble',
        code: 'MONITOR_WAITS',
        what: expect.stringContaining('nothing looks by itself: the monitor (job 9.s, queued) was due'),
        why: expect.stringMatching(why),
        since: NOW - 10 * MINUTE,
      },
    ]);
    expect(reasons[0]?.why).toContain(comment);
    expect(line).toBe('nothing looks by itself: PBS does not start the monitor (job 9.s); in is transferring');
  });

  test('scheduling that is off leaves no comment', () => {
    expect(told(live('queued', {submittedAt: NOW - 60 * MINUTE})).reasons[0]?.why).toMatch(
      /scheduling may be switched off/,
    );
  });
});

test('one that waits for its time, runs, or is due this moment is not told of', () => {
  expect(told(live('waiting', {startAt: NOW + MINUTE})).reasons).toEqual([]);
  expect(told(live('running')).reasons).toEqual([]);
  expect(told(live('queued'), {startAt: NOW - MINUTE}).reasons).toEqual([]);
  expect(told({kind: 'unknown'}).reasons).toEqual([]);
});
