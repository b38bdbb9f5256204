import {readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {classic} from '../../support/workflows.ts';
import {hashesOf, leftIn, linesIn, localWorld, type World} from '../../support/world.ts';

// Real processes: PBS and Globus are away while jobs of stage look.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

const taskOf = (run: string) => world.fact(run, 'stage-in.1.transfer.confirmed.json').task;

async function expectWellEnded(name: string, computed: string): Promise<void> {
  expect(await world.ended(`${name}.1`, 60)).toMatchObject({state: 'succeeded'});
  expect(linesIn(computed)).toBe(1);
  expect(hashesOf(world.path('archive', `${name}/out`))).toEqual(hashesOf(world.path('archive', `${name}/in`)));
  expect(await world.tasksOf(`${name}.1`)).toHaveLength(2);
  await world.waitFor('an empty queue', async () => leftIn(await world.jobs()).length === 0);
}

test('a queue that was wiped during the stage-in is filled again by "stage run": the same task, one execution', async () => {
  await world.stage('local', 'pause', 'archive');
  const {file, computed} = classic(world, 'wiped');
  await world.stage('run', file);
  const task = taskOf('wiped.1');
  await world.wipe();
  expect(await world.jobs()).toEqual([]);

  const repaired = await world.stage('run', file);
  expect(repaired.exitCode).toBe(0);
  await world.stage('local', 'resume', 'archive');
  await expectWellEnded('wiped', computed);
  expect(taskOf('wiped.1')).toBe(task);
});

test('a queue that was wiped is filled again by "stage status" as well', async () => {
  await world.stage('local', 'pause', 'archive');
  const {file, computed} = classic(world, 'wiped-too');
  await world.stage('run', file);
  await world.wipe();
  await world.stage('status');
  await world.stage('local', 'resume', 'archive');
  await expectWellEnded('wiped-too', computed);
});

test('PBS killed in the middle of the stage-in: after any command the run goes on and ends well', async () => {
  await world.stage('local', 'rate', '2k');
  const {file, computed} = classic(world, 'killed-early', {files: 12});
  await world.stage('run', file);
  await world.waitFor('some of the files', async () =>
    (await world.tasksOf('killed-early.1')).some((task) => task.files_transferred > 0),
  );
  await world.kill();
  expect((await world.stage('status')).exitCode).toBe(0);
  await world.stage('local', 'rate', 'unlimited');
  await expectWellEnded('killed-early', computed);
});

test('a monitor that PBS takes no successor of stays until it does: the run ends without a command', async () => {
  await world.stage('local', 'pause', 'archive');
  const {file, computed} = classic(world, 'no-successor');
  await world.stage('run', file);
  const links = () => readdirSync(join(world.state, 'monitor')).filter((name) => name.endsWith('.refused.json')).length;
  const before = links();
  await world.stage('local', 'outage', 'pbs', '--mode', 'refuse');
  await world.waitFor('a link that was refused twice', () => links() >= before + 2, {seconds: 60});
  await world.stage('local', 'outage', 'end', 'pbs');
  await world.stage('local', 'resume', 'archive');
  await expectWellEnded('no-successor', computed);
});

test('a launcher that is the last to look stays while PBS takes no monitor: the run ends without a command', async () => {
  const go = world.path('cluster', 'last-look/go');
  const {file, computed} = classic(world, 'last-look', {
    body: `until [ -e '${go}' ]; do sleep 0.1; done\ncp -R ${world.path('cluster', 'last-look/in')}/. ${world.path('cluster', 'last-look/out')}/`,
  });
  await world.stage('run', file);
  await world.waitFor('the start of compute', () => linesIn(computed) === 1);
  const refusals = () =>
    readdirSync(join(world.state, 'monitor')).filter((name) => name.endsWith('.refused.json')).length;
  const before = refusals();
  await world.stage('local', 'outage', 'pbs', '--mode', 'refuse');
  await world.waitFor('a monitor that has no successor', () => refusals() > before);
  const monitors = (await world.jobs()).filter(
    ({Job_Name, job_state}) => Job_Name === 'stage-monitor' && job_state !== 'F',
  );
  for (const {id} of monitors) await world.pbs('qdel', id);
  await world.waitFor('the end of the last monitor', async () => {
    const left = await world.jobs();
    return left.every(({Job_Name, job_state}) => Job_Name !== 'stage-monitor' || job_state === 'F');
  });
  const without = refusals();
  await world.stage('local', 'pause', 'archive'); // or the stage-out may end while the launcher looks
  writeFileSync(go, '');
  await world.waitFor('the launcher to be refused a monitor', () => refusals() > without);
  await world.stage('local', 'outage', 'end', 'pbs');
  await world.stage('local', 'resume', 'archive');
  await expectWellEnded('last-look', computed);
});

test('PBS killed while compute runs: the script is not run a second time, and its result is staged out', async () => {
  const {file, computed} = classic(world, 'killed-late', {
    body: `sleep 3\ncp -R ${world.path('cluster', 'killed-late/in')}/. ${world.path('cluster', 'killed-late/out')}/`,
  });
  await world.stage('run', file);
  await world.waitFor('the start of compute', () => linesIn(computed) === 1);
  await world.kill();
  expect((await world.stage('status')).exitCode).toBe(0);
  await expectWellEnded('killed-late', computed);
});
