import {expect, test} from 'vitest';
import {transferRequest} from '../../../../src/engine/perform/transfer-request.ts';
import {ARun, HELD, inWords, jobStep, NOW, transferStep} from '../../../support/a-run.ts';

const MINUTE = 60_000;
const words = (run: ARun, now = NOW) => run.plan({}, now).map(inWords);
const failedOnce = (more = {}) =>
  new ARun([{...jobStep('compute'), retries: 1, ...more}]).fact('compute.1.outcome', {
    at: NOW,
    state: 'failed',
    why: 'x',
  });

test('a failed step is tried again when its pause is over, not before', () => {
  expect(words(failedOnce(), NOW + MINUTE - 1)).toEqual([]);
  expect(failedOnce().plan({}, NOW + MINUTE)).toMatchObject([{do: 'submit-job', step: 'compute', attempt: 2}]);
});

test('the pause is the one that the workflow asks for', () => {
  expect(words(failedOnce({retryDelayMs: 5 * MINUTE}), NOW + 4 * MINUTE)).toEqual([]);
  expect(words(failedOnce({retryDelayMs: 5 * MINUTE}), NOW + 5 * MINUTE)).toEqual(['submit-job compute']);
});

test('with no retry left the step has failed, and what needs it is skipped', () => {
  const run = new ARun([{...jobStep('compute'), retries: 1}, transferStep('out', {needs: ['compute']})])
    .fact('compute.1.outcome', {state: 'failed', why: 'x'})
    .fact('compute.2.outcome', {state: 'failed', why: 'x'});
  expect(words(run)).toEqual(['end-step out skipped']);
});

test('a cleanup waits until the last retry has failed', () => {
  const steps = [{...jobStep('compute'), retries: 1}, jobStep('cleanup', {onFailureOf: ['compute']})];
  const end = {at: NOW, state: 'failed', why: 'exit status 1', exitStatus: 1};
  const run = new ARun(steps).job('cleanup.1.job', '9.s', HELD, {hold: true}).fact('compute.1.outcome', end);
  expect(words(run)).not.toContain('release-job cleanup');
  expect(words(run.fact('compute.2.outcome', end))).toContain('release-job cleanup');
});

test('PBS is not asked to wait for a job that may be tried again: its first failure would remove what depends on it', () => {
  const run = new ARun([{...jobStep('a'), retries: 1}, jobStep('b', {needs: ['a']})]).job('a.1.job', '1.s');
  expect(run.plan().find((action) => action.do === 'submit-job' && action.step === 'b')).toMatchObject({
    hold: true,
    dependencies: [],
  });
});

test('a transfer is tried again with checksums compared, so that what arrived is not moved twice', () => {
  const step = {...transferStep('in'), retries: 1};
  const run = new ARun([step]).fact('in.1.outcome', {at: NOW, state: 'failed', why: 'x'});
  expect(run.plan({}, NOW + MINUTE)).toMatchObject([{do: 'submit-transfer', attempt: 2}]);
  expect(transferRequest(run.state, step, 1).options.syncLevel).toBeUndefined();
  expect(transferRequest(run.state, step, 2)).toMatchObject({label: 'stage r.1 in 2', options: {syncLevel: 3}});
});

test('a refusal for good is not tried again', () => {
  const run = new ARun([{...jobStep('compute'), retries: 3}])
    .fact('compute.1.job.intent', {tag: 't', deadline: 0, dependsOn: []})
    .fact('compute.1.job.refused', {why: 'Unknown queue', retry: false});
  expect(run.plan()).toMatchObject([{do: 'end-step', state: 'failed', final: true}]);
});

test('a submission of an earlier attempt without a confirmation is cleared up, though another attempt counts', () => {
  const run = failedOnce()
    .fact('compute.1.sentinel.intent', {tag: 's-x', dependsOn: [], deadline: 0})
    .fact('compute.2.outcome', {at: NOW, state: 'succeeded', why: 'exit status 0'});
  run.tags.set('s-x', null);
  expect(words(run)).toEqual(['give-up-intent compute sentinel']);
});
