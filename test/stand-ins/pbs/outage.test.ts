import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest';
import {askStandIns, type ControlRequest, type LocalStatus} from '../../../src/stand-ins/control.ts';
import type {OutageWish} from '../../../src/stand-ins/outage-modes.ts';
import {standInHome} from '../../../src/stand-ins/stand-in-home.ts';
import type {Ran} from '../../support/cli.ts';
import {localWorld, type World} from '../../support/world.ts';

// Real processes: commands wait for a server that is away, and are ended meanwhile.

/* The real commands against the real background process, which is asked for trouble over its socket. */

let world: World;
beforeAll(async () => {
  world = await localWorld({ownProcesses: true});
  expect((await world.stage('local', 'up')).exitCode).toBe(0);
  world.write('job.sh', 'true\n');
});
afterAll(() => world.close());

const ask = async (request: ControlRequest): Promise<LocalStatus> => {
  const {socket, running} = standInHome(world.home);
  const {version} = JSON.parse(readFileSync(running, 'utf8')) as {version: string};
  return (await askStandIns({socket, version}, request)).status;
};
const begin = (outage: Partial<OutageWish>): Promise<LocalStatus> =>
  ask({
    do: 'outage',
    outage: {target: 'pbs', mode: 'down', rate: 1, seconds: null, count: null, command: null, auth: false, ...outage},
  });
const end = (): Promise<LocalStatus> => ask({do: 'end-outage', targets: ['pbs', 'pbs-db', 'globus']});
afterEach(() => end());

const shown = ({stdout, stderr, exitCode}: Ran) => ({stdout, stderr, exitCode});
const held = () => world.pbs('qsub', '-h', 'job.sh');
const jobCount = async () => (await world.jobs()).length;

/** Source: OpenPBS 23.06 as measured; the number and text of a job that cannot be saved from its own tests. */
const ANSWERS: readonly [
  what: string,
  outage: Partial<OutageWish>,
  argv: string[],
  exitCode: number,
  stderr: string,
][] = [
  [
    'down',
    {},
    ['qsub', 'job.sh'],
    162,
    'Connection refused\nqsub: cannot connect to server stage-local (errno=15010)\n',
  ],
  ['down', {}, ['qdel', '0'], 162, "Connection refused\nCouldn't connect to cluster: stage-local\n"],
  ['down', {}, ['qmgr', '-c', 'list server'], 3, 'Connection refused\nqmgr: cannot connect to server \n'],
  ['down', {}, ['qstat'], 255, 'Connection refused\nqstat: cannot connect to server stage-local (errno=15010)\n'],
  ['refuse', {mode: 'refuse'}, ['qsub', 'job.sh'], 38, "qsub: would exceed queue generic's per-user limit\n"],
  ['unknown-queue', {mode: 'unknown-queue'}, ['qsub', 'job.sh'], 170, 'qsub: Unknown queue\n'],
  ['bad-resource', {mode: 'bad-resource'}, ['qsub', 'job.sh'], 187, 'qsub: Unknown resource Resource_List.nosuch\n'],
  [
    'a dead database',
    {target: 'pbs-db'},
    ['qsub', 'job.sh'],
    57,
    'qsub: Failed to save job/resv, refer server logs for details\n',
  ],
  [
    'a dead database',
    {target: 'pbs-db'},
    ['qalter', '-N', 'x', '7', '8.stage-local'],
    57,
    'qalter: Failed to save job/resv, refer server logs for details 7.stage-local\n' +
      'qalter: Failed to save job/resv, refer server logs for details 8.stage-local\n',
  ],
];

describe.each(ANSWERS)('%s', (_what, outage, argv, exitCode, stderr) => {
  test(`${argv.join(' ')} fails with ${exitCode} in the words of PBS, and nothing was done`, async () => {
    const before = await jobCount();
    await begin(outage);
    const [command = '', ...rest] = argv;
    expect(shown(await world.pbs(command, ...rest))).toEqual({stdout: '', stderr, exitCode});
    await end();
    expect(await jobCount()).toBe(before);
  });
});

test('down: qstat -F json prints a whole document without jobs, as the real one does', async () => {
  await begin({});
  const done = await world.pbs('qstat', '-f', '-F', 'json');
  expect(done.exitCode).toBe(255);
  expect(done.json()).toEqual({
    timestamp: expect.any(Number),
    pbs_version: '23.06.06',
    pbs_server: 'stage-local',
  });
});

test('with a dead database questions are answered as ever', async () => {
  const id = (await held()).stdout.trim();
  await begin({target: 'pbs-db'});
  expect((await world.pbs('qstat', '-f', id)).stdout).toContain(`Job Id: ${id}`);
  expect((await world.pbs('qselect')).stdout).toContain(id);
});

