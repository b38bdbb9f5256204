import {expect, test} from 'vitest';
import {checkTask, uncomparedNote} from '../../../../src/app/runs/adopt/check-adopted.ts';
import type {TaskId} from '../../../../src/base/ids.ts';
import type {RunId} from '../../../../src/ledger/state-directory.ts';
import type {TransferTask} from '../../../../src/transfer/transfer-service.ts';
import {task, transferStep} from '../../../support/a-run.ts';
import {FakeTransfers} from '../../../support/fakes.ts';

const STEP = transferStep('in');
const TASK = 't-1' as TaskId; // made up: only its identity counts
const BETWEEN = {sourceCollection: STEP.from.collection, destinationCollection: STEP.to.collection};

async function check(seen: TransferTask, files: FakeTransfers['files'], run?: RunId) {
  const transfers = Object.assign(new FakeTransfers(), {files});
  transfers.look = async () => new Map([[TASK, {...seen, ...BETWEEN, task: TASK}]]);
  return checkTask(transfers, TASK, STEP, {run, force: false});
}

test('a task that goes on is not asked for its files, which Globus tells only at the end, and a person is told so', async () => {
  const checked = await check(task('active', {filesTransferred: 3}), new Error('it is still in progress'));
  expect(uncomparedNote('in', checked, undefined)).toMatchObject([
    {level: 'note', why: expect.stringContaining('when it has ended')},
  ]);
});

test('a task that has ended is compared at once, and nothing is left to be told', async () => {
  const moved = [{from: '/in/from/a', to: '/in/to/a'}];
  expect(uncomparedNote('in', await check(task('succeeded'), moved), undefined)).toEqual([]);
});

test('the way out for a task that moved something else names the run, or needs none where none is created yet', async () => {
  const moved = [{from: '/other/a', to: '/in/to/a'}];
  const refused = (run?: RunId) => expect(check(task('succeeded'), moved, run)).rejects;
  await refused('r.1' as RunId).toMatchObject({
    code: 'TASK_DIFFERS',
    next: ['If it is the right one anyway: stage adopt r.1 in t-1 --force'],
  });
  await refused().toMatchObject({
    code: 'TASK_DIFFERS',
    next: expect.arrayContaining([expect.stringMatching(/without --adopt/)]),
  });
});
