import {afterAll, beforeAll, expect, test} from 'vitest';
import {classic} from '../../support/workflows.ts';
import {linesIn, localWorld, type World} from '../../support/world.ts';

// Real processes: what goes on while nobody is there is done by jobs alone.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

const outage = (...argv: string[]) => world.stage('local', 'outage', ...argv);
async function expectOneOfEach(name: string, computed: string, seconds = 60): Promise<void> {
  expect(await world.ended(`${name}.1`, seconds)).toMatchObject({state: 'succeeded'});
  expect({name, executions: linesIn(computed)}).toEqual({name, executions: 1});
  expect(await world.tasksOf(`${name}.1`)).toHaveLength(2);
}

test.each([
  ['down', 'pbs', /no connection to the server/],
  ['garbage', 'pbs', /PBS could not be queried/],
  ['half', 'pbs', /PBS could not be queried/],
])(
  'PBS "%s" during the stage-in: exit 4, nothing is concluded, and the run ends well afterwards',
  async (mode, target, says) => {
    const name = `pbs-${mode}`;
    await world.collection(name);
    const {file, computed} = classic(world, name, {source: name});
    await world.stage('local', 'pause', name);
    await world.stage('run', file);
    const facts = () => world.facts(`${name}.1`).filter((fact) => /absent|outcome|void|never-arrived/.test(fact));
    await outage(target, '--mode', mode);
    const told = await world.stage('status', name);
    expect({exit: told.exitCode, says: told.stdout}).toEqual({exit: 4, says: expect.stringMatching(says)});
    expect(told.stdout).toMatch(/compute\s+unknown/);
    expect(facts()).toEqual([]);
    await outage('end');
    await world.stage('status'); // a monitor may have been unable to submit its successor
    await world.stage('local', 'resume', name);
    await expectOneOfEach(name, computed);
  },
);

test('a PBS whose database is dead answers and takes nothing: exit 4 with its words, and the same command goes on', async () => {
  const {file, computed} = classic(world, 'pbs-db');
  await outage('pbs-db');
  const run = await world.stage('run', file);
  expect({exit: run.exitCode, says: run.stdout}).toEqual({
    exit: 4,
    says: expect.stringMatching(/Failed to save job/),
  });
  await outage('end');
  expect((await world.stage('run', file)).exitCode).toBe(0);
  await expectOneOfEach('pbs-db', computed);
});

test('while no monitor is in the queue, commands say that nothing happens by itself; "stage run" adds one at once', async () => {
  // The pause after a refusal is longer than this test.
  const slow = world.write(
    'slow-config.yaml',
    `profiles:
  slow: {scheduler: {kind: local, timeout: 8}, transfer: local, monitor: {min: 300, max: 600}}
`,
  );
  const env = {STAGE_CONFIG: slow, STAGE_PROFILE: 'slow'};
  const {file} = classic(world, 'no-monitor');
  await world.stage('local', 'pause', 'archive');
  const says = expect.stringMatching(/no monitor is in the queue, so nothing happens by itself until/);
  await outage('pbs-db');
  const refused = await world.stage('run', file, {env});
  expect({exit: refused.exitCode, says: refused.stdout}).toEqual({exit: 4, says});
  await outage('end');
  const status = await world.stage('status', 'no-monitor', {env});
  expect({exit: status.exitCode, says: status.stdout}).toEqual({exit: 4, says});
  const run = await world.stage('run', file, {env});
  expect({exit: run.exitCode, says: run.stdout}).toEqual({exit: 0, says: expect.not.stringContaining('no monitor')});
  const monitors = (await world.jobs()).filter((job) => JSON.stringify(job).includes(`${world.home}/slow/monitor`));
  expect(monitors.map(({job_state}) => job_state)).toEqual(['W']);
  await world.stage('cancel', 'no-monitor', '--no-cleanup', {env});
  await world.stage('local', 'resume', 'archive');
});

