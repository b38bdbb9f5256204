import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {openSharedLimits} from '../../src/limits/find-directory.ts';
import {makeLimitsDirectory, openLimitsDirectory, readMarker} from '../../src/limits/limits-directory.ts';
import type {LimitEvent} from '../../src/limits/log.ts';
import {memoryDirectory} from '../support/memory-directory.ts';
import {checkDirectory} from '../support/read-limits.ts';

const isRoot = process.getuid?.() === 0;

function make(shared = false) {
  const directory = join(memoryDirectory('limits-'), 'limits');
  makeLimitsDirectory(directory, {shared, by: 'test', at: 0});
  return directory;
}

function open(directory: string) {
  const marker = readMarker(directory);
  if (marker.is !== 'whole') throw new Error(marker.is);
  const limits = openLimitsDirectory(directory, marker.value);
  /** Write these events, in one entry. */
  const write = (...events: readonly LimitEvent[]) => {
    let left = [events];
    const wanted = () => {
      const [now = []] = left;
      left = [];
      return now;
    };
    return limits.settle({wanted, free: () => 0, by: 'test', clock: () => 7});
  };
  const claim = (name: string, amount = 1): LimitEvent => {
    return {do: 'claim', key: `${limits.me}/${name}`, wants: [{limit: 'slot', amount}], holder: {who: 'a', home: 'h'}};
  };
  const granted = () =>
    [...limits.read().claims.values()].flatMap(({key, granted}) => (granted ? [key.split('/')[1]] : []));
  return {
    limits,
    write,
    claim,
    granted,
    release: (name: string): LimitEvent => ({do: 'release', key: `${limits.me}/${name}`, why: 'x'}),
  };
}

const slots = (size: number): LimitEvent => ({do: 'capacity', limit: 'slot', capacity: {kind: 'slots', size}});

test('what one process grants the next one sees, and a process that has read less comes after it', () => {
  const directory = make();
  const [one, other] = [open(directory), open(directory)];
  other.limits.read();
  one.write(slots(1), one.claim('a'));
  other.write(other.claim('b'));
  expect(one.granted()).toEqual(['a']);
  one.write(one.release('a'));
  expect(other.granted()).toEqual(['b']);
  expect(readdirSync(join(directory, 'log'))).toEqual(['000000001.json', '000000002.json', '000000003.json']);
  expect(checkDirectory(directory).wrong).toEqual([]);
});

test('a directory of one user is for that user alone, one of a group for its members, whatever the umask', () => {
  for (const umask of [0o077, 0o000]) {
    const before = process.umask(umask);
    onTestFinished(() => void process.umask(before));
    for (const shared of [false, true]) {
      const directory = make(shared);
      open(directory).write(slots(1));
      const modes = ['', 'log', 'checkpoints', 'looks', 'limits.json', 'log/000000001.json'].map((name) =>
        (statSync(join(directory, name)).mode & 0o7777).toString(8),
      );
      const [of, its] = shared ? ['3770', '640'] : ['700', '600'];
      expect(modes).toEqual([of, of, of, of, its, its]);
    }
    process.umask(before);
  }
});

test('after a hundred entries a state is kept, and what came before is not read again', () => {
  const directory = make();
  const {write, claim, release} = open(directory);
  write(slots(1), claim('kept'));
  for (let round = 0; round < 120; round++) write(claim(`c${round}`), release(`c${round}`));
  expect(readdirSync(join(directory, 'checkpoints'))).toHaveLength(1);
  for (let number = 1; number < 90; number++) rmSync(join(directory, 'log', `${String(number).padStart(9, '0')}.json`));
  expect(open(directory).granted()).toEqual(['kept']);
  expect(open(directory).limits.read().next).toBe(122);
});

test('a state that is damaged is made again from the entries', () => {
  const directory = make();
  const {write, claim, release} = open(directory);
  write(slots(1), claim('kept'));
  for (let round = 0; round < 120; round++) write(claim(`c${round}`), release(`c${round}`));
  const [file = ''] = readdirSync(join(directory, 'checkpoints'));
  truncateSync(join(directory, 'checkpoints', file), 40);
  expect(open(directory).granted()).toEqual(['kept']);
});

