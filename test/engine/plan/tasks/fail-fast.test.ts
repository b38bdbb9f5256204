import {describe, expect, test} from 'vitest';
import type {TaskId} from '../../../../src/base/ids.ts';
import {nextLookAtRun} from '../../../../src/engine/plan/monitor/next-look.ts';
import {planRun} from '../../../../src/engine/plan/plan-run.ts';
import type {TaskTrouble} from '../../../../src/engine/plan/tasks/task-trouble.ts';
import type {TransferTask} from '../../../../src/transfer/transfer-service.ts';
import type {FailFast} from '../../../../src/workflow/model/workflow.ts';
import {ARun, inWords, NOW, SETTINGS, task, transferStep} from '../../../support/a-run.ts';

const TEN_MINUTES: FailFast = {afterMs: 600_000, on: ['FILE_NOT_FOUND', 'PERMISSION_DENIED']};
const FAULTING: Partial<TransferTask> = {trouble: 'file not found', troubleCode: 'FILE_NOT_FOUND', faults: 3};
const missing = (lastedMs: number, code = 'FILE_NOT_FOUND'): TaskTrouble => ({
  code,
  description: 'file not found',
  path: '/in/a',
  said: 'No such file',
  since: NOW - lastedMs,
  last: NOW,
  times: 7,
  atLeast: false,
});

interface Given {
  readonly state?: TransferTask['state'];
  readonly seen?: Partial<TransferTask>;
  readonly trouble?: TaskTrouble;
  readonly failFast?: FailFast;
  readonly cancelled?: boolean;
}

function aRun({state = 'active', seen = FAULTING, failFast = TEN_MINUTES, cancelled}: Given): ARun {
  const run = new ARun([{...transferStep('in'), failFast}]).task('in', 't', task(state, seen));
  if (cancelled) run.fact('decision.cancel', {by: 'ada', cleanup: true});
  return run;
}

function plan(given: Given) {
  const run = aRun(given);
  const troubles = new Map(given.trouble ? [['t' as TaskId, given.trouble]] : []);
  return planRun(run.state, {...run.seen(), troubles}, SETTINGS);
}

describe('a step that is to fail fast', () => {
  test('a fault that has lasted long enough ends the task, and says which file and how long', () => {
    expect(plan({trouble: missing(600_000)})).toEqual([
      {
        do: 'cancel-task',
        step: 'in',
        attempt: 1,
        task: 't',
        why: 'fail_fast: file not found (/in/a) for 10m, met 7 times',
      },
    ]);
  });

  test.each<[string, Given]>([
    ['it has not lasted long enough', {trouble: missing(599_999)}],
    ['it is of another kind', {trouble: missing(600_000, 'NO_SPACE_LEFT')}],
    ['Globus says that all is well again', {trouble: missing(600_000), seen: {}}],
    ['the task is paused', {trouble: missing(600_000), state: 'paused'}],
    ['the task waits for a sign-in', {trouble: missing(600_000), state: 'inactive'}],
    ['nothing is known of its events', {}],
  ])('nothing is done while %s', (_when, given) => {
    expect(plan(given)).toEqual([]);
  });

  test('a run that is cancelled cancels the task once, for that reason', () => {
    const actions = plan({trouble: missing(600_000), cancelled: true});
    expect(actions.map(inWords)).toEqual(['cancel-task in']);
    expect(actions[0]?.why).toBe('the run was cancelled by ada');
  });

  test('a cancellation that was begun and not confirmed is asked again; one that was is not', () => {
    const run = aRun({}).fact('in.1.transfer.cancel.intent', {why: 'fail_fast: x'});
    const seen = {...run.seen(), troubles: new Map([['t' as TaskId, missing(600_000)]])};
    expect(planRun(run.state, seen, SETTINGS).map(inWords)).toEqual(['cancel-task in']);
    run.fact('in.1.transfer.cancel.confirmed');
    expect(planRun(run.state, seen, SETTINGS)).toEqual([]);
  });

  test('the step fails with the reason that was on record when its task was cancelled', () => {
    const run = new ARun([{...transferStep('in'), failFast: TEN_MINUTES}]);
    run.task('in', 't', task('cancelled')).fact('in.1.transfer.cancel.intent', {why: 'fail_fast: file not found'});
    expect(run.plan()).toMatchObject([
      {do: 'end-step', state: 'failed', why: 'the task was cancelled (fail_fast: file not found)'},
    ]);
  });

  test('a task that succeeds before its cancellation arrives has succeeded', () => {
    const run = new ARun([{...transferStep('in'), failFast: TEN_MINUTES}]);
    run.task('in', 't', task('succeeded')).fact('in.1.transfer.cancel.intent', {why: 'fail_fast: file not found'});
    expect(run.plan()).toMatchObject([{do: 'end-step', state: 'succeeded'}]);
  });

  test('the next look comes when the fault will have lasted long enough, and not at the slow end', () => {
    const run = aRun({});
    const bounds = {minMs: 30_000, maxMs: 1_800_000};
    const look = (troubles: ReadonlyMap<TaskId, TaskTrouble>) =>
      nextLookAtRun(run.state, {...run.seen(), troubles}, SETTINGS, bounds);
    expect(look(new Map())).toBe(NOW + 1_800_000);
    expect(look(new Map([['t' as TaskId, missing(200_000)]]))).toBe(NOW + 400_000);
    expect(look(new Map([['t' as TaskId, missing(599_000)]]))).toBe(NOW + 30_000);
  });
});
