import {existsSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {reconcile} from '../../src/engine/turn.ts';
import {createActs} from '../../src/files/acts.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import {startWorker} from '../../src/process/worker.ts';
import {actsApart} from '../../src/wiring/acts-apart.ts';
import type {RemoveStep} from '../../src/workflow/model/workflow.ts';
import {jobStep, specOf} from '../support/a-run.ts';
import {fakeWorld} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

// Real processes, which hang.

let directory: string;
let files: string;
beforeEach(() => {
  directory = memoryDirectory('hanging-');
  files = memoryDirectory('hanging-files-');
});
afterEach(() => {
  for (const each of [directory, files]) rmSync(each, {recursive: true, force: true});
});

const removal: () => RemoveStep = () => ({
  kind: 'remove',
  name: 'clean',
  needs: [],
  onFailureOf: [],
  after: [],
  paths: [join(files, 'old')],
  below: [files],
});

function begin(name: string): RunId {
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf([removal(), jobStep('compute')]);
  const run = openLedger(directory).createRun(number, {...spec, name}, new Map());
  if (!run) throw new Error('it exists');
  return run;
}
const outcome = (run: RunId) => openLedger(directory).open(run).state.attempts.get('clean')?.at(-1)?.outcome;
const here = async () => createActs();

test('acts that hang cost a look one time limit, come after everything else, and are done by a later look', async () => {
  mkdirSync(join(files, 'old'));
  writeFileSync(join(files, 'old', 'f'), '');
  const runs = [begin('a'), begin('b')];
  const world = fakeWorld(directory);
  let asked = 0;
  let submittedBefore = 0;
  const hanging = startWorker('sleep', ['600']);
  const start = () => ({
    ask(line: string) {
      asked += 1;
      submittedBefore = world.scheduler.submitted('compute.1.job').length;
      return hanging.ask(line, 200);
    },
  });
  const looked = await reconcile({...world.context(), acts: actsApart({start, here})});
  expect([asked, submittedBefore]).toEqual([1, 2]);
  expect(looked.problems).toEqual(runs.map(() => expect.objectContaining({code: 'FILE_SYSTEM_TROUBLE', exit: 4})));
  expect(runs.map(outcome)).toEqual([undefined, undefined]);
  expect(looked.nextAt).toBeDefined();
  await reconcile(world.context());
  expect(runs.map((run) => outcome(run)?.state)).toEqual(['succeeded', 'succeeded']);
  expect(existsSync(join(files, 'old'))).toBe(false);
});
