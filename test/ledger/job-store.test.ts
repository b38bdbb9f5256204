import {existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {JobId} from '../../src/base/job-id.ts';
import {createFact} from '../../src/disk/facts.ts';
import {type JobStore, type NamedJob, openJobStore} from '../../src/ledger/job-store.ts';

let home: string;
let store: JobStore;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'job-store-'));
  store = openJobStore(home);
});
afterEach(() => rmSync(home, {recursive: true, force: true}));

const withId = (text: string) => {
  const id = text as JobId; // tests make ids as facts would hold them
  return store.withIds([id]).get(id)?.name;
};
const intentOf = (name: string, at: number, more: object = {}) => ({
  at,
  tag: `s-job.${name}.1.w`,
  deadline: at,
  essence: 'e',
  ...more,
});

interface Layout {
  confirmed(name: string, job: string, at: number, more?: object): void;
  place(name: string): string;
}

const LAYOUTS: Readonly<Record<string, Layout>> = {
  'in a directory a name': {
    confirmed(name, job, at, more) {
      store.create(name, 1, 'intent', intentOf(name, at, more));
      store.index(name, 1, {at, job: job as JobId});
      store.create(name, 1, 'confirmed', {at, job});
    },
    place: (name) => join(home, 'jobs', 'by-name', name),
  },
  'all in one directory, as stage 0.1 left them': {
    confirmed(name, job, at, more) {
      const jobs = join(home, 'jobs');
      mkdirSync(jobs, {recursive: true});
      createFact(jobs, `${name}.1.intent`, intentOf(name, at, more));
      createFact(jobs, `${name}.1.confirmed`, {at, job});
    },
    place: () => join(home, 'jobs'),
  },
};

describe.each(Object.entries(LAYOUTS))('jobs %s', (_, {confirmed, place}) => {
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
    confirmed('one', '1.server', 1);
    confirmed('many', '2[].server', 1);
    const end = (of: string, number: number, text: string) =>
      writeFileSync(join(place(of.split('.')[0] ?? ''), `${of}.end.${number}.json`), text);
    for (const [number, exit] of [
      [1, 9],
      [2, 7],
      [10, 0],
    ] as const)
      end('one.1', number, `{"exit":${exit}}`);
    end('many.1.member-3', 1, '{"exit":3}');
    end('many.1.member-12', 1, '{"exit":4}');
    end('many.1.member-12', 2, '{"exit":0}');
    end('many.1.member-5', 1, '{"exi'); // cut short
    const read = (name: string) => store.read(name, 1) as NamedJob; // written above
    expect([store.exits(read('one')), store.exits(read('many'))]).toEqual([0, undefined]);
    const members = store.memberExits(read('many'));
    expect([members.get(12), members.get(3), members.get(4)]).toEqual([0, 3, undefined]);
    expect(members.get(5)).toMatchObject({code: 'LEDGER_DAMAGED', why: expect.stringContaining('member-5.end.1.json')});
  });

  test('a further try of the name gets the next number, and what is said of this one stays with it', () => {
    confirmed('one', '1.server', 1);
    store.create('one', 1, 'checked', {at: 1, dropped: true});
    expect(store.newest('one')).toMatchObject({number: 1, givenUp: true});
    store.create('one', 2, 'intent', intentOf('one', 2));
    expect(store.newest('one')).toMatchObject({number: 2, givenUp: false});
    expect(existsSync(join(place('one'), 'one.1.checked.json'))).toBe(true);
    expect(store.prefix('one', 1)).toBe(join(place('one'), 'one.1'));
    expect(store.prefix('one', 2)).toBe(join(home, 'jobs', 'by-name', 'one', 'one.2'));
  });
});

const begin = (file: string, job: string) =>
  writeFileSync(join(home, 'jobs', 'by-name', 'one', `${file}.claim.json`), JSON.stringify({job}));

test('an index without its confirmation, as a process that died leaves it, is no job', () => {
  store.create('one', 1, 'intent', intentOf('one', 1));
  store.index('one', 1, {at: 1, job: '52.server' as JobId});
  expect(withId('52')).toBeUndefined();
});

test('a hundred ids share a directory of the index, so that a look at one reads no thousands', () => {
  for (const id of [1_234_500, 1_234_599, 1_234_600]) store.index('one', 1, {at: 1, job: `${id}.s` as JobId});
  expect(readdirSync(join(home, 'jobs', 'by-id')).sort()).toEqual(['12345xx', '12346xx']);
});

test('a job that has begun before it is confirmed says so; of an array, each member says the array', () => {
  store.create('one', 1, 'intent', intentOf('one', 1));
  expect(store.read('one', 1)?.begun).toBeUndefined();
  begin('one.1', '7.s');
  store.create('one', 2, 'intent', intentOf('one', 1, {array: {first: 1, last: 3, step: 1}}));
  begin('one.2.member-3', '8[3].s');
  expect([store.read('one', 1)?.begun, store.read('one', 2)?.begun]).toEqual(['7.s', '8[].s']);
});

test('what has not begun is claimed, and what has begun is not', () => {
  for (const number of [1, 2, 3]) store.create('one', number, 'intent', intentOf('one', 1));
  begin('one.2', '7.s');
  begin('one.3.member-1', '8[1].s');
  expect([1, 2, 3].map((number) => store.takeClaim('one', number))).toEqual([true, false, false]);
  expect(store.takeClaim('one', 1)).toBe(true); // again, by a process that comes later
  expect(existsSync(join(home, 'jobs', 'by-name', 'one', 'one.3.claim.json'))).toBe(false);
});

test.each(['..', '.', 'a/b', '../jobs', ''])('"%s" is no name, and leads nowhere', (text) => {
  expect(store.newest(text)).toBeUndefined();
});