const DAMAGE: Readonly<Record<string, (path: string, directory: string) => void>> = {
  'is empty': (path) => truncateSync(path, 0),
  'is cut short': (path) => truncateSync(path, 30),
  'is a symbolic link': (path, directory) => {
    rmSync(path);
    symlinkSync(join(directory, 'limits.json'), path);
  },
  'is a directory': (path) => {
    rmSync(path);
    mkdirSync(path);
  },
  'is far too large': (path) => truncateSync(path, 2 ** 31),
  'is of another number': (path) => copyFileSync(path.replace('2.json', '1.json'), path),
  'is of a newer version': (path) => writeFileSync(path, '{"format": 2}'),
  'says what no entry says': (path) => writeFileSync(path, '{"number":2,"by":"x","at":0,"does":[{"do":"steal"}]}'),
};

test.each(Object.keys(DAMAGE))(
  'where an entry %s nothing more is granted before a person says that it counts for nothing',
  (how) => {
    const directory = make();
    const {write, claim} = open(directory);
    write(slots(3), claim('a'));
    write(claim('b'));
    DAMAGE[how]?.(join(directory, 'log', '000000002.json'), directory);
    const again = open(directory);
    again.write(again.claim('c'));
    expect(again.granted()).toEqual(['a']);
    expect([...again.limits.read().unreadable.values()][0]).toContain('000000002.json');
    again.write({do: 'void', entry: 2});
    expect(again.granted()).toEqual(['a', 'c']);
  },
);

test.runIf(isRoot)('what another user writes counts for their own claims alone, and so does their state', () => {
  const directory = make(true);
  const {write, claim, limits, granted} = open(directory);
  write(slots(2), claim('a'));
  const key = `${limits.me}/a`;
  const does = [
    slots(9),
    {do: 'release', key, why: 'x'},
    {do: 'claim', key: `${limits.me}/mine`, wants: [{limit: 'slot', amount: 1}], holder: {who: 'x', home: 'h'}},
    {do: 'claim', key: '61001/b', wants: [{limit: 'slot', amount: 1}], holder: {who: 'x', home: 'h'}},
    {do: 'grant', key: '61001/b'},
  ];
  const path = join(directory, 'log', '000000002.json');
  writeFileSync(path, JSON.stringify({number: 2, by: 'x', at: 0, does}));
  chownSync(path, 61_001, 61_001);
  const state = join(directory, 'checkpoints', '000000500-61001.json');
  writeFileSync(state, JSON.stringify({next: 501, claimed: 0, capacities: [], claims: [], unreadable: []}));
  chownSync(state, 61_001, 61_001);
  expect(granted()).toEqual(['a', 'b']);
  const {claims, capacities, next} = open(directory).limits.read();
  expect([...claims.keys()]).toEqual([key, '61001/b']);
  expect(capacities.get('slot')?.size).toBe(2);
  expect(next).toBe(3);
});

test('a directory that lets members of its group remove the files of others is not used', () => {
  const directory = make(true);
  expect(openSharedLimits(directory).shared).toBe(true);
  chmodSync(directory, 0o2770);
  expect(() => openSharedLimits(directory)).toThrow(/limits in .* cannot be used/);
  chmodSync(directory, 0o3770);
  rmSync(join(directory, 'limits.json'));
  expect(() => openSharedLimits(directory)).toThrow(/cannot be used/);
});

test('who looked last is told by each state directory of itself', () => {
  const directory = make();
  const {limits} = open(directory);
  limits.noteLook({who: 'ada@one', home: 'h1', at: 5});
  limits.noteLook({who: 'ada@two', home: 'h1', at: 8});
  writeFileSync(join(directory, 'looks', `${limits.me}-h9.json`), JSON.stringify({who: 'x', home: 'h1', at: 99}));
  expect([...limits.lastLooks().values()]).toEqual([{who: 'ada@two', home: 'h1', at: 8}]);
});
