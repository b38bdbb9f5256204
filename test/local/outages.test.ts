import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {classic} from './support/workflows.ts';
import {hashesOf, leftIn, linesIn, localWorld, type World} from './support/world.ts';

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

describe('trouble on the way', () => {
  let troubled: World;
  beforeAll(async () => {
    troubled = await localWorld();
  });
  afterAll(() => troubled.close());

  const outage = (...argv: string[]) => troubled.stage('local', 'outage', ...argv);
  async function expectOneOfEach(name: string, computed: string, seconds = 60): Promise<void> {
    expect(await troubled.ended(`${name}.1`, seconds)).toMatchObject({state: 'succeeded'});
    expect({name, executions: linesIn(computed)}).toEqual({name, executions: 1});
    expect(await troubled.tasksOf(`${name}.1`)).toHaveLength(2);
  }

  test.each([
    ['down', 'pbs', /no connection to the server/],
    ['garbage', 'pbs', /PBS could not be asked/],
    ['half', 'pbs', /PBS could not be asked/],
  ])(
    'PBS "%s" during the stage-in: exit 4, nothing is concluded, and the run ends well afterwards',
    async (mode, target, says) => {
      const name = `pbs-${mode}`;
      await troubled.collection(name);
      const {file, computed} = classic(troubled, name, {source: name});
      await troubled.stage('local', 'pause', name);
      await troubled.stage('run', file);
      const facts = () => troubled.facts(`${name}.1`).filter((fact) => /absent|outcome|void|never-arrived/.test(fact));
      await outage(target, '--mode', mode);
      const told = await troubled.stage('status', name);
      expect({exit: told.exitCode, says: told.stdout}).toEqual({exit: 4, says: expect.stringMatching(says)});
      expect(told.stdout).toMatch(/compute\s+unknown/);
      expect(facts()).toEqual([]);
      await outage('end');
      await troubled.stage('status'); // a monitor may have been unable to submit its successor
      await troubled.stage('local', 'resume', name);
      await expectOneOfEach(name, computed);
    },
  );

  test('a PBS whose database is dead answers and takes nothing: exit 4 with its words, and the same command goes on', async () => {
    const {file, computed} = classic(troubled, 'pbs-db');
    await outage('pbs-db');
    const run = await troubled.stage('run', file);
    expect({exit: run.exitCode, says: run.stdout}).toEqual({
      exit: 4,
      says: expect.stringMatching(/Failed to save job/),
    });
    await outage('end');
    expect((await troubled.stage('run', file)).exitCode).toBe(0);
    await expectOneOfEach('pbs-db', computed);
  });

  test('Globus that fails three requests in ten, in every way, during whole runs: one task and one execution each', async () => {
    const modes = ['429', '500', '503', 'reset', 'html', 'half', 'garbage', 'lost', 'down'];
    const runs = modes.map((mode) => ({name: `globus-${mode}`, ...classic(troubled, `globus-${mode}`)}));
    for (const [index, mode] of modes.entries()) {
      await outage('globus', '--mode', mode, '--rate', '0.3');
      const started = await troubled.stage('run', runs[index]?.file ?? '');
      expect([0, 4]).toContain(started.exitCode);
    }
    await outage('globus', '--mode', 'reset', '--rate', '0.3');
    await troubled.waitFor('some of them to end among failures', () =>
      runs.some(({computed}) => linesIn(computed) === 1),
    );
    await outage('end');
    await troubled.stage('status');
    for (const {name, computed} of runs) await expectOneOfEach(name, computed);
  });

  test('both away at once, look after look: nothing is concluded, and once they are back any command ends it well', async () => {
    const {file, computed} = classic(troubled, 'both');
    await troubled.stage('local', 'pause', 'archive');
    await troubled.stage('run', file);
    await outage('pbs', '--mode', 'down');
    await outage('globus', '--mode', 'down');
    await troubled.stage('local', 'resume', 'archive');
    for (let look = 0; look < 3; look++) expect((await troubled.stage('status', 'both')).exitCode).toBe(4);
    const concluded = troubled.facts('both.1').filter((fact) => /absent|outcome|void|never-arrived/.test(fact));
    expect(concluded).toEqual([]);
    await outage('end');
    await troubled.stage('status');
    await expectOneOfEach('both', computed);
  });

  test('a Globus whose name cannot be resolved: exit 4 with the name, and nothing is concluded', async () => {
    const config = troubled.write(
      'nowhere-config.yaml',
      `profiles:
  nowhere:
    scheduler: local
    transfer: {kind: globus, credentials: ${troubled.home}/stand-ins/credentials.json, auth_url: "http://nowhere.invalid/", transfer_url: "http://nowhere.invalid/"}
    collections: {archive: aaaaaaaa-5a5a-4a5a-8a5a-000000000001, cluster: cccccccc-5a5a-4a5a-8a5a-000000000002}
`,
    );
    const {file} = classic(troubled, 'nowhere');
    const env = {STAGE_CONFIG: config, STAGE_PROFILE: 'nowhere'};
    for (const argv of [
      ['run', file],
      ['status', 'nowhere'],
    ]) {
      const ran = await troubled.stage(...argv, {env});
      expect({argv, exit: ran.exitCode, says: ran.stdout}).toEqual({
        argv,
        exit: 4,
        says: expect.stringMatching(/nowhere\.invalid.*(ENOTFOUND|EAI_AGAIN)/),
      });
    }
    const {runs} = (await troubled.stage('status', 'nowhere', '--json', {env})).json<{runs: {state: string}[]}>();
    expect(runs).toMatchObject([{state: 'active'}]);
    await troubled.stage('cancel', 'nowhere', '--no-cleanup', {env});
  });
});
