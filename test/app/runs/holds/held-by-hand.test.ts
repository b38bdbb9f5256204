import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {pausedRun} from '../../../support/workflows.ts';
import {leftIn, linesIn, localWorld, type World} from '../../../support/world.ts';

// Real processes: what qrls and qhold do to a job that waits for its data is a matter of PBS, of the wrapper and of stage.

let world: World;
beforeAll(async () => {
  world = await localWorld();
  await world.makeRoom(16);
});
afterAll(() => world.close());

const computeOf = async (name: string) => {
  const jobs = (await world.jobsOf(`${name}.1`)).filter(({Job_Name}) => Job_Name === `compute.${name}`);
  return jobs.map((job) => ({...job, id: String(job.id)}));
};

describe.concurrent('a job that waits for a transfer', () => {
  test('released with qrls runs nothing, is submitted again under a hold, and runs once on all of the data', async () => {
    const {computed} = await pausedRun(world, 'early');
    const [first] = await computeOf('early');
    await world.pbs('qrls', String(first?.id));
    await world.waitFor('another job', async () => (await computeOf('early')).length === 2);
    expect(linesIn(computed)).toBe(0);
    const why = (await world.stage('why', 'early', 'compute')).stdout;
    expect(why).toMatch(/it waits for stage-in/);
    expect(why).toMatch(/was released by hand \(qrls\) before its data was there/);
    await world.stage('local', 'resume', 'early');
    expect((await world.ended('early.1')).state).toBe('succeeded');
    expect(linesIn(computed)).toBe(1);
    expect(leftIn(await world.jobsOf('early.1'))).toEqual([]);
  });

  test('held with qhold stays held when the data arrives, and runs after the qrls of the person', async () => {
    const {computed} = await pausedRun(world, 'kept');
    const [job] = await computeOf('kept');
    await world.pbs('qhold', String(job?.id));
    const status = async () => (await world.status('kept')).steps.find(({step}) => step === 'compute');
    expect((await status())?.reason).toMatch(/put a user hold on it; end it with: stage release kept\.1 --qhold/);
    await world.stage('local', 'resume', 'kept');
    await world.waitFor('the permit', () => world.facts('kept.1').includes('compute.1.job.release.intent.json'));
    await world.stage('status', 'kept');
    expect((await computeOf('kept'))[0]).toMatchObject({job_state: 'H', Hold_Types: 'u'});
    expect((await status())?.reason).toMatch(/put a user hold on it; end it with: qrls /);
    await world.pbs('qrls', String(job?.id));
    expect((await world.ended('kept.1')).state).toBe('succeeded');
    expect(linesIn(computed)).toBe(1);
  });

  test('held with qhold, and then left to stage by "stage release --qhold", runs when its data is there', async () => {
    const {computed} = await pausedRun(world, 'left');
    const [job] = await computeOf('left');
    await world.pbs('qhold', String(job?.id));
    expect((await world.stage('release', 'left')).stdout).toMatch(/is not held; nothing was changed/);
    expect((await world.stage('release', 'left', '--qhold')).stdout).toContain(
      `the user hold of ${job?.id} was put there by qhold`,
    );
    expect((await computeOf('left'))[0]).toMatchObject({job_state: 'H'});
    await world.stage('local', 'resume', 'left');
    expect((await world.ended('left.1')).state).toBe('succeeded');
    expect(linesIn(computed)).toBe(1);
  });
});
