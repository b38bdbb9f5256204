import {describe, expect, test} from 'vitest';
import type {JobSeen} from '../../../../src/scheduler/scheduler.ts';
import {standingOf} from '../../../../src/standing/standing-of.ts';
import {ARun, HELD, inWords, jobStep, live, SETTINGS, SILENT, transferStep} from '../../../support/a-run.ts';

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

describe('a user hold that a person puts on a job that the run holds', () => {
  const OURS = 'Job held by root on Mon Nov 30 16:25:20 2026';
  const THEIRS = 'Job held by root on Mon Nov 30 16:25:31 2026';
  const released = (shown: string, ...recorded: string[]) => {
    const run = held(queued().job('compute.1.job', '1.s', live('held', {userHold: true, comment: shown})))
      .fact('compute.1.job.hold-1.intent')
      .fact('compute.1.job.hold-1.confirmed')
      .fact('decision.release-1');
    for (const [at, comment] of recorded.entries()) run.fact(`compute.1.job.hold-1.comment-${at + 1}`, {comment});
    return run;
  };

  test('stays when that hold of the run is ended', () => {
    expect(words(released(OURS, OURS))).toEqual(['unhold-job compute']);
    expect(words(released(THEIRS, OURS))).toEqual([]);
  });

  test('ends when a person leaves it to stage', () => {
    const run = released(THEIRS, OURS).fact('compute.1.job.hold-by-hand-1', {comment: THEIRS});
    expect(words(run)).toContain('unhold-job compute');
  });

  test('is over with its qrls, and that of the run with it', () => {
    const run = released(THEIRS, OURS).job('compute.1.job', '1.s', live('queued'));
    expect(words(run)).toContain('unhold-job compute');
  });

  test('is not told from one of ours of which the comment is not known', () => {
    expect(words(released(THEIRS))).toEqual(['unhold-job compute']);
    expect(words(released(THEIRS, OURS, ''))).toEqual(['unhold-job compute']);
    expect(words(released(THEIRS, OURS, THEIRS))).toEqual(['unhold-job compute']);
  });
});

describe('what may start although its run is held', () => {
  const sweep = {...jobStep('sweep'), array: {first: 0, last: 3, step: 1}};
  const shown = (run: ARun) => standingOf({run: run.state, seen: run.seen(), settings: SETTINGS}).reasons[0];
  const heldArray = (seen: JobSeen) =>
    held(new ARun([sweep]).job('sweep.1.job', '1[].s', seen))
      .fact('sweep.1.job.hold-1.intent')
      .fact('sweep.1.job.hold-1.confirmed');

  test('is told: an array that a person let go with qrls', () => {
    expect(shown(heldArray(live('running', {userHold: true})))?.why).toBe(
      'nothing new is submitted or released; running jobs and transfers continue',
    );
    expect(shown(heldArray(live('running')))?.why).toBe(
      'nothing new is submitted or released; running jobs and transfers continue, and 1[].s, whose user hold was ended by hand (qrls), may start',
    );
  });
});
