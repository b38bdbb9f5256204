import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {localWorld, type World} from '../../support/world.ts';

// Real processes: what the stand-ins keep is damaged, and a person meets it.

let world: World;
beforeEach(async () => {
  world = await localWorld();
  await world.stage('local', 'up');
});
afterEach(() => world.close());

const local = (...argv: string[]) => world.stage('local', ...argv);

test.each(['globus/collections.json', 'pbs/settings.json', 'day.json', 'collections.json'])(
  '"local up" names %s when it is emptied, and says what to do; restored, all is there',
  async (name) => {
    if (name === 'day.json') {
      await local('down');
      await local('up', '--day', '1h');
    }
    const job = world.write('a.sh', '#!/bin/sh\n'); // numbers are kept from the first job on
    expect(await world.pbs('qsub', '-h', job)).toMatchObject({exitCode: 0, stderr: ''});
    await local('down');
    const file = join(world.home, 'stand-ins', name);
    const whole = readFileSync(file);
    writeFileSync(file, '');
    const up = await local('up');
    if (name !== 'collections.json') {
      expect(up).toMatchObject({exitCode: 4, stderr: expect.stringContaining(file)});
      expect(up.stderr).toContain('it is empty');
      expect(up.stderr).toMatch(/stage local down; rm -r \S+; stage local up/);
      expect((await local('up', '--json')).json<{error: object}>().error).toMatchObject({
        code: 'STAND_INS_DAMAGED',
        exit: 4,
      });
      writeFileSync(file, whole);
    }
    expect(await local('up')).toMatchObject({exitCode: 0});
    expect(readFileSync(join(world.home, 'stand-ins', 'collections.json'), 'utf8')).toContain('archive');
  },
);

test('names of collections that are damaged are named while nothing runs, and written again by the next start', async () => {
  await local('down');
  const file = join(world.home, 'stand-ins', 'collections.json');
  writeFileSync(file, '{"arch');
  const shown = await world.stage('collection', 'ls', 'archive:/');
  expect(shown).toMatchObject({exitCode: 4, stderr: expect.stringContaining(file)});
});

test('a task whose request is damaged while it waits fails no run: the service is in trouble, and named, until it is restored', async () => {
  await local('pause', 'archive');
  world.writeTree(world.path('archive', 'in'), 2);
  const file = world.write(
    'flow.yaml',
    'name: kept\nsteps:\n  in:\n    transfer: {from: archive:/in/, to: cluster:/in/, recursive: true}\n',
  );
  expect(await world.stage('run', file)).toMatchObject({exitCode: 0});
  const [task] = await world.tasks();
  const request = join(world.home, 'stand-ins/globus/tasks', String(task?.task_id), 'request.json');
  const whole = readFileSync(request);
  writeFileSync(request, whole.subarray(0, 40));
  await local('resume', 'archive');
  await world.waitFor('it is named', async () => (await local('status')).stdout.includes(`damaged: ${request}`));
  expect(await local('up')).toMatchObject({exitCode: 4, stderr: expect.stringContaining(request)});
  expect(await local('task', 'cancel', String(task?.task_id))).toMatchObject({exitCode: 4});
  await world.stage('resume', 'kept');
  expect((await world.status('kept')).state).not.toBe('failed');
  writeFileSync(request, whole);
  expect((await world.ended('kept.1')).state).toBe('succeeded');
  expect(await local('up')).toMatchObject({exitCode: 0});
});

test('a task that is not there: the command that shows tasks is named', async () => {
  for (const verb of ['cancel', 'forget'])
    expect(await local('task', verb, 'nope')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('stage transfer list'),
    });
});

test('stand-ins whose lock was emptied are still known as those that run: "local down" ends them, and one process serves', async () => {
  const holder = join(world.home, 'stand-ins/lock/holder');
  const pid = () => Number(readFileSync(holder, 'utf8').split(' ')[0]);
  const first = pid();
  writeFileSync(holder, '');
  expect(await local('up')).toMatchObject({exitCode: 0});
  expect(await local('down')).toMatchObject({exitCode: 0, stdout: 'ended\n'});
  expect(() => process.kill(first, 0)).toThrow('ESRCH');
  expect(await local('up')).toMatchObject({exitCode: 0});
  expect(pid()).not.toBe(first);
});
