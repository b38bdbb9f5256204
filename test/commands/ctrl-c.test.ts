import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, writeFileSync} from 'node:fs';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {CLI, cleanEnvironment} from '../support/cli.ts';
import {classic} from '../support/workflows.ts';
import {localWorld, type World} from '../support/world.ts';

// Real processes: a signal ends a command that waits.

let world: World;
beforeAll(async () => {
  world = await localWorld({ownProcesses: true});
  await world.stage('local', 'up');
  mkdirSync(world.path('archive', 'in'), {recursive: true});
  writeFileSync(world.path('archive', 'in/a'), 'x');
  world.write('ok.sh', '#!/bin/sh\n');
});
afterAll(() => world.close());

interface Left {
  readonly signal: NodeJS.Signals | null;
  readonly document: Record<string, unknown>;
}

/** Begin to wait, press Ctrl-C some seconds later; later still on a machine so busy that the waiting had not begun. */
async function leave(...argv: string[]): Promise<Left> {
  for (const seconds of [3, 10, 20]) {
    const left = await leaveAfter(seconds, argv);
    if (left) return left;
  }
  throw new Error(`${argv.join(' ')} never came to wait`);
}

/** @returns undefined when the signal came before the waiting had begun */
async function leaveAfter(seconds: number, argv: readonly string[]): Promise<Left | undefined> {
  const env = cleanEnvironment({STAGE_HOME: world.home, STAGE_PROFILE: 'local'});
  const child = spawn(CLI, [...argv, '--json'], {cwd: world.work, env});
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  const closed = once(child, 'close');
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  child.kill('SIGINT');
  await closed;
  if (stdout === '') return undefined;
  return {signal: child.signalCode, document: JSON.parse(stdout) as Record<string, unknown>}; // toMatchObject tells its shape
}

test('Ctrl-C while a command waits: one document that says where things stand, and an end by the signal, which stops a script', async () => {
  const {file} = classic(world, 'left');
  await world.stage('local', 'pause', 'archive');
  await world.stage('run', file);
  const task = (await world.stage('transfer', 'start', 'archive:/in/', 'cluster:/in/')).stdout.trim();
  const job = (await world.stage('job', 'submit', 'ok.sh', '--hold')).stdout.trim();
  const [ofTask, ofJob, ofStatus, ofRun] = await Promise.all([
    leave('transfer', 'wait', task),
    leave('job', 'wait', job),
    leave('status', 'left', '--wait'),
    leave('run', file, '--wait'),
  ]);
  expect(ofTask).toMatchObject({signal: 'SIGINT', document: {exit: 130, tasks: [{task, state: 'paused'}]}});
  expect(ofJob).toMatchObject({signal: 'SIGINT', document: {exit: 130, jobs: [{job, state: 'held'}]}});
  expect(ofStatus).toMatchObject({signal: 'SIGINT', document: {exit: 130, runs: [{run: 'left.1', state: 'active'}]}});
  expect(ofRun).toMatchObject({signal: 'SIGINT', document: {exit: 130, run: {run: 'left.1', state: 'active'}}});
  await world.stage('job', 'delete', job);
  await world.stage('cancel', 'left');
});
