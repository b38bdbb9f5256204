import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import type {JobId} from '../../src/base/job-id.ts';
import {type JobStore, type NamedJob, openJobStore} from '../../src/ledger/job-store.ts';

let home: string;
let store: JobStore;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'job-store-'));
  store = openJobStore(home);
});
afterEach(() => rmSync(home, {recursive: true, force: true}));

function confirmed(name: string, job: string, at: number): void {
  store.create(name, 1, 'intent', {at, tag: `s-job.${name}.1.w`, deadline: at, essence: 'e'});
  store.create(name, 1, 'confirmed', {at, job});
}
const withId = (text: string) => {
  const id = text as JobId; // tests make ids as facts would hold them
  return store.withIds([id]).get(id)?.name;
};

test.each(['52', '52.server', '52.SERVER', '52.server.example.org'])('the job 52.server is found as %s', (text) => {
  confirmed('n1', '52.server', 1);
  confirmed('n2', '520.server', 2);
  confirmed('n3', '52[].server', 3);
  expect(withId(text)).toBe('n1');
});

test('a job of the same number at another server is another job', () => {
  confirmed('n1', '52.server', 1);
  expect(withId('52.other')).toBeUndefined();
});

test('of two jobs of one id the one that was submitted last counts, whatever their names', () => {
  confirmed('z', '52.server', 1);
  confirmed('a', '52.server', 3);
  confirmed('m', '52.server', 2);
  expect([withId('52'), withId('52.server')]).toEqual(['a', 'a']);
});

test('many jobs are found by their ids in one go, those that are not there left out', () => {
  for (const at of [1, 2, 3]) confirmed(`n${at}`, `${at}.server`, at);
  const found = store.withIds(['3.server', '9.server', '1'] as JobId[]);
  expect([...found].map(([id, {name}]) => [id, name])).toEqual([
    ['3.server', 'n3'],
    ['1', 'n1'],
  ]);
});

test('how a script ended is told by its newest end; of an array, member by member', () => {
  const end = (of: string, number: number, text: string) =>
    writeFileSync(join(home, 'jobs', `${of}.end.${number}.json`), text);
  confirmed('one', '1.server', 1);
  confirmed('many', '2[].server', 1);
  for (const [number, exit] of [
    [1, 9],
    [2, 7],
    [10, 0],
  ] as const)
    end('one.1', number, `{"exit":${exit}}`);
  end('many.1.member-3', 1, '{"exit":3}');
  end('many.1.member-12', 1, '{"exit":4}');
  end('many.1.member-12', 2, '{"exit":0}');
  end('many.1.member-5', 1, '{"exi'); // cut short: it says nothing
  const read = (name: string) => store.read(name, 1) as NamedJob; // written above
  expect([store.exits(read('one')), store.exits(read('many'))]).toEqual([0, undefined]);
  expect([...store.memberExits(read('many'))].sort()).toEqual([
    [12, 0],
    [3, 3],
  ]);
});
