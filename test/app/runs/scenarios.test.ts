import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {patience, patiently, siteConfig, worldsDirectory} from '../../support/batch-system.ts';
import {cleanEnvironment, PACKAGE, runProgram} from '../../support/cli.ts';
import {WARM_STAGE} from '../../support/warm-stage.ts';
import {classic} from '../../support/workflows.ts';
import {leftIn, linesIn, localWorld, type World} from '../../support/world.ts';

// Real processes: the scripts that readers replay are run as they stand. The first takes the commands that readers have;
// in the others they run in processes that have run others before.

const SCRIPTS = join(PACKAGE, 'examples', 'scenarios');
const PAGES = join(PACKAGE, 'docs', 'scenarios');
const ARCHIVE = 'aaaaaaaa-5a5a-4a5a-8a5a-000000000001';
const CLUSTER = 'cccccccc-5a5a-4a5a-8a5a-000000000002';

/** On a PBS that is not ours, the scripts take its commands and a profile for it. */
function elsewhere(home: string): Record<string, string> {
  if (process.env.STAGE_TEST_PBS !== '1') return {};
  const config = join(home, 'site.yaml');
  writeFileSync(config, siteConfig());
  return {TMPDIR: home, STAGE_SCENARIO_CONFIG: config, STAGE_SCENARIO_PATIENCE: String(patience)};
}

describe.concurrent('a scenario that a reader can replay', () => {
  const home = mkdtempSync(join(worldsDirectory(), 'stage-scenarios-'));
  afterAll(() => rmSync(home, {recursive: true, force: true}));

  test.each([
    ['a', 'after a pause of the source compute and stage-out run, and the cleanup does not'],
    ['b', 'a terminated stage-in is cleaned up after, and "stage resume" does it again'],
    ['c', 'an expired credential is waited through, and after its renewal nothing needs to be done'],
    ['d', 'a queue that is wiped again and again costs neither a second task nor a second execution'],
    ['e', 'a transfer that was started elsewhere does the work of a step'],
  ])('%s: %s', {timeout: patiently(150_000)}, async (letter) => {
    const ran = await runProgram('sh', [join(SCRIPTS, `${letter}.sh`)], {
      env: cleanEnvironment({
        HOME: home,
        ...(WARM_STAGE === undefined || letter === 'a' ? {} : {STAGE_SCENARIO_CLI: WARM_STAGE}),
        ...elsewhere(home),
      }),
      timeoutMs: patiently(140_000),
    });
    expect({exit: ran.exitCode, said: ran.exitCode === 0 ? '' : ran.stdout + ran.stderr}).toEqual({exit: 0, said: ''});
  });
});

test('each command that a page quotes is one that its script runs', () => {
  const shown = (script: string) =>
    [...readFileSync(join(SCRIPTS, script), 'utf8').matchAll(/^(?:show|exits \d+) '(.*)'$/gm)].map(
      ([, command]) => command,
    );
  const quoted = (page: string) =>
    [...readFileSync(join(PAGES, page), 'utf8').matchAll(/^\$ (.*)$/gm)].map(([, command]) => command);
  const pages = readdirSync(PAGES).sort();
  expect(pages).toEqual(['README.md', 'a-pause.md', 'b-terminated.md', 'c-credential.md', 'd-wiped.md', 'e-adopt.md']);
  for (const page of pages) {
    const script = page === 'README.md' ? 'common.sh' : `${page[0]}.sh`;
    expect({page, commands: quoted(page)}).toEqual({page, commands: shown(script)});
  }
});

