import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {classic} from '../support/workflows.ts';
import {localWorld, type World} from '../support/world.ts';

// Real processes: what a command and its jobs write together into one file of a host is the point.
let world: World;
beforeAll(async () => {
  world = await localWorld({config: 'profiles: {local: {log: {format: json}}}\n'});
});
afterAll(() => world.close());

interface Line {
  readonly level: string;
  readonly event: string;
  readonly command: string;
  readonly run?: string;
  readonly step?: string;
  readonly job?: string;
  readonly task?: string;
  readonly exit?: number;
  readonly code?: string;
}

function linesOfTheLog(): Line[] {
  const directory = join(world.home, 'logs');
  return readdirSync(directory)
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line) as Line);
}

test('a run is told from its first command to its last job, with the ids of run, step, job and task', async () => {
  const {file} = classic(world, 'told');
  const ran = await world.stage('run', file, '--wait', '--verbose', '--json');
  expect(ran.exitCode).toBe(0);
  const lines = linesOfTheLog();

  const submitted = lines.filter(({event, step}) => event === 'pbs.qsub' && step === 'compute');
  expect(submitted.length).toBeGreaterThan(0);
  for (const line of submitted) expect(line).toMatchObject({run: 'told.1', job: expect.stringMatching(/^\d+\./)});
  const moved = lines.filter(({event}) => event === 'globus.submit');
  expect(moved.map(({step}) => step).sort()).toEqual(['stage-in', 'stage-out']);
  for (const line of moved) expect(line).toMatchObject({run: 'told.1', task: expect.stringMatching(/^[0-9a-f-]{36}$/)});
  expect(lines.filter(({event}) => event === 'run.seal')).toEqual([expect.objectContaining({run: 'told.1'})]);
  // Launchers, sentinels and monitors write there as the command does.
  expect(new Set(lines.map(({command}) => command))).toEqual(new Set(['run', 'monitor']));
  // Those who watch see the same, and what was only looked at.
  expect(ran.stderr).toMatch(/ info {2}pbs\.qsub command=run /);
  expect(ran.stderr).toMatch(/ debug pbs\.qstat /);
  expect(lines.some(({level}) => level === 'debug')).toBe(false);
});

test('a command that fails leaves its error and its exit code', async () => {
  expect((await world.stage('status', 'nobody')).exitCode).toBe(2);
  const lines = linesOfTheLog();
  expect(lines.at(-2)).toMatchObject({level: 'error', event: 'command.error', code: 'NO_SUCH_RUN'});
  expect(lines.at(-1)).toMatchObject({event: 'command.end', command: 'status', exit: 2});
});

test('the values of flags are not written', async () => {
  await world.stage('status', '--profile', 'local', 'nobody');
  const start = linesOfTheLog().findLast(({event}) => event === 'command.start') as Line & {arguments: string};
  expect(start.arguments).toContain('--profile');
  expect(start.arguments).not.toContain('local');
});
