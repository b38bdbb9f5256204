import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {runWithPerson} from '../../auth/support/person.ts';
import {hashesOf, linesIn, localWorld, type World} from '../../support/world.ts';

// Real processes: tokens expire, and days pass quickly, in the service while jobs look.

const DAY_MS = 5000;
const FILES = 36;
const FILE_BYTES = 10_000;
/** bytes a second: copying the files takes about fourteen days, the lapse one more */
const RATE = 5200;

let world: World;
beforeAll(async () => {
  world = await localWorld({
    day: '5s',
    config: `profiles:
  local:
    transfer: {kind: local, client_id: 5b2f1d3c-0000-4000-8000-000000000009}
`,
  });
});
afterAll(() => world.close());

/** Lines of the stand-ins' own log. */
const logged = (words: string): number =>
  readFileSync(join(world.home, 'stand-ins/daemon.log'), 'utf8')
    .split('\n')
    .filter((line) => line.includes(words)).length;

interface Task {
  readonly requestedAt: number;
  readonly completedAt: number | null;
  readonly deadline: number;
  readonly status: string;
}

/** What the stand-in itself has on record, without asking it: asking needs a token. */
function tasks(): Task[] {
  const directory = join(world.home, 'stand-ins/globus/tasks');
  return readdirSync(directory).map(
    (id) => JSON.parse(readFileSync(join(directory, id, 'state.json'), 'utf8')) as Task,
  );
}

test('a transfer of two weeks: tokens end, the deadline moves, PBS forgets, a credential lapses; one task, one compute, one thing to type', async () => {
  expect((await world.stage('local', 'status')).stdout).toContain('clock: a day lasts 5 s');
  const env = {
    STAGE_HOME: world.home,
    STAGE_PROFILE: 'local',
    STAGE_CONFIG: join(world.root, 'config/stage/config.yaml'),
  };
  expect((await runWithPerson(['login'], env)).exitCode).toBe(0);
  for (const name of world.writeTree(world.path('archive', 'in'), FILES))
    writeFileSync(world.path('archive', `in/${name}`), name.padEnd(FILE_BYTES, '.'));
  await world.stage('local', 'rate', String(RATE));
  await world.setServer?.('job_history_duration', '24:00:00');
  const [prepared, computed] = [join(world.work, 'prepared'), join(world.work, 'computed')];
  world.write('prepare.sh', `#!/bin/sh\necho once >> ${prepared}\n`);
  world.write('compute.sh', `#!/bin/sh\necho once >> ${computed}\n`);
  const file = world.write(
    'long.yaml',
    `name: long
steps:
  prepare: {job: {script: prepare.sh}}
  stage-in: {needs: [prepare], transfer: {from: "archive:/in/", to: "cluster:/in/"}}
  compute: {needs: [stage-in], job: {script: compute.sh}}
`,
  );
  const run = await world.stage('run', file);
  expect({exit: run.exitCode, said: run.stderr}).toEqual({exit: 0, said: expect.any(String)});
  const task = await world.waitFor('the transfer begins', () => tasks()[0]);
  const early = (await world.jobsOf('long.1')).filter(({Job_Name}) => Job_Name === 'prepare.long');
  expect(early).toHaveLength(1);

  await pause(5 * DAY_MS);
  const whoami = (await world.stage('whoami', '--json')).json();
  expect(whoami).toMatchObject({signedInBy: 'native-app', renewedBy: 'refresh-token', exit: 0});
  expect(Date.parse(String(whoami.workUntil))).toBeGreaterThan(task.deadline);
  await world.stage('local', 'expire', 'archive');
  const why = await world.stage('why', 'long');
  expect(why.exitCode).toBe(3);
  expect(why.stdout).toMatch(/stage-in: Globus has suspended it until you sign in[\s\S]*stage local renew archive/);
  await pause(DAY_MS);
  expect(tasks()).toMatchObject([{status: 'INACTIVE'}]);
  expect((await world.stage('status', 'long')).exitCode).toBe(3);
  expect((await world.stage('local', 'renew', 'archive')).exitCode).toBe(0);

  expect(await world.ended('long.1', 120)).toMatchObject({state: 'succeeded'});
  const [ended, ...more] = tasks();
  expect(more).toEqual([]);
  expect(((ended?.completedAt ?? 0) - task.requestedAt) / DAY_MS).toBeGreaterThan(14);
  // A day at first, or a few where a look came before ours.
  expect(task.deadline - task.requestedAt).toBeLessThan(5 * DAY_MS);
  expect(ended?.deadline).toBeGreaterThan(task.requestedAt + 10 * DAY_MS);
  expect(logged('gave a token: refresh_token')).toBeGreaterThan(5);
  expect([linesIn(prepared), linesIn(computed)]).toEqual([1, 1]);
  expect(await world.pbs('qstat', '-x', early[0]?.id ?? '')).toMatchObject({
    exitCode: 153,
    stderr: expect.stringContaining('Unknown Job Id'),
  });
  expect(hashesOf(world.path('cluster', 'in'))).toEqual(hashesOf(world.path('archive', 'in')));
  expect(existsSync(join(world.state, 'sealed', 'long.2.json'))).toBe(false);
}, 180_000);
