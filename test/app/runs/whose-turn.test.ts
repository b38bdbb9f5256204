import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, expect, test} from 'vitest';
import {classic} from '../../support/workflows.ts';
import {localWorld, type World} from '../../support/world.ts';

// Real processes: consents and sign-ins are asked for by a service while jobs look.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterEach(() => world.stage('local', 'outage', 'end'));
afterAll(() => world.close());

test('doctor asks PBS now: one that has gone away since does not answer, and a history that was switched off is told', async () => {
  expect(await world.stage('doctor')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/finished jobs are kept in its history/),
  });
  await world.setServer?.('job_history_enable', 'False');
  expect((await world.stage('doctor')).stdout).toMatch(/forgotten at once/);
  await world.setServer?.('job_history_enable', 'True');
  await world.stage('local', 'outage', 'pbs');
  const away = await world.stage('doctor', '--json');
  expect(away.exitCode).toBe(4);
  expect(away.json().findings).toContainEqual(
    expect.objectContaining({what: 'PBS does not answer', level: 'problem', exit: 4}),
  );
});

/** A run that waits for a paused collection of its own. */
async function waiting(name: string, at = world): Promise<string> {
  await at.collection(name);
  await at.stage('local', 'pause', name);
  const {file} = classic(at, name, {source: name});
  await at.stage('run', file);
  return name;
}

test.each(['pbs', 'globus'])('why ends as status does while it cannot ask: exit 4 with %s away', async (who) => {
  const run = await waiting(`asked-${who}`);
  expect((await world.stage('why', run)).exitCode).toBe(0);
  await world.stage('local', 'outage', who, '--mode', 'down');
  const told = await world.stage('why', run);
  expect(told).toMatchObject({
    exitCode: 4,
    stdout: expect.stringMatching(/could not be queried|not reached|did not answer/),
  });
  expect((await world.stage('status', run)).exitCode).toBe(4);
  await world.stage('local', 'outage', 'end');
  await world.stage('cancel', run, '--no-cleanup');
});

test('a run alone that cannot be read is named by hold, release and resume --all: exit 4, as with status', async () => {
  const lone = await localWorld();
  try {
    await waiting('torn', lone);
    const spec = join(lone.state, 'runs', 'torn.1', 'spec.json');
    writeFileSync(spec, '{');
    for (const command of ['hold', 'release', 'resume']) {
      const told = await lone.stage(command, '--all');
      expect(told).toMatchObject({exitCode: 4, stdout: expect.stringContaining(spec)});
      const {problems} = (await lone.stage(command, '--all', '--json')).json<{problems: {code: string}[]}>();
      expect(problems).toMatchObject([{code: 'LEDGER_DAMAGED'}]);
    }
    expect((await lone.stage('status')).exitCode).toBe(4);
  } finally {
    await lone.close();
  }
});

test('status without a name ends with 3 while a run needs a person, before 4, and with 0 for runs that have ended; list says cancelling, too', async () => {
  await world.collection('lapsed');
  const {file} = classic(world, 'lapsed', {source: 'lapsed'});
  await world.stage('local', 'expire', 'lapsed');
  await world.stage('run', '--no-check', file);
  const told = await world.stage('status');
  expect(told).toMatchObject({exitCode: 3, stdout: expect.stringMatching(/action-needed/)});
  await world.stage('local', 'outage', 'pbs');
  expect((await world.stage('status')).exitCode).toBe(3);
  await world.stage('local', 'outage', 'end');
  await world.stage('cancel', 'lapsed', '--no-cleanup'); // whether there is a task, only somebody who is signed in can tell
  for (const argv of [['list'], ['list', '--state', 'cancelling']])
    expect((await world.stage(...argv)).stdout).toMatch(/lapsed\.1 +cancelling/);
  expect((await world.stage('list', '--state', 'active')).stdout).not.toMatch(/lapsed/);
  await world.stage('local', 'renew', 'lapsed');
  await world.stage('status');
  expect((await world.ended('lapsed.1')).state).toBe('cancelled');
  expect((await world.stage('status')).exitCode).toBe(0);
});
