import {existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {keepOutputs, releaseOutputs} from '../../../src/app/outputs/decide.ts';
import {listOutputs, renderOutputs} from '../../../src/app/outputs/list-outputs.ts';
import {renderSweep, sweepOutputs} from '../../../src/app/outputs/sweep.ts';
import {resumeRuns} from '../../../src/app/runs/run/resume.ts';
import type {TaskId} from '../../../src/base/ids.ts';
import type {JobId} from '../../../src/base/job-id.ts';
import {reconcile} from '../../../src/engine/turn.ts';
import type {RunId} from '../../../src/ledger/state-directory.ts';
import {openAreas} from '../../../src/outputs/areas.ts';
import {lookAtPath} from '../../../src/outputs/look-at.ts';
import {createRunCommand} from '../../../src/process/run-command.ts';
import {watchEffects} from '../../../src/submission/crash-points.ts';
import {createOutputAreas} from '../../../src/wiring/outputs.ts';
import type {Step, TransferStep} from '../../../src/workflow/model/workflow.ts';
import {jobStep, specOf, task, transferStep} from '../../support/a-run.ts';
import {fakeStage, profileOf} from '../../support/fake-stage.ts';
import {Died} from '../../support/fakes.ts';

const COLLECTION = 'aaaaaaaa-0000-4000-8000-000000000001';
const PLAIN = {colour: false};

/** A stage whose collection shows a directory of this machine; PBS and Globus in memory. */
function world(more = 'limits: {}') {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'outputs-')));
  const [state, scratch] = [join(root, 'state'), join(root, 'scratch')];
  for (const directory of [state, scratch]) mkdirSync(directory);
  const profile = profileOf(
    `{transfer: local, paths: [{cluster: ${scratch}, collection: ${COLLECTION}, path: /}], ${more}}`,
  );
  const fake = fakeStage(state, {profile});
  let dieAt: string | undefined;
  const watched = watchEffects((point) => {
    if (point === dieAt) throw new Died(point);
  });
  const run = createRunCommand();
  const areas = openAreas(fake.ledger.layout.outputs);
  const outputs = {areas: watched.areas(areas), look: (path: string) => lookAtPath(run, path)};
  const context = async () => ({
    ...(await fake.engine()),
    outputs: createOutputAreas({
      ...outputs,
      by: 'test',
      clock: () => fake.world.now,
      mappings: async () => profile.paths,
    }),
  });
  const stage = {...fake, outputs, engine: context};
  const scriptOf = (id: JobId) => fake.world.scheduler.jobs.get(id)?.request.script ?? '';
  const look = async () => reconcile(await context(), {});
  const finish = async (job: string, exit: number) => {
    const id = fake.world.scheduler.submitted(`${job}.job`).at(-1);
    if (id === undefined) throw new Error(`no job of ${job}`);
    fake.world.scheduler.finish(id, exit);
    await look();
  };
  return {
    stage,
    scratch,
    areas,
    look,
    finish,
    ofTasks: fake.world.transfers,
    jobs: (name: string) =>
      fake.world.scheduler.submitted('.job').filter((id) => scriptOf(id).startsWith(`${name}.`)).length,
    dieAt: (point: string | undefined) => {
      dieAt = point;
    },
    create(name: string, steps: readonly Step[]): RunId {
      const {run: _, nonce: __, format: ___, number: ____, ...spec} = specOf(steps);
      const id = fake.ledger.createRun(fake.ledger.nextNumber(name), {...spec, name}, new Map());
      if (!id) throw new Error(`${name} exists`);
      return id;
    },
    /** what the job of a run does */
    compute(path = 'out') {
      mkdirSync(join(scratch, path), {recursive: true});
      writeFileSync(join(scratch, path, 'result'), 'x'.repeat(10));
    },
    /** a run of which the job has ended, and whose output moves */
    async computed(name: string, more: Partial<TransferStep> = {}, path = 'out') {
      const id = this.create(name, steps(more, path));
      await look();
      this.compute(path);
      await finish('compute.1', 0);
      return id;
    },
    /** a run of which the transfer has failed */
    async failed(name: string, more: Partial<TransferStep> = {}, path = 'out') {
      const id = await this.computed(name, more, path);
      fake.world.transfers.show(`${id} stage-out`, failedTask(`task-sub-${fake.world.transfers.tasks.size}`));
      await look();
      expect(fake.ledger.summary(id)?.state).toBe('failed');
      return id;
    },
  };
}

