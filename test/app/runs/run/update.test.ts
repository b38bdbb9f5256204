import {readFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {classic} from '../../../support/workflows.ts';
import {hashesOf, leftIn, linesIn, localWorld, type World} from '../../../support/world.ts';

// Real processes: jobs of the version before are in the queue when another one comes.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

const statesOf = (sealed: {steps: readonly {step: string; state: string}[]}) =>
  Object.fromEntries(sealed.steps.map(({step, state}) => [step, state]));

/** A classic workflow whose stage-in waits until the test lets it go. */
async function waiting(name: string) {
  const shut = `shut-${name}`;
  await world.collection(shut);
  await world.stage('local', 'pause', shut);
  const made = classic(world, name, {source: shut, body: 'exit 3'});
  const begun = await world.stage('run', made.file);
  expect(begun.exitCode).toBe(0);
  return {...made, go: () => world.stage('local', 'resume', shut)};
}

function mend(name: string): void {
  const [staged, results] = [world.path('cluster', `${name}/in`), world.path('cluster', `${name}/out`)];
  world.write(
    `${name}.compute.sh`,
    `#!/bin/sh\necho mended >> ${world.work}/${name}.computed\ncp -R ${staged}/. ${results}/\n`,
  );
}

function edit(file: string, change: (text: string) => string): void {
  world.write(file.slice(file.lastIndexOf('/') + 1), change(readFileSync(file, 'utf8')));
}

describe.concurrent('stage run --update', () => {
  test('lets a job that has not begun run the script as it is by now; without the flag nothing is changed', async () => {
    const {file, computed, go} = await waiting('mended');
    mend('mended');
    const refused = await world.stage('run', file);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(/compute\.script: its contents changed/);
    expect(refused.stderr).toContain('--update');
    const updated = await world.stage('run', file, '--update', '--json');
    expect(updated.exitCode).toBe(0);
    expect(updated.json()).toMatchObject({
      did: 'updated',
      message: expect.stringMatching(/is updated.*compute\.script/),
    });
    expect((await world.stage('run', file, '--update', '--json')).json()).toMatchObject({did: 'nothing'});
    await go();
    expect((await world.ended('mended.1')).state).toBe('succeeded');
    expect(readFileSync(computed, 'utf8')).toBe('mended\n');
    // A stage-in from elsewhere: what arrived is what was staged in.
    expect(hashesOf(world.path('archive', 'mended/out'))).toEqual(hashesOf(world.path('cluster', 'mended/in')));
    await world.waitFor('nothing of it', async () => leftIn(await world.jobsOf('mended.1')).length === 0);
  });

  test('a run that failed goes on with the corrected script when it is resumed, and moves nothing twice', async () => {
    const {file, computed} = classic(world, 'failed-first', {body: 'exit 3'});
    await world.stage('run', file);
    await world.ended('failed-first.1');
    mend('failed-first');
    const updated = await world.stage('run', file, '--update');
    expect([updated.exitCode, updated.stdout]).toEqual([1, expect.stringContaining('stage resume failed-first.1')]);
    expect((await world.stage('resume', 'failed-first')).exitCode).toBe(0);
    expect((await world.ended('failed-first.1~1')).state).toBe('succeeded');
    expect(linesIn(computed)).toBe(2);
    expect(await world.tasksOf('failed-first.1')).toHaveLength(2);
  });

  test('steps are added to a run that has succeeded, and others taken out of one that goes on', async () => {
    const {file} = classic(world, 'grows');
    edit(file, (text) => text.replace(/ {2}stage-out:(?:.|\n)*?(?= {2}cleanup:)/, ''));
    await world.stage('run', file);
    expect((await world.ended('grows.1')).state).toBe('succeeded');
    classic(world, 'grows');
    const updated = await world.stage('run', file, '--update');
    expect(updated.stdout).toMatch(/steps\.stage-out: added.*stage resume grows\.1/);
    expect((await world.stage('run', file)).stdout).toMatch(/before it was changed.*stage resume grows\.1/);
    await world.stage('resume', 'grows');
    expect(statesOf(await world.ended('grows.1~1'))).toMatchObject({'stage-out': 'succeeded', compute: 'succeeded'});
    expect(hashesOf(world.path('archive', 'grows/out'))).toEqual(hashesOf(world.path('archive', 'grows/in')));
  });

  test('a step that was taken out leaves the queue, and the run ends without it', async () => {
    const {file, go, cleaned} = await waiting('shrinks');
    mend('shrinks');
    edit(file, (text) => text.replace(/ {2}cleanup:(?:.|\n)*$/, ''));
    expect((await world.stage('run', file, '--update')).stdout).toMatch(/steps\.cleanup: removed/);
    await go();
    const sealed = await world.ended('shrinks.1');
    expect(statesOf(sealed)).toMatchObject({'stage-out': 'succeeded', cleanup: 'skipped'});
    expect(sealed.steps.find(({step}) => step === 'cleanup')?.why).toMatch(/taken out of the workflow/);
    expect(linesIn(cleaned)).toBe(0);
    await world.waitFor('nothing of it', async () => leftIn(await world.jobsOf('shrinks.1')).length === 0);
  });

  test('what is being done or has succeeded cannot be changed: exit 2, and the run goes on as it was', async () => {
    const {file, go} = await waiting('begun');
    edit(file, (text) =>
      text.replace('archive:/begun/', 'archive:/elsewhere/').replace('shut-begun:/begun/in', 'shut-begun:/other'),
    );
    const refused = await world.stage('run', file, '--update');
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(/stage-in has begun.*(?:.|\n)*stage cancel begun\.1/);
    expect(world.facts('begun.1').filter((fact) => fact.includes('update'))).toEqual([]);
    await go();
    await world.ended('begun.1');
  });

  test('a step that was taken out and put back runs after all', async () => {
    const {file, computed, go} = await waiting('regrets');
    mend('regrets');
    const whole = readFileSync(file, 'utf8');
    edit(file, (text) => text.replace(/ {2}stage-out:(?:.|\n)*?(?= {2}cleanup:)/, ''));
    await world.stage('run', file, '--update');
    await world.waitFor('the step to be skipped', () => world.facts('regrets.1').includes('stage-out.1.outcome.json'));
    edit(file, () => whole);
    expect((await world.stage('run', file, '--update')).stdout).toMatch(/steps\.stage-out: added/);
    await go();
    expect(statesOf(await world.ended('regrets.1'))).toMatchObject({'stage-out': 'succeeded'});
    expect(linesIn(computed)).toBe(1);
  });

  test('an array that is resumed with another script runs all of its subjobs with it', async () => {
    const log = `${world.work}/sweep.log`;
    const script = (version: string, more: string) =>
      world.write('sweep.sh', `#!/bin/sh\necho "$PBS_ARRAY_INDEX ${version}" >> ${log}\n${more}\n`);
    script('V1', '[ "$PBS_ARRAY_INDEX" != 1 ]');
    const file = world.write('sweep.yaml', 'name: sweep\nsteps:\n  sweep: {job: {script: sweep.sh, array: 0-2}}\n');
    await world.stage('run', file);
    await world.ended('sweep.1');
    script('V2', '');
    await world.stage('run', file, '--update');
    await world.stage('resume', 'sweep');
    expect((await world.ended('sweep.1~1')).state).toBe('succeeded');
    expect(readFileSync(log, 'utf8').trim().split('\n').sort()).toEqual([
      '0 V1',
      '0 V2',
      '1 V1',
      '1 V2',
      '2 V1',
      '2 V2',
    ]);
  });

  test('a step is added to a run that has ended although one of its steps runs at the end of all', async () => {
    world.write('true.sh', '#!/bin/sh\n');
    const file = world.write(
      'tidied.yaml',
      'name: tidied\nsteps:\n  a: {job: {script: true.sh}}\n  last: {when: always, job: {script: true.sh}}\n',
    );
    await world.stage('run', file);
    await world.ended('tidied.1');
    edit(file, (text) => `${text}  more: {needs: [a], job: {script: true.sh}}\n`);
    const updated = await world.stage('run', file, '--update');
    expect([updated.exitCode, updated.stderr]).toEqual([0, '']);
    expect((await world.stage('resume', 'tidied')).exitCode).toBe(0);
    expect(statesOf(await world.ended('tidied.1~1'))).toMatchObject({more: 'succeeded'});
  });

  test('what has no use any more is said to have none', async () => {
    const {file} = classic(world, 'no-use');
    await world.stage('run', file);
    await world.ended('no-use.1');
    world.write('no-use.cleanup.sh', '#!/bin/sh\necho other\n');
    expect((await world.stage('run', file, '--update')).stdout).toMatch(/nothing has to be repeated/);
  });

  test('eight updates at once: each step runs once, as the one that came first says', async () => {
    const {file, computed, go} = await waiting('raced');
    mend('raced');
    const runs = await Promise.all(Array.from({length: 8}, () => world.stage('run', file, '--update')));
    expect(runs.map(({exitCode}) => exitCode).filter((code) => code !== 0 && code !== 5)).toEqual([]);
    expect(world.facts('raced.1').filter((fact) => fact.includes('update'))).toEqual(['decision.update-1.json']);
    await go();
    expect((await world.ended('raced.1')).state).toBe('succeeded');
    expect(readFileSync(computed, 'utf8')).toBe('mended\n');
  });
});
