import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {localWorld, type World} from '../../../support/world.ts';

// Real processes: "stage why" is asked about jobs and tasks in every state that they can be brought to.

interface Reason {
  readonly step?: string;
  readonly code: string;
  readonly standing: string;
  readonly what: string;
  readonly why?: string;
  readonly next: readonly string[];
  readonly deadlineInSeconds?: number;
}

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

const why = async (...argv: string[]) => {
  const asked = await world.stage('why', ...argv, '--json');
  const report = asked.json<{reasons: Reason[]; exit: number}>();
  expect(report.exit).toBe(asked.exitCode);
  return {exit: asked.exitCode, of: (step: string) => report.reasons.find((reason) => reason.step === step), report};
};

/** One job, and nothing else, as a run. */
async function jobRun(name: string, lines = ''): Promise<string> {
  world.write(`${name}.sh`, '#!/bin/sh\nexit 0\n');
  const file = world.write(`${name}.yaml`, `name: ${name}\nsteps:\n  compute: {job: {script: ${name}.sh${lines}}}\n`);
  expect((await world.stage('run', file)).exitCode).toBe(0);
  return String((await world.status(name)).steps[0]?.job);
}

test('a paused, a missing and an expired source are told with the command or the person to turn to, and status has the same line', async () => {
  await world.collection('tape');
  await world.stage('local', 'pause', 'tape', '--message', 'robot under repair');
  const file = world.write(
    'tape.yaml',
    'name: tape\nsteps:\n  fetch: {transfer: {from: "tape:/in/", to: "cluster:/in/"}}\n',
  );
  await world.stage('run', file, '--no-check');
  const paused = await why('tape');
  expect(paused.of('fetch')).toMatchObject({code: 'TASK_PAUSED', why: '"robot under repair"'});
  expect((await world.status('tape')).steps[0]).toMatchObject({
    state: 'paused',
    reason: 'paused by the manager of tape: "robot under repair"',
  });
  await world.stage('local', 'resume', 'tape');
  const missing = await world.waitFor('the fault is told', async () => {
    const reason = (await why('tape')).of('fetch');
    return reason?.code === 'TASK_FAULT_FILE_NOT_FOUND' && reason;
  });
  expect(missing).toMatchObject({standing: 'action', what: 'tape:/in does not exist'});
  expect(missing.deadlineInSeconds).toBeGreaterThan(80_000);
  await world.stage('local', 'expire', 'tape');
  const expired = await why('tape');
  expect(expired.exit).toBe(3);
  expect(expired.of('fetch')?.why).toContain('stage local renew tape');
  const told = await world.stage('why', 'tape', 'fetch');
  expect(told.stdout).toMatch(
    /^! fetch: Globus has suspended it[\s\S]*why: [\s\S]*Globus gives up [\s\S]*next: Sign in again as/m,
  );
  await world.stage('local', 'renew', 'tape');
  await world.stage('cancel', 'tape');
});

test('a job held by hand, by "stage hold" and by a stopped queue, each with the command that ends it', async () => {
  await world.pbs('qmgr', '-c', 'set queue workq started = False');
  try {
    const job = await jobRun('held');
    await world.waitFor(
      'the scheduler says why',
      async () => (await why('held')).of('compute')?.code === 'JOB_QUEUE_STOPPED',
    );
    expect((await why('held')).of('compute')).toMatchObject({why: 'PBS says: "Not Running: Queue not started."'});
    await world.pbs('qhold', job);
    const byHand = (await why('held')).of('compute');
    expect(byHand).toMatchObject({code: 'JOB_USER_HOLD', next: [`End it: qrls ${job}`]});
    expect(byHand?.what).toMatch(/put a user hold on it on \w+/);
    await world.pbs('qrls', job);
    await world.stage('hold', 'held');
    const byRun = await why('held');
    expect(byRun.report.reasons[0]).toMatchObject({code: 'RUN_HELD', next: ['End the hold: stage release held.1']});
    expect(byRun.of('compute')).toMatchObject({code: 'RUN_HELD'});
    await world.stage('release', 'held');
    expect((await why('held')).of('compute')?.code).toMatch(/^JOB_(QUEUED|QUEUE_STOPPED)$/);
  } finally {
    await world.pbs('qmgr', '-c', 'set queue workq started = True');
  }
  expect((await world.ended('held.1', 90)).state).toBe('succeeded');
  expect((await why('held', 'compute')).of('compute')).toMatchObject({code: 'STEP_SUCCEEDED', standing: 'fine'});
});

