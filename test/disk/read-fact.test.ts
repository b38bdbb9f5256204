import {execFileSync} from 'node:child_process';
import {chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import * as z from 'zod/mini';
import {createFact} from '../../src/disk/facts.ts';
import {type FactKind, readFact} from '../../src/disk/read-fact.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

let top: string;
beforeEach(() => {
  top = memoryDirectory('read-fact-');
});
afterEach(() => rmSync(top, {recursive: true, force: true}));

const SEEN: FactKind<{state: string; at: number}> = {
  what: 'what was seen',
  schema: z.looseObject({state: z.enum(['good', 'bad']), at: z.number()}),
};
const read = () => readFact(top, 'seen', SEEN);
const put = (text: string) => writeFileSync(join(top, 'seen.json'), text);

test('a fact is absent, or whole with all its fields, those without a schema too', () => {
  expect(read()).toEqual({is: 'absent'});
  createFact(top, 'seen', {state: 'good', at: 1, more: 'x'});
  expect(read()).toEqual({is: 'whole', value: {state: 'good', at: 1, more: 'x'}});
});

test.each([
  ['', 'it is empty'],
  ['\n', 'it is empty'],
  ['{"state":"go', 'it is cut short, or was overwritten: it is not JSON'],
  ['\0\0\0\0', 'it is cut short, or was overwritten: it is not JSON'],
  ['[]', 'it does not hold an object'],
  ['"good"', 'it does not hold an object'],
  ['null', 'it does not hold an object'],
  ['{"at":1}', 'it has no "state"'],
  ['{"state":"fair","at":1}', 'its "state" is not what it must be'],
  ['{"state":"good","at":"1"}', 'its "at" is not what it must be'],
  ['{"format":"1","state":"good","at":1}', 'its "format" is not a number from 1'],
])('%j is damage, and says why', (text, why) => {
  put(text);
  expect(read()).toMatchObject({is: 'damaged', path: join(top, 'seen.json'), why});
});

test('of a format that a newer version writes is told apart, whatever its fields', () => {
  put('{"format":2,"status":"good"}');
  expect(read()).toMatchObject({is: 'newer', why: 'it is of format 2, and this version of stage reads up to 1'});
  put('{"format":1,"state":"good","at":1}');
  expect(read()).toMatchObject({is: 'whole'});
});

test('what is no regular file in its place is damage: a directory, a link, one that leads nowhere, a pipe', () => {
  const path = join(top, 'seen.json');
  const again = () => rmSync(path, {recursive: true, force: true});
  mkdirSync(path);
  expect(read()).toMatchObject({is: 'damaged', why: 'a directory stands in its place'});
  again();
  writeFileSync(join(top, 'other.json'), '{"state":"good","at":1}');
  for (const target of ['other.json', 'nowhere.json']) {
    symlinkSync(join(top, target), path);
    expect(read()).toMatchObject({is: 'damaged', why: 'a symbolic link stands in its place'});
    again();
  }
  execFileSync('mkfifo', [path]);
  expect(read()).toMatchObject({is: 'damaged', why: 'it is empty'});
});

test('a file that its mode keeps from its owner is damage', () => {
  put('{"state":"good","at":1}');
  const path = join(top, 'seen.json');
  chmodSync(path, 0);
  chmodSync(top, 0o755);
  const why = `the mode 0000 of ${path} keeps it from being read`;
  expect(asOrdinaryUser(read)).toMatchObject({is: 'damaged', why});
});

/** root may read whatever the mode */
function asOrdinaryUser<T>(work: () => T): T {
  if (process.getuid?.() !== 0 || !process.seteuid) return work();
  process.seteuid(65534);
  try {
    return work();
  } finally {
    process.seteuid(0);
  }
}
