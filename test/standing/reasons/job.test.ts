import {describe, expect, test} from 'vitest';
import type {JobId} from '../../../src/base/job-id.ts';
import type {LiveJob} from '../../../src/scheduler/scheduler.ts';
import {explainJob, type JobContext} from '../../../src/standing/reasons/explain-job.ts';
import {live} from '../../support/a-run.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const context = (more: Partial<JobContext> = {}): JobContext => ({
  run: 'r.1',
  job: '7.s' as JobId,
  now: NOW,
  waitsOn: [],
  nameOf: (job) => (job === '5.s' ? 'step prepare' : undefined),
  ourHold: 'none',
  ...more,
});
const explain = (job: LiveJob, more: Partial<JobContext> = {}) => explainJob(job, context(more));

/** Comments as OpenPBS writes them: measured on 23.06, or from its scheduler's sources. */
const COMMENTS: readonly (readonly [comment: string, code: string, next: RegExp])[] = [
  ['Not Running: User has reached queue workq running job limit.', 'JOB_RUN_LIMIT', /qstat -u/],
  ['Not Running: Queue not started.', 'JOB_QUEUE_STOPPED', /qmove QUEUE 7\.s/],
  ['Can Never Run: Insufficient amount of resource: ncpus (R: 999 A: 2 T: 2)', 'JOB_CAN_NEVER_RUN', /pbsnodes/],
  ['Not Running: Not enough free nodes available', 'JOB_NO_NODES', /by itself/],
  ['Not Running: Insufficient amount of resource: ncpus', 'JOB_NO_NODES', /by itself/],
  ['Not Running: Job would conflict with reservation or top job', 'JOB_BEFORE_RESERVATION', /pbs_rstat/],
  ['Not Running: Job would cross dedicated time boundary', 'JOB_BEFORE_RESERVATION', /walltime/],
  ['Not Running: Job will run in primetime only', 'JOB_PRIMETIME', /qstat -Q -f workq/],
  ['Not Running: Draining system to allow starving job to run', 'JOB_BEHIND_TOP_JOB', /by itself/],
  ["Not Running: would exceed user's limit on resource ncpus in queue workq", 'JOB_RESOURCE_LIMIT', /qstat -Q/],
  ['Not Running: Node is in an ineligible state: offline', 'JOB_NODES_AWAY', /pbsnodes -l/],
];

describe('a queued job', () => {
  test.each(COMMENTS)('"%s" is explained as %s, and quoted', (comment, code, next) => {
    const reason = explain(live('queued', {comment}));
    expect(reason).toMatchObject({code, why: `PBS says: "${comment}"`});
    expect(reason.next.join('\n')).toMatch(next);
    expect([reason.what, ...reason.next].join(' ')).not.toMatch(/[{}]/);
  });

  test('a comment that is in no list is quoted', () => {
    expect(explain(live('queued', {comment: 'Not Running: the moon'}))).toMatchObject({
      code: 'JOB_QUEUED',
      why: 'PBS says: "Not Running: the moon"',
    });
  });

  test('without a comment the scheduler has not looked yet; after ten minutes it may be switched off', () => {
    expect(explain(live('queued', {submittedAt: NOW - 5_000})).why).toMatch(/not looked at it yet/);
    const old = explain(live('queued', {submittedAt: NOW - 3_600_000}));
    expect(old).toMatchObject({why: expect.stringContaining('switched off'), since: NOW - 3_600_000});
    expect(old.next.join()).toContain('scheduling');
  });

  test('in the queue of a reservation it waits for that to begin; one that ran before was requeued', () => {
    expect(explain(live('queued', {queue: 'R123'}))).toMatchObject({code: 'JOB_IN_RESERVATION'});
    expect(explain(live('queued', {runCount: 2}))).toMatchObject({
      code: 'JOB_REQUEUED',
      why: expect.stringContaining('2 times'),
    });
  });
});

