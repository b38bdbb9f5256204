import {expect, test} from 'vitest';
import {earlierAttempts, retryAt} from '../../../src/ledger/attempts.ts';
import {ARun, HELD, inWords, jobStep, live, transferStep} from '../../support/a-run.ts';

const words = (run: ARun) => run.plan().map(inWords);
const IN = transferStep('in');
const COMPUTE = jobStep('compute', {needs: ['in']});
const LONGER = {...COMPUTE, resources: {walltime: '02:00:00'}};
const moving = (...steps: readonly Parameters<typeof jobStep>[0][]) =>
  new ARun([IN, COMPUTE, ...steps.map((name) => jobStep(name, {needs: ['compute']}))]).task('in', 't-1');

test('a job that waits for what its step did before is given up, deleted, and submitted for what the step does now', () => {
  const run = moving().job('compute.1.job', '1.s', HELD, {hold: true}).updated([IN, LONGER], ['compute']);
  expect(words(run)).toEqual(['void-attempt compute']);
  run.fact('compute.1.start.1', {void: true}).outcome('compute', 'lost');
  expect(run.plan()).toMatchObject([
    {do: 'delete-job', key: 'compute.1.job'},
    {do: 'submit-job', step: 'compute', attempt: 2, hold: true},
  ]);
});

test('nothing new is made to depend on a job that waits to be given up', () => {
  const run = moving()
    .job('compute.1.job', '1.s', HELD, {hold: true})
    .updated([IN, LONGER, jobStep('next', {needs: ['compute']})], ['compute', 'next']);
  expect(words(run)).toEqual(['void-attempt compute']);
});

test('a job that has begun goes on as it was, and so does one that was submitted for the change', () => {
  const begun = moving()
    .job('compute.1.job', '1.s', live('running'))
    .fact('compute.1.start.1', {job: '1.s'})
    .updated([IN, LONGER], ['compute']);
  expect(words(begun)).not.toContain('void-attempt compute');
  const after = moving().job('compute.1.job', '1.s', HELD, {hold: true, updates: 1}).updated([IN, LONGER], ['compute']);
  expect(words(after)).toEqual(['submit-job compute sentinel']);
});

test('the attempt of a submission that is not confirmed is given up at once: its claim decides, whatever became of it', () => {
  const run = moving()
    .fact('compute.1.job.intent', {tag: 's-x', hold: true, dependsOn: [], deadline: 0})
    .updated([IN, LONGER], ['compute']);
  expect(words(run)).toEqual(['void-attempt compute']);
});

test('steps that did not change keep their jobs', () => {
  const run = moving()
    .job('compute.1.job', '1.s', HELD, {hold: true})
    .job('compute.1.sentinel', '2.s', live('held', {otherHold: true}), {dependsOn: ['1.s'], updates: 1})
    .updated([IN, COMPUTE, jobStep('more', {needs: ['compute']})], ['more']);
  expect(run.plan()).toMatchObject([{do: 'submit-job', step: 'more', dependencies: [{jobs: ['1.s']}]}]);
});

test('sentinels and launchers are submitted again, since what they wait for may have changed beside their own step', () => {
  const out = transferStep('out', {needs: ['compute']});
  const run = new ARun([IN, COMPUTE, out])
    .task('in', 't-1')
    .job('compute.1.job', '1.s', HELD, {hold: true})
    .job('compute.1.sentinel', '2.s', live('held', {otherHold: true}), {dependsOn: ['1.s']})
    .job('out.1.launcher', '3.s', live('held', {otherHold: true}), {dependsOn: ['1.s']})
    .updated([IN, COMPUTE, jobStep('more'), transferStep('out', {needs: ['compute', 'more']})], ['out', 'more']);
  expect(run.plan(), 'the queue may have no place for two sentinels').toMatchObject([
    {do: 'delete-job', step: 'compute', key: 'compute.1.sentinel'},
    {do: 'submit-job', step: 'more', role: 'job'},
    {do: 'submit-job', step: 'compute', role: 'sentinel', serial: 2, dependencies: [{type: 'afterany'}]},
  ]);
  run.job('more.1.job', '4.s', live('queued'), {updates: 1});
  expect(run.plan()).toContainEqual(
    expect.objectContaining({role: 'launcher', serial: 2, dependencies: [{type: 'afterok', jobs: ['1.s', '4.s']}]}),
  );
});

test('a step that was taken out is deleted from the queue and skipped; one that runs may end', () => {
  const run = moving().job('compute.1.job', '1.s', HELD, {hold: true}).updated([IN, COMPUTE], [], ['compute']);
  expect(words(run)).toEqual(['delete-job compute']);
  run.fact('compute.1.job.delete.confirmed');
  expect(run.plan()).toMatchObject([{do: 'end-step', step: 'compute', state: 'skipped', why: /taken out.*ann/}]);
});

test('an update does not change how an attempt ended that was made before it', () => {
  const step = jobStep('compute');
  const run = new ARun([{...step, retries: 0}])
    .job('compute.1.job', '1.s')
    .outcome('compute', 'failed')
    .updated([{...step, retries: 3}], ['compute']);
  expect(retryAt(run.state, 'compute')).toBeUndefined();
  expect(words(run)).toEqual([]);
});

test('the newest of several updates holds', () => {
  const run = moving().updated([IN, LONGER], ['compute']).updated([IN, COMPUTE], ['compute']);
  expect(run.state.spec.workflow.steps).toEqual([IN, COMPUTE]);
  expect(run.state.spec.fingerprint).toBe("f'");
});

test('a step that was taken out and put back begins again', () => {
  const run = moving().outcome('compute', 'skipped').updated([IN, COMPUTE], ['compute'], [], {compute: 1});
  expect(run.plan()).toMatchObject([{do: 'submit-job', step: 'compute', attempt: 2}]);
});

test('what another script made of a subjob does not count for what the step does now', () => {
  const sweep = {...jobStep('sweep'), array: {first: 0, last: 1, step: 1}, retries: 1};
  const run = new ARun([sweep]).job('sweep.1.job', '1.s').outcome('sweep', 'failed');
  expect(earlierAttempts(run.state, 'sweep', 2)).toEqual([1]);
  run.updated([{...sweep, env: {V: '2'}}], ['sweep']);
  expect(earlierAttempts(run.state, 'sweep', 2)).toEqual([]);
});
