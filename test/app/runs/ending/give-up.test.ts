import {rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {giveUpRun} from '../../../../src/app/runs/ending/give-up.ts';
import {openRun, WasGivenUp} from '../../../../src/app/shared/choose.ts';
import type {TaskId} from '../../../../src/base/ids.ts';
import type {JobId} from '../../../../src/base/job-id.ts';
import type {TransferRequest} from '../../../../src/base/task-request.ts';
import {reconcile} from '../../../../src/engine/turn.ts';
import {LedgerDamaged} from '../../../../src/ledger/damage.ts';
import {openLedger} from '../../../../src/ledger/open-ledger.ts';
import type {RunId} from '../../../../src/ledger/state-directory.ts';
import type {RunsStage} from '../../../../src/wiring/stage.ts';
import {task as finished, jobStep, live, specOf} from '../../../support/a-run.ts';
import {type FakeWorld, fakeWorld} from '../../../support/fakes.ts';
import {memoryDirectory} from '../../../support/memory-directory.ts';

const RUN = 'r.1' as RunId;
let directory: string;
let world: FakeWorld;
beforeEach(() => {
  directory = memoryDirectory('give-up-');
  world = fakeWorld(directory);
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf([jobStep('compute')]);
  openLedger(directory).createRun(number, spec, new Map());
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

function stage(): RunsStage {
  const ledger = openLedger(directory);
  const used = {ledger, profile: {name: 'test'}, person: 'ann', by: 'ann@h:1', engine: async () => world.context()};
  return used as unknown as RunsStage; // what is used of it
}

test('a job that PBS takes after its run was given up runs no script, and is deleted', async () => {
  world.scheduler.answerNext = {kind: 'unclear', why: 'its answer was lost'};
  await reconcile(world.context());
  const facts = openLedger(directory).open(RUN).layout.facts;
  const tag = String(openLedger(directory).readableFacts(RUN).get('compute.1.job.intent')?.tag);
  writeFileSync(join(facts, 'decision.hold-1.json'), '');
  expect(await giveUpRun(stage(), 'r')).toMatchObject({exit: 0, run: {state: 'cancelled'}});
  expect(openLedger(directory).readableFacts(RUN).get('compute.1.start.1')).toMatchObject({void: true});
  const job = '99.s' as JobId;
  const request = {...[...world.scheduler.jobs.values()][0]?.request, tag};
  world.scheduler.jobs.set(job, {request: request as never, seen: live('queued', {tag})});
  world.now += 60_000;
  await reconcile(world.context());
  expect(world.scheduler.jobs.get(job)?.seen.kind).toBe('ended');
});

test('a run that was given up says so, and its name is free for a new one', async () => {
  const facts = openLedger(directory).open(RUN).layout.facts;
  writeFileSync(join(facts, 'decision.hold-1.json'), '');
  const before = stage();
  expect(() => openRun(before, 'r')).toThrow(LedgerDamaged);
  expect(await giveUpRun(before, 'r')).toMatchObject({exit: 0, message: expect.stringContaining('is given up: ')});
  expect(await giveUpRun(stage(), 'r')).toMatchObject({
    exit: 0,
    message: 'r.1 has ended already (given up); nothing was changed',
  });
  expect(() => openRun(stage(), 'r')).toThrow(WasGivenUp);
});

test('a task that has ended is not counted as cancelled', async () => {
  const task = '6f1b8a52-0000-4000-8000-000000000001' as TaskId;
  const ledger = openLedger(directory);
  ledger.create(RUN, 'in.1.transfer.confirmed', {at: 1, task});
  writeFileSync(join(ledger.open(RUN).layout.facts, 'decision.hold-1.json'), '');
  world.transfers.tasks.set('s', {task, request: {} as never, seen: finished('succeeded', {task})});
  expect((await giveUpRun(stage(), 'r')).message).toContain('0 tasks cancelled');
});

describe('a submission to Globus of which no answer is on record', () => {
  const request: TransferRequest = {
    label: 'stage r.1 in 1',
    sourceCollection: 'a',
    destinationCollection: 'b',
    items: [{from: '/in/', to: '/in/', recursive: true}],
    options: {verifyChecksum: true, preserveTimestamp: false, encryptData: false},
  };
  /** The run with that submission, and damaged. */
  function submitted(): void {
    const ledger = openLedger(directory);
    ledger.create(RUN, 'in.1.transfer.intent', {at: 1, by: 'ann@h:1', submissionId: 'sub-1', request});
    writeFileSync(join(ledger.open(RUN).layout.facts, 'decision.hold-1.json'), '');
  }
  const stateOf = (id: TaskId) => {
    const seen = [...world.transfers.tasks.values()].find(({task}) => task === id)?.seen;
    return seen?.kind === 'task' ? seen.state : undefined;
  };

  test('is looked for by its label: the task that Globus has is told and cancelled, and nothing is submitted', async () => {
    submitted();
    const task = await world.transfers.submit('sub-1', request);
    const other = await world.transfers.submit('sub-2', {...request, label: 'stage r.2 in 1'});
    const {exit, message} = await giveUpRun(stage(), 'r');
    expect([exit, stateOf(task), stateOf(other)]).toEqual([0, 'cancelled', 'active']);
    expect(message).toContain('1 task cancelled');
    expect(message).toContain(`Globus has the task ${task} of the submission sub-1`);
    expect(world.transfers.tasks.size).toBe(2);
  });

  test('of which Globus lists no task is told, too', async () => {
    submitted();
    expect(await giveUpRun(stage(), 'r')).toMatchObject({
      exit: 0,
      message: expect.stringContaining(
        'Globus lists no task under way of the submission sub-1, which was not confirmed (label "stage r.1 in 1")',
      ),
    });
  });

  test('whose label two tasks bear is not cancelled: one may be of a run of this name in another state directory', async () => {
    submitted();
    const [one, two] = [await world.transfers.submit('x', request), await world.transfers.submit('y', request)];
    const {message} = await giveUpRun(stage(), 'r');
    expect([stateOf(one), stateOf(two)]).toEqual(['active', 'active']);
    expect(message).toContain('none was cancelled');
  });

  test('is told with its id and label while Globus cannot be asked, and the run is not given up', async () => {
    submitted();
    world.transfers.down = true;
    const {exit, message} = await giveUpRun(stage(), 'r');
    expect(exit).toBe(4);
    expect(message).toContain('the submission sub-1, which was not confirmed (label "stage r.1 in 1")');
    expect(openLedger(directory).summary(RUN)).toBeUndefined();
  });

  test('that Globus has put off is none: there is no task', async () => {
    submitted();
    openLedger(directory).create(RUN, 'in.1.transfer.later-1', {at: 2, why: 'so many are pending'});
    expect((await giveUpRun(stage(), 'r')).message).not.toContain('sub-1');
  });
});

test('a run that was given up was created when its spec says so, where that can be read', async () => {
  const {createdAt} = openLedger(directory).open(RUN).state.spec;
  writeFileSync(join(openLedger(directory).open(RUN).layout.facts, 'decision.hold-1.json'), '');
  await giveUpRun(stage(), 'r');
  expect(world.now).not.toBe(createdAt);
  expect(openLedger(directory).summary(RUN)).toMatchObject({createdAt, endedAt: world.now});
});
