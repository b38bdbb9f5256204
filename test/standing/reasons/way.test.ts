import {expect, test} from 'vitest';
import {explainWay} from '../../../src/standing/reasons/explain-way.ts';
import type {TransferTask} from '../../../src/transfer/transfer-service.ts';
import {task} from '../../support/a-run.ts';

const of = (state: TransferTask['state'], more: Partial<TransferTask> = {}) =>
  explainWay(task(state, {saidBy: 'mover', ...more}), {run: 'a.1'});

test('how far it is: files, bytes of all, rate and what is left', () => {
  const seen = {filesTransferred: 3, files: 12, bytesTransferred: 1_000_000, bytesTotal: 3_000_000, rate: 100_000};
  expect(of('active', seen)).toMatchObject({
    standing: 'fine',
    what: 'mover is moving data',
    why: '3 of 12 files, 1.0 MB of 3.0 MB, 100 kB/s, about 20 s left',
  });
});

test.each([
  ['queued', {}, 'waiting', 'TASK_QUEUED', 'queued by mover'],
  ['paused', {}, 'trouble', 'TASK_PAUSED', 'paused by mover'],
  ['inactive', {}, 'action', 'TASK_INACTIVE', 'mover needs you before it goes on'],
  ['active', {trouble: 'tape robot', troubleCode: 'ROBOT'}, 'trouble', 'TASK_FAULT_ROBOT', 'tape robot'],
  ['succeeded', {}, 'fine', 'TASK_SUCCEEDED', 'mover reports success'],
  ['cancelled', {}, 'action', 'TASK_CANCELLED', 'the task was cancelled'],
  ['failed', {fatalError: {code: 'X', description: 'broken'}}, 'action', 'TASK_FAILED_X', 'mover gave up'],
  [
    'failed',
    {fatalError: {code: 'EXPIRED', description: ''}},
    'action',
    'TASK_EXPIRED',
    'its deadline passed before it was done',
  ],
] as const)('%s %j', (state, more, standing, code, what) => {
  expect(of(state, more)).toMatchObject({standing, code, what});
});

test('nothing that another way moves is said to be at Globus', () => {
  for (const state of ['queued', 'active', 'paused', 'inactive', 'succeeded', 'failed', 'cancelled'] as const)
    expect(JSON.stringify(of(state))).not.toContain('lobus');
});
