import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeEach, expect, test} from 'vitest';
import {holderOf, takeLock} from '../../src/stand-ins/lock.ts';
import {DamagedRecord} from '../../src/stand-ins/stand-in-error.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

let lock: string;
beforeEach(() => {
  lock = join(memoryDirectory('lock-'), 'lock');
});

test('one process holds the lock, until it gives it back', () => {
  const giveBack = takeLock(lock);
  expect([holderOf(lock), takeLock(lock)]).toEqual([process.pid, undefined]);
  giveBack?.();
  expect(holderOf(lock)).toBeUndefined();
  expect(takeLock(lock)).toBeDefined();
});

test.each(['', '1', '\u0007\u0007', undefined])(
  'the holder stays known, and no second one gets the lock, when its file is damaged: %j',
  (content) => {
    takeLock(lock);
    const file = join(lock, 'holder');
    if (content === undefined) rmSync(file);
    else writeFileSync(file, content);
    expect([holderOf(lock), takeLock(lock)]).toEqual([process.pid, undefined]);
  },
);

test('a lock of which nothing tells who holds it, as an older version left it, is taken by none: it is named', () => {
  mkdirSync(lock);
  writeFileSync(join(lock, 'holder'), '');
  for (const ask of [holderOf, takeLock]) expect(() => ask(lock)).toThrow(DamagedRecord);
});

test('a lock whose holder is dead is taken', () => {
  mkdirSync(lock);
  writeFileSync(join(lock, 'holder'), '4194305 77'); // no process has an id beyond pid_max
  writeFileSync(join(lock, 'held by 4194305 77'), '');
  expect(takeLock(lock)).toBeDefined();
  expect(holderOf(lock)).toBe(process.pid);
});
