import {cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it, test} from 'vitest';
import {cleanEnvironment, PACKAGE, runProgram} from '../support/cli.ts';
import type {ErrorDocument} from './support.ts';

// Real processes: bin/stage chooses a Node.js before anything of stage runs.

let directory = '';
/** a package of nothing but the launcher */
let launcher = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stage-entry-'));
  launcher = join(directory, 'package', 'bin', 'stage');
  for (const file of ['bin/stage', 'package.json']) cpSync(join(PACKAGE, file), join(directory, 'package', file));
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

/** A Node.js that says its version, and what it was started with: its own name, the script, the arguments, the path in STAGE_CLI. */
function node(at: string, version: string): string {
  const file = join(directory, at);
  mkdirSync(join(file, '..'), {recursive: true});
  const asked = `case $1 in --version) ${version ? `echo v${version}; exit` : 'exit 1'} ;; esac`;
  writeFileSync(file, `#!/bin/sh\n${asked}\necho "${at} $* by $STAGE_CLI"\n`, {mode: 0o755});
  return file;
}

/** Without the Node.js that runs the tests on PATH. */
function start(program: string, argv: readonly string[], env: Record<string, string> = {}) {
  const PATH = `${join(directory, 'path')}:${join(directory, 'tools')}`;
  mkdirSync(join(directory, 'tools'), {recursive: true});
  for (const tool of ['readlink', 'sed'])
    if (!readdirSync(join(directory, 'tools')).includes(tool))
      symlinkSync(`/bin/${tool}`, join(directory, 'tools', tool));
  return runProgram(program, argv, {env: cleanEnvironment({HOME: directory, PATH, ...env}), cwd: directory});
}

describe('which Node.js starts stage', () => {
  test('the one that came with it, and no other is asked', async () => {
    node('package/.runtime/bin/node', '');
    node('path/node', '20.0.0');
    const {stdout} = await start(launcher, ['run', 'a b.yaml']);
    expect(stdout).toBe(
      `package/.runtime/bin/node --use-system-ca --disable-warning=ExperimentalWarning ${directory}/package/bin/../dist/start.cjs run a b.yaml by ${launcher}\n`,
    );
  });

  test('without it the one that submitted the job; without that, or where it has gone, the one on PATH', async () => {
    node('path/node', '24.14.0');
    const given = node('given/node', '31.0.0');
    expect((await start(launcher, [], {STAGE_NODE: given})).stdout).toMatch(/^given\/node /);
    rmSync(given);
    expect((await start(launcher, [], {STAGE_NODE: given})).stdout).toMatch(/^path\/node /);
    expect((await start(launcher, [])).stdout).toMatch(/^path\/node /);
  });

  it.each(['10.24.1', '22.22.0', '24.13.9'])('%s is too old: exit 2', async (version) => {
    const old = node('path/node', version);
    const ran = await start(launcher, ['run', 'workflow.yaml']);
    expect(ran).toMatchObject({exitCode: 2, stdout: ''});
    expect(ran.stderr).toContain(`error: stage needs Node.js 24.14 or newer\n  why: this is v${version}, ${old}\n`);
    expect(ran.stderr).toContain('module avail node');
    expect(ran.stderr).toContain(`sh ${directory}/package/scripts/runtime.sh`);
  });

  it.each(['24.14.0', '25.0.0', '30.1.0'])('%s is new enough', async (version) => {
    node('path/node', version);
    expect((await start(launcher, [])).exitCode).toBe(0);
  });

  test('one that cannot be started is told', async () => {
    node('path/node', '');
    const ran = await start(launcher, []);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain('cannot be started');
  });

  test('none is told as well', async () => {
    const ran = await start(launcher, ['status']);
    expect(ran).toMatchObject({exitCode: 2, stdout: ''});
    expect(ran.stderr).toContain('error: stage needs Node.js, which is missing\n');
    expect((await start(launcher, ['status', '--json'])).json<ErrorDocument>().error).toMatchObject({
      code: 'NODE_MISSING',
      exit: 2,
    });
  });

  test('--json tells it as a document, whatever the path looks like', async () => {
    const odd = node('od"d\\/node', '16.20.2');
    const ran = await start(launcher, ['status', '--json'], {STAGE_NODE: odd});
    expect(ran.exitCode).toBe(2);
    expect(ran.json<ErrorDocument>().error).toMatchObject({
      code: 'NODE_TOO_OLD',
      exit: 2,
      why: `this is v16.20.2, ${odd}`,
    });
  });
});

test('through links, as npm makes them, stage finds its package and keeps the path it was called by', async () => {
  node('package/.runtime/bin/node', '');
  const link = join(directory, 'one', 'stage');
  for (const at of ['one', 'two']) mkdirSync(join(directory, at));
  symlinkSync('../two/stage', link);
  symlinkSync(launcher, join(directory, 'two', 'stage'));
  symlinkSync(join(directory, 'package'), join(directory, 'current'));
  const found = (path: string) =>
    new RegExp(
      `^package/.runtime/bin/node --use-system-ca --disable-warning=ExperimentalWarning ${path}/bin/../dist/start.cjs x by`,
    );
  const through = await start(link, ['x']);
  expect(through.stdout).toMatch(found(`${directory}/package`));
  expect(through.stdout).toContain(` by ${link}\n`);
  expect((await start(join(directory, 'current', 'bin', 'stage'), ['x'])).stdout).toMatch(
    found(`${directory}/current`),
  );
  expect((await start('sh', ['-c', 'cd package/bin && sh stage x'], {PATH: process.env.PATH ?? ''})).stdout).toContain(
    ' by ./stage\n',
  );
});

describe('the first file', () => {
  /** It alone in a package: it must have its say before any other file is read. */
  const startAlone = (env: Record<string, string> = {}, ...argv: string[]) => {
    cpSync(join(PACKAGE, 'dist', 'start.cjs'), join(directory, 'package', 'dist', 'start.cjs'));
    return start(launcher, argv, {STAGE_NODE: process.execPath, ...env});
  };

  test('an installation without its other files is told: exit 126', async () => {
    const ran = await startAlone({}, 'status');
    expect(ran.exitCode).toBe(126);
    expect(ran.stderr).toMatch(/^error: stage could not be loaded\n {2}why: Cannot find module .*main\.cjs/);
    expect(ran.stderr).not.toContain('    at ');
    expect((await startAlone({}, 'status', '--json')).json<ErrorDocument>().error).toMatchObject({code: 'NOT_LOADED'});
  });

  test('what is compiled is kept where stage keeps things already, and no directory is made for it', async () => {
    await startAlone();
    expect(readdirSync(directory)).not.toContain('.cache');
    mkdirSync(join(directory, '.cache', 'stage'), {recursive: true});
    await startAlone();
    expect(readdirSync(join(directory, '.cache', 'stage'))).toEqual(['compiled']);
  });
});