test('where staging jobs have no network, "stage run" notes each time who has to look', async () => {
  const config = world.write(
    'apart-config.yaml',
    'profiles:\n  apart: {scheduler: {kind: local, timeout: 8}, transfer: local, staging: {network: false}}\n',
  );
  const env = {STAGE_CONFIG: config, STAGE_PROFILE: 'apart'};
  await world.stage('local', 'pause', 'archive');
  const {file} = classic(world, 'apart');
  for (const did of ['created', 'nothing']) {
    const run = (await world.stage('run', file, '--json', {env})).json<{did: string; notes: unknown[]}>();
    expect(run).toMatchObject({did, notes: [{level: 'note', what: 'staging jobs may not reach the network'}]});
  }
  await world.stage('cancel', 'apart', '--no-cleanup', {env});
  await world.stage('local', 'resume', 'archive');
});

test('Globus that fails three requests in ten, in every way, during whole runs: one task and one execution each', async () => {
  const modes = ['429', '500', '503', 'reset', 'html', 'half', 'garbage', 'lost', 'down'];
  const runs = modes.map((mode) => ({name: `globus-${mode}`, ...classic(world, `globus-${mode}`)}));
  for (const [index, mode] of modes.entries()) {
    await outage('globus', '--mode', mode, '--rate', '0.3');
    const started = await world.stage('run', runs[index]?.file ?? '');
    expect([0, 4]).toContain(started.exitCode);
  }
  await outage('globus', '--mode', 'reset', '--rate', '0.3');
  await world.waitFor('some of them to end among failures', () => runs.some(({computed}) => linesIn(computed) === 1));
  await outage('end');
  await world.stage('status');
  for (const {name, computed} of runs) await expectOneOfEach(name, computed);
});

test('both away at once, look after look: nothing is concluded, and once they are back any command ends it well', async () => {
  const {file, computed} = classic(world, 'both');
  await world.stage('local', 'pause', 'archive');
  await world.stage('run', file);
  await outage('pbs', '--mode', 'down');
  await outage('globus', '--mode', 'down');
  await world.stage('local', 'resume', 'archive');
  for (let look = 0; look < 3; look++) expect((await world.stage('status', 'both')).exitCode).toBe(4);
  const concluded = world.facts('both.1').filter((fact) => /absent|outcome|void|never-arrived/.test(fact));
  expect(concluded).toEqual([]);
  await outage('end');
  await world.stage('status');
  await expectOneOfEach('both', computed);
});

test('a Globus whose name cannot be resolved: exit 4 with the name, and nothing is concluded', async () => {
  const config = world.write(
    'nowhere-config.yaml',
    `profiles:
  nowhere:
    scheduler: local
    transfer: {kind: globus, credentials: ${world.home}/stand-ins/credentials.json, auth_url: "https://nowhere.invalid/", transfer_url: "https://nowhere.invalid/"}
    collections: {archive: aaaaaaaa-5a5a-4a5a-8a5a-000000000001, cluster: cccccccc-5a5a-4a5a-8a5a-000000000002}
`,
  );
  const {file} = classic(world, 'nowhere');
  const env = {STAGE_CONFIG: config, STAGE_PROFILE: 'nowhere'};
  for (const argv of [
    ['run', file],
    ['status', 'nowhere'],
  ]) {
    const ran = await world.stage(...argv, {env});
    expect({argv, exit: ran.exitCode, says: ran.stdout}).toEqual({
      argv,
      exit: 4,
      says: expect.stringMatching(/nowhere\.invalid.*(ENOTFOUND|EAI_AGAIN)/),
    });
  }
  const {runs} = (await world.stage('status', 'nowhere', '--json', {env})).json<{runs: {state: string}[]}>();
  expect(runs).toMatchObject([{state: 'active'}]);
  await world.stage('cancel', 'nowhere', '--no-cleanup', {env});
});
