import {rmSync} from 'node:fs';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {CannotBeForgotten, mayForget} from '../../../../src/app/runs/ending/forget.ts';
import {openLedger} from '../../../../src/ledger/open-ledger.ts';
import type {RunId} from '../../../../src/ledger/state-directory.ts';
import {ENGINE_SETTINGS, specOf, transferStep} from '../../../support/a-run.ts';
import {DEFAULTS_OF_TRANSFER} from '../../../support/defaults.ts';
import {type FakeWorld, fakeWorld} from '../../../support/fakes.ts';
import {memoryDirectory} from '../../../support/memory-directory.ts';

const RUN = 'r.1' as RunId;
let directory: string;
let world: FakeWorld;
beforeEach(() => {
  directory = memoryDirectory('forget-');
  world = fakeWorld(directory);
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf([transferStep('in')]);
  const ledger = openLedger(directory);
  ledger.createRun(number, spec, new Map());
  const request = {
    label: 'l',
    sourceCollection: 'a',
    destinationCollection: 'b',
    items: [],
    options: DEFAULTS_OF_TRANSFER,
  };
  ledger.create(RUN, 'in.1.transfer.intent', {at: world.now, submissionId: 's', request});
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

const asked = () => mayForget(world.context(), openLedger(directory).open(RUN), ['in']);

test('a submission that is not confirmed is not forgotten while Globus answers: asking again gives its task, to be cancelled', async () => {
  await expect(asked()).rejects.toBeInstanceOf(CannotBeForgotten);
  world.transfers.down = true;
  expect(await asked()).toMatchObject([{fact: {submission: 's'}}]);
});

test('it is, when that has led nowhere since the run was cancelled', async () => {
  openLedger(directory).create(RUN, 'decision.cancel', {at: world.now, by: 'ann', cleanup: true});
  await expect(asked()).rejects.toBeInstanceOf(CannotBeForgotten);
  world.now += ENGINE_SETTINGS.lostGraceMs;
  expect(await asked()).toMatchObject([{fact: {submission: 's'}}]);
});
