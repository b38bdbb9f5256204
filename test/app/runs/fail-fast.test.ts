import {afterAll, beforeAll, expect, test} from 'vitest';
import {localWorld, type World} from '../../support/world.ts';

// Real processes: jobs of one run end others that PBS is running.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

test('a source that stays missing fails the step soon: the task is cancelled once, and the reason is kept', async () => {
  const file = world.write(
    'hasty.yaml',
    'name: hasty\nsteps:\n  in:\n    fail_fast: 2s\n    transfer: {from: "archive:/hasty/", to: "cluster:/hasty/"}\n',
  );
  expect((await world.stage('run', file, '--no-check')).exitCode).toBe(0);
  const sealed = await world.ended('hasty.1', 120);
  expect(sealed.state).toBe('failed');
  expect(sealed.steps[0]?.why).toMatch(/the task was cancelled \(fail_fast: file not found \(\/hasty\) for 2s/);
  expect(await world.tasksOf('hasty.1')).toMatchObject([{status: 'FAILED'}]);
  const why = await world.stage('why', 'hasty');
  expect(why.stdout).toMatch(/fail_fast: file not found[\s\S]*stage resume hasty\.1/);
});
