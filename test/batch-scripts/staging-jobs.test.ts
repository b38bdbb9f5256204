import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {assign, writeScript} from '../../src/batch-scripts/template.ts';
import {cleanEnvironment, runProgram} from '../support/cli.ts';

// Real processes: /bin/sh runs the scripts around a stage that ends as told.

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stage-staging-jobs-'));
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

/** Run a job's script in which `stage` ends with these codes in turn, 137 by a SIGKILL; no pause takes any time. */
async function run(
  role: string,
  codes: readonly number[],
  {seconds = 60, cli = 'stage', setup = []}: {seconds?: number; cli?: string; setup?: string[]} = {},
): Promise<{exitCode: number; calls: number; pauses: string; asked: string[]}> {
  const executable = (name: string, text: string) =>
    writeFileSync(join(directory, name), `#!/bin/sh\n${text}`, {mode: 0o755});
  mkdirSync(join(directory, 'bin'));
  executable('bin/sleep', `echo "$1" >> ${directory}/pauses\n`);
  const cases = codes.map((code, at) => `${at + 1}) ${code === 137 ? 'kill -9 $$' : `exit ${code}`};;`).join('\n');
  executable('stage', `echo "$@" >> ${directory}/calls\ncase $(wc -l < ${directory}/calls) in\n${cases}\nesac\n`);
  const script = join(directory, 'job.sh');
  const values = {
    STAGE_CLI: join(directory, cli),
    STAGE_ROLE: role,
    STAGE_GENERATION: '7',
    STAGE_SECONDS: String(seconds),
  };
  writeScript(script, role === 'launcher' || role === 'sentinel' ? 'look.sh' : `${role}.sh`, {
    '#@VALUES': assign(values),
    '#@SETUP': setup,
  });
  const env = cleanEnvironment({PATH: `${directory}/bin:${process.env.PATH}`});
  const {exitCode} = await runProgram('/bin/sh', [script], {cwd: directory, env});
  const lines = (name: string) =>
    existsSync(join(directory, name)) ? readFileSync(join(directory, name), 'utf8').trim().split('\n') : [];
  return {exitCode, calls: lines('calls').length, pauses: lines('pauses').join(' '), asked: lines('calls')};
}

describe.each(['launcher', 'sentinel', 'monitor'])('a %s', (role) => {
  test('tries again when its process was killed, or could not begin', async () => {
    expect(await run(role, [137, 127, 0])).toMatchObject({exitCode: 0, calls: 3, pauses: '0 10 30'});
  });

  test('gives up some time before its walltime', async () => {
    const {exitCode, calls, pauses} = await run(role, [127, 127, 127, 127, 127, 127]);
    expect([exitCode, calls]).toEqual([127, pauses.split(' ').length]);
    expect(pauses.split(' ').reduce((sum, seconds) => sum + Number(seconds), 0)).toBeLessThan(300);
  });

  test('tries again on a node that lacks the installation, or the configuration, for a moment', async () => {
    expect(await run(role, [126, 2, 0])).toMatchObject({exitCode: 0, calls: 3, pauses: '0 10 30'});
  });

  test('says how long stage may stay', async () => {
    const {asked} = await run(role, [0]);
    expect(asked).toEqual([expect.stringMatching(/--seconds (60|5\d)$/)]);
  });

  test('does not begin stage again when the time it may stay is over', async () => {
    expect(await run(role, [4, 0], {seconds: 0})).toMatchObject({
      exitCode: 4,
      asked: [expect.stringMatching(/--seconds 0$/)],
    });
  });

  test('takes the stage on PATH where the one that submitted it is gone; "setup" may have put it there', async () => {
    const gone = await run(role, [0], {cli: 'removed-by-an-upgrade', setup: [`PATH=${directory}:$PATH`]});
    expect(gone).toMatchObject({exitCode: 0, calls: 1});
  });

  test('says that it is gone where none is on PATH, and tries again', async () => {
    expect(await run(role, [0], {cli: 'removed-by-an-upgrade'})).toMatchObject({exitCode: 127, calls: 0});
  });

  test.each([0, 3, 5, 70])('tries nothing again that ended with %i', async (code) => {
    expect(await run(role, [code, 0])).toMatchObject({exitCode: code, calls: 1});
  });
});

describe('a job that waits', () => {
  test.each([
    [0, 0],
    [10, 1],
  ])('ends when stage tells how the transfer ended (%i), for PBS with %i', async (said, exitCode) => {
    expect(await run('wait', [said])).toMatchObject({exitCode, calls: 1});
  });

  test('takes nothing else for an end: not a node without the installation, not a killed process, not a defect', async () => {
    expect(await run('wait', [1, 2, 137, 70, 4, 10])).toMatchObject({exitCode: 1, calls: 6});
  });
});
