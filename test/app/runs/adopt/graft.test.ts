import {rmSync} from 'node:fs';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {graft} from '../../../../src/app/runs/adopt/adopt.ts';
import type {TaskId} from '../../../../src/base/ids.ts';
import {openLedger} from '../../../../src/ledger/open-ledger.ts';
import {attemptKey} from '../../../../src/ledger/run-facts.ts';
import type {RunId} from '../../../../src/ledger/state-directory.ts';
import type {RunsStage} from '../../../../src/wiring/stage.ts';
import {specOf, task, transferStep} from '../../../support/a-run.ts';
import {DEFAULTS_OF_TRANSFER} from '../../../support/defaults.ts';
import {fakeWorld} from '../../../support/fakes.ts';
import {memoryDirectory} from '../../../support/memory-directory.ts';

const RUN = 'r.1' as RunId;
const TASK = 'T-2' as TaskId; // made up: only its identity counts
const STEP = transferStep('in');
const REQUEST = {
  label: 'stage r.1 in 1',
  sourceCollection: 'a',
  destinationCollection: 'b',
  items: [],
  options: DEFAULTS_OF_TRANSFER,
};

let directory: string;
beforeEach(() => {
  directory = memoryDirectory('graft-');
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf([STEP]);
  openLedger(directory).createRun(number, spec, new Map());
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

test('a person may say of a task that was found by its label that it counts, whatever it moves', () => {
  const ledger = openLedger(directory);
  const key = `${attemptKey('in', 1)}.transfer`;
  ledger.create(RUN, `${key}.intent`, {at: 0, submissionId: 's', request: REQUEST});
  ledger.create(RUN, `${key}.confirmed`, {at: 0, task: TASK, byLabel: true});
  const stage = {ledger, person: 'ann', by: 'ann@h:1'} as unknown as RunsStage; // what is used of it
  const adopted = {task: task('active', {task: TASK}), compared: false, forced: true};
  const did = graft(stage, fakeWorld(directory).context(), ledger.open(RUN), STEP, adopted);
  expect(did).toBe('is accepted, whatever it moves, as the task of');
  expect(ledger.open(RUN).state.attempts.get('in')?.[0]?.transfer?.forced).toBe(true);
});
