import {afterAll, afterEach, beforeAll, expect, test} from 'vitest';
import {localWorld, type World} from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterEach(() => world.stage('local', 'outage', 'end'));
afterAll(() => world.close());

test('doctor asks PBS now: one that has gone away since does not answer, and a history that was switched off is told', async () => {
  expect(await world.stage('doctor')).toMatchObject({exitCode: 0, stdout: expect.stringMatching(/kept in its history/)});
  await world.setServer?.('job_history_enable', 'False');
  expect((await world.stage('doctor')).stdout).toMatch(/forgotten at once/);
  await world.setServer?.('job_history_enable', 'True');
  await world.stage('local', 'outage', 'pbs');
  const away = await world.stage('doctor', '--json');
  expect(away.exitCode).toBe(4);
  expect(away.json().findings).toContainEqual(expect.objectContaining({what: 'PBS answers', ok: false, exit: 4}));
});
