import {existsSync, mkdirSync, readdirSync} from 'node:fs';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {classic} from '../../support/workflows.ts';
import {localWorld, type World} from '../../support/world.ts';

// Real processes: what "stage check" asks of PBS and Globus goes over their commands and HTTP.

interface Checked {
  readonly findings: readonly {readonly level: string; readonly what: string; readonly next: readonly string[]}[];
  readonly exit: number;
}

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

const check = async (...argv: string[]) => {
  const asked = await world.stage('check', ...argv, '--json');
  const report = asked.json<Checked>();
  expect(report.exit).toBe(asked.exitCode);
  return report;
};
const levels = ({findings}: Checked) => findings.map(({level}) => level);

test('a workflow that can work passes: PBS, Globus and the state directory are asked, and nothing is changed', async () => {
  const {file} = classic(world, 'good');
  const report = await check(file);
  expect(report.exit).toBe(0);
  expect(report.findings.map(({what}) => what)).toEqual([
    'the state directory can be written',
    'steps compute, cleanup: queue workq accepts these jobs',
    'staging: queue workq accepts these jobs',
    'Globus accepts your sign-in',
  ]);
  expect(existsSync(world.path('cluster', 'good/in'))).toBe(false);
  expect(await world.tasks()).toEqual([]);
  expect((await check(file, '--offline')).findings).toEqual([]);
});

test('the source, the queue, the walltime and the sign-in are told together with what to type, and no run is created', async () => {
  await world.pbs('qmgr', '-c', 'set queue workq resources_max.walltime = 01:00:00');
  try {
    await world.collection('vault');
    const {file} = classic(world, 'bad', {files: 0, source: 'vault', jobKeys: 'resources: {walltime: "02:00:00"}'});
    const report = await check(file);
    expect(report.exit).toBe(2);
    expect(report.findings.filter(({level}) => level === 'problem').map(({what}) => what)).toEqual([
      'step compute: walltime 02:00:00 is above what queue workq allows',
      'step stage-in: its source vault:/bad/in/ does not exist',
    ]);
    const run = await world.stage('run', file);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(/run "bad" was not created[\s\S]*vault:\/bad\/in\/ does not exist[\s\S]*--no-check/);
    expect(world.facts('bad.1')).toEqual([]);
    expect((await world.stage('status', 'bad')).exitCode).toBe(2);
    await world.stage('local', 'expire', 'vault');
    const lapsed = await check(file);
    expect(lapsed.findings.map(({what}) => what).join()).toContain('vault:/bad/in/ cannot be checked');
  } finally {
    await world.pbs('qmgr', '-c', 'unset queue workq resources_max.walltime');
  }
});

test('an expired credential alone stops a new run with exit 3', async () => {
  await world.collection('lapsed');
  const {file} = classic(world, 'lapsed', {source: 'lapsed'});
  await world.stage('local', 'expire', 'lapsed');
  const run = await world.stage('run', file, '--json');
  expect(run.exitCode).toBe(3);
  expect(run.json()).toMatchObject({error: {code: 'CHECK_FAILED', exit: 3}});
  expect(run.stdout).toContain('stage local renew lapsed');
});

test('a stopped queue is a warning: the run is created, and repeating it asks nothing', async () => {
  await world.pbs('qmgr', '-c', 'set queue workq started = False');
  try {
    const {file} = classic(world, 'warned');
    const run = await world.stage('run', file);
    expect(run).toMatchObject({exitCode: 0, stdout: expect.stringContaining('queue workq starts no jobs')});
    const again = await world.stage('run', file, '--json');
    expect(again.json<{notes: unknown[]}>().notes).toEqual([]);
  } finally {
    await world.pbs('qmgr', '-c', 'set queue workq started = True');
  }
  expect((await world.ended('warned.1', 90)).state).toBe('succeeded');
});

test('while Globus is away "stage check" ends with 4; "stage run" goes on, as it always could', async () => {
  const {file} = classic(world, 'away');
  await world.stage('local', 'outage', 'globus');
  try {
    const report = await check(file);
    expect(report.exit).toBe(4);
    expect(levels(report)).toContain('note');
    const run = await world.stage('run', file);
    expect(run.stdout).toMatch(/away\.1 is created/);
  } finally {
    await world.stage('local', 'outage', 'end');
  }
  await world.stage('cancel', 'away');
});

test('a probe makes a directory at each destination and has it deleted; one that cannot be written is told', async () => {
  await world.collection('disk');
  mkdirSync(world.path('disk', 'out'), {recursive: true});
  world.writeTree(world.path('archive', 'probe/in'), 1);
  const file = world.write(
    'probe.yaml',
    'name: probe\nsteps:\n  in: {transfer: {from: "archive:/probe/in/", to: "disk:/out/new/deep/"}}\n',
  );
  const report = await check(file, '--probe');
  expect(report.exit).toBe(0);
  expect(report.findings.map(({what}) => what)).toContain('disk:/out/new/deep/ can be written');
  await world.waitFor('the probe is gone', () => readdirSync(world.path('disk', 'out')).length === 0);
  expect((await world.stage('check', file, '--probe', '--offline')).exitCode).toBe(2);
});
