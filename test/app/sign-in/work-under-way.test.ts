import {expect, test} from 'vitest';
import {neededUntil, tasksUnderWay} from '../../../src/app/sign-in/work-under-way.ts';
import type {TaskId} from '../../../src/base/ids.ts';
import type {TaskSeen} from '../../../src/transfer/transfer-service.ts';
import {ARun, jobStep, NOW, task, transferStep} from '../../support/a-run.ts';

const id = (name: string) => name as TaskId; // made up: only its identity counts
const DAY = 86_400_000;

test('a collection is needed until the latest deadline of the tasks that are not over', () => {
  const moving = [
    {task: id('t1'), collections: ['theta', 'scratch']},
    {task: id('t2'), collections: ['scratch', 'tape']},
    {task: id('t3'), collections: ['laptop', 'tape']},
    {task: id('t4'), collections: ['laptop', 'tape']},
  ];
  const seen = new Map<TaskId, TaskSeen>([
    [id('t1'), {...task('active'), deadline: NOW + DAY}],
    [id('t2'), {...task('paused'), deadline: NOW + 90 * DAY}],
    [id('t3'), {...task('succeeded'), deadline: NOW + 99 * DAY}],
    [id('t4'), {kind: 'no-evidence', why: 'Globus was away'}],
  ]);
  expect(Object.fromEntries(neededUntil(moving, seen))).toEqual({
    theta: NOW + DAY,
    scratch: NOW + 90 * DAY,
    tape: NOW + 90 * DAY,
  });
});

test('only transfers that Globus has taken and that have not ended are under way', () => {
  const run = new ARun([transferStep('in'), jobStep('compute'), transferStep('out')]);
  expect(tasksUnderWay(run.state)).toEqual([]);
  run.task('in', 't1').task('out', 't2').outcome('out', 'succeeded');
  const {from, to} = transferStep('in');
  expect(tasksUnderWay(run.state)).toEqual([{task: 't1', collections: [from.collection, to.collection]}]);
});
