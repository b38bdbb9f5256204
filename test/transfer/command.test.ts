import {randomUUID} from 'node:crypto';
import {chmodSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import type {TaskId} from '../../src/base/ids.ts';
import type {TransferRequest} from '../../src/base/task-request.ts';
import {SignInNeeded, TransferRefused, TransferUnreachable} from '../../src/globus-errors.ts';
import {type CommandResult, createRunCommand, type RunCommand} from '../../src/process/run-command.ts';
import {askProgram, environmentOfProgram, readAnswer} from '../../src/transfer/command/ask-program.ts';
import {createCommandTransfer} from '../../src/transfer/command/command-transfer.ts';
import {memoryDirectory} from '../support/memory-directory.ts';
import {MemoryPlugin} from '../support/plugin.ts';

const PROGRAM = '/opt/site/mover';

function aCopy(options: Partial<TransferRequest['options']> = {}): TransferRequest {
  return {
    via: {by: 'command', program: PROGRAM},
    label: 'stage run.1 stage-in 1',
    sourceCollection: 'tape',
    destinationCollection: 'localhost',
    items: [{from: '/data/', to: '/scratch/data/', recursive: true}],
    options: {verifyChecksum: true, preserveTimestamp: false, encryptData: false, ...options},
  };
}

function site(run?: RunCommand) {
  const plugin = new MemoryPlugin();
  const world = {now: Date.parse('2026-11-30T12:00:00Z')};
  const ways = join(memoryDirectory('stage-ways-'), 'ways');
  const open = () =>
    createCommandTransfer({
      run: run ?? plugin.run,
      timeoutMs: 1000,
      env: {},
      node: process.execPath,
      ways,
      ensureHome: () => {},
      clock: () => world.now,
      by: 'test',
    });
  return {plugin, world, open, way: open()};
}

const done = (more: Partial<CommandResult>): CommandResult => ({
  asked: '',
  exitCode: 0,
  stdout: '',
  stderr: '',
  timedOut: false,
  notFound: false,
  ...more,
});

test('a program is told what moves where, with which options, and under which id', async () => {
  const {plugin, way} = site();
  const id = randomUUID();
  await way.submit(id, aCopy({syncLevel: 3, preserveTimestamp: true}));
  expect(plugin.asked[0]).toMatchObject({
    verb: 'start',
    question: {
      version: 1,
      id,
      label: 'stage run.1 stage-in 1',
      from: {host: 'tape'},
      to: {host: 'localhost'},
      items: [{from: '/data/', to: '/scratch/data/', recursive: true}],
      options: {sync: 'checksum', verify_checksum: true, preserve_timestamp: true, encrypt: false},
    },
  });
});

test('what the intent of an id said counts, whatever is asked under it later', async () => {
  const {plugin, way} = site();
  const id = randomUUID();
  plugin.down = true;
  await expect(way.submit(id, aCopy())).rejects.toThrow(TransferUnreachable);
  plugin.down = false;
  await way.submit(id, {...aCopy(), label: 'other'});
  expect(plugin.asked.map(({question}) => question.label)).toEqual([
    'stage run.1 stage-in 1',
    'stage run.1 stage-in 1',
  ]);
});

test.each([
  [
    '2 and a reason: refused',
    {exitCode: 2, stdout: '{"error":{"code":"NO_SUCH_HOST","message":"no such host"}}'},
    TransferRefused,
    'no such host',
  ],
  [
    '2 and no JSON: refused, in the words of standard error',
    {exitCode: 2, stderr: 'a\nno such host\n'},
    TransferRefused,
    'no such host',
  ],
  [
    '3: a person must act',
    {exitCode: 3, stdout: '{"error":{"message":"the proxy has expired"}}'},
    SignInNeeded,
    'the proxy has expired',
  ],
  [
    '4: not now',
    {exitCode: 4, stdout: '{"error":{"message":"being maintained"}}'},
    TransferUnreachable,
    'being maintained',
  ],
  ['1: nothing that was agreed', {exitCode: 1, stderr: 'Traceback\n'}, TransferUnreachable, 'exit code 1: Traceback'],
  ['0 and half an answer', {stdout: '{"task": "t-'}, TransferUnreachable, 'not JSON'],
  ['0 and another answer', {stdout: '{"task": 7}'}, TransferUnreachable, 'not as agreed: task'],
  ['0 and nothing', {stdout: ''}, TransferUnreachable, 'not JSON'],
  ['no end in time', {exitCode: undefined, timedOut: true}, TransferUnreachable, 'did not end in time'],
  ['a signal', {exitCode: undefined, signal: 'SIGKILL'}, TransferUnreachable, 'SIGKILL'],
  [
    'no such program',
    {exitCode: undefined, notFound: true, failure: 'not found'},
    TransferUnreachable,
    'no such program',
  ],
  [
    'more than is read',
    {exitCode: undefined, failure: 'it printed more than 2000000 characters'},
    TransferUnreachable,
    'more than',
  ],
])('an end with %s', (_, end, kind, why) => {
  try {
    readAnswer(PROGRAM, 'start', done(end));
  } catch (error) {
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({why: expect.stringContaining(why), message: expect.stringContaining('mover')});
    return;
  }
  expect.unreachable();
});

test('an entry that cannot be read is no evidence about its task, and costs the others nothing', async () => {
  const {plugin, way} = site();
  const [a, b] = [await way.submit(randomUUID(), aCopy()), await way.submit(randomUUID(), aCopy())];
  plugin.show(b.replace('command-', 't-'), 'on its way');
  const seen = await way.look([a, b]);
  expect(seen.get(a)).toMatchObject({kind: 'task', state: 'active', saidBy: 'mover'});
  expect(seen.get(b)).toMatchObject({kind: 'no-evidence', why: expect.stringContaining('mover')});
});

test('progress, faults and the reason of a failure are taken over; what is long or has control characters is cut to a line', async () => {
  const {plugin, way} = site();
  const task = await way.submit(randomUUID(), aCopy());
  const name = task.replace('command-', 't-');
  plugin.show(name, 'active', {
    bytes: 40,
    bytes_total: 100,
    files: 1,
    files_total: 4,
    rate: 8,
    faults: 2,
    trouble: {code: 'RETRY', message: `no\n route${'!'.repeat(5000)}`},
  });
  const active = (await way.look([task])).get(task);
  expect(active).toMatchObject({
    bytesTransferred: 40,
    bytesTotal: 100,
    files: 4,
    subtasksPending: 3,
    rate: 8,
    faults: 2,
    troubleCode: 'RETRY',
  });
  expect(active).toMatchObject({trouble: expect.stringMatching(/^no route!+$/)});
  expect(JSON.stringify(active).length).toBeLessThan(3000);
  plugin.show(name, 'failed', {error: {code: 'ENOSPC', message: 'no space left'}});
  expect((await way.look([task])).get(task)).toMatchObject({
    state: 'failed',
    fatalError: {code: 'ENOSPC', description: 'no space left'},
  });
});

test('an end that was seen is kept: a program may forget it, and another process is not told otherwise', async () => {
  const {plugin, way, open} = site();
  const task = await way.submit(randomUUID(), aCopy());
  plugin.finish(task.replace('command-', 't-'));
  expect((await way.look([task])).get(task)).toMatchObject({state: 'succeeded', bytesTransferred: 5});
  plugin.tasks.clear();
  plugin.down = true;
  expect((await open().look([task])).get(task)).toMatchObject({state: 'succeeded', bytesTransferred: 5});
});

test('a program that let its time pass rests for a minute; others are asked, and no circuit breaker opens', async () => {
  const {plugin, way, world} = site();
  const task = await way.submit(randomUUID(), aCopy());
  plugin.instead = {show: {timedOut: true, exitCode: undefined}};
  expect((await way.look([task])).get(task)).toEqual({
    kind: 'no-evidence',
    why: expect.stringContaining('did not end in time'),
  });
  const asked = plugin.asked.length;
  expect((await way.look([task])).get(task)?.kind).toBe('no-evidence');
  await expect(way.submit(randomUUID(), aCopy())).rejects.toThrow(TransferUnreachable);
  expect(plugin.asked).toHaveLength(asked);
  plugin.instead = {};
  world.now += 61_000;
  expect((await way.look([task])).get(task)).toMatchObject({state: 'active'});
});

test('a deadline is kept by stage: the task is cancelled when it has passed, and has expired', async () => {
  const {plugin, way, world} = site();
  const task = await way.submit(randomUUID(), aCopy({deadlineAfterMs: 60_000}));
  await way.look([task]);
  expect(plugin.asked.map(({verb}) => verb)).not.toContain('cancel');
  world.now += 61_000;
  await way.look([task]);
  expect(plugin.asked.map(({verb}) => verb)).toContain('cancel');
  expect((await way.look([task])).get(task)).toMatchObject({state: 'failed', fatalError: {code: 'EXPIRED'}});
});

test('a record that was damaged is no evidence about its task', async () => {
  const {way, plugin} = site();
  const task = await way.submit(randomUUID(), aCopy());
  const directory = String(plugin.asked[0]?.question.state_directory);
  writeFileSync(join(directory, '../../ways', task.replace('command-', ''), 'asked.json'), '{');
  expect((await way.look([task])).get(task)).toMatchObject({
    kind: 'no-evidence',
    why: expect.stringContaining('asked.json'),
  });
  expect((await way.look(['command-x' as TaskId])).get('command-x' as TaskId)).toEqual({kind: 'unknown'});
});

test('a disk that takes nothing is no evidence about a task, and ends no look', async () => {
  const {plugin, way, world} = site();
  const task = await way.submit(randomUUID(), aCopy());
  plugin.finish(task.replace('command-', 't-'));
  const ways = join(String(plugin.asked[0]?.question.state_directory), '../../ways');
  // The moment of the record: what is written now fails.
  Object.defineProperty(world, 'now', {
    get: () => {
      rmSync(ways, {recursive: true});
      return 1;
    },
  });
  expect((await way.look([task])).get(task)).toMatchObject({
    kind: 'no-evidence',
    why: expect.stringContaining('ENOENT'),
  });
});

test('its environment has no secret and nothing of stage in it', () => {
  const env = {
    HOME: '/home/ada',
    PATH: '/usr/bin',
    STAGE_CLIENT_SECRET: 's3cret',
    GLOBUS_CLI_CLIENT_SECRET: 's3cret',
    AWS_SECRET_ACCESS_KEY: 's3cret',
    LD_PRELOAD: '/tmp/x.so',
    X509_USER_PROXY: '/tmp/x509up_u1000',
  };
  expect(environmentOfProgram(env, '/opt/stage/.runtime/bin/node')).toEqual({
    HOME: '/home/ada',
    PATH: '/usr/bin:/opt/stage/.runtime/bin',
    X509_USER_PROXY: '/tmp/x509up_u1000',
  });
});

/** A real program. */
function program(text: string): string {
  const file = join(memoryDirectory('stage-program-'), 'a mover; touch x');
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o700);
  return file;
}

const real = {run: createRunCommand({graceMs: 100}), timeoutMs: 5000, env: process.env, node: process.execPath};

test('a real program gets one argument and a question on its standard input, whatever its name and the question hold', async () => {
  const file = program('read -r question; [ "$#" = 1 ] && printf \'{"task":"%s-%s"}\' "$1" "${#question}"');
  const question = {id: '$(touch /tmp/never); `id`'};
  expect(await askProgram(file, 'start', question, real)).toEqual({task: `start-${JSON.stringify(question).length}`});
});

test('a real program that prints without end, or does not end, is ended', async () => {
  await expect(askProgram(program('yes'), 'show', {}, real)).rejects.toThrow(TransferUnreachable);
  await expect(askProgram(program('exec sleep 60'), 'show', {}, {...real, timeoutMs: 200})).rejects.toMatchObject({
    why: 'it did not end in time',
  });
});
