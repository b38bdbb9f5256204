import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {needs} from '../../../support/needs.ts';
import {classic} from '../../../support/workflows.ts';
import {hashesOf, leftIn, linesIn, localWorld, type World} from '../../../support/world.ts';

// Real processes: attempts of before have left jobs and files, and PBS counts anew.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

const statesOf = (sealed: {steps: readonly {step: string; state: string}[]}) => sealed.steps.map(({state}) => state);
const WELL = ['succeeded', 'succeeded', 'succeeded', 'skipped'];

/** A compute script that fails until a file appears. */
function mendable(name: string) {
  const mended = `${world.work}/${name}.mended`;
  const [staged, results] = [world.path('cluster', `${name}/in`), world.path('cluster', `${name}/out`)];
  const made = classic(world, name, {
    body: `[ -e ${mended} ] || exit 3\nmkdir -p ${results}\ncp -R ${staged}/. ${results}/`,
  });
  return {...made, mend: () => writeFileSync(mended, '')};
}

async function expectResults(at: World, name: string): Promise<void> {
  expect(hashesOf(at.path('archive', `${name}/out`))).toEqual(hashesOf(at.path('archive', `${name}/in`)));
  await at.waitFor(`nothing of ${name}`, async () => leftIn(await at.jobsOf(`${name}.1`)).length === 0);
}

describe.concurrent('stage resume', () => {
  test('runs a compute that failed again, moves nothing twice, and mentions the cleanup that ran', async () => {
    const {file, computed, cleaned, mend} = mendable('failed-job');
    await world.stage('run', file);
    expect(statesOf(await world.ended('failed-job.1'))).toEqual(['succeeded', 'failed', 'skipped', 'succeeded']);
    const told = await world.stage('run', file);
    expect([told.exitCode, told.stdout]).toEqual([1, expect.stringContaining('stage resume failed-job.1')]);
    mend();
    const resumed = await world.stage('resume', 'failed-job', '--json');
    expect(resumed.exitCode).toBe(0);
    expect(resumed.json<{runs: object[]}>().runs).toEqual([
      expect.objectContaining({again: ['compute', 'stage-out'], kept: ['stage-in']}),
    ]);
    expect(resumed.stdout).toMatch(/cleanup ran after the failure/);
    expect(statesOf(await world.ended('failed-job.1~1'))).toEqual(WELL);
    expect([linesIn(computed), linesIn(cleaned)]).toEqual([2, 1]);
    expect(await world.tasksOf('failed-job.1')).toHaveLength(2);
    await expectResults(world, 'failed-job');
    const shown = await world.stage('list', '--json');
    expect(shown.json<{runs: {run: string; state: string}[]}>().runs).toContainEqual(
      expect.objectContaining({run: 'failed-job.1', state: 'succeeded'}),
    );
  });

  test('tries a transfer that failed again, with checksum sync', async () => {
    await world.collection('shaky');
    const {file, computed} = classic(world, 'failed-task', {source: 'shaky'});
    await world.stage('local', 'pause', 'shaky');
    await world.stage('run', file);
    await world.cancelTask(String(world.fact('failed-task.1', 'stage-in.1.transfer.confirmed.json').task));
    expect(statesOf(await world.ended('failed-task.1'))).toEqual(['failed', 'skipped', 'skipped', 'succeeded']);
    await world.stage('local', 'resume', 'shaky');
    expect((await world.stage('resume', 'failed-task')).exitCode).toBe(0);
    expect(statesOf(await world.ended('failed-task.1~1'))).toEqual(WELL);
    expect(linesIn(computed)).toBe(1);
    const request = world.fact('failed-task.1', 'stage-in.2.transfer.intent.json').request;
    expect(request).toMatchObject({label: 'stage failed-task.1 stage-in 2', options: {syncLevel: 3}});
  });

  test('a run that fails again after it was resumed runs its cleanup again, and can be resumed again', async () => {
    const {file, computed, cleaned, mend} = mendable('fails-twice');
    await world.stage('run', file);
    await world.ended('fails-twice.1');
    await world.stage('resume', 'fails-twice');
    expect((await world.ended('fails-twice.1~1')).state).toBe('failed');
    expect([linesIn(computed), linesIn(cleaned)]).toEqual([2, 2]);
    mend();
    await world.stage('resume', 'fails-twice');
    expect((await world.ended('fails-twice.1~2')).state).toBe('succeeded');
    expect([linesIn(computed), linesIn(cleaned)]).toEqual([3, 2]);
  });

  test('with --redo does a step again that succeeded, and only that', async () => {
    const {file, computed, mend} = mendable('redone');
    mend();
    await world.stage('run', file);
    await world.ended('redone.1');
    const nothing = await world.stage('resume', 'redone');
    expect([nothing.exitCode, nothing.stdout]).toEqual([0, expect.stringContaining('nothing to resume')]);
    expect((await world.stage('resume', 'redone', '--redo', 'compute')).exitCode).toBe(0);
    expect(statesOf(await world.ended('redone.1~1'))).toEqual(WELL);
    expect(linesIn(computed)).toBe(2);
    expect(await world.tasksOf('redone.1')).toHaveLength(2);
    const wrong = await world.stage('resume', 'redone', '--redo', 'nosuch');
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('has no step "nosuch"')]);
  });

  test('a run that was cancelled is resumed, can be cancelled again, and resumed again', async () => {
    const {file, computed, mend} = mendable('stopped');
    await world.collection('stopped');
    mend();
    const text = readFileSync(file, 'utf8').replace('archive:/stopped/in/', 'stopped:/in/');
    world.writeTree(world.path('stopped', 'in'), 3);
    writeFileSync(file, text);
    await world.stage('local', 'pause', 'stopped');
    await world.stage('run', file);
    await world.stage('cancel', 'stopped');
    expect((await world.ended('stopped.1')).state).toBe('cancelled');
    await world.stage('resume', 'stopped');
    const cancelled = await world.stage('cancel', 'stopped', '--json');
    expect(cancelled.json<{message: string}>().message).toMatch(/is (being )?cancelled/);
    expect((await world.ended('stopped.1~1')).state).toBe('cancelled');
    await world.stage('local', 'resume', 'stopped');
    await world.stage('resume', 'stopped');
    expect(statesOf(await world.ended('stopped.1~2'))).toEqual(WELL);
    expect(linesIn(computed)).toBe(1);
  });

  test('asked for twice in a row, or eight times at once, resumes once', async () => {
    const {file, computed, mend} = mendable('at-once');
    await world.stage('run', file);
    await world.ended('at-once.1');
    mend();
    const all = await Promise.all(Array.from({length: 8}, () => world.stage('resume', 'at-once')));
    for (const {exitCode, stdout, stderr} of all)
      expect({exitCode, text: stdout + stderr}).toEqual({
        exitCode: exitCode === 5 ? 5 : 0,
        text: expect.stringMatching(
          exitCode === 5 ? /another command resumed/ : /is resumed|is under way|nothing to resume/,
        ),
      });
    await world.stage('resume', 'at-once');
    expect((await world.ended('at-once.1~1')).state).toBe('succeeded');
    expect(linesIn(computed)).toBe(2);
    expect(existsSync(`${world.state}/resumed/at-once.1~2.json`)).toBe(false);
    await expectResults(world, 'at-once');
  });
});

