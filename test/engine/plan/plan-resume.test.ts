import {expect, test} from 'vitest';
import {ARun, ended, HELD, inWords, jobStep, live, NOW, transferStep, UNKNOWN} from '../../support/a-run.ts';

const words = (run: ARun) => run.plan().map(inWords);
const STEPS = [transferStep('in'), jobStep('compute', {needs: ['in']}), jobStep('tidy', {onFailureOf: ['compute']})];

test('steps that are resumed get a new attempt, and what succeeded is left as it is', () => {
  const run = new ARun(STEPS)
    .outcome('in', 'succeeded')
    .outcome('compute', 'failed')
    .outcome('tidy', 'succeeded')
    .resumed({compute: 1, tidy: 1});
  expect(run.plan()).toMatchObject([
    {do: 'submit-job', step: 'compute', attempt: 2, hold: false},
    {do: 'submit-job', step: 'tidy', attempt: 2, hold: true},
  ]);
});

test('a task that is grafted on with the resumption does the work of the next attempt', () => {
  const run = new ARun([transferStep('in')]).outcome('in', 'failed').resumed({in: 1}, {adopt: {in: 't-9' as never}});
  expect(run.plan()).toMatchObject([{do: 'adopt-task', step: 'in', attempt: 2, task: 't-9'}]);
});

test('jobs of attempts that were put aside are deleted', () => {
  const run = new ARun([jobStep('compute')])
    .job('compute.1.job', '1.s', live('queued'))
    .outcome('compute', 'cancelled')
    .resumed({compute: 1});
  expect(words(run)).toEqual(['delete-job compute', 'submit-job compute']);
});

test('a job that was submitted under its hold goes at once when what it waited for has ended meanwhile', () => {
  const run = new ARun([transferStep('in'), jobStep('compute', {needs: ['in']})])
    .outcome('in', 'succeeded')
    .job('compute.1.job', '1.s', undefined, {hold: true});
  expect(words(run)).toContain('release-job compute');
});

test('a dependent of a job that we deleted before it ran is submitted again: PBS would leave it waiting for ever', () => {
  const steps = [jobStep('a'), jobStep('tidy', {onFailureOf: ['a']}), jobStep('last', {after: ['a', 'tidy']})];
  const run = new ARun(steps)
    .outcome('a', 'succeeded')
    .job('tidy.1.job', '2.s', HELD, {hold: true})
    .fact('tidy.1.job.delete.confirmed')
    .outcome('tidy', 'skipped')
    .job('last.1.job', '3.s', live('held', {otherHold: true}), {dependsOn: ['2.s']});
  expect(words(run)).toEqual(['delete-job last']);
  run.job('tidy.1.job', '2.s', UNKNOWN, {hold: true});
  expect(words(run), 'where PBS keeps no history too').toEqual(['delete-job last']);
  run.job('tidy.1.job', '2.s', ended(0), {hold: true});
  expect(words(run), 'not when it ran all the same').not.toContain('delete-job last');
});

test('an attempt whose giving up was cut short counts as never begun', () => {
  const run = new ARun([{...jobStep('compute'), onInterrupted: 'fail'}])
    .job('compute.1.job', '1.s', UNKNOWN)
    .fact('compute.1.job.absent', {at: NOW - 61_000})
    .fact('compute.1.start.1', {void: true});
  expect(words(run)).toEqual(['void-attempt compute']);
});

test('an attempt that was cut off after it had begun fails with "on_interrupted: fail", and is run again without', () => {
  const cut = (more: object) =>
    new ARun([{...jobStep('compute'), ...more}])
      .job('compute.1.job', '1.s', UNKNOWN)
      .fact('compute.1.job.absent', {at: NOW - 61_000})
      .fact('compute.1.start.1', {job: '1.s'});
  expect(cut({onInterrupted: 'fail'}).plan()).toMatchObject([{do: 'end-step', state: 'failed', final: true}]);
  expect(words(cut({}))).toEqual(['void-attempt compute']);
});

test('a sentinel sees a success too when the transfer after its job can no longer be made', () => {
  const steps = [jobStep('a'), jobStep('b'), transferStep('out', {needs: ['a', 'b']})];
  const run = new ARun(steps).outcome('a', 'failed').job('b.1.job', '2.s', live('running'));
  expect(run.plan().find((action) => action.do === 'submit-job')).toMatchObject({dependencies: [{type: 'afterany'}]});
});