test('hang: a command gets its answer when the outage ends, and one that has gone by then is not carried out', async () => {
  const before = await jobCount();
  await begin({mode: 'hang'});
  const patient = held();
  const impatient = spawn(`${standInHome(world.home).bin}/qsub`, ['-h', 'job.sh'], {
    cwd: world.work,
    stdio: 'ignore',
  });
  await world.waitFor('two that hang', async () => (await ask({do: 'status'})).outages[0]?.hits === 2);
  const gone = new Promise((resolve) => impatient.once('close', resolve));
  impatient.kill('SIGKILL');
  await gone;
  await end();
  expect(await patient).toMatchObject({exitCode: 0, stdout: expect.stringMatching(/^\d+\.stage-local\n$/)});
  expect(await jobCount()).toBe(before + 1);
});

test('late: the job is there while its qsub still waits, and the id comes when the outage ends', async () => {
  const before = await jobCount();
  await begin({mode: 'late'});
  const waiting = held();
  await world.waitFor('the job', async () => (await jobCount()) === before + 1);
  await end();
  expect(await waiting).toMatchObject({exitCode: 0, stdout: expect.stringMatching(/^\d+\.stage-local\n$/)});
  expect(await jobCount()).toBe(before + 1);
});

test('late with a count is over when the one it hit has hung up', async () => {
  await begin({mode: 'late', count: 1});
  const waiting = spawn(`${standInHome(world.home).bin}/qsub`, ['-h', 'job.sh'], {cwd: world.work, stdio: 'ignore'});
  await world.waitFor('the hit', async () => (await ask({do: 'status'})).outages[0]?.hits === 1);
  expect((await held()).exitCode).toBe(0);
  waiting.kill('SIGKILL');
  await world.waitFor('the end of the outage', async () => (await ask({do: 'status'})).outages.length === 0);
});

test('lost: the command is carried out, and the client knows of a protocol error only', async () => {
  const before = await jobCount();
  await begin({mode: 'lost', command: 'qsub', count: 1});
  expect(shown(await held())).toEqual({stdout: '', stderr: 'qsub: Batch protocol error\n', exitCode: 183});
  expect(await jobCount()).toBe(before + 1);
  expect((await held()).exitCode).toBe(0);
});

test('garbage and half: qstat exits 0 with what is no document, and other commands are left alone', async () => {
  const id = (await held()).stdout.trim();
  const whole = (await world.pbs('qstat', '-f', '-F', 'json', id)).stdout;
  await begin({mode: 'half'});
  const half = await world.pbs('qstat', '-f', '-F', 'json', id);
  expect(half).toMatchObject({exitCode: 0, stderr: ''});
  expect(whole.replace(/\d/g, '')).toContain(half.stdout.replace(/\d/g, ''));
  expect(half.stdout.length).toBe(Math.floor(whole.length / 2));
  expect(() => JSON.parse(half.stdout)).toThrow();
  await begin({mode: 'garbage'});
  const garbage = await world.pbs('qstat', '-f', '-F', 'json', id);
  expect(garbage).toMatchObject({exitCode: 0, stderr: ''});
  expect(garbage.stdout).not.toMatch(/[{}]|Job/);
  expect(garbage.stdout.length).toBeGreaterThan(10);
  expect((await held()).exitCode).toBe(0);
});

test('--for ends an outage by itself, and a new one takes the place of the one before', async () => {
  await begin({mode: 'hang'});
  expect((await begin({seconds: 0.5})).outages).toMatchObject([
    {target: 'pbs', mode: 'down', until: expect.any(String)},
  ]);
  expect((await world.pbs('qstat')).exitCode).toBe(255);
  await world.waitFor('the end', async () => (await ask({do: 'status'})).outages.length === 0);
  expect((await world.pbs('qstat')).exitCode).toBe(0);
});

test('a part of the commands is hit with a rate, and two commands can be in different trouble', async () => {
  await begin({command: 'qselect', rate: 0.5});
  await begin({command: 'qstat'});
  const codes = new Set<number>();
  for (let tries = 0; tries < 40 && codes.size < 2; tries++) codes.add((await world.pbs('qselect')).exitCode);
  expect([...codes].sort()).toEqual([0, 162]);
  expect((await world.pbs('qstat')).exitCode).toBe(255);
});

test('an outage is forgotten when the background process ends, whatever hangs in it', async () => {
  await begin({mode: 'hang'});
  const hanging = world.pbs('qstat');
  await world.waitFor('the hit', async () => (await ask({do: 'status'})).outages[0]?.hits === 1);
  expect((await world.stage('local', 'down')).stdout).toBe('ended\n');
  expect((await hanging).exitCode).not.toBe(0);
  expect((await world.stage('local', 'up')).exitCode).toBe(0);
  expect((await ask({do: 'status'})).outages).toEqual([]);
  expect((await world.pbs('qstat')).exitCode).toBe(0);
});
