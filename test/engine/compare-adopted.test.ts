import {rmSync} from 'node:fs';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {TaskId} from '../../src/base/ids.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {TransferRefused} from '../../src/globus-errors.ts';
import {endOf} from '../../src/ledger/attempts.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import {currentAttempt} from '../../src/ledger/run-facts.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import {jobStep, specOf, task, transferStep} from '../support/a-run.ts';
import {type FakeWorld, fakeWorld} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

const RUN = 'r.1' as RunId;
const TASK = 'task-adopted' as TaskId; // made up: only its identity counts
const STEPS = [{...transferStep('in'), retries: 2}, jobStep('compute', {needs: ['in']})];

let directory: string;
let world: FakeWorld;
beforeEach(() => {
  directory = memoryDirectory('adopted-');
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf(STEPS);
  openLedger(directory).createRun(number, {...spec, adopt: {in: TASK}}, new Map());
  world = fakeWorld(directory);
  const seen = task('active', {task: TASK, filesTransferred: 0});
  const options = {verifyChecksum: true, preserveTimestamp: false, encryptData: false};
  const request = {label: 'by hand', sourceCollection: 'a', destinationCollection: 'b', items: [], options};
  world.transfers.tasks.set('by hand', {task: TASK, request, seen});
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

const look = () => reconcile(world.context());
const stateOf = () => openLedger(directory).open(RUN).state;
const endOfIn = () => endOf(stateOf(), 'in');
const submissions = () => [...world.transfers.tasks.keys()].filter((id) => id !== 'by hand');

/** The task is adopted while nothing can be told of it, and then ends. */
async function ends(more: Parameters<typeof task>[1] = {}): Promise<void> {
  await look();
  world.transfers.show('by hand', task('succeeded', {task: TASK, ...more}));
}

describe('a task that was adopted before anything could be told of it', () => {
  test('ends its step well when it moved what the step says', async () => {
    await ends();
    world.transfers.files = [{from: '/in/from/a', to: '/in/to/a'}];
    await look();
    expect(endOfIn()).toMatchObject({state: 'succeeded', why: 'Globus reports SUCCEEDED'});
  });

  test.each([
    [
      'another source',
      {from: '/other/a', to: '/in/to/a'},
      /source: the task moved \/other\/a, the step says \/in\/from\//,
    ],
    [
      'another destination',
      {from: '/in/from/a', to: '/x/a'},
      /destination: the task wrote \/x\/a, the step says \/in\/to\//,
    ],
  ])('fails its step for good when it has %s, and the reason shows both and the way out', async (_, file, says) => {
    await ends();
    world.transfers.files = [{from: '/in/from/a', to: '/in/to/a'}, file];
    await look();
    expect(endOfIn()).toMatchObject({state: 'failed', why: expect.stringMatching(says)});
    expect(endOfIn()?.why).toContain(`stage adopt r.1 in ${TASK} --force`);
    await look();
    expect([submissions(), endOf(stateOf(), 'compute')]).toEqual([[], expect.objectContaining({state: 'skipped'})]);
  });

  test('ends its step well when it moved nothing at all, and the reason says that this told nothing', async () => {
    await ends({filesTransferred: 0});
    world.transfers.files = new Error('nothing is asked');
    await look();
    expect(endOfIn()).toMatchObject({state: 'succeeded', why: expect.stringContaining('it moved no file')});
  });

  test('concludes nothing while Globus does not say what it moved, and is asked again at the next look', async () => {
    await ends();
    world.transfers.files = new TransferRefused({asked: 'it', globusCode: 'Busy', why: 'not yet available'});
    const {problems} = await look();
    expect([endOfIn(), problems]).toEqual([
      undefined,
      [
        expect.objectContaining({
          code: 'MOVED_NOT_TOLD',
          next: expect.arrayContaining([expect.stringMatching(/--force/)]),
        }),
      ],
    ]);
    world.transfers.files = [{from: '/in/from/a', to: '/in/to/a'}];
    await look();
    expect(endOfIn()).toMatchObject({state: 'succeeded'});
  });

  test('counts whatever it moved when a person has said so', async () => {
    await ends();
    world.transfers.files = [{from: '/other/a', to: '/other/b'}];
    openLedger(directory).create(RUN, 'in.1.transfer.forced', {at: 0, by: 'ann'});
    await look();
    expect(endOfIn()).toMatchObject({state: 'succeeded'});
  });

  test('counts, too, when the step had failed for it and a person took it by force', async () => {
    await ends();
    world.transfers.files = [{from: '/other/a', to: '/other/b'}];
    await look();
    const ledger = openLedger(directory);
    const steps = {in: 1, compute: 1};
    ledger.resume(ledger.open(RUN), {at: 0, by: 'ann', steps, redo: [], adopt: {in: TASK}, forced: ['in']});
    await look();
    expect(currentAttempt(stateOf(), 'in')).toMatchObject({number: 2, transfer: {task: TASK, forced: true}});
    await look();
    expect(endOfIn()).toMatchObject({state: 'succeeded'});
  });
});
