import {fork} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {cleanEnvironment, PACKAGE} from './cli.ts';

/**
 * Before the first test that starts processes: a place where stage commands are run by processes that go on to the next
 * one (warm-pool.mjs). Tests find it by STAGE_TEST_WARM. With STAGE_TEST_OWN_PROCESSES=1, and in the long forms of tests
 * (STAGE_TEST_CRASH), each command is a process.
 */
export default async function setUp(): Promise<() => void> {
  const {STAGE_TEST_OWN_PROCESSES, STAGE_TEST_PBS, STAGE_TEST_CRASH} = process.env;
  if (STAGE_TEST_OWN_PROCESSES === '1' || STAGE_TEST_PBS === '1' || STAGE_TEST_CRASH) return () => {};
  const directory = mkdtempSync(join(tmpdir(), 'stage-warm-'));
  mkdirSync(join(directory, 'compiled'));
  const pool = fork(join(import.meta.dirname, 'warm-pool.mjs'), [directory, PACKAGE], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [],
    env: cleanEnvironment({}),
  });
  await once(pool, 'message');
  process.env.STAGE_TEST_WARM = directory;
  return () => {
    pool.disconnect();
    rmSync(directory, {recursive: true, force: true});
  };
}
