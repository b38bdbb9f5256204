import {existsSync} from 'node:fs';
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest';
import {classic} from './support/workflows.ts';
import {leftIn, linesIn, localWorld, type World} from './support/world.ts';

/** What only a manager of the server can bring about; on a real one where `STAGE_TEST_PBS_QMGR`, `…_STOP` and `…_START` say how. */
let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

describe('without job history, where PBS forgets a job the moment it ends', () => {
  afterEach(async () => world.manage?.set('job_history_enable', 'True'));

  test.each([
    ['succeeds', 0, 'succeeded'],
    ['exits 3', 3, 'failed'],
  ])(
    'a run whose job %s ends as it does with history',
    async (_, code, state) => {
      if (!world.manage) return expect(process.env.STAGE_TEST_PBS).toBe('1'); // nobody said how to manage this server
      await world.manage.set('job_history_enable', 'False');
      const name = `forgotten-${code}`;
      const {file, computed, cleaned} = classic(world, name, code === 0 ? {} : {body: `exit ${code}`});
      expect((await world.stage('run', file)).exitCode).toBe(0);
      expect(await world.ended(`${name}.1`, 60)).toMatchObject({state});
      expect(linesIn(computed)).toBe(1);
      expect(existsSync(cleaned)).toBe(code !== 0);
      expect(await world.tasksOf(`${name}.1`)).toHaveLength(code === 0 ? 2 : 1);
    },
    300_000,
  );
});

test('a server that is stopped and started in the middle changes nothing of how a run ends', async () => {
  if (!world.manage) return expect(process.env.STAGE_TEST_PBS).toBe('1');
  await world.collection('stopped');
  await world.stage('local', 'pause', 'stopped');
  const {file, computed} = classic(world, 'stopped', {source: 'stopped'});
  await world.stage('run', file);
  await world.manage.stop();
  const away = await world.stage('status', 'stopped');
  await world.stage('local', 'resume', 'stopped');
  await world.waitFor('the transfer', async () => (await world.tasksOf('stopped.1'))[0]?.status === 'SUCCEEDED');
  const still = await world.stage('run', file);
  await world.manage.start();
  expect([away.exitCode, still.exitCode]).toEqual([4, 4]);
  expect(away.stdout).toContain('PBS could not be asked');
  await world.waitFor('PBS', async () => (await world.stage('run', file)).exitCode === 0);
  expect(await world.ended('stopped.1', 60)).toMatchObject({state: 'succeeded'});
  expect(linesIn(computed)).toBe(1);
  await world.waitFor('nothing left', async () => leftIn(await world.jobsOf('stopped.1')).length === 0);
}, 300_000);