describe('a held job', () => {
  const userHold = {userHold: true, holds: ['user'] as const};

  test('by a person with qhold: who, when, and the qrls that ends it', () => {
    const job = live('held', {...userHold, comment: 'Job held by ada on Sat Nov 21 11:00:00 2026'});
    expect(explain(job)).toMatchObject({
      standing: 'action',
      code: 'JOB_USER_HOLD',
      what: 'ada put a user hold on it on Sat Nov 21 11:00:00 2026',
      next: ['End it: qrls 7.s'],
    });
  });

  test('by a person, while it waits for its data: no message says to type qrls, which would start it in vain', () => {
    const job = live('held', {...userHold, comment: 'Job held by ada on Sat Nov 21 11:00:00 2026'});
    const told = explain(job, {
      ourHold: 'stands',
      needsPermit: true,
      waitsOn: ['stage-in'],
      personHold: {by: 'ada', on: 'Sat Nov 21 11:00:00 2026'},
    });
    expect(told).toMatchObject({
      code: 'JOB_USER_HOLD',
      brief: 'waits for stage-in; ada put a user hold on it; end it with: stage release r.1 --qhold',
      next: ['Let it start when its data is there: stage release r.1 --qhold'],
    });
    expect(JSON.stringify(told)).not.toContain('qrls');
  });

  test('released by hand before its data is there: it runs nothing, and is submitted again', () => {
    for (const state of ['queued', 'running'] as const)
      expect(explain(live(state), {needsPermit: true, waitsOn: ['stage-in']})).toMatchObject({
        code: 'JOB_RELEASED_EARLY',
        what: 'its user hold was ended by hand (qrls) before stage-in had ended',
        why: expect.stringContaining('submitted again under a hold'),
      });
  });

  test('by us until its needs have arrived: which, and where to ask on', () => {
    expect(explain(live('held', userHold), {ourHold: 'stands', waitsOn: ['stage-in']})).toMatchObject({
      standing: 'waiting',
      code: 'STEP_WAITS',
      what: 'it waits for stage-in',
      next: ['What that is waiting for: stage why r.1 stage-in'],
    });
    expect(explain(live('held', userHold), {ourHold: 'stands'})).toMatchObject({code: 'JOB_TO_BE_RELEASED'});
  });

  test('by "stage hold": by whom, and the release', () => {
    expect(explain(live('held', userHold), {heldBy: 'ada@h:1'})).toMatchObject({
      code: 'RUN_HELD',
      next: ['End the hold: stage release r.1'],
    });
  });

  test.each([
    [['operator'], 'JOB_OPERATOR_HOLD', /operators/],
    [['user', 'operator'], 'JOB_OPERATOR_HOLD', /operators/],
    [['system'], 'JOB_SYSTEM_HOLD', /operators/],
    [['bad-password'], 'JOB_BAD_PASSWORD', /pbs_password/],
  ] as const)('holds %j are %s', (holds, code, next) => {
    const reason = explain(live('held', {userHold: holds[0] === 'user', otherHold: true, holds}));
    expect(reason).toMatchObject({standing: 'action', code});
    expect(reason.next.join()).toMatch(next);
  });

  test('by a dependency: on which of our steps, and on which stranger', () => {
    const job = live('held', {otherHold: true, holds: ['system'], waitsFor: ['5.s', '6.s'] as JobId[]});
    expect(explain(job)).toMatchObject({
      code: 'JOB_DEPENDENCY',
      what: 'PBS starts it after step prepare (job 5.s), job 6.s',
    });
  });

  test('by PBS after too many starts in vain', () => {
    const comment = 'job held, too many failed attempts to run';
    const reason = explain(live('held', {otherHold: true, holds: ['system'], comment}));
    expect(reason).toMatchObject({standing: 'action', code: 'JOB_FAILED_STARTS'});
    expect(reason.next.join()).toContain('tracejob 7.s');
  });
});

test.each([
  ['running', 'JOB_RUNNING', 'fine'],
  ['ending', 'JOB_ENDING', 'fine'],
  ['suspended', 'JOB_SUSPENDED', 'trouble'],
  ['moved', 'JOB_MOVED', 'waiting'],
  ['in-transit', 'JOB_IN_TRANSIT', 'waiting'],
  ['unlisted', 'JOB_STATE_UNLISTED', 'waiting'],
] as const)('%s is %s (%s)', (state, code, standing) => {
  expect(explain(live(state))).toMatchObject({code, standing});
});

test('a job with a start time says when, how long that is, and how to let it start now', () => {
  const reason = explain(live('waiting', {startAt: NOW + 7_200_000}));
  expect(reason).toMatchObject({code: 'JOB_NOT_BEFORE'});
  expect(reason.next).toEqual(['It may start in 2 h.', 'To let it start now: qalter -a 202501010000 7.s']);
});
