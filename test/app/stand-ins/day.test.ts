import {afterAll, beforeAll, expect, test} from 'vitest';
import type {LocalStatus} from '../../../src/app/stand-ins/local.ts';
import {localWorld, type World} from '../../support/world.ts';

// Real processes: the background process keeps a clock of its own.

let world: World;
beforeAll(async () => {
  world = await localWorld({day: '10m'});
});
afterAll(() => world.close());

const local = (...argv: string[]) => world.stage('local', ...argv);

test('the length of a day is shown, outlives a restart, and is changed only while nothing runs', async () => {
  expect((await local('status')).stdout).toMatch(/^clock: a day lasts 10 min$/m);
  expect(await local('up', '--day', '10m')).toMatchObject({exitCode: 0});
  const refused = await local('up', '--day', '5s');
  expect(refused).toMatchObject({exitCode: 2, stderr: expect.stringContaining('a day lasts 600 s there')});
  expect(refused.stderr).toContain('stage local down');
  await local('down');
  expect((await local('up', '--json')).json<{status: LocalStatus}>().status.daySeconds).toBe(600);
  await local('down');
  expect((await local('up', '--day', '1d')).stdout).not.toContain('clock:');
});

test.each(['soon', '0', '4s', '2d', '-5s'])('"%s" is no length of a day', async (day) => {
  expect(await local('up', `--day=${day}`)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(`a day cannot last "${day}"`),
  });
});