const failedTask = (id: string) => task('failed', {task: id as TaskId, fatalError: {code: 'X', description: 'x'}});

function steps(more: Partial<TransferStep> = {}, path = 'out'): Step[] {
  const from = {collection: COLLECTION, path: `/${path}/`};
  return [jobStep('compute'), {...transferStep('stage-out', {needs: ['compute']}), from, ...more}];
}

const statesOf = async ({stage}: ReturnType<typeof world>, gone = true) =>
  (await listOutputs(stage, {gone})).outputs.map(({area, state}) => `${area} ${state}`);

test('what a job makes is on record before the job may begin, and is told with its run, place and time', async () => {
  const at = world();
  at.create('r', steps());
  at.dieAt('before fact output.area');
  await expect(at.look()).rejects.toThrow(Died);
  expect(at.jobs('compute')).toBe(0);
  at.dieAt(undefined);
  await at.look();
  expect(at.jobs('compute')).toBe(1);
  expect((await listOutputs(at.stage, {gone: false})).outputs).toEqual([
    expect.objectContaining({
      ...{area: 'r.1.stage-out', run: 'r.1', step: 'stage-out', reason: 'output', state: 'active'},
      ...{paths: [join(at.scratch, 'out')], place: `${COLLECTION}:/out/`, why: 'its run has not ended'},
    }),
  ]);
});

test.each([
  'before fact output.area',
  'after fact output.area',
  'before fact output.filling-1',
  'after fact output.filling-1',
  'before fact output.seen-1-1',
  'after fact output.seen-1-1',
])('killed %s, and looked at again: one job, one task, one area', async (point) => {
  const at = world();
  at.create('r', steps());
  at.dieAt(point);
  await at.look().catch(() => {});
  if (at.jobs('compute') > 0) {
    at.compute();
    await at.finish('compute.1', 0).catch(() => {});
  }
  at.dieAt(undefined);
  await at.look();
  at.compute();
  await at.finish('compute.1', 0);
  await at.look();
  expect([at.jobs('compute'), at.ofTasks.tasks.size, at.areas.names()]).toEqual([1, 1, ['r.1.stage-out']]);
  const read = at.areas.read('r.1.stage-out');
  expect(read?.is === 'whole' && [read.area.filling, read.area.seen?.found.length]).toEqual([1, 1]);
});

test('a stage-out that failed is told with what is left; resume moves it, and computes nothing again', async () => {
  const at = world();
  const run = await at.failed('r');
  expect(await statesOf(at)).toEqual(['r.1.stage-out kept']);
  const resumed = await resumeRuns(at.stage, {run, redo: []});
  expect(resumed.runs[0]).toMatchObject({again: ['stage-out'], kept: ['compute']});
  expect([at.jobs('compute.1'), at.jobs('compute.2'), at.ofTasks.tasks.size]).toEqual([1, 0, 2]);
});

test('rerun computes again only where the output is gone', async () => {
  const at = world();
  const run = await at.failed('r', {whenFails: 'rerun'});
  await resumeRuns(at.stage, {run, redo: []});
  expect(at.jobs('compute.2')).toBe(0);
  at.ofTasks.show(`${run} stage-out`, failedTask('task-sub-2'));
  await at.look();
  rmSync(join(at.scratch, 'out'), {recursive: true});
  const resumed = await resumeRuns(at.stage, {run, redo: []});
  expect(resumed.runs[0]?.message).toMatch(/What stage-out would move is made again: .*out is not there any more/);
  expect(at.jobs('compute.2')).toBe(1);
});

