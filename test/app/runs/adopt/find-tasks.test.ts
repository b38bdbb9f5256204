import {expect, test} from 'vitest';
import {findTasks} from '../../../../src/app/runs/adopt/find-tasks.ts';
import type {TaskId} from '../../../../src/base/ids.ts';
import type {RunId} from '../../../../src/ledger/state-directory.ts';
import type {TransferTask} from '../../../../src/transfer/transfer-service.ts';
import {task, transferStep} from '../../../support/a-run.ts';
import {FakeTransfers} from '../../../support/fakes.ts';

const STEP = transferStep('stage-in');
const RUN = 'x.2' as RunId;
const BETWEEN = {sourceCollection: STEP.from.collection, destinationCollection: STEP.to.collection};

/** Which of these tasks, between the step's collections, may do its work; all that moved files moved the same ones. */
async function found(
  tasks: Readonly<Record<string, TransferTask>>,
  files = [{from: '/stage-in/from/a', to: '/stage-in/to/a'}],
) {
  const transfers = Object.assign(new FakeTransfers(), {
    files,
    recent: async () => Object.entries(tasks).map(([id, one]) => ({...one, ...BETWEEN, task: id as TaskId})),
  });
  return (await findTasks(transfers, RUN, STEP)).map((one) => String(one.task.task));
}

test('a task that has ended and moved nothing does not count as the work of a step', async () => {
  const tasks = {
    cancelled: task('cancelled', {filesTransferred: 0}),
    failed: task('failed', {filesTransferred: 0}),
    empty: task('succeeded', {filesTransferred: 0}),
    queued: task('queued', {filesTransferred: 0}),
    active: task('active', {filesTransferred: 3}),
  };
  expect(await found(tasks)).toEqual(['queued', 'active']);
});

test("a task with the label of another step, or of a run of another name, is that one's", async () => {
  const tasks = {
    'another run': task('active', {label: 'stage r11.1 stage-in 1'}),
    'another step': task('active', {label: 'stage x.2 stage-out 1'}),
    'by hand': task('active', {label: 'stage in my data 1'}),
    'a run of this name before the state was lost': task('succeeded', {label: 'stage x.3 stage-in 1'}),
  };
  expect(await found(tasks)).toEqual(['by hand', 'a run of this name before the state was lost']);
});

test('its own label says more than anything else', async () => {
  const tasks = {
    mine: task('cancelled', {label: 'stage x.2 stage-in 2', filesTransferred: 0}),
    'by hand': task('succeeded'),
  };
  expect(await found(tasks)).toEqual(['mine']);
});

test('a task that moved anything elsewhere is none of them', async () => {
  expect(await found({done: task('succeeded')})).toEqual(['done']);
  expect(await found({done: task('succeeded')}, [{from: '/stage-in/from/a', to: '/elsewhere/a'}])).toEqual([]);
});
