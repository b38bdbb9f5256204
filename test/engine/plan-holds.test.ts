import {expect, test} from 'vitest';
import {ARun, HELD, inWords, jobStep, live, SILENT, transferStep} from '../support/a-run.ts';

const words = (run: ARun) => run.plan().map(inWords);
const held = (run: ARun, more = {}) => run.fact('decision.hold-1', {by: 'ann', ...more});
const DEPENDENT = live('held', {otherHold: true});
const queued = () =>
  new ARun([jobStep('compute')])
    .job('compute.1.job', '1.s', live('queued'))
    .job('compute.1.sentinel', '2.s', DEPENDENT, {dependsOn: ['1.s']});

test('queued jobs get a user hold, running ones and sentinels do not', () => {
  expect(held(queued()).plan()).toMatchObject([{do: 'hold-job', key: 'compute.1.job', hold: 1}]);
  expect(words(held(queued().job('compute.1.job', '1.s', live('running'))))).toEqual([]);
});

test('a job that is under a hold of its own is not held again, nor written down', () => {
  expect(words(held(queued().job('compute.1.job', '1.s', HELD, {hold: true})))).toEqual([]);
});

test('a job that a person released during the hold stays released', () => {
  const run = held(queued()).fact('compute.1.job.hold-1.intent').fact('compute.1.job.hold-1.confirmed');
  expect(words(run)).toEqual([]);
});

test('the end of the hold takes back what it put there, and nothing else', () => {
  const run = held(queued().job('compute.1.job', '1.s', HELD)).fact('decision.release-1');
  expect(words(run)).toEqual([]);
  run.fact('compute.1.job.hold-1.intent');
  expect(run.plan(), 'also what was only intended: it may have been done').toMatchObject([{do: 'unhold-job', hold: 1}]);
  expect(words(run.fact('compute.1.job.hold-1.ended'))).toEqual([]);
});

test('nothing new is started under a hold', () => {
  expect(words(held(new ARun([jobStep('compute'), transferStep('in')])))).toEqual([]);
});

test('what its needs would let go stays held until the hold is ended', () => {
  const run = new ARun([transferStep('in'), jobStep('compute', {needs: ['in']})])
    .outcome('in', 'succeeded')
    .job('compute.1.job', '1.s', HELD, {hold: true});
  expect(words(held(run))).not.toContain('release-job compute');
  expect(words(run.fact('decision.release-1'))).toContain('release-job compute');
});

test('a hold on one step leaves the others alone', () => {
  const run = held(new ARun([jobStep('a'), jobStep('b')]), {steps: ['b']});
  expect(words(run)).toEqual(['submit-job a']);
});

test('nothing is held on no evidence', () => {
  expect(words(held(queued().job('compute.1.job', '1.s', SILENT)))).toEqual([]);
});

test('a job before a held stage-out is watched whole: no launcher sees its success', () => {
  const run = new ARun([jobStep('compute'), transferStep('out', {needs: ['compute']})]).job('compute.1.job', '1.s');
  expect(held(run, {steps: ['out']}).plan()).toMatchObject([{role: 'sentinel', dependencies: [{type: 'afterany'}]}]);
});
