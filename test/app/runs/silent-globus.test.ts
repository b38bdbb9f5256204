import {afterAll, beforeAll, expect, test} from 'vitest';
import {classic} from '../../support/workflows.ts';
import {localWorld, type World} from '../../support/world.ts';

// Real processes: Globus takes questions and does not answer.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

test('a run without a transfer is submitted and followed to its end while Globus is silent about another one', async () => {
  await world.collection('kept');
  await world.stage('local', 'pause', 'kept');
  expect((await world.stage('run', classic(world, 'slow', {source: 'kept'}).file)).exitCode).toBe(0);
  await world.stage('local', 'outage', 'globus', '--mode', 'timeout');
  world.write('q.sh', '#!/bin/sh\necho quick\n');
  const file = world.write('only-a-job.yaml', 'name: only-a-job\nsteps: {c: {job: {script: q.sh}}}\n');
  const began = performance.now();
  const ran = await world.stage('run', file, '--wait');
  const seconds = (performance.now() - began) / 1000;
  expect({exit: ran.exitCode, said: ran.stdout}).toEqual({exit: 0, said: expect.stringContaining('succeeded')});
  expect(seconds).toBeLessThan(25); // one question that Globus does not answer takes 30 s
  await world.stage('local', 'outage', 'end');
});
