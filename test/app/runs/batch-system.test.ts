import {existsSync} from 'node:fs';
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest';
import {patiently} from '../../support/batch-system.ts';
import {needs} from '../../support/needs.ts';
import {classic} from '../../support/workflows.ts';
import {leftIn, linesIn, localWorld, type World} from '../../support/world.ts';

// Real processes: a server that requeues, purges and deletes is behind the commands.

/** What only a manager of the server can bring about: `needs` says how to tell the tests on a real one. */
let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

describe('without job history, where PBS forgets a job the moment it ends', () => {
  let before = true;
  beforeAll(async () => {
    before = await world.keepsHistory();
  });
  afterEach(async () => world.setServer?.('job_history_enable', before ? 'True' : 'False'));

  test.for([
    ['succeeds', 0, 'succeeded'],
    ['exits 3', 3, 'failed'],
  ] as const)(
    'a run whose job %s ends as it does with history',
    {timeout: patiently(120_000)},
    async ([_, code, state], context) => {
      needs(context, 'qmgr', world.setServer !== undefined || !before);
      await world.setServer?.('job_history_enable', 'False');
      const name = `forgotten-${code}`;
      const {file, computed, cleaned} = classic(world, name, code === 0 ? {} : {body: `exit ${code}`});
      expect((await world.stage('run', file)).exitCode).toBe(0);
      expect(await world.ended(`${name}.1`, 60)).toMatchObject({state});
      expect(linesIn(computed)).toBe(1);
      expect(existsSync(cleaned)).toBe(code !== 0);
      expect(await world.tasksOf(`${name}.1`)).toHaveLength(code === 0 ? 2 : 1);
    },
  );
});

test(
  'a server that is stopped and started in the middle changes nothing of how a run ends',
  async (context) => {
    needs(context, 'stop and start', world.server !== undefined);
    await world.collection('stopped');
    await world.stage('local', 'pause', 'stopped');
    const {file, computed} = classic(world, 'stopped', {source: 'stopped'});
    await world.stage('run', file);
    await world.server?.stop();
    const away = await world.stage('status', 'stopped');
    await world.stage('local', 'resume', 'stopped');
    await world.waitFor('the transfer', async () => (await world.tasksOf('stopped.1'))[0]?.status === 'SUCCEEDED');
    const still = await world.stage('run', file);
    await world.server?.start();
    expect([away.exitCode, still.exitCode]).toEqual([4, 4]);
    expect(away.stdout).toContain('PBS could not be queried');
    await world.waitFor('PBS', async () => (await world.stage('run', file)).exitCode === 0);
    expect(await world.ended('stopped.1', 60)).toMatchObject({state: 'succeeded'});
    expect(linesIn(computed)).toBe(1);
    await world.waitFor('nothing left', async () => leftIn(await world.jobsOf('stopped.1')).length === 0);
  },
  patiently(120_000),
);
