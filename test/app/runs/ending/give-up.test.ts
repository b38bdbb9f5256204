import {rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {giveUpRun} from '../../../../src/app/runs/ending/give-up.ts';
import {openRun, WasGivenUp} from '../../../../src/app/shared/choose.ts';
import type {TaskId} from '../../../../src/base/ids.ts';
import type {JobId} from '../../../../src/base/job-id.ts';
import {reconcile} from '../../../../src/engine/turn.ts';
import {LedgerDamaged} from '../../../../src/ledger/damage.ts';
import {openLedger} from '../../../../src/ledger/ledger.ts';
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
