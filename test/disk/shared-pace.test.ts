import {chmodSync, mkdirSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {sharedPace} from '../../src/disk/shared-pace.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

let directory: string;
let now: number;
let slept: number[];
const limit = {perSecond: 2, burst: 3};
const clock = {
  now: () => now,
  sleep: async (ms: number) => {
    slept.push(ms);
  },
};
beforeEach(() => {
  directory = memoryDirectory('pace-');
  now = Date.now();
  slept = [];
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

/** One process of this host. */
const another = (file = join(directory, 'pace')) => sharedPace(file, limit, clock);

describe('a pace that the processes of a host share', () => {
  test('lets a burst pass, and then so many a second, whichever process asks', async () => {
    for (let count = 0; count < 6; count++) await another()();
    expect(slept).toEqual([500, 1000, 1500]);
  });

  test('lets a burst pass again after a rest', async () => {
    for (let count = 0; count < 4; count++) await another()();
    now += 10_000;
    slept = [];
    for (let count = 0; count < 3; count++) await another()();
    expect(slept).toEqual([]);
  });

  test('keeps nobody for longer than they can wait, and remembers no debt beyond that', async () => {
    for (let count = 0; count < 200; count++) await another()(1_000);
    expect(Math.max(...slept)).toBe(1_000);
    now += 3_000;
    slept = [];
    await another()(1_000);
    expect(slept).toEqual([]);
  });

  test('is passed over where its file cannot be made or read', async () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    for (let count = 0; count < 9; count++) await another(join(file, 'pace'))();
    expect(slept).toEqual([]);
    writeFileSync(join(directory, 'pace'), 'rubbish');
    await another()();
    expect(slept).toEqual([]);
  });

  test('is passed over where its directory takes nothing', async ({skip}) => {
    if (process.getuid?.() === 0) skip('root may write everywhere');
    const closed = join(directory, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o500);
    for (let count = 0; count < 9; count++) await another(join(closed, 'pace'))();
    expect(slept).toEqual([]);
  });

  test('passes over the lock of a process that died, and goes on without a turn where one is held', async () => {
    const lock = join(directory, 'pace.lock');
    writeFileSync(lock, '');
    await another()();
    expect(slept.every((ms) => ms < 10)).toBe(true); // short pauses, then it went on
    const old = new Date(now - 10_000);
    utimesSync(lock, old, old);
    slept = [];
    await another()();
    expect(slept).toEqual([]);
  });

  test('of a file whose time lies far ahead, as of a clock that was set back, is kept for a moment alone', async () => {
    writeFileSync(join(directory, 'pace'), String(now + 1e9));
    await another()();
    expect(Math.max(0, ...slept)).toBeLessThanOrEqual(2_000 + 500);
  });
});
