import {afterAll, beforeAll, expect, test} from 'vitest';
import {localWorld, type World} from '../../support/world.ts';

// Real processes: a script names a queue on a server that does not exist.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

test('"why" names the server and the line of the script, other runs go on, and the step fails after a few tries', async () => {
  world.write('n.sh', '#!/bin/sh\n#PBS -q normal@nowhere.example\necho x\n');
  world.write('q.sh', '#!/bin/sh\necho quick\n');
  const nowhere = world.write('nowhere.yaml', 'name: nowhere\nsteps: {c: {job: {script: n.sh}}}\n');
  await world.stage('run', nowhere, '--no-check');
  const told = await world.stage('why', 'nowhere');
  expect(told.stdout).toMatch(/server that is not known: nowhere\.example[\s\S]*It stands in n\.sh:2/);
  const other = world.write('other.yaml', 'name: other\nsteps: {c: {job: {script: q.sh}}}\n');
  expect((await world.stage('run', other)).exitCode).toBe(0);
  expect(await world.ended('other.1', 60)).toMatchObject({state: 'succeeded'});
  expect(await world.ended('nowhere.1', 60)).toMatchObject({state: 'failed', why: expect.stringContaining('n.sh:2')});
  expect((await world.stage('why', 'nowhere')).stdout).toContain('n.sh:2');
});
