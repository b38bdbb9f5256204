import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {LONG} from '../../../support/batch-system.ts';
import {classic, pausedRun} from '../../../support/workflows.ts';
import {leftIn, linesIn, localWorld, type World} from '../../../support/world.ts';

// Real processes: running jobs and tasks are ended, and cleanups run as jobs.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

async function expectNothingLeft(run: string): Promise<void> {
  await world.waitFor(`nothing of ${run} in the queue`, async () => leftIn(await world.jobsOf(run)).length === 0);
}

describe.concurrent('stage cancel', () => {
  test('during the stage-in cancels the task, deletes the jobs, and runs the cleanup', async () => {
    const {file, computed, cleaned} = await pausedRun(world, 'stop');
    const done = await world.stage('cancel', 'stop');
    expect(done).toMatchObject({exitCode: 0, stderr: ''});
    const sealed = await world.ended('stop.1');
    expect(sealed.state).toBe('cancelled');
    expect(sealed.steps.map(({step, state}) => `${step} ${state}`)).toEqual([
      'stage-in cancelled',
      'compute cancelled',
      'stage-out cancelled',
      'cleanup succeeded',
    ]);
    expect([linesIn(computed), linesIn(cleaned)]).toEqual([0, 1]);
    expect((await world.tasksOf('stop.1')).map(({status}) => status)).toEqual(['FAILED']);
    await expectNothingLeft('stop.1');
    expect((await world.stage('run', file)).exitCode).toBe(1);
    const repeated = await world.stage('cancel', 'stop');
    expect(repeated.exitCode).toBe(0);
    expect(repeated.stdout).toContain('has ended already');
  });

  test('ends a run again that was cancelled once and resumed', async () => {
    await pausedRun(world, 'twice');
    await world.stage('cancel', 'twice');
    await world.ended('twice.1');
    expect((await world.stage('resume', 'twice')).exitCode).toBe(0);
    expect((await world.status('twice')).state).toBe('active');
    expect((await world.stage('cancel', 'twice')).exitCode).toBe(0);
    expect((await world.ended('twice.1~1')).state).toBe('cancelled');
    await expectNothingLeft('twice.1');
  });

  test('with --no-cleanup leaves the data as it is', async () => {
    const {computed, cleaned} = await pausedRun(world, 'stop-at-once');
    await world.stage('cancel', 'stop-at-once', '--no-cleanup');
    expect((await world.ended('stop-at-once.1')).state).toBe('cancelled');
    expect([linesIn(computed), linesIn(cleaned)]).toEqual([0, 0]);
    await expectNothingLeft('stop-at-once.1');
  });

  test('while compute runs ends it, and no stage-out is started', async () => {
    const {file, computed, cleaned} = classic(world, 'stop-late', {body: LONG});
    await world.stage('run', file);
    await world.waitFor('the start of compute', () => linesIn(computed) === 1);
    expect((await world.stage('cancel', 'stop-late')).exitCode).toBe(0);
    const sealed = await world.ended('stop-late.1');
    expect(sealed.state).toBe('cancelled');
    expect([linesIn(computed), linesIn(cleaned)]).toEqual([1, 1]);
    expect(await world.tasksOf('stop-late.1')).toHaveLength(1);
    await expectNothingLeft('stop-late.1');
  });
});
