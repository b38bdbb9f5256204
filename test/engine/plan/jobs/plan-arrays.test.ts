import {describe, expect, test} from 'vitest';
import type {JobSeen} from '../../../../src/scheduler/scheduler.ts';
import {ARun, ended, HELD, inWords, jobStep, live, NOW, SILENT, transferStep, UNKNOWN} from '../../../support/a-run.ts';

const words = (run: ARun) => run.plan().map(inWords);
const sweep = {...jobStep('sweep'), array: {first: 0, last: 2, step: 1}};
const ends = (run: ARun, index: number, exit: number, attempt = 1) =>
  run
    .fact(`sweep.${attempt}.i${index}.start.1`, {job: `1[${index}].s`})
    .fact(`sweep.${attempt}.i${index}.end.1`, {job: `1[${index}].s`, exit, terminated: false});
const begun = (seen: JobSeen = live('running')) =>
  new ARun([sweep]).job('sweep.1.job', '1[].s', seen).fact('sweep.1.start.1', {job: '1[].s'});

describe('an array', () => {
  test('of a thousand million subjobs is planned at once: they are not listed before PBS has taken it', () => {
    const large = new ARun([{...sweep, array: {first: 0, last: 999_999_999, step: 1}}]);
    expect(words(large)).toEqual(['submit-job sweep']);
    expect(words(large.job('sweep.1.job', '1[].s', live('queued')))).toEqual(['submit-job sweep sentinel']);
  });

  test('has succeeded when every subjob has written that it exited with 0', () => {
    const run = ends(ends(begun(), 0, 0), 1, 0);
    expect(words(run)).not.toContain('end-step sweep succeeded');
    expect(ends(run, 2, 0).plan()).toMatchObject([
      {do: 'end-step', state: 'succeeded', why: 'all 3 subjobs exited with 0'},
    ]);
  });

  test('whose output PBS delivers has ended when PBS says so', () => {
    const run = ends(ends(begun(), 0, 0), 1, 0)
      .fact('sweep.1.i2.start.1', {job: '1[2].s'})
      .fact('sweep.1.i2.end.1', {job: '1[2].s', exit: 0, terminated: false, delivers: true});
    expect(words(run)).not.toContain('end-step sweep succeeded');
    expect(words(run.job('sweep.1.job', '1[].s', ended(0)))).toContain('end-step sweep succeeded');
  });

  test('has failed when an early subjob failed, although PBS shows the exit status 0 of the last one', () => {
    const run = ends(ends(ends(begun(), 0, 3), 1, 0), 2, 0).job('sweep.1.job', '1[].s', ended(0));
    expect(run.plan()).toMatchObject([
      {do: 'end-step', state: 'failed', why: '1 of 3 subjobs failed: subjob 0; subjob 0 exited with 3', exitStatus: 3},
    ]);
  });

  test('waits for the other subjobs when one has failed', () => {
    expect(words(ends(begun(), 0, 3))).toEqual(['submit-job sweep sentinel']);
  });

  test('is not concluded while PBS cannot be queried', () => {
    const run = ends(begun(), 0, 0).job('sweep.1.job', '1[].s', SILENT);
    expect(words(run).filter((word) => word.startsWith('end-step') || word.startsWith('void'))).toEqual([]);
  });

  test('whose subjobs PBS lost is run again once that is certain', () => {
    const run = ends(begun(), 0, 0).job('sweep.1.job', '1[].s', UNKNOWN);
    expect(words(run)).toEqual(['note-absent sweep']);
    expect(words(run.fact('sweep.1.job.absent', {at: NOW - 61_000}))).toEqual(['void-attempt sweep']);
  });

  test('has failed when PBS says that it ran to an end and a killed subjob left no marker, as a single job has', () => {
    const run = ends(ends(begun(ended(1)), 0, 0), 1, 0)
      .fact('sweep.1.i2.start.1', {job: '1[2].s'})
      .fact('sweep.1.job.absent', {at: NOW - 61_000});
    expect(run.plan()).toMatchObject([
      {do: 'end-step', state: 'failed', why: '1 of 3 subjobs failed: subjob 2; subjob 2 was ended before it was done'},
    ]);
  });

  test('counts the status of a subjob whose wrapper was killed before its marker', () => {
    const run = ends(ends(begun(UNKNOWN), 0, 0), 1, 0)
      .fact('sweep.1.i2.start.1', {job: '1[2].s'})
      .fact('sweep.1.i2.status.1', {job: '1[2].s', exit: 0});
    expect(run.plan()).toMatchObject([{do: 'end-step', state: 'succeeded', why: 'all 3 subjobs exited with 0'}]);
  });

  test('fails, with "on_interrupted: fail", when a subjob was cut off', () => {
    const run = new ARun([{...sweep, onInterrupted: 'fail'}])
      .job('sweep.1.job', '1[].s', UNKNOWN)
      .fact('sweep.1.start.1', {job: '1[].s'})
      .fact('sweep.1.i0.start.1', {job: '1[0].s'})
      .fact('sweep.1.job.absent', {at: NOW - 61_000});
    expect(run.plan()).toMatchObject([{do: 'end-step', state: 'failed', final: true}]);
  });

  test('whose attempt was given up by a process that died at it is given up still, and has not begun', () => {
    const run = new ARun([{...sweep, onInterrupted: 'fail'}])
      .job('sweep.1.job', '1[].s', UNKNOWN)
      .fact('sweep.1.job.absent', {at: NOW - 61_000})
      .fact('sweep.1.start.1', {void: true});
    expect(words(run)).toEqual(['void-attempt sweep']);
  });

  test('is what a job waits for under a user hold: PBS knows only its last subjob', () => {
    const run = new ARun([sweep, jobStep('merge', {needs: ['sweep']}), transferStep('out', {needs: ['sweep']})]);
    run.job('sweep.1.job', '1[].s', live('running')).fact('sweep.1.start.1', {job: '1[].s'});
    const actions = run.plan();
    expect(actions.find((action) => action.step === 'merge')).toMatchObject({hold: true, dependencies: []});
    expect(actions.map(inWords)).not.toContain('submit-job out launcher');
  });

  test('releases what needs it when all its subjobs have succeeded', () => {
    const run = new ARun([sweep, jobStep('merge', {needs: ['sweep']})])
      .outcome('sweep', 'succeeded')
      .job('merge.1.job', '2.s', HELD, {hold: true});
    expect(words(run)).toContain('release-job merge');
  });
});
