import {fork, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync} from 'node:fs';
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
  const places = process.env.TMPDIR === undefined && serves(MEMORY) ? mkdtempSync(join(MEMORY, 'stage-')) : undefined;
  if (places !== undefined) process.env.TMPDIR = places;
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
    for (const each of [directory, places ?? directory]) rmSync(each, {recursive: true, force: true, maxRetries: 5});
  };
}

/** Where worlds lie if they can: a fifth of what they cost on a disk is its files. Deaths of processes are no deaths of disks. */
const MEMORY = '/dev/shm';
const ROOM_BYTES = 2 * 1024 ** 3;

/** There is room, and what is written there may be executed: containers often have a small one, without programs. */
function serves(directory: string): boolean {
  const program = join(directory, `stage-try-${process.pid}`);
  try {
    const {bavail, bsize} = statfsSync(directory);
    writeFileSync(program, '#!/bin/sh\nexit 0\n', {mode: 0o700, flag: 'wx'});
    return bavail * bsize > ROOM_BYTES && spawnSync(program).status === 0;
  } catch {
    return false;
  } finally {
    rmSync(program, {force: true});
  }
}
