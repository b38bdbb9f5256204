import {describe, expect, test} from 'vitest';
import type {FactValue} from '../../../src/disk/facts.ts';
import {nextLookAtRun} from '../../../src/engine/plan/monitor/next-look.ts';
import {standingOf} from '../../../src/standing/standing-of.ts';
import type {MoveStep} from '../../../src/workflow/model/workflow.ts';
import {ARun, ended, inWords, live, NOW, SETTINGS, UNKNOWN} from '../../support/a-run.ts';

const step: MoveStep = {
  kind: 'move',
  name: 'shift',
  needs: [],
  onFailureOf: [],
  after: [],
  from: '/scratch/a',
  to: '/archive/a',
  below: ['/scratch', '/archive'],
};
const LARGE = 3_000_000_000;

function begun(intent: FactValue = {}, progress?: FactValue): ARun {
  const thing = {path: '', kind: 'file', device: '1', number: '2', size: LARGE, mtime: '3'};
  const aRun = new ARun([step]).fact('shift.1.act.intent-1', {
    by: 'ann',
    host: 'h',
    across: true,
    copyBytes: LARGE,
    whole: true,
    things: [thing],
    ...intent,
  });
  if (progress)
    aRun.fact('shift.1.act.progress-1', {done: 0, acted: 0, copied: 0, gone: 0, left: 0, told: [], ...progress});
  return aRun;
}
const plan = (aRun: ARun, settings = {}) => aRun.plan(settings).map(inWords);

describe('what has to be copied to another file system', () => {
  test('is copied by a job where it is larger than a look may copy, once all of it is on record', () => {
    expect(plan(begun())).toEqual(['submit-job shift']);
    expect(plan(begun({whole: false}))).toEqual(['act shift']);
    expect(plan(begun({copyBytes: 100_000_000}))).toEqual(['act shift']);
    expect(plan(begun(), {stagingJobs: false})).toEqual(['act shift']);
  });

  test('is put in its place and removed by whoever looks', () => {
    expect(plan(begun({}, {part: 'copy'}))).toEqual(['submit-job shift']);
    for (const part of ['put', 'remove']) expect(plan(begun({}, {part}))).toEqual(['act shift']);
  });

  test('is left to the job while that is there, which looks when it is done', () => {
    for (const seen of [live('queued'), live('running')]) {
      const aRun = begun({}, {part: 'copy'}).job('shift.1.job', '7.s', seen);
      expect(plan(aRun)).toEqual([]);
      expect(nextLookAtRun(aRun.state, aRun.seen(), SETTINGS, {minMs: 10, maxMs: 1000})).toBe(NOW + 1000);
    }
  });

  test('is gone on with by another job where one was lost, was deleted, or left before its walltime; after three by looks', () => {
    const lost = begun().job('shift.1.job', '7.s', UNKNOWN);
    expect(lost.plan()).toMatchObject([{do: 'submit-job', role: 'job', serial: 2, hold: false, dependencies: []}]);
    const left = begun().job('shift.1.job', '7.s', live('running')).fact('shift.1.job.leaving', {by: 'x'});
    expect(left.plan()).toMatchObject([{do: 'submit-job', serial: 2}]);
    const again = lost.job('shift.1.job-2', '8.s', ended(1)).job('shift.1.job-3', '9.s', ended(undefined));
    expect(plan(again)).toEqual(['act shift']);
  });

  test('of a cancelled run: its job is deleted first, then what was copied is removed', () => {
    const aRun = begun({}, {part: 'copy'}).job('shift.1.job', '7.s', live('running'));
    aRun.fact('decision.cancel', {by: 'ann', cleanup: true});
    expect(plan(aRun)).toEqual(['delete-job shift']);
    aRun.fact('shift.1.job.delete.confirmed');
    aRun.jobs.clear();
    expect(aRun.plan()).toMatchObject([{do: 'act', step: 'shift', stop: true}]);
  });

  test('is shown with its job, and how far it is', () => {
    const aRun = begun({}, {part: 'remove', done: 1, acted: 1, copied: 1}).job('shift.1.job', '7.s', live('running'));
    const {steps} = standingOf({run: aRun.state, seen: aRun.seen(), settings: SETTINGS});
    expect(steps[0]).toMatchObject({
      state: 'running',
      job: {id: '7.s'},
      reason: {code: 'ACT_UNDER_WAY', brief: '3 of 3, by job 7.s'},
    });
  });
});

test('what is done is concluded from the record alone', () => {
  const done = begun({}, {part: 'remove', done: 1, acted: 1, copied: 1, finished: true});
  expect(done.plan()).toMatchObject([
    {
      do: 'end-step',
      state: 'succeeded',
      why: 'it was moved to another file system: 1 file (3.0 GB) copied, compared and removed',
    },
  ]);
});

test('a step that was changed after its intent is put aside, and begun anew', () => {
  const aRun = begun();
  aRun.updated([{...step, to: '/archive/b'}], ['shift']);
  expect(plan(aRun)).toEqual(['void-attempt shift']);
});