test('a directory above that is gone, too, is no proof that the output is', async () => {
  const at = world();
  const run = await at.failed('r', {whenFails: 'rerun'}, 'deep/out');
  rmSync(join(at.scratch, 'deep'), {recursive: true});
  await resumeRuns(at.stage, {run, redo: []});
  expect(at.jobs('compute.2')).toBe(0);
});

test('a sweep says first what it would remove, then removes that, and leaves what is kept', async () => {
  const at = world();
  const run = await at.failed('r');
  await at.failed('s', {}, 'other');
  await releaseOutputs(at.stage, {run});
  const dry = await sweepOutputs(at.stage, {remove: false});
  expect(dry.swept.map(({area}) => area)).toEqual(['r.1.stage-out']);
  expect(renderSweep(dry, PLAIN)).toMatch(/released by ada@host(.|\n)*Nothing was removed/);
  expect(existsSync(join(at.scratch, 'out', 'result'))).toBe(true);
  const swept = await sweepOutputs(at.stage, {remove: true});
  expect(swept).toMatchObject({exit: 0, swept: [{area: 'r.1.stage-out', removed: {files: 1, bytes: 10}}]});
  expect([existsSync(join(at.scratch, 'out')), existsSync(join(at.scratch, 'other', 'result'))]).toEqual([false, true]);
  expect(await statesOf(at)).toEqual(['r.1.stage-out gone', 's.1.stage-out kept']);
  expect((await sweepOutputs(at.stage, {remove: true})).swept).toEqual([]);
  expect(renderOutputs(await listOutputs(at.stage, {gone: true}), PLAIN)).toMatch(/removed by stage outputs sweep/);
});

test('what an active run moves, or another one keeps in the same place, is not removed', async () => {
  const at = world();
  const run = await at.failed('r');
  await releaseOutputs(at.stage, {run});
  await at.computed('s');
  expect(await statesOf(at)).toEqual(['r.1.stage-out kept', 's.1.stage-out active']);
  expect((await sweepOutputs(at.stage, {remove: true})).swept).toEqual([]);
  at.ofTasks.show('s.1 stage-out', failedTask('task-sub-2'));
  await at.look();
  expect(await statesOf(at)).toEqual(['r.1.stage-out kept', 's.1.stage-out kept']);
  await releaseOutputs(at.stage, {run: 's'});
  expect((await sweepOutputs(at.stage, {remove: true})).swept.map(({removed}) => removed?.files)).toEqual([1, 0]);
});

test('a run that has not ended cannot be released, and what was released cannot be kept', async () => {
  const at = world();
  const run = await at.computed('r');
  await expect(releaseOutputs(at.stage, {run})).rejects.toThrow(/r\.1 has not ended/);
  at.ofTasks.show('stage-out', failedTask('task-sub-1'));
  await at.look();
  expect((await keepOutputs(at.stage, {run}, '30d')).message).toMatch(/kept until/);
  await releaseOutputs(at.stage, {run});
  await expect(keepOutputs(at.stage, {run}, '30d')).rejects.toThrow(/was released/);
  await expect(keepOutputs(at.stage, {run}, '3 weeks')).rejects.toThrow(/needs a duration/);
  await expect(releaseOutputs(at.stage, {run, step: 'other'})).rejects.toThrow(/no output of r.1 for other/);
});

test('what came to its place after it was released stays', async () => {
  const at = world();
  const run = await at.failed('r');
  await releaseOutputs(at.stage, {run});
  rmSync(join(at.scratch, 'out'), {recursive: true});
  mkdirSync(join(at.scratch, 'between')); // a file number that was freed may be given again
  at.compute();
  const swept = await sweepOutputs(at.stage, {remove: true});
  expect(swept).toMatchObject({exit: 1, swept: [{left: expect.stringMatching(/something else has its name/)}]});
  expect(existsSync(join(at.scratch, 'out', 'result'))).toBe(true);
  expect(await statesOf(at)).toEqual(['r.1.stage-out to-go']);
});

