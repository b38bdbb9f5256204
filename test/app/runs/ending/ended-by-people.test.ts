import {existsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {LONG} from '../../../support/batch-system.ts';
import {leftIn, localWorld, type World} from '../../../support/world.ts';

// Real processes: tasks and jobs of runs are ended from outside, by people and by a deadline.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

const taskOf = (run: string, attempt = 1) => String(world.fact(run, `in.${attempt}.transfer.confirmed.json`).task);

/** A run whose one transfer is paused, at a collection of its own. */
async function pausedTransfer(name: string, keys: string): Promise<void> {
  await world.collection(name);
  world.writeTree(world.path(name, 'in'), 1);
  await world.stage('local', 'pause', name);
  const step = `{${keys}, transfer: {from: "${name}:/in/", to: "cluster:/${name}/"}}`;
  await world.stage('run', world.write(`${name}.yaml`, `name: ${name}\nsteps:\n  in: ${step}\n`));
}

/** What every command that shows a run says of it. */
async function expectToldEverywhere(run: string, words: RegExp, cause: string): Promise<void> {
  const told = [
    ['status', run],
    ['why', run],
    ['list'],
    ['logs', run],
    ['status', run, '--json'],
    ['why', run, '--json'],
    ['list', '--json'],
  ];
  for (const argv of told) {
    const {stdout} = await world.stage(...argv);
    // A table for people breaks lines where it has no room.
    expect({argv, stdout: stdout.replace(/\\"/g, '"').replace(/\s+/g, ' ')}).toEqual({
      argv,
      stdout: expect.stringMatching(words),
    });
  }
  expect((await world.status(run)).steps[0]).toMatchObject({state: 'failed', cause});
}

describe.concurrent('what others end', () => {
  test('a task that the manager of a collection cancels is not tried again, and their words are told everywhere', async () => {
    await pausedTransfer('managed', 'retries: 2, retry_delay: 1s');
    const cancel = ['local', 'task', 'cancel', taskOf('managed.1'), '--message', 'quota of project x is used up'];
    expect((await world.stage(...cancel)).exitCode).toBe(0);
    const sealed = await world.ended('managed.1');
    expect(sealed).toMatchObject({state: 'failed', steps: [{attempts: 1}]});
    expect(await world.tasksOf('managed.1')).toHaveLength(1);
    const words = /cancelled by the manager of managed and cluster: "quota of project x is used up"/;
    await expectToldEverywhere('managed.1', words, 'task-cancelled-by-manager');
    expect((await world.stage('transfer', 'show', taskOf('managed.1'))).stdout).toMatch(/quota of project x/);
    await world.stage('local', 'resume', 'managed');
    await world.stage('resume', 'managed.1');
    expect(await world.ended('managed.1~1')).toMatchObject({state: 'succeeded', steps: [{attempts: 2}]});
  });

  test('a task that its owner cancels at Globus is not tried again before the run is resumed', async () => {
    await pausedTransfer('owned', 'retries: 2, retry_delay: 1s');
    await world.cancelTask(taskOf('owned.1'));
    expect(await world.ended('owned.1')).toMatchObject({state: 'failed', steps: [{attempts: 1}]});
    await expectToldEverywhere('owned.1', /the task was cancelled at Globus/, 'task-cancelled');
  });

  test('a task that expires is tried again, and says which deadline passed and what blocked it', async () => {
    const step = '{retries: 1, retry_delay: 1s, transfer: {from: "archive:/nowhere/", to: "cluster:/nowhere/"}}';
    await world.stage('run', world.write('late.yaml', `name: late\nsteps:\n  in: ${step}\n`), '--no-check');
    const globus = await world.globus();
    const expire = async (attempt: number) => {
      const deadline = new Date(Date.now() + 2000);
      await globus.expireAt(taskOf('late.1', attempt), deadline);
      return deadline.toISOString().slice(0, 19);
    };
    const first = await expire(1);
    await world.waitFor('another attempt', () => world.facts('late.1').includes('in.2.transfer.confirmed.json'));
    expect(world.fact('late.1', 'in.1.outcome.json')).toMatchObject({
      cause: 'task-expired',
      why: expect.stringMatching(new RegExp(`deadline, ${first}Z, passed.*last error: .*nowhere`)),
    });
    await expire(2);
    expect(await world.ended('late.1')).toMatchObject({state: 'failed', steps: [{attempts: 2}]});
    await expectToldEverywhere('late.1', /its deadline, .*, passed before the task was done/, 'task-expired');
  });

  test('a job that somebody deletes while it runs is not tried again', async () => {
    const script = world.write('deleted.sh', `#!/bin/sh\n${LONG}\n`);
    const step = `{retries: 2, retry_delay: 1s, job: {script: ${script}}}`;
    await world.stage('run', world.write('deleted.yaml', `name: deleted\nsteps:\n  in: ${step}\n`));
    await world.waitFor('its start', () => world.facts('deleted.1').includes('in.1.start.1.json'));
    await world.pbs('qdel', String(world.fact('deleted.1', 'in.1.job.confirmed.json').job));
    expect(await world.ended('deleted.1')).toMatchObject({state: 'failed', steps: [{attempts: 1}]});
    await expectToldEverywhere('deleted.1', /killed by signal 15 \(qdel\)/, 'job-deleted');
  });
});

describe('a task that Globus lists no more', () => {
  test("is forgotten at a person's word alone, which is advised when it has not been listed for a while: then run and monitors end", async () => {
    await pausedTransfer('gone', 'retries: 2, retry_delay: 1s');
    const task = taskOf('gone.1');
    const early = await world.stage('cancel', 'gone', '--forget', 'in');
    expect(early).toMatchObject({exitCode: 2, stderr: expect.stringContaining(`lists its task ${task} (paused)`)});
    expect(world.facts('gone.1').filter((name) => name.startsWith('decision.'))).toEqual([]);
    await world.stage('local', 'task', 'forget', task);
    const first = await world.stage('cancel', 'gone');
    expect(first.stdout).toMatch(/Globus does not list this task for this identity/);
    expect(first.stdout).not.toContain('--forget');
    const advice = 'stage cancel gone.1 --forget in';
    await world.waitFor('the advice', async () => (await world.stage('status', 'gone')).stdout.includes(advice));
    for (const argv of [['why', 'gone'], ['list'], ['status', '--json'], ['why', 'gone', '--json']])
      expect({argv, out: (await world.stage(...argv)).stdout.replace(/\s+/g, ' ')}).toEqual({
        argv,
        out: expect.stringContaining(advice),
      });
    const done = await world.stage('cancel', 'gone', '--forget', 'in');
    expect(done).toMatchObject({exitCode: 0, stdout: expect.stringContaining(`task ${task} may still move data`)});
    const sealed = await world.ended('gone.1');
    expect(sealed).toMatchObject({state: 'cancelled', steps: [{state: 'cancelled', attempts: 1, task}]});
    const why = await world.stage('why', 'gone');
    expect(why.stdout).toContain(`stage transfer show ${task}`);
    await world.waitFor('no job in the queue', async () => leftIn(await world.jobs()).length === 0);
  });
});

test('a job whose server has another name by now is forgotten likewise, and its script never runs', async () => {
  const ran = `${world.work}/renamed.ran`;
  world.write('renamed.sh', `#!/bin/sh\necho ran >> ${ran}\n`);
  const {id} = await heldJob('renamed');
  const confirmed = join(world.state, 'runs', 'renamed.1', 'facts', 'compute.1.job.confirmed.json');
  // As it was recorded when the server was called so.
  const was = {...world.fact('renamed.1', 'compute.1.job.confirmed.json'), job: `${id.split('.')[0]}.oldserver`};
  writeFileSync(confirmed, JSON.stringify(was));
  const cancelled = await world.stage('cancel', 'renamed');
  expect(cancelled.stdout).toMatch(/renamed\.1 is being cancelled/);
  const advice = 'stage cancel renamed.1 --forget compute';
  await world.waitFor('the advice', async () => (await world.stage('status', 'renamed')).stdout.includes(advice));
  const done = await world.stage('cancel', 'renamed', '--forget', 'compute');
  expect(done).toMatchObject({exitCode: 0, stdout: expect.stringContaining(`job ${was.job} may still be in a queue`)});
  expect((await world.ended('renamed.1')).state).toBe('cancelled');
  await world.pbs('qrls', id);
  await world.waitFor('the end of that job', async () => leftIn(await world.jobs()).length === 0);
  expect(existsSync(ran)).toBe(false);
});

/** A run whose job waits for a paused transfer, under a user hold. */
async function heldJob(name: string): Promise<{id: string}> {
  await world.collection(name);
  world.writeTree(world.path(name, 'in'), 1);
  await world.stage('local', 'pause', name);
  const transfer = `{transfer: {from: "${name}:/in/", to: "cluster:/${name}/"}}`;
  const job = `{needs: [in], job: {script: ${name}.sh}}`;
  const file = world.write(`${name}.yaml`, `name: ${name}\nsteps:\n  in: ${transfer}\n  compute: ${job}\n`);
  await world.stage('run', file);
  return {id: String(world.fact(`${name}.1`, 'compute.1.job.confirmed.json').job)};
}
