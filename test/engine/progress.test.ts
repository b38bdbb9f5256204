import {expect, test} from 'vitest';
import type {JobId} from '../../src/base/job-id.ts';
import type {Action} from '../../src/engine/plan/actions.ts';
import {LookProgress} from '../../src/engine/progress.ts';
import {EXIT, StageError} from '../../src/errors.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import {SchedulerUnreachable} from '../../src/scheduler/scheduler.ts';

const run = 'r.1' as RunId;
const onJob = (action: 'release-job' | 'delete-job'): Action => ({
  do: action,
  step: 'a',
  key: 'a.1.job',
  job: '1.s' as JobId,
  why: '',
});
const transfer: Action = {do: 'submit-transfer', step: 'in', attempt: 1, why: ''};

test('an action that was tried is not tried again in the same look, whatever came of it', () => {
  const progress = new LookProgress();
  for (const came of [{is: 'done'}, {is: 'others'}] as const) {
    progress.begin(run, transfer);
    progress.end(run, transfer, came);
    expect(progress.wasTried(run, transfer)).toBe(true);
  }
  expect(progress.wasTried('r.2' as RunId, transfer)).toBe(false);
  expect(progress.done).toHaveLength(1);
});

test('one that was planned before a person decided otherwise may be planned again', () => {
  const progress = new LookProgress();
  progress.begin(run, transfer);
  progress.end(run, transfer, {is: 'stale'});
  expect(progress.wasTried(run, transfer)).toBe(false);
});

test('once PBS did not answer it is asked nothing more, and Globus is', () => {
  const progress = new LookProgress();
  progress.begin(run, onJob('release-job'));
  progress.end(run, onJob('release-job'), {is: 'problem', error: new SchedulerUnreachable('qrls', 'down')});
  expect(progress.begin(run, onJob('delete-job'))).toBe(false);
  expect(progress.begin(run, transfer)).toBe(true);
  expect(progress.problems.map(({code}) => code)).toEqual(['SCHEDULER_UNREACHABLE']);
});

test('a refusal is an answer: PBS is asked about the next thing', () => {
  const progress = new LookProgress();
  const error = new StageError({code: 'X', exit: EXIT.unreachable, what: 'no'});
  progress.end(run, onJob('release-job'), {is: 'problem', error});
  expect(progress.begin(run, onJob('delete-job'))).toBe(true);
});
