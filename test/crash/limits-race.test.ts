import {type ChildProcess, spawn} from 'node:child_process';
import {chmodSync, chownSync, mkdirSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {makeLimitsDirectory, openLimitsDirectory, readMarker} from '../../src/limits/limits-directory.ts';
import {memoryDirectory} from '../support/memory-directory.ts';
import {checkDirectory} from '../support/read-limits.ts';

const WORKER = join(import.meta.dirname, '../support/limits-worker.ts');
const GROUP = 61_000;
const SLOTS = 2;
const isRoot = process.getuid?.() === 0;

/** A directory of limits with two slots, and one where those leave a file that work. */
function place(shared: boolean) {
  const top = memoryDirectory('limits-');
  chmodSync(top, 0o755);
  const [directory, witnesses] = [join(top, 'limits'), join(top, 'works')];
  mkdirSync(witnesses);
  chmodSync(witnesses, 0o777);
  makeLimitsDirectory(directory, {shared, by: 'test', at: 0});
  if (shared && isRoot)
    for (const each of [directory, ...['log', 'checkpoints', 'looks'].map((name) => join(directory, name))]) {
      chownSync(each, 0, GROUP);
      chmodSync(each, 0o3770); // chown(2) takes the bits away
    }
  const marker = readMarker(directory);
  if (marker.is !== 'whole') throw new Error('it was made');
  if (shared && isRoot) chownSync(join(directory, 'limits.json'), 0, GROUP);
  const capacity = {kind: 'slots', size: SLOTS} as const;
  openLimitsDirectory(directory, marker.value).settle({
    wanted: ({capacities}) => (capacities.size > 0 ? [] : [{do: 'capacity', limit: 'slot', capacity}]),
    by: 'test',
    clock: Date.now,
  });
  return {directory, witnesses};
}

/** Processes that race, some of them killed and started again. @returns the exit codes of those that came to their end */
async function race(
  shared: boolean,
  kills: number,
): Promise<{readonly directory: string; readonly codes: readonly (number | null)[]; readonly left: readonly string[]}> {
  const {directory, witnesses} = place(shared);
  const names = ['a', 'b', 'c'];
  const start = (name: string, index: number): ChildProcess => {
    const user = shared && isRoot ? 61_001 + (index % 2) : 0;
    const argv = [WORKER, directory, witnesses, name, String(SLOTS), String(user), String(GROUP), '25'];
    return spawn(process.execPath, argv, {stdio: ['ignore', 'ignore', 'inherit']});
  };
  const ends = names.map(async (name, index) => {
    let left = kills;
    for (;;) {
      const child = start(name, index);
      const timer = left-- > 0 ? setTimeout(() => child.kill('SIGKILL'), 200 + Math.random() * 150) : undefined;
      const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
      clearTimeout(timer);
      if (code !== null) return code;
    }
  });
  return {directory, codes: await Promise.all(ends), left: readdirSync(witnesses)};
}

test('three processes of a user race for two slots, and are killed: never more than two work at once', async () => {
  const {directory, codes, left} = await race(false, 1);
  expect(codes).toEqual([0, 0, 0]);
  const {wrong, held, waiting, grants} = checkDirectory(directory);
  expect({wrong, held: [...held], waiting, left}).toEqual({wrong: [], held: [], waiting: [], left: []});
  expect(grants).toBeGreaterThanOrEqual(75);
});

test('processes of two users race for the slots of a directory of their group', async () => {
  const {directory, codes, left} = await race(true, 1);
  expect(codes).toEqual([0, 0, 0]);
  const {wrong, held, waiting, grants} = checkDirectory(directory);
  expect({wrong, held: [...held], waiting, left}).toEqual({wrong: [], held: [], waiting: [], left: []});
  expect(grants).toBeGreaterThanOrEqual(75);
});
