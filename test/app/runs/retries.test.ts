import {readFileSync, writeFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {LONG, patiently} from '../../support/batch-system.ts';
import {needs} from '../../support/needs.ts';
import {leftIn, linesIn, localWorld, type World} from '../../support/world.ts';

// Real processes: each attempt is a job with a script of its own that really runs.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

const atOf = (run: string, fact: string) => Number(world.fact(run, fact).at);
const statesOf = (sealed: {steps: readonly {step: string; state: string}[]}) =>
  sealed.steps.map(({step, state}) => `${step} ${state}`);

/** A script that appends a line for each execution and then goes on with `body`. */
function script(at: World, name: string, body: string): {log: string; path: string} {
  const log = `${at.work}/${name}.ran`;
  at.write(`${name}.sh`, `#!/bin/sh\necho "$STAGE_ATTEMPT" >> ${log}\n${body}\n`);
  return {log, path: `${name}.sh`};
}

describe.concurrent('a step with retries', () => {
  test('is tried again after pauses that double, says so meanwhile, and succeeds in the end', async () => {
    const log = `${world.work}/backoff.ran`;
    const {path} = script(world, 'backoff', `[ "$(wc -l < ${log})" -ge 3 ] || exit 7`);
    const file = world.write(
      'backoff.yaml',
      `name: backoff\nsteps:\n  a: {retries: 3, retry_delay: 3s, job: {script: ${path}}}\n  b: {on_failure_of: [a], job: {script: ${path}}}\n`,
    );
    await world.stage('run', file);
    const pausing = await world.waitFor('the first pause', async () => {
      const step = (await world.status('backoff')).steps.find((each) => each.step === 'a');
      return step?.state === 'waiting' && step;
    });
    expect(pausing.reason).toMatch(/^failed \(exit status 7\); tried again \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const sealed = await world.ended('backoff.1');
    expect(statesOf(sealed)).toEqual(['a succeeded', 'b skipped']);
    expect(readFileSync(log, 'utf8')).toBe('1\n2\n3\n');
    const pauses = [1, 2].map(
      (number) => atOf('backoff.1', `a.${number + 1}.job.intent.json`) - atOf('backoff.1', `a.${number}.outcome.json`),
    );
    expect(pauses[0]).toBeGreaterThanOrEqual(3000);
    expect(pauses[1]).toBeGreaterThanOrEqual(6000);
    expect(pauses[0]).toBeLessThan(patiently(6000));
  });

  test('runs one attempt at a time, also when a monitor submits it and its script says #PBS -V', async () => {
    const log = `${world.work}/environment.ran`;
    const go = `${world.work}/environment.go`;
    world.write(
      'environment.sh',
      `#!/bin/sh\n#PBS -V\necho "$STAGE_INTENT" >> ${log}\n[ "$(wc -l < ${log})" -ge 2 ] || exit 7\nuntil [ -e ${go} ]; do sleep 0.2; done\n`,
    );
    const file = world.write(
      'environment.yaml',
      'name: environment\nsteps:\n  a: {retries: 1, retry_delay: 1s, job: {script: environment.sh}}\n',
    );
    await world.stage('run', file);
    await world.waitFor('the second attempt', () => linesIn(log) >= 2);
    const {state, job} = (await world.status('environment')).steps[0] ?? {};
    world.write('environment.go', '');
    expect({state, job}).toEqual({state: 'running', job: world.fact('environment.1', 'a.2.job.confirmed.json').job});
    expect((await world.ended('environment.1')).state).toBe('succeeded');
    const tags = [1, 2].map((number) => world.fact('environment.1', `a.${number}.job.intent.json`).tag);
    expect(readFileSync(log, 'utf8').trim().split('\n')).toEqual(tags);
  });

  test('fails when none is left, and only then its cleanup runs', async () => {
    const {log, path} = script(world, 'gives-up', 'exit 7');
    const cleanup = script(world, 'gives-up-cleanup', '');
    const file = world.write(
      'gives-up.yaml',
      `name: gives-up\nsteps:\n  a: {retries: 1, retry_delay: 1s, job: {script: ${path}}}\n  b: {on_failure_of: [a], job: {script: ${cleanup.path}}}\n`,
    );
    await world.stage('run', file);
    expect(statesOf(await world.ended('gives-up.1'))).toEqual(['a failed', 'b succeeded']);
    expect([linesIn(log), linesIn(cleanup.log)]).toEqual([2, 1]);
    expect(world.facts('gives-up.1')).not.toContain('a.3.job.intent.json');
  });

  test('a transfer is tried again with checksum sync, and moves only what is missing', async () => {
    await world.collection('flaky');
    world.writeTree(world.path('flaky', 'in'), 5);
    const file = world.write(
      'transfer.yaml',
      'name: transfer\nsteps:\n  copy: {retries: 2, retry_delay: 2s, transfer: {from: "flaky:/in/", to: "cluster:/transfer/"}}\n',
    );
    await world.stage('local', 'pause', 'flaky');
    await world.stage('run', file);
    world.writeTree(world.path('cluster', 'transfer'), 2);
    for (const name of ['d0/file 0.dat', 'd1/file 1.dat'])
      writeFileSync(world.path('cluster', `transfer/${name}`), readFileSync(world.path('flaky', `in/${name}`)));
    const {task} = world.fact('transfer.1', 'copy.1.transfer.confirmed.json');
    await (await world.globus()).expireAt(String(task), new Date(Date.now() + 1000));
    await world.waitFor('the second task', () => world.facts('transfer.1').includes('copy.2.transfer.confirmed.json'));
    await world.stage('local', 'resume', 'flaky');
    const sealed = await world.ended('transfer.1');
    expect(sealed.state).toBe('succeeded');
    const tasks = await world.tasksOf('transfer.1');
    expect(tasks.map(({status}) => status).sort()).toEqual(['FAILED', 'SUCCEEDED']);
    expect(tasks.find(({status}) => status === 'SUCCEEDED')).toMatchObject({files_transferred: 3, files_skipped: 2});
  });

  test('one that PBS refuses for good is not tried again', async () => {
    const {path} = script(world, 'refused', '');
    const first = script(world, 'first', '');
    const file = world.write(
      'refused.yaml',
      `name: refused\nsteps:\n  first: {job: {script: ${first.path}}}\n  a: {retries: 3, retry_delay: 1s, job: {script: ${path}, queue: nosuch}}\n`,
    );
    await world.stage('run', '--no-check', file);
    expect((await world.ended('refused.1')).state).toBe('failed');
    expect(world.facts('refused.1')).not.toContain('a.2.job.intent.json');
  });

  test('a run that is cancelled during a pause is not tried again', async () => {
    const {log, path} = script(world, 'stopped', 'exit 1');
    const file = world.write(
      'stopped.yaml',
      `name: stopped\nsteps:\n  a: {retries: 3, retry_delay: 1h, job: {script: ${path}}}\n`,
    );
    await world.stage('run', file);
    await world.waitFor('the pause', () => world.facts('stopped.1').includes('a.1.outcome.json'));
    await world.stage('cancel', 'stopped');
    expect(await world.ended('stopped.1')).toMatchObject({state: 'cancelled'});
    expect(linesIn(log)).toBe(1);
  });
});

describe('a job that is interrupted: its processes are killed and PBS forgets it', () => {
  test.each([
    ['is run again', '', 'a succeeded', 2],
    ['fails with "on_interrupted: fail"', ', on_interrupted: fail', 'a failed', 1],
  ])('it %s', async (_, key, state, executions) => {
    const name = key === '' ? 'again' : 'never';
    const go = `${world.work}/${name}.go`;
    const {log, path} = script(world, name, `until [ -e ${go} ]; do sleep 0.1; done`);
    const file = world.write(
      `${name}.yaml`,
      `name: ${name}\nsteps:\n  a: {retries: 2, retry_delay: 1s, job: {script: ${path}${key}}}\n`,
    );
    await world.stage('run', file);
    await world.waitFor('its start', () => linesIn(log) === 1);
    await world.wipe();
    writeFileSync(go, '');
    await world.stage('status');
    const sealed = await world.ended(`${name}.1`);
    expect(statesOf(sealed)).toEqual([state]);
    expect(linesIn(log)).toBe(executions);
    if (executions === 1) expect(sealed.why).toMatch(/it started, and PBS no longer knows it; "on_interrupted: fail"/);
  });
});

test('a job that PBS starts again is not run again with "on_interrupted: fail"', async (context) => {
  const {log, path} = script(world, 'rerun', LONG);
  const file = world.write(
    'rerun.yaml',
    `name: rerun\nsteps:\n  a: {retries: 2, retry_delay: 1s, job: {script: ${path}, on_interrupted: fail}}\n`,
  );
  await world.stage('run', file);
  await world.waitFor('its start', () => linesIn(log) === 1);
  const job = (await world.jobsOf('rerun.1')).find(({Job_Name}) => Job_Name === 'a.rerun');
  const again = await world.pbs('qrerun', String(job?.id));
  if (again.exitCode === 159) await world.stage('cancel', 'rerun');
  needs(context, 'qrerun', again.exitCode !== 159);
  expect(again.exitCode).toBe(0);
  const sealed = await world.ended('rerun.1');
  expect([linesIn(log), ...statesOf(sealed)]).toEqual([1, 'a failed']);
  // Without history, PBS tells only that it knows the job no more.
  if (await world.keepsHistory())
    expect(sealed.why).toMatch(/it was interrupted, and PBS started it again; "on_interrupted: fail"/);
});

describe.concurrent('a step with "when: always"', () => {
  /** a transfer, a job, and an end step; `body` is what the job does */
  async function start(name: string, body: string) {
    const job = script(world, name, body);
    const end = script(world, `${name}-end`, '');
    const file = world.write(
      `${name}.yaml`,
      `name: ${name}\nsteps:\n  a: {job: {script: ${job.path}}}\n  b: {needs: [a], job: {script: ${job.path}}}\n  end: {when: always, job: {script: ${end.path}}}\n`,
    );
    await world.stage('run', file);
    return {job, end};
  }

  test('runs once at the end after a success', async () => {
    const go = `${world.work}/always-well.go`;
    const {end} = await start('always-well', `until [ -e ${go} ]; do sleep 0.1; done`);
    expect(linesIn(end.log)).toBe(0);
    writeFileSync(go, '');
    expect(statesOf(await world.ended('always-well.1'))).toEqual(['a succeeded', 'b succeeded', 'end succeeded']);
    expect(linesIn(end.log)).toBe(1);
  });

  test('runs once at the end after a failure, and the run has failed all the same', async () => {
    const {end} = await start('always-ill', 'exit 4');
    const sealed = await world.ended('always-ill.1');
    expect([sealed.state, ...statesOf(sealed)]).toEqual(['failed', 'a failed', 'b skipped', 'end succeeded']);
    expect(linesIn(end.log)).toBe(1);
  });

  test('runs again at the end of a run that was resumed, and "stage resume" says that it ran before', async () => {
    const mended = `${world.work}/always-resumed.mended`;
    const {end} = await start('always-resumed', `[ -e ${mended} ] || exit 4`);
    await world.ended('always-resumed.1');
    writeFileSync(mended, '');
    const resumed = await world.stage('resume', 'always-resumed');
    expect(resumed.stdout).toMatch(/a, b, end again.*Note: end ran after the failure/);
    const sealed = await world.ended('always-resumed.1~1');
    expect([sealed.state, ...statesOf(sealed)]).toEqual(['succeeded', 'a succeeded', 'b succeeded', 'end succeeded']);
    expect(linesIn(end.log)).toBe(2);
  });

  test('runs once when the run is cancelled, and not with --no-cleanup', async () => {
    const went = await start('always-stopped', LONG);
    const left = await start('always-left', LONG);
    await world.waitFor('both', () => linesIn(went.job.log) + linesIn(left.job.log) === 2);
    await world.stage('cancel', 'always-stopped');
    await world.stage('cancel', 'always-left', '--no-cleanup');
    const sealed = await world.ended('always-stopped.1');
    expect([sealed.state, ...statesOf(sealed)]).toEqual(['cancelled', 'a cancelled', 'b cancelled', 'end succeeded']);
    expect(statesOf(await world.ended('always-left.1'))).toEqual(['a cancelled', 'b cancelled', 'end cancelled']);
    expect([linesIn(went.end.log), linesIn(left.end.log)]).toEqual([1, 0]);
    for (const run of ['always-stopped.1', 'always-left.1'])
      await world.waitFor('nothing left', async () => leftIn(await world.jobsOf(run)).length === 0);
  });
});
