import {setTimeout as pause} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {patiently} from '../../../support/batch-system.ts';
import {classic} from '../../../support/workflows.ts';
import {type JobDocument, linesIn, localWorld, type World} from '../../../support/world.ts';

// Real processes: a paused task is waited for by monitors that PBS starts at their time.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

/** A tick looks once at everything; this allows for a machine that others use too. */
const LONGEST_TICK_MS = patiently(4_000);

test('while the source is paused short monitors look, compute stays held, and it starts by itself after the pause', async () => {
  await world.stage('local', 'pause', 'archive', '--message', 'tape robot under repair');
  const {file, computed} = classic(world, 'paused');
  await world.stage('run', file);

  const running = new Map<string, {first: number; last: number}>();
  const chain = new Set<string>();
  const until = Date.now() + patiently(12_000);
  while (Date.now() < until) {
    const jobs = await world.jobs();
    const compute = jobs.find(({Job_Name}) => Job_Name === 'compute.paused');
    expect(compute?.job_state).toBe('H');
    const monitors = jobs.filter(({Job_Name}) => Job_Name === 'stage-monitor');
    // One chain: whatever looks, or is about to leave on a slow machine, a single successor waits.
    const waiting = alive(monitors).filter(({job_state}) => job_state !== 'R');
    expect(waiting.length, JSON.stringify(monitors)).toBeLessThanOrEqual(1);
    expect(alive(monitors).length, JSON.stringify(monitors)).toBeLessThanOrEqual(3);
    for (const {id, job_state} of monitors) {
      chain.add(id);
      if (job_state !== 'R') continue;
      const now = Date.now();
      running.set(id, {first: running.get(id)?.first ?? now, last: now});
    }
    await pause(200);
  }
  expect(chain.size).toBeGreaterThanOrEqual(3);
  for (const [id, {first, last}] of running) expect({id, ms: last - first < LONGEST_TICK_MS}).toEqual({id, ms: true});

  const told = await world.stage('status', 'paused');
  expect(told.exitCode).toBe(0);
  expect(told.stdout).toMatch(/stage-in\s+paused/);
  expect(told.stdout).toContain('paused by the manager of archive: "tape robot under repair"');
  expect(linesIn(computed)).toBe(0);

  await world.stage('local', 'resume', 'archive');
  expect((await world.ended('paused.1')).state).toBe('succeeded');
  expect(linesIn(computed)).toBe(1);
  expect(await world.tasks()).toHaveLength(2);
});

test('a message of a manager is shown, and neither clears the screen nor writes a line of its own', async () => {
  const message = 'soon\u001b[2J\u001b[H\u009b2J\u202e\n✓ told.1  succeeded';
  await world.stage('local', 'pause', 'archive', '--message', message);
  const {file} = classic(world, 'told');
  await world.stage('run', file);
  const seen = '"soon\\u001b[2J\\u001b[H\\u009b2J\\u202e\\n✓ told.1  succeeded"';
  for (const command of [
    ['status', 'told'],
    ['why', 'told'],
  ]) {
    const {stdout} = await world.stage(...command);
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(stdout.split('\n').filter((line) => line.startsWith('✓ told'))).toEqual([]);
    expect(stdout).toContain('soon\\u001b[2J');
  }
  expect((await world.stage('status', 'told')).stdout).toContain(seen);
  const {stdout} = await world.stage('status', 'told', '--json');
  expect(stdout).not.toMatch(/[\u007f-\u009f\u202e]/);
  expect(JSON.stringify(JSON.parse(stdout))).toContain('soon\\u001b[2J');
  await world.stage('local', 'resume', 'archive');
  expect((await world.ended('told.1')).state).toBe('succeeded');
});

test('a message with which a manager cancels a task is shown as it is, without acting', async () => {
  await world.stage('local', 'pause', 'archive');
  const {file} = classic(world, 'ended');
  await world.stage('run', file);
  const task = String(world.fact('ended.1', 'stage-in.1.transfer.confirmed.json').task);
  await world.stage('local', 'task', 'cancel', task, '--message', 'quota\u001b[2J\u009b2J\u202e\nis used up');
  await world.stage('local', 'resume', 'archive');
  await world.ended('ended.1');
  for (const command of [
    ['why', 'ended'],
    ['transfer', 'show', task],
  ]) {
    const {stdout} = await world.stage(...command);
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(stdout).toContain('quota\\u001b[2J\\u009b2J\\u202e is used up');
  }
});

function alive(jobs: readonly JobDocument[]): readonly JobDocument[] {
  return jobs.filter(({job_state}) => !['F', 'X', 'E'].includes(job_state));
}
