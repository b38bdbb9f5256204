import {chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, expect, test} from 'vitest';
import {CLI, cleanEnvironment, PACKAGE, runProgram} from '../support/cli.ts';
import {localWorld, type World} from '../support/world.ts';
import type {ErrorDocument} from './support.ts';

// Real processes: a shell runs the command that an error names.

let world: World;
beforeAll(async () => {
  world = await localWorld();
  await world.stage('local', 'up');
  for (const place of ['in', "it's"]) {
    mkdirSync(world.path('archive', place), {recursive: true});
    writeFileSync(world.path('archive', `${place}/numbers.txt`), '3\n5\n8\n');
  }
});
afterEach(() => world.stage('local', 'outage', 'end'));
afterAll(() => world.close());

const outage = (mode: string, ...more: string[]) => world.stage('local', 'outage', 'globus', '--mode', mode, ...more);

/** Run a line in a shell in which "stage" is ours. */
function shell(line: string, env: Readonly<Record<string, string>> = {}) {
  const bin = join(world.work, 'bin');
  mkdirSync(bin, {recursive: true});
  writeFileSync(join(bin, 'stage'), `#!/bin/sh\nexec '${CLI}' "$@"\n`);
  chmodSync(join(bin, 'stage'), 0o755);
  const where = {STAGE_HOME: world.home, STAGE_PROFILE: 'local', PATH: `${bin}:${process.env.PATH}`};
  return runProgram('/bin/bash', ['-c', line], {
    cwd: world.work,
    env: cleanEnvironment({...env, ...where}),
    timeoutMs: 90_000,
  });
}

test.each([
  ['start', ["archive:/it's/", 'cluster:/lost here/', '--label', 'a b']],
  ['delete', ["archive:/it's/numbers.txt", '--label', 'a b']],
])(
  'when the answer to "transfer %s" is lost, the command that it names gives the one task there is',
  async (verb, argv) => {
    const before = (await world.tasks()).length;
    await outage('lost');
    const lost = await world.stage('transfer', verb, ...argv, '--json');
    expect(lost.exitCode).toBe(4);
    const next = lost.json<ErrorDocument>().error.next[0] ?? '';
    expect(next).toContain('never starts a second task');
    await world.stage('local', 'outage', 'end');
    const command = next.slice(next.indexOf(': stage ') + 2).replace(' --json', '');
    const again = await shell(command);
    expect(again).toMatchObject({exitCode: 0});
    const tasks = await world.tasks();
    expect(tasks).toHaveLength(before + 1);
    expect(again.stdout.trim()).toBe(tasks.find(({label}) => label === 'a b')?.task_id);
    expect(await shell(command)).toMatchObject({exitCode: 0, stdout: again.stdout});
    await shell(`stage transfer wait ${again.stdout.trim()}`);
  },
);

test('a submission id that was asked for before gives one task, however often it is used', async () => {
  const id = (await world.stage('transfer', 'submission-id')).stdout.trim();
  const start = () => world.stage('transfer', 'start', 'archive:/in/', 'cluster:/twice/', '--submission-id', id);
  const first = await start();
  expect(first).toMatchObject({exitCode: 0});
  expect((await start()).stdout).toBe(first.stdout);
});

test.each(['down', 'lost'])(
  'with Globus %s the wrapper script exits 4; run again afterwards, it transfers once',
  async (mode) => {
    const env = {INPUT_DIR: world.path('cluster', `${mode}/in`), RESULTS_DIR: world.path('cluster', `${mode}/out`)};
    const places = `archive:/in/ cluster:/${mode}/in/ cluster:/${mode}/out/ archive:/${mode}/out/`;
    const script = () =>
      shell(`'${join(PACKAGE, 'examples', 'batch', 'stage-and-compute.sh')}' ${mode} ${places}`, env);
    const before = (await world.tasks()).length;
    await outage(mode);
    const away = await script();
    expect(away.exitCode).toBe(4);
    expect(away.stderr).not.toContain('not a Globus task id');
    expect(existsSync(join(world.work, `${mode}-in.task`))).toBe(false);
    await world.stage('local', 'outage', 'end');
    expect(await script()).toMatchObject({exitCode: 0});
    expect(readFileSync(world.path('archive', `${mode}/out/sum.txt`), 'utf8')).toBe('16\n');
    expect(await world.tasks()).toHaveLength(before + 2);
  },
);
