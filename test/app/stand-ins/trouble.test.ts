import {afterAll, beforeAll, expect, test} from 'vitest';
import type {LocalStatus} from '../../../src/app/stand-ins/local.ts';
import {localWorld, type World} from '../../support/world.ts';

// Real processes: trouble is made by commands, and met by others.

let world: World;
beforeAll(async () => {
  world = await localWorld();
  await world.stage('local', 'up');
});
afterAll(() => world.close());

const local = (...argv: string[]) => world.stage('local', ...argv);

test('an outage is begun, shown, met by commands, and ended from the command line', async () => {
  const begun = await local('outage', 'pbs', '--mode', 'down', '--command', 'qselect', '--for', '5m', '--count', '7');
  expect(begun).toMatchObject({exitCode: 0, stderr: ''});
  expect((await world.pbs('qselect')).exitCode).toBe(162);
  expect((await world.pbs('qstat')).exitCode).toBe(0);
  await local('outage', 'globus', '--mode', '503', '--rate', '0.5', '--auth');
  const {stdout} = await local('status');
  expect(stdout).toMatch(/^outage: pbs down, qselect only, until \S+Z, 1 of 7 hit$/m);
  expect(stdout).toMatch(/^outage: globus 503, tokens too, 0\.5 of the requests, 0 hit$/m);
  const ended = await local('outage', 'end', 'globus', '--json');
  expect(ended.json<LocalStatus>().outages).toMatchObject([
    {target: 'pbs', mode: 'down', command: 'qselect', rate: 1, seconds: 300, count: 7, hits: 1, auth: false},
  ]);
  expect((await local('outage', 'end', '--json')).json<LocalStatus>().outages).toEqual([]);
  expect((await world.pbs('qselect')).exitCode).toBe(0);
});

test('a credential expires and is renewed, and faults are ordered and cleared, from the command line', async () => {
  expect((await local('expire', 'archive')).stdout).toMatch(/^archive .*credential expired$/m);
  expect((await local('renew')).stdout).not.toContain('expired');
  expect((await local('expire', '--json')).json<LocalStatus>().collections.every((one) => one.expired)).toBe(true);
  await local('renew');
  expect((await local('expire', '--tokens')).stdout).not.toContain('expired');
  const faulty = await local('fault', 'cluster', '/in/', '--code', 'NO_SPACE_LEFT');
  expect(faulty.stdout).toMatch(/^cluster .*NO_SPACE_LEFT below \/in$/m);
  expect((await local('fault', 'cluster', '/in', '--clear')).stdout).not.toContain('NO_SPACE_LEFT');
});

test('an outage says when to come again, and a task is cancelled by its manager and forgotten', async () => {
  expect((await local('outage', 'globus', '--mode', '429', '--retry-after', '1h')).stdout).toMatch(
    /^outage: globus 429, Retry-After 60 min, 0 hit$/m,
  );
  expect((await local('outage', 'globus', '--mode', '500', '--retry-after', '1h')).exitCode).toBe(2);
  await local('outage', 'end');
  world.writeTree(world.path('archive', 'slow'), 1);
  await local('pause', 'archive');
  const started = await world.stage('transfer', 'start', 'archive:/slow/', 'cluster:/slow/', '--json');
  const {task} = started.json<{task: string}>();
  const show = () => world.stage('transfer', 'show', task, '--json');
  expect((await local('task', 'cancel', task, '--message', 'the tape robot is away')).exitCode).toBe(0);
  expect((await show()).stdout).toContain('"state":"cancelled"');
  expect((await local('task', 'forget', task)).exitCode).toBe(0);
  expect((await show()).exitCode).toBe(2);
  expect((await local('task', 'cancel', task)).exitCode).toBe(2);
  await local('resume', 'archive');
});

