import {rmSync} from 'node:fs';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {TaskId} from '../../src/base/ids.ts';
import {nextLookAtRun} from '../../src/engine/plan/monitor/next-look.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {SignInNeeded, TransferRefused} from '../../src/globus-errors.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import type {DeleteStep, MkdirStep, Step} from '../../src/workflow/model/workflow.ts';
import {ARun, inWords, jobStep, SETTINGS, specOf, task, transferStep} from '../support/a-run.ts';
import {DEFAULTS_OF_TRANSFER} from '../support/defaults.ts';
import {Died, type FakeWorld, fakeWorld} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

const COLLECTION = 'bbbbbbbb-0000-4000-8000-000000000002';
const NONE = {needs: [], onFailureOf: [], after: []};
const remove: DeleteStep = {
  kind: 'delete',
  name: 'remove',
  ...NONE,
  at: {collection: COLLECTION, path: '/scratch/run/'},
  recursive: true,
};
const make: MkdirStep = {kind: 'mkdir', name: 'make', ...NONE, at: {collection: COLLECTION, path: '/scratch/run/'}};
const run = 'r.1' as RunId;

let directory: string;
let world: FakeWorld;
beforeEach(() => {
  directory = memoryDirectory('globus-steps-');
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

function begin(steps: readonly Step[]): void {
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf(steps);
  openLedger(directory).createRun(number, spec, new Map());
  world = fakeWorld(directory);
}
const look = () => reconcile(world.context());
const outcome = (step: string) => openLedger(directory).open(run).state.attempts.get(step)?.[0]?.outcome;

describe('a step that deletes', () => {
  test('is a task like any other: submitted once under a submission id, looked at, concluded', async () => {
    begin([remove]);
    await look();
    const [[id, asked] = []] = [...world.transfers.tasks];
    expect(asked?.request).toEqual({
      label: 'stage r.1 remove 1',
      collection: COLLECTION,
      paths: ['/scratch/run/'],
      recursive: true,
    });
    world.transfers.show('remove', task('succeeded', {task: `task-${id}` as TaskId}));
    await look();
    expect(outcome('remove')).toMatchObject({state: 'succeeded'});
    expect(world.transfers.tasks.size).toBe(1);
  });

  test('killed at any effect and run again, it is one task', async () => {
    begin([remove]);
    await look();
    const effects = world.effects.length;
    for (let at = 1; at <= effects; at++) {
      rmSync(directory, {recursive: true, force: true});
      begin([remove]);
      world.dieAt = at;
      await expect(look()).rejects.toThrow(Died);
      world.dieAt = undefined;
      await look();
      expect([...world.transfers.tasks.values()].map(({request}) => request.label)).toEqual(['stage r.1 remove 1']);
    }
    expect(effects).toBeGreaterThan(2);
  });

  test('waits for a job by a launcher, and a job that needs it waits under a user hold', () => {
    const steps = [jobStep('compute'), {...remove, needs: ['compute']}, jobStep('next', {needs: ['remove']})];
    const aRun = new ARun(steps).job('compute.1.job', '1.s');
    expect(aRun.plan().map(inWords)).toEqual([
      'submit-job compute sentinel',
      'submit-job remove launcher',
      'submit-job next',
    ]);
    expect(aRun.plan().find((action) => action.do === 'submit-job' && action.step === 'next')).toMatchObject({
      hold: true,
    });
  });
});

describe('a step that makes a directory', () => {
  test('makes it when its time has come, and what needs it goes on in the same look', async () => {
    begin([make, transferStep('in', {needs: ['make']})]);
    await look();
    expect(outcome('make')).toMatchObject({state: 'succeeded', why: 'the directory was made'});
    expect(world.transfers.tasks.size).toBe(1);
  });

  test('is fine with a directory that is there', async () => {
    begin([make]);
    world.transfers.makeDirectory = async () => {
      throw new TransferRefused({asked: 'mkdir', globusCode: 'ExternalError.MkdirFailed.Exists', why: 'exists'});
    };
    world.transfers.stat = async () => ({name: 'run', type: 'dir', sizeBytes: 0});
    await look();
    expect(outcome('make')).toMatchObject({state: 'succeeded', why: 'the directory was there'});
  });

  test('makes what is missing above it, from the top', async () => {
    begin([make]);
    const there = new Set<string>();
    const made: string[] = [];
    world.transfers.stat = async (place) =>
      there.has(place?.path ?? '') ? {name: '', type: 'dir', sizeBytes: 0} : undefined;
    world.transfers.makeDirectory = async (place) => {
      const path = place?.path ?? '';
      if (path !== '/scratch/' && !there.has('/scratch/'))
        throw new TransferRefused({asked: 'mkdir', globusCode: 'ClientError.NotFound', why: 'no such directory'});
      there.add(path);
      made.push(path);
    };
    await look();
    expect(made).toEqual(['/scratch/', '/scratch/run/']);
    expect(outcome('make')).toMatchObject({state: 'succeeded'});
  });

  test('fails when a file is in the way, and says what Globus said', async () => {
    begin([make, jobStep('compute', {needs: ['make']})]);
    world.transfers.makeDirectory = async () => {
      throw new TransferRefused({asked: 'mkdir', globusCode: 'ExternalError.MkdirFailed.Exists', why: 'a file'});
    };
    world.transfers.stat = async () => ({name: 'run', type: 'file', sizeBytes: 1});
    await look();
    expect(outcome('make')).toMatchObject({state: 'failed', why: 'Globus refused "mkdir": a file'});
    await look();
    const [held] = world.scheduler.submitted('compute.1.job');
    expect(held && world.scheduler.jobs.get(held)?.seen.kind).toBe('ended');
  });

  test('while Globus is away nothing is concluded, and a monitor looks again soon', async () => {
    begin([make]);
    const refuse = new SignInNeeded({what: 'sign in', why: 'expired', next: ['stage login']});
    world.transfers.makeDirectory = async () => {
      throw refuse;
    };
    const {seen, problems, runs} = await look();
    expect(problems).toHaveLength(1);
    expect(outcome('make')).toBeUndefined();
    const [open] = runs;
    if (!open) throw new Error('the run is gone');
    const bounds = {minMs: 30_000, maxMs: 1_800_000};
    const attempt = open.state.attempts.get('make')?.[0];
    expect(attempt?.signIn).toMatchObject({what: 'sign in', next: ['stage login']});
    expect(nextLookAtRun(open.state, seen, SETTINGS, bounds)).toBe(seen.now + bounds.maxMs);
    world.transfers.makeDirectory = async () => {};
    await look();
    expect(outcome('make')).toMatchObject({state: 'succeeded'});
  });

  test('after a conflict that is not understood it is made later', async () => {
    begin([make]);
    world.transfers.makeDirectory = async () => {
      throw new TransferRefused({asked: 'mkdir', globusCode: 'Conflict.New', why: 'busy', later: 'unclear'});
    };
    world.transfers.stat = async () => undefined;
    expect((await look()).problems.map(({why}) => why)).toEqual(['busy']);
    expect(outcome('make')).toBeUndefined();
    world.transfers.makeDirectory = async () => {};
    await look();
    expect(outcome('make')).toMatchObject({state: 'succeeded'});
  });

  test('in a run that was cancelled it is not made', () => {
    const aRun = new ARun([jobStep('compute'), {...make, needs: ['compute']}]).fact('decision.cancel', {by: 'ann'});
    expect(aRun.plan().map(inWords)).toContain('end-step make cancelled');
  });
});

describe('a transfer that Globus refuses since another one has the same paths', () => {
  const conflict = new TransferRefused({asked: 'POST /transfer', globusCode: 'Conflict', why: 'not yet completed'});
  const between = {
    sourceCollection: 'aaaaaaaa-0000-4000-8000-000000000001',
    destinationCollection: COLLECTION,
  };

  test('is told with the task that is in the way, and how to take it over', async () => {
    begin([transferStep('in')]);
    world.transfers.refuseWith = conflict;
    world.transfers.recent = async () => [
      task('active', {task: 'T-1' as TaskId, label: 'mine', ...between}),
      task('active', {task: 'T-2' as TaskId, label: 'elsewhere'}),
    ];
    await look();
    expect(outcome('in')?.state).toBe('failed');
    expect(outcome('in')?.why).toContain('it is task T-1 ("mine", active)');
    expect(outcome('in')?.why).toContain('stage adopt r.1 in T-1');
    expect(outcome('in')?.why).not.toContain('T-2');
  });

  test('takes the task with its own label for its own, without a person', async () => {
    begin([transferStep('in')]);
    world.transfers.refuseWith = conflict;
    const own = task('queued', {task: 'T-2' as TaskId, label: 'stage r.1 in 1', ...between});
    world.transfers.recent = async () => [task('active', {task: 'T-1' as TaskId, label: 'mine', ...between}), own];
    await look();
    expect(outcome('in')).toBeUndefined();
    expect(openLedger(directory).open(run).state.attempts.get('in')?.[0]?.transfer?.task).toBe('T-2');
  });

  test.each([
    ['/in/from/a', {state: 'succeeded'}],
    ['/other/a', {state: 'failed', final: true, why: expect.stringContaining('stage adopt r.1 in T-2 --force')}],
  ])(
    'compares what that task moved, %s, with what the step says: a run of that name may lie elsewhere',
    async (from, end) => {
      begin([transferStep('in')]);
      world.transfers.refuseWith = conflict;
      const seen = task('active', {task: 'T-2' as TaskId, label: 'stage r.1 in 1', ...between});
      const request = {label: seen.label, ...between, items: [], options: DEFAULTS_OF_TRANSFER};
      world.transfers.tasks.set('elsewhere', {task: seen.task, request, seen});
      await look();
      world.transfers.files = [{from, to: '/in/to/a'}];
      world.transfers.show(seen.label, {...seen, state: 'succeeded'});
      await look();
      expect(outcome('in')).toMatchObject(end);
    },
  );

  test('names several tasks where it cannot know, and leaves out one that moves other paths', async () => {
    begin([transferStep('in'), transferStep('other')]);
    await look();
    const [known] = world.transfers.tasks.values();
    world.transfers.show('other', task('failed', {task: 'task-sub-2' as TaskId}));
    openLedger(directory).create(run, 'other.1.outcome', {at: 0, state: 'lost', why: 'x'});
    world.transfers.refuseWith = conflict;
    world.transfers.recent = async () => [
      task('active', {task: 'T-1' as TaskId, label: 'mine', ...between}),
      task('active', {task: 'T-2' as TaskId, label: 'of a colleague', ...between}),
      task('active', {task: known?.task ?? ('' as TaskId), label: 'stage r.1 in 1', ...between}),
    ];
    await look();
    const second = openLedger(directory).open(run).state.attempts.get('other')?.[1]?.outcome;
    expect(second?.why).toContain('it is one of T-1 ("mine", active), T-2');
    expect(second?.why).not.toContain(known?.task);
    expect(second?.why).toContain('stage adopt r.1 other TASK_ID');
  });

  test('does not advise to adopt a task of other paths that another step has just submitted, and waits', async () => {
    begin([transferStep('other'), transferStep('in')]);
    const label = 'stage r.1 in 1';
    const items = [{from: '/in/from/', to: '/in/to/', recursive: true}];
    const request = {label, ...between, items, options: DEFAULTS_OF_TRANSFER};
    openLedger(directory).create(run, 'in.1.transfer.intent', {at: 0, by: 'x', submissionId: 'sub-0', request});
    world.transfers.refuseWith = conflict;
    world.transfers.recent = async () => [task('active', {task: 'T-1' as TaskId, label, ...between})];
    await look();
    expect(outcome('other')).toBeUndefined();
  });

  test('waits where no task is found that could be the one, or Globus does not say', async () => {
    begin([transferStep('in')]);
    world.transfers.refuseWith = conflict;
    world.transfers.recent = async () => [task('active', {task: 'T-9' as TaskId, label: 'elsewhere'})];
    await look();
    expect(outcome('in')).toBeUndefined();
    world.transfers.refuseWith = undefined;
    world.now += 60_000;
    await look();
    expect([...world.transfers.tasks.keys()]).toEqual(['sub-1']);
  });
});
