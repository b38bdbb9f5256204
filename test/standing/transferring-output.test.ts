import {expect, test} from 'vitest';
import {explanationsOf} from '../../src/app/runs/why/explanations.ts';
import {renderRun} from '../../src/app/shared/render-status.ts';
import {viewRun} from '../../src/app/shared/run-view.ts';
import {standingOf} from '../../src/standing/standing-of.ts';
import type {Step} from '../../src/workflow/model/workflow.ts';
import {ARun, jobStep, SETTINGS, task, transferStep} from '../support/a-run.ts';

const [IN, COMPUTE, OUT] = [
  transferStep('stage-in'),
  jobStep('compute', {needs: ['stage-in']}),
  transferStep('stage-out', {needs: ['compute']}),
];
const CLEANUP = jobStep('cleanup', {onFailureOf: ['compute', 'stage-out']});
const REPORT = jobStep('report', {needs: ['stage-out']});
const OTHER = jobStep('other', {needs: ['stage-in']});

/** The stage-in and the job of it have ended, the job at 5000 by its own word, and 2 s later on record. */
function computed(steps: readonly Step[]) {
  return new ARun(steps)
    .outcome('stage-in', 'succeeded')
    .job('compute.1.job', '1.s')
    .fact('compute.1.start.1', {job: '1.s', at: 1000})
    .fact('compute.1.end.1', {job: '1.s', exit: 0, terminated: false, at: 5000})
    .fact('compute.1.outcome', {state: 'succeeded', why: 'exit status 0', at: 7000});
}

const standing = (run: ARun) => standingOf({run: run.state, seen: run.seen(), settings: SETTINGS});
const transferring = (run: ARun) => standing(run).transferring;

test('a run whose jobs have ended and whose output moves is transferring output, since its last job ended', () => {
  const run = computed([IN, COMPUTE, OUT]).task('stage-out', 't', task('active'));
  expect(transferring(run)).toEqual({since: 5000, steps: ['stage-out']});
  const free = viewRun(standing(run));
  expect(free).toMatchObject({
    state: 'active',
    reason: expect.stringMatching(/^transferring output, its nodes are free since .*; stage-out is transferring$/),
    transferringOutput: {nodesFreeSince: '1970-01-01T00:00:05.000Z', steps: ['stage-out']},
  });
  expect(renderRun(free, {colour: false})).toMatch(/^▶ r\.1 {2}transferring output {2}/);
  expect(explanationsOf(standing(run))).toContainEqual(
    expect.objectContaining({code: 'TRANSFERRING_OUTPUT', since: '1970-01-01T00:00:05.000Z'}),
  );
});

test('so is one whose transfer is about to be submitted, and one in which jobs wait for that transfer or its failure', () => {
  expect(transferring(computed([IN, COMPUTE, OUT]))?.steps).toEqual(['stage-out']);
  expect(transferring(computed([IN, COMPUTE, OUT, CLEANUP, REPORT]))?.steps).toEqual(['stage-out']);
});

test('a job without a word of its own ended when that was put on record', () => {
  const run = new ARun(
    [COMPUTE, OUT].map((step) => ({...step, needs: step.needs.filter((name) => name === 'compute')})),
  )
    .job('compute.1.job', '1.s')
    .fact('compute.1.start.1', {job: '1.s', at: 1000})
    .fact('compute.1.outcome', {state: 'succeeded', why: 'PBS reports exit status 0', at: 7000});
  expect(transferring(run)?.since).toBe(7000);
});

test.each([
  ['its job runs', new ARun([IN, COMPUTE, OUT]).outcome('stage-in', 'succeeded').job('compute.1.job', '1.s')],
  ['another job of it may start', computed([IN, COMPUTE, OTHER, OUT])],
  ['the data of its job comes', new ARun([IN, COMPUTE, OUT]).task('stage-in', 't', task('active'))],
  [
    'its output has arrived, and a job needs it',
    computed([IN, COMPUTE, OUT, REPORT]).outcome('stage-out', 'succeeded'),
  ],
  ['it was cancelled', computed([IN, COMPUTE, OUT]).fact('decision.cancel', {by: 'ann', cleanup: true})],
  ['its job is to be done again', computed([IN, COMPUTE, OUT]).resumed({compute: 1})],
  ['it has no jobs', new ARun([transferStep('a'), transferStep('b', {needs: ['a']})]).outcome('a', 'succeeded')],
])('it is not while %s', (_, run) => {
  expect(transferring(run)).toBeUndefined();
});
