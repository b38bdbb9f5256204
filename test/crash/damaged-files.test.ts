import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {moveAway, restore} from '../support/damages.ts';
import {localWorld, type World} from '../support/world.ts';

// Files of the state directory are damaged under real processes: monitors and jobs meet them, too. Each kind of fact in
// each of eight ways, in memory: test/ledger/damaged-*.test.ts.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

/** A step that fails at once, beside a transfer that waits for as long as the test needs. */
async function begun(name: string): Promise<{readonly facts: string; readonly seal: string}> {
  await world.collection(name);
  world.writeTree(world.path(name, 'in'), 1);
  world.write(`${name}.sh`, '#!/bin/sh\nexit 3\n');
  const file = world.write(
    `${name}.yaml`,
    `name: ${name}
steps:
  stage-in:
    transfer: {from: "${name}:/in/", to: "cluster:/${name}/"}
  fails:
    job: {script: ${name}.sh}
`,
  );
  await world.stage('local', 'pause', name);
  expect([0, 1]).toContain((await world.stage('run', file)).exitCode); // the step may have failed already
  const facts = join(world.state, 'runs', `${name}.1`, 'facts');
  await world.waitFor('the outcome of the step', async () => {
    await world.stage('status', name);
    return existsSync(join(facts, 'fails.1.outcome.json'));
  });
  return {facts, seal: join(world.state, 'sealed', `${name}.1.json`)};
}

test('an emptied outcome of a failed step: the run stands still and is named, other runs end; moved away, it has failed', async () => {
  const {facts, seal} = await begun('emptied');
  const outcome = join(facts, 'fails.1.outcome.json');
  restore(outcome, '');
  const other = world.write('fine.yaml', 'name: fine\nsteps:\n  a: {job: {script: fine.sh}}\n');
  world.write('fine.sh', '#!/bin/sh\nexit 0\n');
  expect((await world.stage('run', other)).exitCode).toBe(0);
  await world.stage('local', 'resume', 'emptied');
  expect(await world.ended('fine.1')).toMatchObject({state: 'succeeded'});
  for (const argv of [
    ['status'],
    ['list'],
    ['status', 'emptied'],
    ['why', 'emptied'],
    ['cancel', 'emptied'],
    ['resume', 'emptied'],
  ]) {
    const told = await world.stage(...argv);
    expect({argv, exit: told.exitCode, said: told.stdout + told.stderr}).toEqual({
      argv,
      exit: 4,
      said: expect.stringContaining(`${outcome}: it is empty`),
    });
  }
  expect(existsSync(seal)).toBe(false);
  moveAway(outcome);
  await world.stage('status');
  expect(await world.ended('emptied.1')).toMatchObject({state: 'failed', steps: [{}, {step: 'fails', exitStatus: 3}]});
}, 90_000);

test('an empty look and an empty confirmation of the newest monitor stop no command, and the run ends by itself', async () => {
  await begun('chain');
  const monitor = join(world.state, 'monitor');
  const newest = () =>
    Math.max(
      ...readdirSync(monitor).flatMap((file) => (file.endsWith('.confirmed.json') ? [Number.parseInt(file, 10)] : [])),
    );
  const fileOf = (generation: number, kind: string) =>
    join(monitor, `${String(generation).padStart(6, '0')}.${kind}.json`);
  const generation = newest();
  for (const file of readdirSync(monitor)) if (file.endsWith('.look.json')) writeFileSync(join(monitor, file), '');
  writeFileSync(fileOf(generation, 'confirmed'), '');
  const told = await world.stage('status');
  expect(told.exitCode).not.toBe(70);
  expect(newest()).toBeGreaterThan(generation);
  await world.stage('local', 'resume', 'chain');
  expect(await world.ended('chain.1')).toMatchObject({
    state: 'failed',
    steps: [{step: 'stage-in', state: 'succeeded'}, {}],
  });
}, 90_000);

test('a run of a newer version is left to that version, and given up when a person says so: its job and its task end', async () => {
  const {facts, seal} = await begun('newer');
  const spec = join(facts, '..', 'spec.json');
  restore(spec, JSON.stringify({...(JSON.parse(readFileSync(spec, 'utf8')) as object), format: 2}));
  expect(await world.stage('status', 'newer')).toMatchObject({
    exitCode: 4,
    stderr: expect.stringMatching(
      /of format 2, and this version of stage reads up to 1.*stage cancel newer\.1 --give-up/s,
    ),
  });
  expect((await world.stage('run', join(world.work, 'newer.yaml'))).exitCode).toBe(4);
  expect(await world.stage('cancel', 'newer', '--give-up')).toMatchObject({exitCode: 0, stderr: ''});
  expect(JSON.parse(readFileSync(seal, 'utf8'))).toMatchObject({state: 'cancelled', steps: []});
  await world.waitFor('the end of its task', async () =>
    (await world.tasks()).some(({label, status}) => label?.includes(' newer.1 ') && status === 'FAILED'),
  );
  expect((await world.stage('list', '--state', 'cancelled')).stdout).toContain('newer.1');
  expect((await world.stage('status', 'newer')).exitCode).toBe(1);
}, 90_000);