describe.concurrent('a queue that is gone', () => {
  test('is filled again for every run by "stage resume --all"', async () => {
    const alone = await localWorld();
    try {
      await alone.stage('local', 'pause', 'archive');
      const made = ['one', 'two'].map((name) => classic(alone, name));
      for (const {file} of made) await alone.stage('run', file);
      await alone.wipe();
      expect((await alone.stage('resume', '--all')).exitCode).toBe(0);
      await alone.stage('local', 'resume', 'archive');
      for (const name of ['one', 'two']) {
        expect(statesOf(await alone.ended(`${name}.1`, 60))).toEqual(WELL);
        await expectResults(alone, name);
      }
      expect(made.map(({computed}) => linesIn(computed))).toEqual([1, 1]);
      expect(await alone.tasks()).toHaveLength(4);
    } finally {
      await alone.close();
    }
  });

  test('and came back with ids from 0: jobs of others that go by ours are left alone, and ours are submitted again', async (context) => {
    needs(context, 'numbers set back', !world.shared);
    const alone = await localWorld();
    try {
      await alone.stage('local', 'pause', 'archive');
      const {file, computed, cleaned} = classic(alone, 'reborn');
      await alone.stage('run', file);
      const before = (await alone.jobs()).map(({id}) => id);
      await alone.wipe();
      await rewind(alone);
      alone.write('foreign.sh', '#!/bin/sh\nexit 0\n');
      const foreign: string[] = [];
      for (const id of before.slice(0, 4)) {
        const asked = await alone.pbs(
          'qsub',
          '-h',
          ...(id === before[1] ? ['-v', 'STAGE_INTENT=s-else.1.a.1.job.x'] : []),
          'foreign.sh',
        );
        foreign.push(asked.stdout.trim());
      }
      expect(foreign).toEqual(before.slice(0, 4));
      await alone.stage('resume', 'reborn');
      await alone.stage('local', 'resume', 'archive');
      expect(statesOf(await alone.ended('reborn.1', 60))).toEqual(WELL);
      expect([linesIn(computed), linesIn(cleaned)]).toEqual([1, 0]);
      const after = await alone.jobs();
      expect(foreign.map((id) => after.find((job) => job.id === id)?.job_state)).toEqual(['H', 'H', 'H', 'H']);
    } finally {
      await alone.close();
    }
  });

  test('and came back with ids from 0: our own new jobs may go by the old ids of others of ours', async (context) => {
    needs(context, 'numbers set back', !world.shared);
    const alone = await localWorld();
    try {
      await alone.stage('local', 'pause', 'archive');
      const {file, computed, cleaned} = classic(alone, 'shifted');
      await alone.stage('run', file);
      await alone.wipe();
      await rewind(alone);
      await alone.stage('resume', 'shifted');
      await alone.stage('status');
      await alone.stage('local', 'resume', 'archive');
      expect(statesOf(await alone.ended('shifted.1', 60))).toEqual(WELL);
      expect([linesIn(computed), linesIn(cleaned)]).toEqual([1, 0]);
      await expectResults(alone, 'shifted');
    } finally {
      await alone.close();
    }
  });
});

/** Let PBS count its jobs from 0 again, as a reinstalled server does. */
async function rewind(at: World): Promise<void> {
  const settings = `${at.home}/stand-ins/pbs/settings.json`;
  await at.kill();
  const text = readFileSync(settings, 'utf8');
  writeFileSync(settings, JSON.stringify({...JSON.parse(text), nextSequence: 0}));
  await at.stage('local', 'up');
}
