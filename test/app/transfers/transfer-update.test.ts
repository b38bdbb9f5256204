import {expect, test} from 'vitest';
import {renderChanged} from '../../../src/app/transfers/render-tasks.ts';
import {updateTransfer} from '../../../src/app/transfers/transfer-update.ts';
import {RequestWrong} from '../../../src/errors.ts';
import type {TransfersStage} from '../../../src/wiring/stage.ts';
import {FakeTransfers} from '../../support/fakes.ts';
import {aTransfer, taskId} from '../../transfer/documents.ts';

const NOW = Date.UTC(2030, 0, 1);

async function withTask(label: string) {
  const transfers = new FakeTransfers();
  await transfers.submit(await transfers.newSubmissionId(), aTransfer({label}));
  const task = taskId(1); // the fake's own ids are none of Globus
  for (const each of transfers.tasks.values()) {
    each.task = task;
    if (each.seen.kind === 'task') each.seen = {...each.seen, task};
  }
  // The use-case asks for no more of a stage than these.
  const stage = {engine: async () => ({transfers, clock: () => NOW})} as unknown as TransfersStage;
  const seen = async () => (await transfers.look([task])).get(task);
  return {stage, transfers, task, seen};
}

test('gives a task another label, and a deadline that counts from now', async () => {
  const {stage, task, seen} = await withTask('mine');
  const report = await updateTransfer(stage, task, {label: 'other', deadline: '2d'});
  expect(report).toMatchObject({exit: 0, tasks: [{task, label: 'other', deadline: '2030-01-03T00:00:00.000Z'}]});
  expect(renderChanged(report.tasks)).toMatch(/label "other", deadline 2030-01-03/);
  expect(await seen()).toMatchObject({label: 'other', deadline: NOW + 2 * 86_400_000});
  await updateTransfer(stage, task, {label: undefined, deadline: '2030-01-31T18:00:00+01:00'});
  expect(await seen()).toMatchObject({label: 'other', deadline: Date.parse('2030-01-31T17:00:00Z')});
});

test('keeps of the label of a run by what the run finds its task', async () => {
  const {stage, task, seen} = await withTask('stage climate.1 in 2: winter');
  await updateTransfer(stage, task, {label: 'summer', deadline: undefined});
  expect(await seen()).toMatchObject({label: 'stage climate.1 in 2: summer'});
});

test('cuts nothing off a label: one that has no room behind the name of the run is refused', async () => {
  const {stage, task, seen} = await withTask('stage climate.1 in 2: winter');
  const label = 'x'.repeat(110);
  await expect(updateTransfer(stage, task, {label, deadline: '2d'})).rejects.toMatchObject({
    exit: 2,
    why: expect.stringMatching(/^it has 110 characters, and there is room for 106 /),
  });
  expect(await seen()).toMatchObject({label: 'stage climate.1 in 2: winter'});
  await updateTransfer(stage, task, {label: 'x'.repeat(106), deadline: undefined});
  expect(await seen()).toMatchObject({label: `stage climate.1 in 2: ${'x'.repeat(106)}`});
});

test.each([
  [{}, 'nothing is to be changed'],
  [{label: ''}, '--label cannot be used'],
  [{label: 'x'.repeat(129)}, '--label cannot be used'],
  [{deadline: 'tomorrow'}, 'the deadline cannot be used'],
  [{deadline: '2029-12-31T00:00:00Z'}, 'has passed'],
])('refuses %j before Globus is asked', async (change, words) => {
  const {stage, task, seen} = await withTask('mine');
  const error = await updateTransfer(stage, task, {label: undefined, deadline: undefined, ...change}).catch((e) => e);
  expect(error).toBeInstanceOf(RequestWrong);
  expect(error.message).toContain(words);
  expect(await seen()).toMatchObject({label: 'mine'});
});

test('a task that has ended is left as it is, and one that is not known is told', async () => {
  const {stage, transfers, task} = await withTask('mine');
  await transfers.cancel(task);
  await expect(updateTransfer(stage, task, {label: 'x', deadline: undefined})).rejects.toMatchObject({
    exit: 2,
    message: `task ${task} has been cancelled`,
  });
  expect(await updateTransfer(stage, taskId(99), {label: 'x', deadline: undefined})).toMatchObject({exit: 2});
});