describe('what the scripts do not reach', () => {
  let world: World;
  beforeAll(async () => {
    world = await localWorld();
  });
  afterAll(() => world.close());

  const stageIn = (run: string) => String(world.fact(run, 'stage-in.1.transfer.confirmed.json').task);
  const done = async (run: string, computed: string, steps = 2) => {
    expect(await world.ended(run, 60)).toMatchObject({state: 'succeeded'});
    expect(linesIn(computed)).toBe(1);
    expect(await world.tasksOf(run)).toHaveLength(steps);
  };

  test('a transfer that plain HTTP started is grafted on, active or long over, and moves nothing twice', async () => {
    const globus = await world.globus();
    const start = (name: string) =>
      globus.transfer({collection: ARCHIVE, path: `/${name}/in/`}, {collection: CLUSTER, path: `/${name}/in/`});
    const over = classic(world, 'over');
    const task = await start('over');
    await world.waitFor('its end', async () =>
      (await world.tasks()).some(({task_id, status}) => task_id === task && status === 'SUCCEEDED'),
    );
    expect((await world.stage('run', over.file, '--adopt', `stage-in=${task}`)).exitCode).toBe(0);
    expect(stageIn('over.1')).toBe(task);

    await world.stage('local', 'pause', 'archive');
    const active = classic(world, 'active');
    const other = await start('active');
    expect((await world.stage('run', active.file, '--adopt', other)).exitCode).toBe(0);
    expect(stageIn('active.1')).toBe(other);
    await world.stage('local', 'resume', 'archive');
    await done('over.1', over.computed);
    await done('active.1', active.computed);
    const started = (await world.tasks()).filter(({label}) => label === 'by hand');
    expect(started.map(({task_id}) => task_id).sort()).toEqual([task, other].sort());
  });

  test('another transfer than the step says is refused, with the difference, and records nothing', async () => {
    const {file} = classic(world, 'differs');
    const globus = await world.globus();
    const task = await globus.transfer(
      {collection: CLUSTER, path: '/over/in/'},
      {collection: ARCHIVE, path: '/differs/x/'},
    );
    const refused = await world.stage('run', file, '--adopt', task);
    expect(refused).toMatchObject({exitCode: 2, stdout: ''});
    expect(refused.stderr).toMatch(/source: the task reads cluster/);
    expect(world.facts('differs.1')).toEqual([]);
  });

  test('queue and state directory both lost: "stage run --adopt" with the id of the orphan moves nothing twice', async () => {
    await world.stage('local', 'pause', 'archive');
    const {file, computed} = classic(world, 'orphan');
    await world.stage('run', file);
    const task = stageIn('orphan.1');
    await world.wipe();
    rmSync(world.state, {recursive: true});
    rmSync(join(world.root, 'cache'), {recursive: true}); // the note that runs were active: lost with it, or taken away as stage says
    expect((await world.stage('run', file, '--adopt', task)).exitCode).toBe(0);
    expect(stageIn('orphan.1')).toBe(task);
    await world.stage('local', 'resume', 'archive');
    await done('orphan.1', computed);
    const labels = (await world.tasks()).map(({label}) => label);
    expect(labels.filter((label) => label === 'stage orphan.1 stage-in 1')).toHaveLength(1);
  });

  test('a sign-in that is needed before the transfer is taken shows as such, fails nothing, and passes by itself', async () => {
    await world.collection('lapsed');
    const {file, computed} = classic(world, 'lapsed', {source: 'lapsed'});
    await world.stage('local', 'expire', 'lapsed');
    // The check before a run says so at once, and begins nothing.
    expect((await world.stage('run', file)).exitCode).toBe(3);
    expect(world.facts('lapsed.1')).toEqual([]);
    const run = await world.stage('run', '--no-check', file);
    expect(run.exitCode).toBe(3);
    const told = await world.stage('status', 'lapsed');
    expect(told.exitCode).toBe(3);
    expect(told.stdout).toMatch(/stage-in\s+action-needed.*Globus requires another sign-in.*Sign in again as/);
    const listed = await world.stage('list', '--json');
    expect(listed.exitCode).toBe(0);
    const looks = () => readdirSync(join(world.state, 'monitor')).filter((name) => name.includes('.look.')).length;
    const before = looks();
    await world.waitFor('two more looks', () => looks() >= before + 2);
    expect(await world.status('lapsed')).toMatchObject({state: 'active'});
    expect(world.facts('lapsed.1').filter((name) => name.includes('.sign-in-'))).toEqual([
      'stage-in.1.transfer.sign-in-1.json',
    ]);
    expect(existsSync(computed)).toBe(false);

    await world.stage('local', 'renew', 'lapsed');
    await done('lapsed.1', computed);
    await world.waitFor('an empty queue', async () => leftIn(await world.jobsOf('lapsed.1')).length === 0);
  });
});
