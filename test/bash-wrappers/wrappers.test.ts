import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {patiently} from '../support/batch-system.ts';
import {cleanEnvironment, runProgram} from '../support/cli.ts';
import {linesIn, localWorld, type World} from '../support/world.ts';

// Real processes: the scripts that people have are run unchanged.

/**
 * The scripts that people have today, unchanged, against the stand-ins: what they say of `qsub`, `qrls`, `qdel` and
 * `globus` must hold. `STAGE_TEST_GLOBUS` names the real Globus CLI where there is one.
 */
const GLOBUS = process.env.STAGE_TEST_GLOBUS ?? join(import.meta.dirname, 'globus.mjs');
const ARCHIVE = 'aaaaaaaa-5a5a-4a5a-8a5a-000000000001';
const CLUSTER = 'cccccccc-5a5a-4a5a-8a5a-000000000002';

let world: World;
let environment: Record<string, string>;
beforeAll(async () => {
  world = await localWorld({ownProcesses: true});
  const {stdout} = await world.stage('local', 'env', '--json');
  const {environment: variables} = JSON.parse(stdout) as {environment: Record<string, string>};
  // Elsewhere than on the stand-in, the PBS commands are those that PATH has.
  const {PATH: _, ...others} = variables;
  environment = world.shared ? cleanEnvironment(others) : cleanEnvironment({...variables, HOME: world.work});
});
afterAll(() => world.close());

/** Files to move, and the settings that the scripts read. @returns the directory of the logs, and the settings' path */
function prepare(name: string, source = `/${name}/in/`) {
  const logs = join(world.work, name);
  mkdirSync(logs, {recursive: true});
  world.writeTree(world.path('archive', `${name}/in`), 5);
  writeFileSync(world.path('archive', `${name}/in/words`), 'b\na\n');
  const {client_id, client_secret} = JSON.parse(
    readFileSync(join(world.home, 'stand-ins', 'credentials.json'), 'utf8'),
  ) as Record<string, string>;
  const values: Record<string, string> = {
    GLOBUS,
    HERE: import.meta.dirname,
    LOGS: logs,
    DATA: world.path('cluster', `${name}/in`),
    RESULTS: world.path('cluster', `${name}/out`),
    IN_FROM: `${ARCHIVE}:${source}`,
    IN_TO: `${CLUSTER}:/${name}/in/`,
    OUT_FROM: `${CLUSTER}:/${name}/out/`,
    OUT_TO: `${ARCHIVE}:/${name}/out/`,
    PATH: environment.PATH ?? '',
    GLOBUS_CLI_CLIENT_ID: client_id ?? '',
    GLOBUS_CLI_CLIENT_SECRET: client_secret ?? '',
    GLOBUS_SDK_SERVICE_URL_AUTH: environment.GLOBUS_SDK_SERVICE_URL_AUTH ?? '',
    GLOBUS_SDK_SERVICE_URL_TRANSFER: environment.GLOBUS_SDK_SERVICE_URL_TRANSFER ?? '',
  };
  const settings = join(logs, 'settings');
  const lines = Object.entries(values).map(([key, value]) => `export ${key}='${value}'\n`);
  writeFileSync(settings, lines.join(''), {mode: 0o600});
  return {logs, settings};
}

const start = (script: string, settings: string) =>
  runProgram(join(import.meta.dirname, script), [settings], {cwd: world.work, env: environment});

describe.concurrent.each(['v1', 'v2'])('the %s wrapper, unchanged', (version) => {
  test(
    'stages in, computes, stages out, and does not clean up',
    async () => {
      const {logs, settings} = prepare(`${version}-good`);
      const started = await start(`${version}-run.sh`, settings);
      expect({code: started.exitCode, stderr: started.stderr}).toEqual({code: 0, stderr: ''});
      const sorted = world.path('archive', `${version}-good/out/sorted`);
      await world.waitFor('the result', () => existsSync(sorted), {seconds: 60});
      expect(readFileSync(sorted, 'utf8')).toContain('a\nb\n');
      expect(linesIn(join(logs, 'computed'))).toBe(1);
      expect(existsSync(join(logs, 'cleaned'))).toBe(false);
    },
    patiently(90_000),
  );

  test(
    'cleans up after a stage-in that failed, and computes nothing',
    async () => {
      const name = `${version}-bad`;
      await world.collection(name);
      const {logs, settings} = prepare(name);
      await world.stage('local', 'pause', name);
      const id = (await world.stage('local', 'status', '--json'))
        .json<{
          status: {collections: {name: string; id: string}[]};
        }>()
        .status.collections.find((each) => each.name === name)?.id;
      writeFileSync(settings, `${readFileSync(settings, 'utf8')}export IN_FROM='${id}:/nothing/'\n`, {mode: 0o600});
      const started = await start(`${version}-run.sh`, settings);
      expect(started.exitCode).toBe(0);
      const mine = () => world.tasks().then((all) => all.find((task) => task.source_endpoint_id === id));
      const task = await world.waitFor('the transfer', mine);
      await world.cancelTask(task.task_id);
      await world.waitFor('the cleanup', () => linesIn(join(logs, 'cleaned')) === 1, {seconds: 60});
      expect(existsSync(join(logs, 'computed'))).toBe(false);
      const left = async () =>
        (await world.jobs()).filter(
          (job) =>
            job.Job_Name.startsWith(version) &&
            !['F', 'X', 'E'].includes(job.job_state) &&
            JSON.stringify(job.Variable_List).includes(`/${name}/`),
        );
      await world.waitFor('an empty queue', async () => (await left()).length === 0, {seconds: 30});
    },
    patiently(90_000),
  );
});
