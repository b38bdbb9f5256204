import {setTimeout as pause} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {patiently} from '../../support/batch-system.ts';
import {classic} from '../../support/workflows.ts';
import {leftIn, linesIn, localWorld, type World} from '../../support/world.ts';

// Real processes: several commands at the same time race for the same facts.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

/** What must not depend on who ran what how often. */
async function expectDoneOnce(name: string, computed: string, seconds = 60): Promise<void> {
  expect(await world.ended(`${name}.1`, seconds)).toMatchObject({state: 'succeeded'});
  expect(linesIn(computed)).toBe(1);
  expect(await world.tasksOf(`${name}.1`)).toHaveLength(2);
  await world.waitFor(
    `nothing of ${name} in the queue`,
    async () => leftIn(await world.jobsOf(`${name}.1`)).length === 0,
  );
}

test.each([2, 8])(
  '%i processes with "stage run" and "stage monitor" at the same instant make one run: one task, one execution, no extra job',
  async (count) => {
    const name = `at-once-${count}`;
    await world.collection(name);
    const {file, computed} = classic(world, name, {source: name});
    await world.stage('local', 'pause', name);
    const atOnce = (...argvs: string[][]) =>
      Promise.all(
        Array.from({length: count}, (_, index) => world.stage(...(argvs[index % argvs.length] ?? []), '--json')),
      );
    const all = await atOnce(['run', file]);
    expect(all.map(({exitCode}) => exitCode)).toEqual(all.map(() => 0));
    expect(all.filter((ran) => ran.json<{did: string}>().did === 'created')).toHaveLength(1);
    const more = await atOnce(['run', file], ['monitor']);
    expect(more.map(({exitCode}) => exitCode)).toEqual(more.map(() => 0));

    const jobs = await world.jobsOf(`${name}.1`);
    expect(jobs.map(({Job_Name}) => Job_Name).sort()).toEqual([...new Set(jobs.map(({Job_Name}) => Job_Name))].sort());
    expect(jobs.filter(({job_state}) => job_state === 'H').length).toBe(5);
    expect(leftIn(await world.jobs()).filter((line) => line.includes('stage-monitor')).length).toBeLessThanOrEqual(2);
    expect(await world.tasksOf(`${name}.1`)).toHaveLength(1);
    await world.stage('local', 'resume', name);
    await expectDoneOnce(name, computed);
  },
);

test(
  '"stage run" killed many times at any moment, then once more: every task and every execution once',
  async () => {
    const {file, computed} = classic(world, 'killed-often');
    for (const ms of [90, 600, 140, 250, 180, 330, 400]) await killAfter(world, ms, file);
    expect((await world.stage('run', file)).exitCode).toBeOneOf([0, 4]);
    await expectDoneOnce('killed-often', computed, 90);
  },
  patiently(120_000),
);

async function killAfter(inWorld: World, ms: number, file: string): Promise<void> {
  const child = inWorld.start('run', file);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await pause(ms);
  child.kill('SIGKILL');
  await ended;
}
