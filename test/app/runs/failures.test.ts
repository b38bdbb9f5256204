import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {LONG} from '../../support/batch-system.ts';
import {classic} from '../../support/workflows.ts';
import {leftIn, linesIn, localWorld, type World} from '../../support/world.ts';

// Real processes: jobs fail in their own ways: by signals, exit codes, and tasks that end.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

const stepsOf = (sealed: {steps: readonly {step: string; state: string}[]}) =>
  Object.fromEntries(sealed.steps.map(({step, state}) => [step, state]));

async function expectFailureIsTold(run: string, file: string, reason: RegExp): Promise<void> {
  const name = run.replace(/\.\d+$/, '');
  for (const argv of [
    ['status', name],
    ['status', name, '--wait'],
    ['run', file],
  ]) {
    const told = await world.stage(...argv);
    expect({argv, exit: told.exitCode}).toEqual({argv, exit: 1});
    expect(told.stdout).toMatch(reason);
  }
  await world.waitFor(`nothing of ${run} in the queue`, async () => leftIn(await world.jobsOf(run)).length === 0);
}

describe.concurrent('a step that fails', () => {
  test('a task that is cancelled at Globus ends the run: nothing computes, the cleanup runs, the reason is shown', async () => {
    await world.collection('cancelled');
    const {file, computed, cleaned} = classic(world, 'task-cancelled', {source: 'cancelled'});
    await world.stage('local', 'pause', 'cancelled');
    await world.stage('run', file);
    await world.cancelTask(String(world.fact('task-cancelled.1', 'stage-in.1.transfer.confirmed.json').task));
    const sealed = await world.ended('task-cancelled.1');
    expect(sealed.state).toBe('failed');
    expect(stepsOf(sealed)).toEqual({
      'stage-in': 'failed',
      compute: 'skipped',
      'stage-out': 'skipped',
      cleanup: 'succeeded',
    });
    expect([linesIn(computed), linesIn(cleaned)]).toEqual([0, 1]);
    await expectFailureIsTold('task-cancelled.1', file, /the task was cancelled/);
    expect(await world.tasksOf('task-cancelled.1')).toHaveLength(1);
  });

  test('a source that does not exist is named while Globus tries again, and the run stays active until the task ends', async () => {
    const {file, computed, cleaned} = classic(world, 'missing', {files: 0});
    const stopped = await world.stage('run', file);
    expect(stopped).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('archive:/missing/in/ does not exist'),
    });
    expect(stopped.stderr).toContain('--no-check');
    expect(world.facts('missing.1')).toEqual([]);
    await world.stage('run', file, '--no-check');
    const seen = await world.waitFor('a status that names what is missing', async () => {
      const status = await world.status('missing');
      const stageIn = status.steps.find(({step}) => step === 'stage-in');
      return /missing\/in/.test(stageIn?.reason ?? '') && {status, stageIn};
    });
    expect(seen.status.state).toBe('active');
    expect(seen.stageIn?.reason).toMatch(/No such|not found|does not exist/i);
    expect((await world.stage('status', 'missing')).exitCode).toBe(0);
    await world.cancelTask(String(world.fact('missing.1', 'stage-in.1.transfer.confirmed.json').task));
    expect((await world.ended('missing.1')).state).toBe('failed');
    expect([linesIn(computed), linesIn(cleaned)]).toEqual([0, 1]);
    await expectFailureIsTold('missing.1', file, /the task was cancelled/);
  });

  test('a job that exits 3 starts no stage-out, runs the cleanup, and its exit status is shown', async () => {
    const {file, computed, cleaned} = classic(world, 'exit-three', {body: 'exit 3'});
    await world.stage('run', file);
    const sealed = await world.ended('exit-three.1');
    expect(stepsOf(sealed)).toEqual({
      'stage-in': 'succeeded',
      compute: 'failed',
      'stage-out': 'skipped',
      cleanup: 'succeeded',
    });
    expect(sealed.steps.find(({step}) => step === 'compute')?.exitStatus).toBe(3);
    expect([linesIn(computed), linesIn(cleaned)]).toEqual([1, 1]);
    expect(await world.tasksOf('exit-three.1')).toHaveLength(1);
    await expectFailureIsTold('exit-three.1', file, /exit status 3/);
  });

  test('a job that runs into its walltime fails, and the reason says so', async () => {
    const {file, computed, cleaned} = classic(world, 'too-long', {
      // A real PBS may look at walltimes only every two minutes.
      body: LONG,
      jobKeys: 'resources: {walltime: "00:00:02"}',
    });
    await world.stage('run', file);
    const sealed = await world.ended('too-long.1', 60);
    expect(stepsOf(sealed)).toMatchObject({compute: 'failed', 'stage-out': 'skipped', cleanup: 'succeeded'});
    expect([linesIn(computed), linesIn(cleaned)]).toEqual([1, 1]);
    await expectFailureIsTold('too-long.1', file, /walltime/);
  });

  test('a workflow whose first job PBS refuses is not created: exit code 2 with the words of PBS, and nothing is left', async () => {
    const {file, computed, cleaned} = classic(world, 'refused', {jobKeys: 'queue: nosuch'});
    expect(await world.stage('run', file)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('there is no queue "nosuch"'),
    });
    const refused = await world.stage('run', file, '--no-check');
    expect(refused).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/"refused" was not created[\s\S]*Unknown queue/),
    });
    expect(readdirSync(join(world.state, 'runs')).filter((name) => /refused|^\./.test(name))).toEqual([]);
    expect(await world.stage('status', 'refused')).toMatchObject({exitCode: 2});
    expect(await world.tasksOf('refused.1')).toEqual([]);
    expect(await world.jobsOf('refused.1')).toEqual([]);
    expect([linesIn(computed), linesIn(cleaned)]).toEqual([0, 0]);
    // The name is free.
    const {file: corrected} = classic(world, 'refused');
    expect((await world.stage('run', corrected)).exitCode).toBe(0);
    expect(await world.ended('refused.1', 60)).toMatchObject({state: 'succeeded'});
  });

  test('a refused run and one whose task was cancelled stand in the list of failed runs', async () => {
    const {file} = classic(world, 'listed', {body: 'exit 1'});
    await world.stage('run', file);
    await world.ended('listed.1');
    const failed = await world.stage('list', '--state', 'failed', '--json');
    expect(failed.json<{runs: {run: string}[]}>().runs.map(({run}) => run)).toContain('listed.1');
  });
});