test('a directory is shared as a guest collection, others get their rules, and commands use it as any collection', async () => {
  world.writeTree(world.path('archive', 'shared/in'), 2);
  const shared = await local('collection', 'share', 'results', 'archive:/shared');
  expect(shared.stdout).toMatch(/^results .*guest collection on aaaaaaaa-\S+:\/shared$/m);
  const listed = await world.stage('collection', 'ls', 'results:/', '--json');
  expect(listed).toMatchObject({exitCode: 0, stdout: expect.stringContaining('"in"')});
  const started = await world.stage('transfer', 'start', 'results:/in/', 'cluster:/from-guest/', '--json');
  expect((await world.stage('transfer', 'wait', started.json<{task: string}>().task)).exitCode).toBe(0);
  await local('identity', 'add', 'ada@uni.example');
  expect((await local('collection', 'permit', 'results', '/in', '--identity', 'ada@uni.example')).exitCode).toBe(0);
  expect((await local('collection', 'permit', 'results', '/in', '--identity', 'nobody@uni.example')).exitCode).toBe(2);
  expect((await local('collection', 'permit', 'archive', '/in')).exitCode).toBe(2);
  expect((await local('collection', 'share', 'x', 'archive:/nothing')).exitCode).toBe(2);
  expect((await local('collection', 'remove', 'archive')).exitCode).toBe(2);
  expect((await local('collection', 'remove', 'results')).exitCode).toBe(0);
});

test('a workflow waits through an expired credential, and ends well once it is renewed', async () => {
  world.writeTree(world.path('archive', 'in'), 3);
  await local('pause', 'archive');
  const file = world.write(
    'expiring.yaml',
    'name: expiring\nsteps:\n  fetch: {transfer: {from: "archive:/in/", to: "cluster:/in/"}}\n',
  );
  expect((await world.stage('run', file)).exitCode).toBe(0);
  await local('expire', 'archive');
  await local('resume', 'archive');
  expect((await world.tasksOf('expiring.1'))[0]?.status).toBe('INACTIVE');
  expect((await world.status('expiring')).state).not.toBe('failed');
  await local('renew', 'archive');
  expect(await world.ended('expiring.1', 60)).toMatchObject({state: 'succeeded'});
});

test.each([
  [['outage', 'cluster'], /no stand-in "cluster"/],
  [['outage', 'pbs', '--mode', '503'], /pbs has no mode "503"/],
  [['outage', 'pbs', '--mode', 'constructor'], /no mode "constructor"/],
  [['outage', 'pbs', '--rate', '1.5'], /not a rate/],
  [['outage', 'pbs', '--rate', 'half'], /not a rate/],
  [['outage', 'pbs', '--for', 'ever'], /"ever" is not a time/],
  [['outage', 'pbs', '--count', '0'], /count/],
  [['outage', 'pbs', '--auth'], /--auth/],
  [['outage', 'pbs', '--mode', 'half', '--command', 'qsub'], /does not apply to qsub/],
  [['outage', 'globus', '--command', 'qsub'], /no commands/],
  [['outage', 'end', 'everything'], /no stand-in "everything"/],
  [['expire', 'nowhere'], /no collection is called "nowhere"/],
  [['fault', 'archive', '/'], /--code or --clear/],
  [['fault', 'archive', '/', '--code', 'BAD_WEATHER'], /no fault "BAD_WEATHER"/],
  [['fault', 'archive', '/..', '--code', 'TIMEOUT'], /leads out of the collection/],
])('%j is refused with exit 2, and nothing changes', async (argv, says) => {
  // Jobs of other tests may end meanwhile.
  const steered = async () => {
    const {status} = JSON.parse((await local('status', '--json')).stdout) as {status: Record<string, unknown>};
    return {...status, jobs: undefined, tasks: undefined};
  };
  const before = await steered();
  expect(await local(...argv)).toMatchObject({exitCode: 2, stdout: '', stderr: expect.stringMatching(says)});
  expect(await steered()).toEqual(before);
});
