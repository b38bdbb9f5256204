import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {type Fault, withFault} from '../support/faults.ts';
import {explore, playWorld} from './worlds.ts';

// `npm run simulate -- limits 10000` plays as many as you like.
const WORLDS = 150;
const SEED = Number(process.env.STAGE_PROPERTY_SEED ?? 1);

test('in simulated worlds no more is granted than there is, all that may be granted is, and everything ends', () => {
  expect(explore(WORLDS, SEED)).toBeUndefined();
});

test('a claim of low priority is overtaken a hundred times, and no more', () => {
  expect(playWorld(7)).toMatchObject({wrong: [], mostOvertaken: 100});
});

const FAULTS: readonly Omit<Fault, 'under'>[] = [
  {
    name: 'who loses a number thinks that the entry is there',
    file: 'limits/settle.ts',
    from: 'if (around(() => log.create(number, entry))) {',
    to: 'around(() => log.create(number, entry));\n    {',
    seed: 1,
  },
  {
    name: 'a grant is made without reading what came before it',
    file: 'limits/settle.ts',
    from: 'log.create(number, entry)))',
    to: 'log.create(number, entry) || log.create(number + 1, entry)))',
    seed: 6,
  },
  {
    name: 'what was granted a while ago is free again',
    file: 'limits/log.ts',
    from: '    for (const event of entry.does) apply(draft, event, by);',
    to: '    for (const each of draft.claims.values()) if (each.granted && each.granted.entry < next - 8) draft.claims.delete(each.key);\n    for (const event of entry.does) apply(draft, event, by);',
    seed: 4,
  },
  {
    name: 'one too many is granted',
    file: 'limits/log.ts',
    from: '!fits({capacity: size}, held, amount)',
    to: '!fits({capacity: size + 1}, held, amount)',
    seed: 1,
  },
  {
    name: 'the reserve of a disk is given away',
    file: 'limits/log.ts',
    from: '!fits({capacity: left}, capacity.reserve, amount)',
    to: '!fits({capacity: left}, 0, amount)',
    seed: 3,
  },
  {
    name: 'a claim that does not fit is passed by one that does',
    file: 'limits/next-grants.ts',
    from: '    for (const {limit} of claim.wants) closed.add(limit);',
    to: '',
    seed: 1,
  },
  {
    name: 'a grant counts whose turn it was not',
    file: 'limits/log.ts',
    from: ' || inTheWay(draft, claim)) return;',
    to: ') return;',
    seed: 1128,
  },
  {
    name: 'a claim is overtaken without end',
    file: 'limits/log.ts',
    from: 'MOST_OVERTAKEN = 100',
    to: 'MOST_OVERTAKEN = 1e9',
    seed: 7,
  },
  {
    name: 'what is larger than there is keeps out all others',
    file: 'limits/log.ts',
    from: '!claim.held && excessOf(state.capacities, claim.wants) === undefined',
    to: '!claim.held',
    seed: 39,
  },
  {
    name: 'the claim of a held run is granted',
    file: 'limits/log.ts',
    from: '!claim.granted && !claim.held &&',
    to: '!claim.granted &&',
    seed: 11,
  },
  {
    name: 'a claim that is made twice is one that waits again',
    file: 'limits/log.ts',
    from: 'draft.claims.has(key) || !distinct',
    to: '!distinct',
    seed: 15,
  },
  {
    name: 'any user frees what any other holds',
    file: 'limits/log.ts',
    from: 'claim && (by.keeps || claim.owner === by.writer)',
    to: 'claim',
    seed: 1,
  },
  {
    name: 'any user says how much there is',
    file: 'limits/log.ts',
    from: '      if (by.keeps) draft.capacities.set(event.limit, event.capacity);',
    to: '      draft.capacities.set(event.limit, event.capacity);',
    seed: 11,
  },
  {
    name: 'grants go on where an entry cannot be read',
    file: 'limits/next-grants.ts',
    from: '  if (state.unreadable.size > 0) return undefined;',
    to: '',
    seed: 66,
  },
];

describe('the worlds catch that', () => {
  const directory = mkdtempSync(join(tmpdir(), 'planted-'));
  afterAll(() => rmSync(directory, {recursive: true, force: true}));
  test.each(FAULTS)('$name', async (fault) => {
    const entry = join(import.meta.dirname, 'worlds.ts');
    const planted = await withFault<{explore: typeof explore}>(fault, directory, entry);
    expect(planted.explore(WORLDS, fault.seed)?.wrong).toBeDefined();
  });
});