test('a removal that a process died in is ended by the next one, and nothing of what is left is moved', async () => {
  const at = world();
  const run = await at.failed('r');
  await releaseOutputs(at.stage, {run});
  at.dieAt('after fact output.removing-1-1');
  await expect(sweepOutputs(at.stage, {remove: true})).rejects.toThrow(Died);
  at.dieAt(undefined);
  await resumeRuns(at.stage, {run, redo: []});
  expect(at.ofTasks.tasks.size).toBe(1);
  const ended = at.stage.ledger.summary(run)?.steps.find(({step}) => step === 'stage-out');
  expect(ended).toMatchObject({state: 'failed', why: expect.stringMatching(/is being removed, or was, by ada@host/)});
  expect((await sweepOutputs(at.stage, {remove: true})).swept).toMatchObject([{removed: {files: 1}}]);
});

test('a run that is resumed while it is swept keeps what it made', async () => {
  const at = world();
  const run = await at.failed('r');
  await releaseOutputs(at.stage, {run});
  const {areas} = at.stage.outputs;
  const racing = {
    ...at.stage,
    outputs: {
      ...at.stage.outputs,
      areas: {
        ...areas,
        create(name: string, fact: string, value: object) {
          const done = areas.create(name, fact, {...value});
          const {open} = at.stage.ledger.withEnd(at.stage.ledger.open(run));
          if (fact.startsWith('removing'))
            at.stage.ledger.resume(open, {at: 0, by: 'bob', steps: {'stage-out': 1}, redo: []});
          return done;
        },
      },
    },
  };
  const swept = await sweepOutputs(racing, {remove: true});
  expect(swept.swept).toMatchObject([{left: 'its run was resumed meanwhile'}]);
  await at.look();
  expect([existsSync(join(at.scratch, 'out', 'result')), at.ofTasks.tasks.size]).toEqual([true, 2]);
});

test('two sweeps at once remove it once, and both are content', async () => {
  const at = world();
  const run = await at.failed('r');
  await releaseOutputs(at.stage, {run});
  const both = await Promise.all([1, 2].map(() => sweepOutputs(at.stage, {remove: true})));
  expect(both.map(({exit}) => exit)).toEqual([0, 0]);
  expect(await statesOf(at)).toEqual(['r.1.stage-out gone']);
});

test('what a run that failed holds of a pool comes free when all that it made was released', async () => {
  const at = world('limits: {pools: {scratch: {size: 1GB}}}');
  const run = await at.failed('r');
  const {limits} = at.stage;
  const [own] = limits.all();
  if (!own) throw new Error('there are no limits');
  const key = `${limits.prefix(own)}${run}/=scratch`;
  const capacity = {kind: 'pool', size: 1e9, reserve: 0} as const;
  const holder = {who: 'ada@host', home: limits.home()};
  const asked = {by: 'test', clock: Date.now, free: () => 1000};
  own.settle({
    ...asked,
    wanted: ({claims}) =>
      claims.has(key)
        ? []
        : [
            {do: 'capacity', limit: 'scratch', capacity},
            {do: 'claim', key, wants: [{limit: 'scratch', amount: 60}], holder},
          ],
  });
  expect(own.read().claims.get(key)?.granted).toBeDefined();
  await sweepOutputs(at.stage, {remove: true});
  expect(own.read().claims.has(key)).toBe(true);
  const released = await releaseOutputs(at.stage, {run});
  expect([released.pools, own.read().claims.has(key)]).toEqual([['scratch'], false]);
});

test('nothing that holds a home directory, the state of stage or a whole mapping is removed', async () => {
  const at = world();
  const run = await at.failed('r', {from: {collection: COLLECTION, path: '/'}});
  await releaseOutputs(at.stage, {run});
  expect((await listOutputs(at.stage, {gone: true})).outputs[0]).toMatchObject({
    state: 'kept',
    why: expect.stringMatching(/all that a collection shows of .* is in it/),
  });
});

test('where no mapping of the profile leads to the place, nothing is registered', async () => {
  const at = world();
  at.create('r', steps({from: {collection: 'bbbbbbbb-0000-4000-8000-000000000002', path: '/out/'}}));
  await at.look();
  expect([at.jobs('compute'), at.areas.names()]).toEqual([1, []]);
});
