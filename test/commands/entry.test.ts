import {cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it, test} from 'vitest';
import {cleanEnvironment, PACKAGE, runProgram} from '../support/cli.ts';
import type {ErrorDocument} from './support.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stage-entry-'));
  // The entry alone: it must have its say before any other file is read.
  cpSync(join(PACKAGE, 'dist', 'stage.js'), join(directory, 'stage.mjs'));
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

/** Start the entry in a Node.js that says it is another version. */
function startedBy(version: string, ...argv: string[]) {
  const pretence = join(directory, 'pretend.cjs');
  const versions = `{...process.versions, node: ${JSON.stringify(version)}}`;
  writeFileSync(
    pretence,
    `Object.defineProperty(process, 'versions', {value: ${versions}}); Object.defineProperty(process, 'version', {value: 'v${version}'});`,
  );
  const env = cleanEnvironment({HOME: directory});
  return runProgram(process.execPath, ['--require', pretence, join(directory, 'stage.mjs'), ...argv], {env});
}

it.each(['10.24.1', '18.20.8', '20.10.0'])(
  'a Node.js %s is too old: exit 2, before anything else is read',
  async (version) => {
    const ran = await startedBy(version, 'run', 'workflow.yaml');
    expect(ran.exitCode).toBe(2);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toContain(
      `error: stage needs Node.js 20.11 or newer\n  why: this is v${version}, ${process.execPath}\n`,
    );
    expect(ran.stderr).toContain('module load');
  },
);

it('--json tells it as a document', async () => {
  const ran = await startedBy('16.20.2', 'status', '--json');
  expect(ran.exitCode).toBe(2);
  expect(ran.json<ErrorDocument>().error).toMatchObject({code: 'NODE_TOO_OLD', exit: 2});
});

it.each(['20.11.0', '22.0.0', '31.0.0'])(
  'a Node.js %s goes on, and an installation without its files is told: exit 126',
  async (version) => {
    const ran = await startedBy(version, 'status');
    expect(ran.exitCode).toBe(126);
    expect(ran.stderr).toMatch(/^error: stage could not be loaded\n {2}why: Cannot find module .*main\.js/);
    expect(ran.stderr).not.toContain('    at ');
  },
);

test('what is compiled is kept where stage keeps things already, and no directory is made for it', async () => {
  const preload = join(directory, 'preload.cjs');
  const asked = join(directory, 'asked');
  writeFileSync(
    preload,
    `const fs = require('fs');
process.getBuiltinModule = (name) =>
  name === 'module' ? {enableCompileCache: (at) => fs.appendFileSync(${JSON.stringify(asked)}, at)} : require(name);`,
  );
  const env = cleanEnvironment({HOME: directory});
  const start = () => runProgram(process.execPath, ['--require', preload, join(directory, 'stage.mjs')], {env});
  await start();
  expect(readdirSync(directory)).not.toContain('asked');
  expect(readdirSync(directory)).not.toContain('.cache');
  mkdirSync(join(directory, '.cache', 'stage'), {recursive: true});
  await start();
  expect(readFileSync(asked, 'utf8')).toBe(join(directory, '.cache', 'stage', 'compiled'));
});
