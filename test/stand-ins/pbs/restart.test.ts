import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {openWorld, type World} from './support/world.ts';

// Real processes: the server is killed while jobs run, and finds them again.

let world: World;
beforeEach(async () => {
  world = await openWorld();
  world.script('ok.sh', '#!/bin/bash\necho out\n');
  world.script(
    'gate.sh',
    '#!/bin/bash\ncd "$PBS_O_WORKDIR"\necho start >> "starts.$PBS_JOBID"\nuntil [ -e go ]; do sleep 0.1; done\nexit 5\n',
  );
});
afterEach(() => world.close());

const runs = (id: string): Promise<void> =>
  world.until(`${id} has begun`, () => existsSync(join(world.home, `starts.${id}`)));

test('held, waiting and queued jobs and their dependencies outlive a killed server', async () => {
  await world.separate();
  const held = await world.qsub('-h ok.sh');
  const dependent = await world.qsub(`-W depend=afterok:${held} ok.sh`);
  const waiting = await world.qsub('-a 203001010000 ok.sh');
  const never = await world.qsub('-l select=1:ncpus=1000 ok.sh');
  await world.kill();
  expect((await world.sh('qstat')).rc).toBe(255);
  await world.separate();
  expect([
    await world.state(held),
    await world.state(dependent),
    await world.state(waiting),
    await world.state(never),
  ]).toEqual(['H', 'H', 'W', 'Q']);
  await world.sh(`qrls ${held}`);
  expect(await world.finished(dependent)).toMatchObject({Exit_status: 0});
});

test('a job goes on while its server is dead, and its end is learnt afterwards', async () => {
  await world.separate();
  const id = await world.qsub('gate.sh');
  const dependent = await world.qsub(`-W depend=afternotok:${id} ok.sh`);
  await runs(id);
  await world.kill();
  world.script('go', '');
  await world.until('the supervisor has written how it ended', () => existsSync(join(world.root, 'run', id, 'status')));
  await world.separate();
  expect(await world.finished(id)).toMatchObject({Exit_status: 5, run_count: 1});
  expect(await world.finished(dependent)).toMatchObject({Exit_status: 0});
  expect(world.read(`starts.${id}`)).toBe('start\n');
});

test('a job that still runs is taken up by the new server: qdel and walltime reach it', async () => {
  await world.separate();
  const [first, second] = [await world.qsub('gate.sh'), await world.qsub('-l walltime=3 gate.sh')];
  await runs(first);
  await runs(second);
  await world.kill();
  await world.separate();
  expect([await world.state(first), await world.state(second)]).toEqual(['R', 'R']);
  await world.sh(`qdel ${first}`);
  expect(await world.finished(first)).toMatchObject({Exit_status: 271, substate: 91});
  expect(await world.finished(second)).toMatchObject({Exit_status: -29});
});

test('closing leaves jobs running; stopping ends them, and they run again later', async () => {
  const id = await world.qsub('gate.sh');
  await runs(id);
  await world.restart('close');
  expect(await world.job(id)).toMatchObject({job_state: 'R', run_count: 1});
  await world.restart('stop');
  await world.until('it runs again', async () => (await world.job(id))?.run_count === 2);
  world.script('go', '');
  expect(await world.finished(id)).toMatchObject({Exit_status: 5, run_count: 2});
  expect(world.read(`starts.${id}`)).toBe('start\nstart\n');
});

test('numbers go on after a restart', async () => {
  expect(await world.qsub('-h ok.sh')).toBe('0.stage-local');
  await world.restart('close');
  expect(await world.qsub('-h ok.sh')).toBe('1.stage-local');
});
