import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {afterAll, describe, expect, test} from 'vitest';
import {type Claim, grantsNow, heldBy, nextGrant} from '../../src/limits/grant.ts';
import {type Fault, withFault} from '../support/faults.ts';
import {explore, history, playLimit} from './grant-properties.ts';

const SEED = Number(process.env.STAGE_PROPERTY_SEED ?? 20_261_121);
const NOTHING: ReadonlySet<string> = new Set();
const claim = (key: string, amount: number): Claim => ({key, amount});
const keys = (claims: readonly Claim[]) => claims.map(({key}) => key);

test('claims are granted in their turn until the capacity is held', () => {
  const open = [claim('a', 2), claim('b', 2), claim('c', 2)];
  expect(keys(grantsNow({capacity: 5}, {granted: [], released: NOTHING, open}))).toEqual(['a', 'b']);
});

test('a claim that fits is granted where one before it does not fit', () => {
  const open = [claim('large', 2), claim('small', 1)];
  expect(keys(grantsNow({capacity: 3}, {granted: [claim('a', 2)], released: NOTHING, open}))).toEqual(['small']);
});

test('what was released is free again', () => {
  const record = {granted: [claim('a', 2), claim('b', 2)], open: [claim('c', 2)]};
  expect(nextGrant({capacity: 4}, {...record, released: NOTHING})).toBeUndefined();
  expect(nextGrant({capacity: 4}, {...record, released: new Set(['a'])})).toEqual(claim('c', 2));
});

test('a claim that is larger than the capacity waits until nothing is held, and has it alone', () => {
  const open = [claim('larger', 5), claim('a', 1)];
  expect(nextGrant({capacity: 3}, {granted: [claim('b', 1)], released: NOTHING, open})).toEqual(claim('a', 1));
  expect(keys(grantsNow({capacity: 3}, {granted: [claim('b', 1)], released: new Set(['b']), open}))).toEqual([
    'larger',
  ]);
});

test('a claim for which less of the capacity counts waits where others do not', () => {
  const open = [{...claim('a', 1), leaves: 1, within: 2}, claim('b', 1)];
  expect(keys(grantsNow({capacity: 5}, {granted: [claim('c', 1)], released: NOTHING, open}))).toEqual(['b']);
});

test('a claim that holds nothing is granted while the capacity is not exceeded', () => {
  const record = {granted: [claim('a', 3)], released: NOTHING, open: [claim('none', 0)]};
  expect(nextGrant({capacity: 3}, record)).toEqual(claim('none', 0));
  expect(nextGrant({capacity: 2}, record)).toBeUndefined();
});

test('never more than the capacity is held, nothing is granted twice, and nothing waits while nothing is held', async () => {
  expect(await explore(2000, SEED)).toBeUndefined();
});

test('the order in which the grants were read makes no difference', () => {
  fc.assert(
    fc.property(history, (each) => {
      const {record, capacity} = playLimit(each);
      const backwards = {...record, granted: [...record.granted].reverse()};
      expect(nextGrant({capacity}, backwards)).toEqual(nextGrant({capacity}, record));
    }),
    {seed: SEED},
  );
});

test('a reader that missed a release grants less, and never more than the capacity', () => {
  fc.assert(
    fc.property(history, fc.nat(9), (each, missed) => {
      const {record, capacity} = playLimit(each);
      const late = {...record, released: new Set([...record.released].filter((_, at) => at !== missed))};
      const granted = [...record.granted, ...grantsNow({capacity}, late)];
      const held = granted.filter(({key, amount}) => amount > 0 && !record.released.has(key));
      if (granted.length === record.granted.length || held.length <= 1) return;
      expect(heldBy({granted, released: record.released})).toBeLessThanOrEqual(capacity);
    }),
    {seed: SEED},
  );
});

test('a claim that must leave something free is not granted what the others need, not even when nothing is held', () => {
  const waits = {...claim('waits', 2), leaves: 2};
  const record = {released: NOTHING, open: [waits, claim('a', 2)]};
  expect(keys(grantsNow({capacity: 4}, {...record, granted: []}))).toEqual(['waits', 'a']);
  expect(keys(grantsNow({capacity: 4}, {...record, granted: [claim('b', 1)]}))).toEqual(['a']);
  expect(keys(grantsNow({capacity: 2}, {...record, granted: []}))).toEqual(['a']);
});

const FAULTS: readonly Omit<Fault, 'under' | 'seed'>[] = [
  {
    name: 'one too many is granted',
    file: 'limits/grant.ts',
    from: 'return held + amount <= capacity;',
    to: 'return held + amount <= capacity + 1;',
  },
  {
    name: 'a claim counts only while it is not granted',
    file: 'limits/grant.ts',
    from: 'granted: [...record.granted, ...now]',
    to: 'granted: record.granted',
  },
  {
    name: 'what is larger than the capacity waits for ever',
    file: 'limits/grant.ts',
    from: '(held === 0 && leaves === 0) || fits',
    to: 'fits',
  },
  {
    name: 'what was released is still counted',
    file: 'limits/grant.ts',
    from: 'released.has(key) ? sum : sum + amount',
    to: 'sum + amount',
  },
  {
    name: 'what waits keeps out what it waits for',
    file: 'limits/grant.ts',
    from: 'held, amount + leaves)',
    to: 'held, amount)',
  },
];

describe('the property catches that', () => {
  const directory = mkdtempSync(join(tmpdir(), 'planted-'));
  afterAll(() => rmSync(directory, {recursive: true, force: true}));
  test.each(FAULTS)('$name', async (fault) => {
    const entry = join(import.meta.dirname, 'grant-properties.ts');
    const planted = await withFault<{explore: typeof explore}>(fault, directory, entry);
    expect((await planted.explore(2000, SEED))?.wrong).toBeDefined();
  });
});
