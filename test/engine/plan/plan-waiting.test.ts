import {describe, expect, test} from 'vitest';
import {ARun, ended, inWords, jobStep, live, SILENT, task, transferStep, UNKNOWN} from '../../support/a-run.ts';

const IN = {...transferStep('in'), strategy: 'wait' as const};
const STEPS = [IN, jobStep('compute', {needs: ['in']})];
const words = (run: ARun) => run.plan().map(inWords);
const DEPENDENT = live('held', {otherHold: true});

test('the waiting job is submitted first, then what depends on it, then the transfer', () => {
  const run = new ARun(STEPS);
  expect(words(run)).toEqual(['submit-job in wait']);
  run.job('in.1.wait', '1.s');
  const actions = run.plan();
  expect(actions.map(inWords)).toEqual(['submit-job compute']);
  expect(actions).toMatchObject([{hold: false, dependencies: [{type: 'afterok', jobs: ['1.s']}]}]);
  expect(words(run.job('compute.1.job', '2.s', undefined, {dependsOn: ['1.s']}))).toContain('submit-transfer in');
});

test('a job that leaves before its walltime is followed by another, and what depends on it is submitted again', () => {
  const run = new ARun(STEPS)
    .task('in', 't', task('active'))
    .job('in.1.wait', '1.s', live('running'))
    .job('compute.1.job', '2.s', DEPENDENT, {dependsOn: ['1.s']})
    .job('compute.1.sentinel', '3.s', DEPENDENT, {dependsOn: ['2.s']})
    .fact('in.1.wait.leaving');
  expect(words(run)).toEqual(['delete-job compute', 'delete-job compute sentinel', 'submit-job in wait']);
});

test('a waiting job that was killed is replaced, and says nothing about the transfer', () => {
  const run = new ARun([IN]).task('in', 't', task('active')).job('in.1.wait', '1.s', ended(271));
  expect(words(run)).toEqual(['submit-job in wait']);
});

test('a paused or inactive transfer, and one that Globus cannot tell about, ends nothing', () => {
  for (const seen of [task('paused'), task('inactive'), {kind: 'no-evidence', why: 'HTTP 503'} as const]) {
    const run = new ARun([IN]).task('in', 't', seen).job('in.1.wait', '1.s', live('running'));
    expect(words(run)).toEqual([]);
  }
});

test('the waiting job is left alone when its transfer has succeeded: what depends on it is freed by its end', () => {
  const run = new ARun([IN]).outcome('in', 'succeeded').job('in.1.wait', '1.s', live('queued'));
  expect(words(run)).toEqual([]);
  expect(words(new ARun([IN]).outcome('in', 'failed').job('in.1.wait', '1.s', live('queued')))).toHaveLength(1);
});

describe('a waiting job whose own predecessor was deleted before it ran, which PBS leaves waiting for ever,', () => {
  const OUT = {...transferStep('out', {needs: ['in']}), strategy: 'wait' as const};
  const left = () =>
    new ARun([IN, OUT])
      .outcome('in', 'succeeded')
      .job('in.1.wait', '1.s', ended(undefined, 'deleted'))
      .job('out.1.wait', '2.s', DEPENDENT, {dependsOn: ['1.s']});

  test('is replaced while its transfer goes on', () => {
    const run = left().task('out', 't', task('active'));
    expect(words(run)).toEqual(['delete-job out', 'submit-job out wait']);
    expect(words(run.job('in.1.wait', '1.s', ended(0)))).toEqual([]);
  });

  test('is deleted when its transfer has succeeded: nothing else would end it, nor the run', () => {
    expect(words(left().outcome('out', 'succeeded'))).toEqual(['delete-job out']);
  });
});

describe('where PBS keeps no history, a job whose predecessor has ended', () => {
  const waiting = (more = {}) =>
    new ARun([jobStep('a'), jobStep('b'), jobStep('c', {needs: ['a', 'b']})])
      .outcome('a', 'succeeded')
      .job('a.1.job', '1.s', UNKNOWN)
      .job('c.1.job', '3.s', live('held', {otherHold: true, ...more}), {dependsOn: ['1.s', '2.s']});

  test('keeps its place while it waits for another one', () => {
    const run = waiting().job('b.1.job', '2.s', live('running'));
    expect(words(run).filter((word) => word.startsWith('delete'))).toEqual([]);
  });

  test('keeps it, too, while nothing is known of the other one', () => {
    const run = waiting().job('b.1.job', '2.s', SILENT);
    expect(words(run).filter((word) => word.startsWith('delete'))).toEqual([]);
  });

  test('is left alone under the hold of an operator', () => {
    const run = waiting({holds: ['operator']})
      .outcome('b', 'succeeded')
      .job('b.1.job', '2.s', UNKNOWN);
    expect(words(run).filter((word) => word.startsWith('delete'))).toEqual([]);
  });

  test('is given up when none is left that could free it', () => {
    const run = waiting({holds: ['system']})
      .outcome('b', 'succeeded')
      .job('b.1.job', '2.s', UNKNOWN);
    expect(words(run)).toEqual(['delete-job c']);
  });
});

test('the end step of a cancelled run is waited for like any other', () => {
  const last = {...transferStep('last', {after: ['compute']}), strategy: 'wait' as const, always: true as const};
  const run = new ARun([jobStep('compute'), last])
    .outcome('compute', 'cancelled')
    .fact('decision.cancel', {by: 'ann', cleanup: true});
  expect(words(run)).toEqual(['submit-job last wait']);
});

test('a transfer that was cancelled with its run gets no new waiting job', () => {
  const run = new ARun([IN]).task('in', 't', task('active')).fact('decision.cancel', {by: 'ann', cleanup: true});
  expect(words(run)).toEqual(['cancel-task in']);
});
