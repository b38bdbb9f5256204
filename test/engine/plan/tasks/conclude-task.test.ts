import {describe, expect, test} from 'vitest';
import type {TransferTask} from '../../../../src/transfer/transfer-service.ts';
import {ARun, ended, inWords, jobStep, live, NOW, task, transferStep} from '../../../support/a-run.ts';

const HOUR = 3_600_000;
const retried = () => new ARun([{...transferStep('in'), retries: 2}]);
const endOf = (seen: TransferTask, run = retried()) => run.task('in', 't', seen).plan()[0];
const cancelledByManager = (of: 'source' | 'destination' | 'both', message: string) =>
  task('cancelled', {sourceName: 'theta', destinationName: 'laptop', cancelledByManager: {of, message}});

describe('a task that a person has cancelled', () => {
  test('ends its step for good, whatever its retries: it comes back when a person resumes the run', () => {
    const end = endOf(task('cancelled'));
    expect(end).toEqual({
      do: 'end-step',
      step: 'in',
      attempt: 1,
      state: 'failed',
      why: 'the task was cancelled at Globus',
      cause: 'task-cancelled',
      final: true,
      bytes: 10,
      files: 1,
    });
    const ended = retried().fact('in.1.outcome', {at: NOW, state: 'failed', why: 'x', final: true});
    expect(ended.plan({}, NOW + HOUR)).toEqual([]);
    expect(ended.resumed({in: 1}).plan({}, NOW + HOUR)).toMatchObject([{do: 'submit-transfer', attempt: 2}]);
  });

  test.each([
    ['source', 'the quota is used up', 'the manager of theta: "the quota is used up"'],
    ['destination', 'ask\n\tops@site first', 'the manager of laptop: "ask ops@site first"'],
    ['both', '', 'the manager of theta and laptop'],
  ] as const)('who manages its %s has their words kept: %s', (of, message, words) => {
    expect(endOf(cancelledByManager(of, message))).toMatchObject({
      state: 'failed',
      final: true,
      cause: 'task-cancelled-by-manager',
      why: `the task was cancelled by ${words}`,
    });
  });

  test('whose run was cancelled ends with the run, and with what a manager said', () => {
    const cancelled = () => retried().fact('decision.cancel', {by: 'ann@h', cleanup: true});
    expect(endOf(task('cancelled'), cancelled())).toMatchObject({state: 'cancelled', why: 'the task was cancelled'});
    const end = endOf(cancelledByManager('source', 'no room'), cancelled());
    expect(end).toMatchObject({state: 'cancelled', why: expect.stringContaining('"no room"')});
    expect(end).not.toHaveProperty('final');
  });
});

test('a task that stage cancelled, as fail_fast asks for, is tried again', () => {
  const run = retried().fact('in.1.transfer.cancel.intent', {why: 'fail_fast: file not found'});
  expect(endOf(task('cancelled'), run)).not.toHaveProperty('final');
});

test('a task that expired is tried again, and its deadline is kept', () => {
  const fatalError = {code: 'EXPIRED', description: 'deadline expired'};
  const end = endOf(task('failed', {fatalError, deadline: Date.UTC(2026, 10, 30, 20, 5)}));
  expect(end).toMatchObject({
    state: 'failed',
    cause: 'task-expired',
    why: 'its deadline, 2026-11-30T20:05:00Z, passed before the task was done (Globus reports EXPIRED: deadline expired)',
  });
  expect(end).not.toHaveProperty('final');
});

describe('a job that was deleted while it ran', () => {
  const running = () =>
    new ARun([{...jobStep('compute'), retries: 2}]).fact('compute.1.start.1', {job: '1.s'}).fact('compute.1.term.1');
  const deleted = {...ended(271), deletedRunning: true as const};

  test('by hand ends its step for good, whatever its retries', () => {
    expect(running().job('compute.1.job', '1.s', deleted).plan()).toMatchObject([
      {do: 'end-step', state: 'failed', final: true, cause: 'job-deleted', exitStatus: 271},
    ]);
  });

  test('by hand ends its step for good also where its script ended with 0 when it was told to, and not where it had ended before', () => {
    const job = {...deleted, exitStatus: 0};
    const end = {exit: 0, terminated: true};
    expect(running().fact('compute.1.end.1', end).job('compute.1.job', '1.s', job).plan()).toMatchObject([
      {do: 'end-step', state: 'failed', final: true, cause: 'job-deleted', exitStatus: 0},
    ]);
    const before = new ARun([jobStep('compute')]).fact('compute.1.start.1', {job: '1.s'});
    expect(before.fact('compute.1.end.1', {exit: 0}).job('compute.1.job', '1.s', job).plan()).toMatchObject([
      {do: 'end-step', state: 'succeeded'},
    ]);
  });

  test('by PBS, at its walltime, is tried again', () => {
    const [end] = running().job('compute.1.job', '1.s', ended(-29)).plan();
    expect(end).toMatchObject({do: 'end-step', state: 'failed'});
    expect(end).not.toHaveProperty('final');
  });

  test('by us, with its run, ends as cancelled', () => {
    const run = running().job('compute.1.job', '1.s', deleted).fact('compute.1.job.delete.intent');
    const [end] = run.fact('decision.cancel', {by: 'ann@h', cleanup: true}).plan();
    expect(end).toMatchObject({do: 'end-step', state: 'cancelled'});
    expect(end).not.toHaveProperty('final');
  });

  test('and is still shown as running has not ended', () => {
    expect(running().job('compute.1.job', '1.s', live('ending')).plan().map(inWords)).not.toContain(
      'end-step compute failed',
    );
  });
});
