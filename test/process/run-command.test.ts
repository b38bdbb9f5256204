import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {createRunCommand} from '../../src/process/run-command.ts';

const run = createRunCommand({graceMs: 100});

test('passes arguments as they are, through no shell', async () => {
  const done = await run('printf', ['%s|', '$HOME', 'a b', "it's", '*']);
  expect(done).toMatchObject({exitCode: 0, stdout: "$HOME|a b|it's|*|", stderr: '', timedOut: false, notFound: false});
  expect(done.asked).toBe(`printf '%s|' '$HOME' 'a b' 'it'\\''s' '*'`);
});

test('reports exit code and both streams, final newlines included', async () => {
  expect(await run('sh', ['-c', 'echo out; echo err >&2; exit 153'])).toMatchObject({
    exitCode: 153,
    stdout: 'out\n',
    stderr: 'err\n',
  });
});

test('the standard input is closed, or the text that is given', async () => {
  expect((await run('cat', [])).stdout).toBe('');
  expect((await run('cat', [], {stdin: 'text'})).stdout).toBe('text');
});

test('adds to the environment, and takes commands from the given directory', async () => {
  const bin = await mkdtemp(path.join(os.tmpdir(), 'run-command-'));
  onTestFinished(() => rm(bin, {recursive: true, force: true}));
  await writeFile(path.join(bin, 'qwhere'), '#!/bin/sh\necho "$A $B"; pwd', {mode: 0o755});
  const done = await createRunCommand({binDirectory: bin, env: {A: '1'}})('qwhere', [], {cwd: bin, env: {B: '2'}});
  expect(done.stdout).toBe(`1 2\n${bin}\n`);
});

test('a whole environment takes the place of our own, and the command is found along ours', async () => {
  const environment = {PATH: '/no/such', A: 'kept'};
  const done = await createRunCommand({env: {B: '1'}})('env', [], {environment, env: {C: '2'}});
  expect(done.stdout.trim().split('\n').sort()).toEqual(['A=kept', 'C=2', 'PATH=/no/such']);
});

test('a missing command is told apart from a missing directory', async () => {
  expect(await run('no-such-command', [])).toMatchObject({notFound: true, exitCode: undefined});
  const done = await run('true', [], {cwd: '/nonexistent/dir'});
  expect(done).toMatchObject({
    notFound: false,
    exitCode: undefined,
    failure: 'the directory /nonexistent/dir does not exist',
  });
});

test('a file that cannot be executed is a failure, not a missing command', async () => {
  const bin = await mkdtemp(path.join(os.tmpdir(), 'run-command-'));
  onTestFinished(() => rm(bin, {recursive: true, force: true}));
  const file = path.join(bin, 'plain');
  await writeFile(file, 'text', {mode: 0o644});
  expect(await run(file, [])).toMatchObject({notFound: false, exitCode: undefined, failure: `${file}: EACCES`});
});

test('a command that takes too long is ended, even one that ignores TERM', async () => {
  const began = Date.now();
  const done = await run('sh', ['-c', "trap '' TERM; echo begun; while :; do sleep 0.05; done"], {timeoutMs: 200});
  expect(done).toMatchObject({timedOut: true, exitCode: undefined, stdout: 'begun\n'});
  expect(Date.now() - began).toBeLessThan(5000);
});

test('a grandchild that keeps the pipes open does not keep us', async () => {
  const began = Date.now();
  const done = await run('sh', ['-c', 'sleep 20 & echo $!; wait'], {timeoutMs: 200});
  process.kill(Number(done.stdout));
  expect(done.timedOut).toBe(true);
  expect(Date.now() - began).toBeLessThan(5000);
});

test('a command ended by a signal has no exit code', async () => {
  expect(await run('sh', ['-c', 'kill -9 $$'])).toMatchObject({
    exitCode: undefined,
    signal: 'SIGKILL',
    timedOut: false,
  });
});

test('an argument that no command can be given is a failure, and nothing is thrown', async () => {
  expect(await run('echo', ['a\0b'])).toMatchObject({
    exitCode: undefined,
    notFound: false,
    failure: expect.stringContaining('echo'),
  });
});
