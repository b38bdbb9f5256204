import {readFileSync} from 'node:fs';
import {afterAll, beforeAll, expect, onTestFinished, test} from 'vitest';
import {needs} from '../../support/needs.ts';
import {classic} from '../../support/workflows.ts';
import {hashesOf, leftIn, linesIn, localWorld, type World} from '../../support/world.ts';

// Real processes: files move and jobs run from end to end, byte for byte.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

test('one command stages 300 files in, computes, stages the result out, and leaves nothing in the queue', async () => {
  // Commands and jobs as a user has them: each is found and started by itself.
  const world = await localWorld({ownProcesses: true});
  onTestFinished(() => world.close());
  const {file, computed, cleaned} = classic(world, 'climate', {files: 300});
  const started = await world.stage('run', file);
  expect(started).toMatchObject({exitCode: 0, stderr: ''});

  // From here on nobody runs a command: the jobs at PBS carry the run to its end.
  const sealed = await world.ended('climate.1');
  expect(sealed.state).toBe('succeeded');
  expect(sealed.steps.map(({step, state}) => `${step} ${state}`)).toEqual([
    'stage-in succeeded',
    'compute succeeded',
    'stage-out succeeded',
    'cleanup skipped',
  ]);
  const source = hashesOf(world.path('archive', 'climate/in'));
  expect(Object.keys(source)).toHaveLength(300);
  expect(hashesOf(world.path('cluster', 'climate/in'))).toEqual(source);
  expect(hashesOf(world.path('archive', 'climate/out'))).toEqual(source);
  expect(linesIn(computed)).toBe(1);
  expect(linesIn(cleaned)).toBe(0);
  await world.waitFor('an empty queue', async () => leftIn(await world.jobs()).length === 0);
  expect(await world.tasks()).toHaveLength(2);
});

test('the same command again while the run is active submits nothing, and ids stay the same', async () => {
  await world.collection('slow');
  const {file, computed} = classic(world, 'repeat', {source: 'slow'});
  await world.stage('local', 'pause', 'slow');
  const first = await world.stage('run', file, '--json');
  const jobs = (await world.jobsOf('repeat.1')).map(({id}) => id);
  expect(jobs).toHaveLength(5);

  const second = await world.stage('run', file, '--json');
  expect(second.exitCode).toBe(0);
  expect(second.json()).toMatchObject({did: 'nothing', submitted: {jobs: 0, transfers: 0}});
  const ids = (report: {run: {steps: {step: string; job?: string; task?: string}[]}}) =>
    report.run.steps.map(({step, job, task}) => ({step, job, task}));
  expect(ids(second.json())).toEqual(ids(first.json()));
  expect((await world.jobsOf('repeat.1')).map(({id}) => id)).toEqual(jobs);
  expect(await world.tasksOf('repeat.1')).toHaveLength(1);
  await world.stage('local', 'resume', 'slow');
  await world.ended('repeat.1');
  expect(linesIn(computed)).toBe(1);
});

test('the same command after the end does nothing; a changed script shows the difference; --again starts the next', async () => {
  const {file, computed} = classic(world, 'ended');
  await world.stage('run', file);
  await world.ended('ended.1');
  const before = await world.jobs();
  const again = await world.stage('run', file);
  expect(again).toMatchObject({exitCode: 0, stderr: ''});
  expect(again.stdout).toContain('ended.1 has succeeded already');
  expect(linesIn(computed)).toBe(1);

  world.write('ended.compute.sh', `${readFileSync(`${world.work}/ended.compute.sh`, 'utf8')}echo changed\n`);
  const changed = await world.stage('run', file);
  expect(changed.exitCode).toBe(2);
  expect(changed.stderr).toContain('steps.compute.script: its contents changed');
  // Without history, jobs that ended with the run are gone by now: what counts is that there is none besides.
  const known = new Set(before.map(({id}) => id));
  const besides = (await world.jobs()).filter(({id, Job_Name}) => Job_Name !== 'stage-monitor' && !known.has(id));
  expect(besides.map(({Job_Name}) => Job_Name)).toEqual([]);

  const anew = await world.stage('run', file, '--again', '--json');
  expect(anew.exitCode).toBe(0);
  expect(anew.json()).toMatchObject({did: 'created', run: {run: 'ended.2'}});
  expect((await world.ended('ended.2')).state).toBe('succeeded');
  expect(linesIn(computed)).toBe(2);
});

test('no job that runs is ever ended by stage: PBS, too, reports 0 for every job of short runs side by side', async (context) => {
  needs(context, 'history', await world.keepsHistory());
  const names = ['short-a', 'short-b', 'short-c', 'short-d'];
  for (const name of names) await world.stage('run', classic(world, name).file);
  for (const name of names) expect((await world.ended(`${name}.1`)).state).toBe('succeeded');
  const ended = (await world.jobs()).filter((job) => job.Exit_status !== undefined);
  expect(ended.map((job) => `${job.Job_Name} ${job.Exit_status}`).filter((line) => !line.endsWith(' 0'))).toEqual([]);
});
