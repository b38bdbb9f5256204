import {spawn} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {cleanEnvironment, PACKAGE, runStage} from '../../support/cli.ts';
import {until} from '../../support/until.ts';

// Real processes: many start the background process at once, and one may win.

test('eight background processes that start at the same instant leave exactly one to serve the directory', async () => {
  for (let round = 0; round < 8; round++) {
    const home = mkdtempSync(join(tmpdir(), 'stage-first-'));
    const daemon = join(PACKAGE, 'dist', 'local-daemon.cjs');
    const all = Array.from({length: 8}, () =>
      spawn(process.execPath, [daemon, home, '0'], {env: cleanEnvironment({}), stdio: 'ignore'}),
    );
    const living = () => all.filter(({exitCode, signalCode}) => exitCode === null && signalCode === null);
    try {
      await until(
        'all but one to leave',
        () => existsSync(join(home, 'stand-ins/running.json')) && living().length <= 1,
        {
          seconds: 8,
          last: () => ({round, living: living().length}),
        },
      );
      await pause(300); // the one that is left must stay
      expect(living()).toHaveLength(1);
    } finally {
      for (const child of living()) child.kill('SIGKILL');
      await until('their end', () => living().length === 0, {seconds: 5});
      rmSync(home, {recursive: true, force: true, maxRetries: 5});
    }
  }
});

test('eight first commands at the same instant start the stand-ins once, and all of them are served', async () => {
  const home = mkdtempSync(join(tmpdir(), 'stage-first-'));
  const env = {STAGE_HOME: home, STAGE_PROFILE: 'local'};
  try {
    const all = await Promise.all(Array.from({length: 8}, () => runStage(['local', 'up', '--json'], {env})));
    expect(all.map(({exitCode}) => exitCode)).toEqual(all.map(() => 0));
    expect(new Set(all.map((ran) => ran.json<{status: {pid: number}}>().status.pid)).size).toBe(1);
  } finally {
    await runStage(['local', 'down'], {env});
    rmSync(home, {recursive: true, force: true, maxRetries: 5});
  }
});
