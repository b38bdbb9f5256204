import {readFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {hashesOf, type JobDocument, leftIn, linesIn, localWorld, type World} from '../../support/world.ts';

// Real processes: the order in which PBS starts jobs of a graph is the point.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

const jobNamed = (jobs: readonly JobDocument[], name: string): JobDocument => {
  const found = jobs.filter(({Job_Name}) => Job_Name === name);
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} jobs are named ${name}`);
  return found[0];
};

/** Jobs of a run once one of this name is there: every look at one run looks at all, so another test's may submit it. */
const jobsWith = (run: string, name: string): Promise<JobDocument[]> =>
  world.waitFor(name, async () => {
    const jobs = await world.jobsOf(run);
    return jobs.some(({Job_Name}) => Job_Name === name) && jobs;
  });

/** A script that says when it starts and when it ends. */
const telling = (log: string, name: string, body = ''): string =>
  `#!/bin/sh\necho "${name} starts" >> ${log}\n${body}\necho "${name} ends" >> ${log}\n`;

describe.concurrent('what a step waits for', () => {
  test('a job that needs a job waits for it natively: depend=afterok, and no monitor is needed', async () => {
    const log = `${world.work}/native.log`;
    world.write('native.a.sh', telling(log, 'a', `until [ -e ${world.work}/native.go ]; do sleep 0.1; done`));
    world.write('native.b.sh', telling(log, 'b'));
    const file = world.write(
      'native.yaml',
      'name: native\nsteps:\n  a: {job: {script: native.a.sh}}\n  b: {needs: [a], job: {script: native.b.sh}}\n',
    );
    await world.stage('run', file);
    const jobs = await jobsWith('native.1', 'b.native');
    const a = jobNamed(jobs, 'a.native');
    expect(jobNamed(jobs, 'b.native').depend).toMatch(new RegExp(`^afterok:${a.id.replace('.', '\\.')}`));
    world.write('native.go', '');
    expect((await world.ended('native.1')).state).toBe('succeeded');
    expect(readFileSync(log, 'utf8')).toBe('a starts\na ends\nb starts\nb ends\n');
    expect(await world.tasksOf('native.1')).toEqual([]);
  });

  test('"after" starts a job when the other has ended, although it failed', async () => {
    const log = `${world.work}/after.log`;
    world.write('after.a.sh', telling(log, 'a', `until [ -e ${world.work}/after.go ]; do sleep 0.1; done; exit 7`));
    world.write('after.b.sh', telling(log, 'b'));
    const file = world.write(
      'after.yaml',
      'name: after\nsteps:\n  a: {job: {script: after.a.sh}}\n  b: {after: [a], job: {script: after.b.sh}}\n',
    );
    await world.stage('run', file);
    expect(jobNamed(await jobsWith('after.1', 'b.after'), 'b.after').depend).toMatch(/^afterany:/);
    world.write('after.go', '');
    const sealed = await world.ended('after.1');
    expect(sealed.steps.map(({step, state}) => `${step} ${state}`)).toEqual(['a failed', 'b succeeded']);
    expect(readFileSync(log, 'utf8')).toBe('a starts\nb starts\nb ends\n');
  });

  test('a job that needs two stage-ins starts when both have arrived', async () => {
    await world.collection('late');
    world.writeTree(world.path('archive', 'two/one'), 3);
    world.writeTree(world.path('late', 'two'), 3);
    const log = `${world.work}/two.log`;
    world.write(
      'two.sh',
      `#!/bin/sh\nls ${world.path('cluster', 'two/one')} ${world.path('cluster', 'two/two')} > ${log}\n`,
    );
    await world.stage('local', 'pause', 'late');
    const started = await world.stage(
      'run',
      '--name',
      'two',
      '--stage-in',
      'archive:/two/one/=cluster:/two/one/',
      '--stage-in',
      'late:/two/=cluster:/two/two/',
      '--job',
      'two.sh',
    );
    expect(started.exitCode).toBe(0);
    await world.waitFor('the first stage-in', async () =>
      (await world.status('two')).steps.some(({step, state}) => step === 'stage-in-1' && state === 'succeeded'),
    );
    expect(jobNamed(await world.jobsOf('two.1'), 'compute.two').job_state).toBe('H');
    await world.stage('local', 'resume', 'late');
    expect((await world.ended('two.1')).state).toBe('succeeded');
    expect(readFileSync(log, 'utf8')).toContain('d2');
    expect(hashesOf(world.path('cluster', 'two/two'))).toEqual(hashesOf(world.path('late', 'two')));
  });

  test('a workflow of one transfer ends by itself', async () => {
    world.writeTree(world.path('archive', 'only'), 5);
    const file = world.write(
      'only.yaml',
      'name: only\nsteps:\n  copy: {transfer: {from: "archive:/only/", to: "cluster:/only/"}}\n',
    );
    await world.stage('run', file);
    expect((await world.ended('only.1')).state).toBe('succeeded');
    expect(hashesOf(world.path('cluster', 'only'))).toEqual(hashesOf(world.path('archive', 'only')));
    expect(await world.jobsOf('only.1')).toEqual([]);
  });

  test('the steps of a diamond run in order, those in the middle side by side', async () => {
    const log = `${world.work}/diamond.log`;
    const go = `${world.work}/diamond.go`;
    world.write('diamond.top.sh', telling(log, 'top', `until [ -e ${go} ]; do sleep 0.1; done`));
    for (const name of ['left', 'right', 'bottom']) world.write(`diamond.${name}.sh`, telling(log, name, 'sleep 0.3'));
    const step = (name: string, needs: string) => `  ${name}: {needs: [${needs}], job: {script: diamond.${name}.sh}}\n`;
    const file = world.write(
      'diamond.yaml',
      `name: diamond\nsteps:\n${step('top', '')}${step('left', 'top')}${step('right', 'top')}${step('bottom', 'left, right')}`,
    );
    await world.stage('run', file);
    const jobs = await jobsWith('diamond.1', 'bottom.diamond');
    const [left, right] = ['left', 'right'].map((name) => jobNamed(jobs, `${name}.diamond`).id);
    const server = String(left).replace(/^\d+\./, '');
    expect(jobNamed(jobs, 'bottom.diamond').depend).toMatch(`afterok:${left}@${server}:${right}@${server}`);
    world.write('diamond.go', '');
    expect((await world.ended('diamond.1')).state).toBe('succeeded');
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    expect([lines[0], lines[1], lines.at(-2), lines.at(-1)]).toEqual([
      'top starts',
      'top ends',
      'bottom starts',
      'bottom ends',
    ]);
  });
});

// For a depend=afterok that PBS is given later, a job that never ran counts as succeeded (measured on OpenPBS 23.06).
test.each(['dead-1', 'dead-2', 'dead-3'])(
  'when a job fails at once, no job that needs it runs, directly or not (%s)',
  async (name) => {
    const ran = `${world.work}/${name}.ran`;
    world.write(`${name}.a.sh`, '#!/bin/sh\nexit 1\n');
    world.write(`${name}.b.sh`, `#!/bin/sh\necho "$STAGE_STEP" >> ${ran}\n`);
    const file = world.write(
      `${name}.yaml`,
      `name: ${name}\nsteps:\n  a: {job: {script: ${name}.a.sh}}\n  b: {needs: [a], job: {script: ${name}.b.sh}}\n  c: {needs: [b], job: {script: ${name}.b.sh}}\n`,
    );
    await world.stage('run', file);
    const sealed = await world.ended(`${name}.1`);
    expect(sealed.state).toBe('failed');
    expect(sealed.steps.map(({step, state}) => `${step} ${state}`)).toEqual(['a failed', 'b skipped', 'c skipped']);
    expect(linesIn(ran)).toBe(0);
    await world.waitFor('nothing left', async () => leftIn(await world.jobsOf(`${name}.1`)).length === 0);
  },
);