test('a full queue, a job that depends on another step and one that was deleted', async () => {
  await world.pbs('qmgr', '-c', 'set queue workq started = False');
  await world.pbs('qmgr', '-c', 'set queue workq max_queued = "[u:PBS_GENERIC=1]"');
  try {
    world.write('full.sh', '#!/bin/sh\nexit 0\n');
    const file = world.write(
      'full.yaml',
      'name: full\nsteps:\n  one: {job: {script: full.sh}}\n  two: {needs: [one], job: {script: full.sh}}\n',
    );
    // A second command tries what PBS takes by now: it refuses a job.
    for (let command = 1; command <= 2; command++) await world.stage('run', file, '--no-check');
    const refused = (await why('full')).report.reasons.find(({code}) => code === 'JOB_REFUSED_FOR_NOW');
    expect(refused).toMatchObject({standing: 'trouble', why: expect.stringContaining('limit')});
    await world.pbs('qmgr', '-c', 'unset queue workq max_queued');
    await world.stage('run', file);
    expect((await why('full')).of('two')).toMatchObject({code: 'STEP_WAITS', what: 'it waits for one'});
    const one = String((await world.status('full')).steps[0]?.job);
    await world.pbs('qdel', one);
    expect((await why('full')).of('one')).toMatchObject({
      code: 'JOB_DELETED',
      next: [expect.stringContaining('stage run'), 'Or end the run: stage cancel full.1'],
    });
  } finally {
    await world.pbs('qmgr', '-c', 'unset queue workq max_queued');
    await world.pbs('qmgr', '-c', 'set queue workq started = True');
  }
});

test('how many jobs PBS takes is read where a run is created without a check, too', async () => {
  await world.pbs('qmgr', '-c', 'set queue workq max_queued = "[u:PBS_GENERIC=40]"');
  try {
    world.write('narrow.sh', '#!/bin/sh\nexit 0\n');
    const file = world.write('narrow.yaml', 'name: narrow\nsteps:\n  one: {job: {script: narrow.sh}}\n');
    await world.stage('run', file, '--no-check');
  } finally {
    await world.pbs('qmgr', '-c', 'unset queue workq max_queued');
  }
  const spec = JSON.parse(readFileSync(join(world.state, 'runs/narrow.1/spec.json'), 'utf8'));
  expect(spec).toMatchObject({maxQueued: 40});
});

test('an outage of PBS and of Globus is told as such, and concludes nothing', async () => {
  await world.pbs('qmgr', '-c', 'set queue workq started = False');
  try {
    await jobRun('away');
    await world.stage('local', 'outage', 'pbs');
    const told = await why('away');
    expect(told.of('compute')).toMatchObject({
      code: 'PBS_NOT_ASKED',
      next: expect.arrayContaining([expect.stringContaining('qstat -B')]),
    });
  } finally {
    await world.stage('local', 'outage', 'end');
    await world.pbs('qmgr', '-c', 'set queue workq started = True');
  }
});

test('a run or step that does not exist is refused with what there is', async () => {
  expect(await world.stage('why', 'nosuch')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('no run "nosuch"'),
  });
  await jobRun('known');
  expect(await world.stage('why', 'known', 'nostep')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('its steps are compute'),
  });
});
