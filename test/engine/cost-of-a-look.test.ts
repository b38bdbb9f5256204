import fs from 'node:fs';
import {syncBuiltinESMExports} from 'node:module';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {reconcile} from '../../src/engine/turn.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import {jobStep, specOf} from '../support/a-run.ts';
import {type FakeWorld, fakeWorld} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

let directory: string;
let world: FakeWorld;
beforeEach(() => {
  directory = memoryDirectory('cost-');
  world = fakeWorld(directory);
});
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  fs.rmSync(directory, {recursive: true, force: true});
});

const {run: _, number: __, nonce: ___, format: ____, ...spec} = specOf([jobStep('a')]);
const CALLS = [
  'openSync',
  'readFileSync',
  'readdirSync',
  'statSync',
  'lstatSync',
  'writeFileSync',
  'linkSync',
] as const;

/** What a look asks of the file system: how often, and how many names it is told. */
async function asked(): Promise<Record<string, number>> {
  const spies = CALLS.map((name) => [name, vi.spyOn(fs, name)] as const);
  syncBuiltinESMExports();
  await reconcile(world.context(), {withoutChain: true});
  const counts = Object.fromEntries(spies.map(([name, spy]) => [name, spy.mock.calls.length]));
  const listed = spies.find(([name]) => name === 'readdirSync')?.[1].mock.results ?? [];
  const names = listed.reduce((sum, {value}) => sum + (Array.isArray(value) ? value.length : 0), 0);
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  return {...counts, names};
}

/** A run that has ended, with what a look could read of it. */
function ended(name: string): void {
  const ledger = openLedger(directory);
  const run = ledger.createRun(1, {...spec, name}, new Map());
  if (!run) throw new Error('it exists');
  ledger.create(run, 'a.1.outcome', {at: 1, state: 'succeeded', why: 'x'});
  ledger.seal(ledger.open(run), 2);
}

test('a look opens, asks about and lists what is active, however many runs have ended', async () => {
  for (let index = 0; index < 5; index++)
    openLedger(directory).createRun(1, {...spec, name: `active-${index}`}, new Map());
  await reconcile(world.context(), {withoutChain: true});
  await reconcile(world.context(), {withoutChain: true});
  const before = await asked();
  expect(before.readFileSync).toBeGreaterThan(0); // the counting works
  for (let index = 0; index < 100; index++) ended(`ended-${index}`);
  expect(fs.readdirSync(join(directory, 'sealed'))).toHaveLength(100);
  expect(await asked()).toEqual(before);
});
