import {rmSync} from 'node:fs';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {reconcile} from '../../src/engine/turn.ts';
import {TransferUnreachable} from '../../src/globus-errors.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import {currentAttempt} from '../../src/ledger/run-facts.ts';
import {ARun, specOf, transferStep} from '../support/a-run.ts';
import {type FakeWorld, fakeWorld} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

let directory: string;
let world: FakeWorld;
beforeEach(() => {
  directory = memoryDirectory('source-totals-');
  world = fakeWorld(directory);
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

const IN = transferStep('in');
const TOTALS = {files: 1, directories: 1, bytes: 5, sizes: {1: [1, 5]}, cut: false, listedAt: 0};

async function submitted() {
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf([IN]);
  const run = openLedger(directory).createRun(number, spec, new Map());
  const looked = await reconcile(world.context());
  const state = looked.runs.find(({id}) => id === run)?.state;
  return {looked, attempt: state && currentAttempt(state, 'in')};
}

test('the process that submits a transfer puts on record first what its source holds', async () => {
  world.transfers.put({...IN.from, path: `${IN.from.path}sub/x`}, 1_000);
  world.transfers.put({...IN.from, path: `${IN.from.path}y`}, 20);
  const {attempt} = await submitted();
  expect(attempt?.source).toMatchObject({files: 2, directories: 2, bytes: 1_020, cut: false});
  const order = world.effects.filter((effect) => /^after (fact in\.1\.transfer|transfer)/.test(effect));
  expect(order[0]).toBe('after fact in.1.transfer.source');
  expect(attempt?.transfer?.task).toBeDefined();
});

test('where the source cannot be listed, the transfer is submitted all the same', async () => {
  world.transfers.list = async () => {
    throw new TransferUnreachable('GET /ls', 'connection refused');
  };
  const {attempt, looked} = await submitted();
  expect(looked.problems).toEqual([]);
  expect(attempt?.transfer?.task).toBeDefined();
  expect(attempt?.source).toBeUndefined();
});

test('a source that was listed by the check is not listed again', async () => {
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf([IN]);
  const ledger = openLedger(directory);
  const run = ledger.createRun(number, spec, new Map());
  if (run) ledger.create(run, 'in.1.transfer.source', TOTALS);
  world.transfers.list = async () => {
    throw new Error('not to be asked');
  };
  const looked = await reconcile(world.context());
  expect(looked.done.map(({action}) => action.do)).toContain('submit-transfer');
});

test('a listing is of no use once an update has the step move something else', () => {
  const run = new ARun([IN]).fact('in.1.transfer.source', TOTALS);
  expect(currentAttempt(run.state, 'in').source).toMatchObject({bytes: 5});
  run.updated([{...IN, from: {...IN.from, path: '/other/'}}], ['in']);
  expect(currentAttempt(run.state, 'in').source).toBeUndefined();
  run.fact('in.1.transfer.source', {...TOTALS, updates: 1});
  expect(currentAttempt(run.state, 'in').source).toMatchObject({bytes: 5});
});
