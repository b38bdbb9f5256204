import {join} from 'node:path';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {JobId} from '../../src/base/job-id.ts';
import {createFact} from '../../src/disk/facts.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import type {Step} from '../../src/workflow/model/workflow.ts';
import {ended, jobStep, specOf, task, transferStep} from '../support/a-run.ts';
import {type FakeWorld, fakeWorld} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

/** Several runs that share the places in the queue of PBS. */

const WORKFLOWS: readonly (readonly Step[])[] = [
  [jobStep('a'), jobStep('b', {needs: ['a']})],
  [transferStep('in'), jobStep('a', {needs: ['in']})],
  [{...transferStep('in'), strategy: 'wait'}, jobStep('a', {needs: ['in']})],
  [{...transferStep('in'), strategy: 'wait', retries: 1}, jobStep('a', {needs: ['in']}), jobStep('b', {after: ['a']})],
  [jobStep('a'), {...transferStep('out', {needs: ['a']}), strategy: 'wait'}],
  [jobStep('a'), jobStep('tidy', {onFailureOf: ['a']})],
];

function beginRuns(at: string, workflows: readonly (readonly Step[])[], maxQueued?: number): void {
  for (const [index, steps] of workflows.entries()) {
    const {run: _, nonce: __, format: ___, number: ____, ...spec} = specOf(steps);
    openLedger(at).createRun(1, {...spec, name: `r${index}`, maxQueued}, new Map());
  }
}

/** Whatever may begin does, and ends; what it waits for must have left the queue. */
function goOn(world: FakeWorld, at: string): void {
  for (const each of world.transfers.tasks.values()) each.seen = task('succeeded', {task: each.task});
  const isLive = (job: JobId) => world.scheduler.jobs.get(job)?.seen.kind === 'live';
  for (const [job, {request, seen}] of world.scheduler.jobs) {
    if (seen.kind !== 'live' || seen.userHold || request.dependencies.some(({jobs}) => jobs.some(isLive))) continue;
    const [, run = '', step, attempt, role] = /^s-([^.]+\.\d+)\.([^.]+)\.(\d+)\.([a-z]+)/.exec(request.tag) ?? [];
    const facts = join(at, 'runs', run, 'facts');
    // It stays until its transfer has ended.
    if (
      role === 'wait' &&
      !openLedger(at)
        .open(run as never)
        .facts.has(`${step}.${attempt}.outcome`)
    )
      continue;
    if (role === 'job' && createFact(facts, `${step}.${attempt}.start.1`, {job}))
      createFact(facts, `${step}.${attempt}.end.1`, {job, exit: 0, terminated: false});
    if (role || (seen.startAt ?? 0) <= world.now) world.scheduler.show(job, ended(0));
  }
}

test('however narrow the queue, every run comes to its end, and none is given more than there is', async () => {
  const runs = fc.array(fc.constantFrom(...WORKFLOWS), {minLength: 2, maxLength: 6});
  await fc.assert(
    fc.asyncProperty(runs, fc.integer({min: 1, max: 12}), fc.boolean(), async (workflows, maxQueued, isInProfile) => {
      const at = memoryDirectory('shared-');
      // As PBS said when the runs were created, where the profile says nothing.
      beginRuns(at, workflows, isInProfile ? undefined : maxQueued);
      const world = fakeWorld(at);
      if (isInProfile) world.settings = {maxQueued};
      const inQueue = () => [...world.scheduler.jobs.values()].filter(({seen}) => seen.kind === 'live').length;
      for (let round = 0; round < 80 && openLedger(at).activeRuns().length > 0; round++) {
        await reconcile(world.context());
        expect(inQueue()).toBeLessThanOrEqual(Math.max(4, maxQueued));
        world.now += 70_000;
        goOn(world, at);
      }
      expect(openLedger(at).activeRuns()).toEqual([]);
    }),
    {numRuns: 40, seed: Number(process.env.STAGE_PROPERTY_SEED ?? 20_261_121)},
  );
});

test('however little room Globus has, every run comes to its end without a task in vain, and the limit is kept', async () => {
  const transfers = WORKFLOWS.filter((steps) => steps.some(({kind}) => kind === 'transfer'));
  const runs = fc.array(fc.constantFrom(...transfers), {minLength: 2, maxLength: 6});
  const limit = fc.option(fc.integer({min: 1, max: 3}), {nil: undefined});
  await fc.assert(
    fc.asyncProperty(runs, fc.integer({min: 1, max: 3}), limit, async (workflows, mostPending, maxPending) => {
      const at = memoryDirectory('room-');
      beginRuns(at, workflows);
      const world = fakeWorld(at);
      world.transfers.mostPending = mostPending;
      if (maxPending !== undefined) world.settings = {maxPending};
      for (let round = 0; round < 80 && openLedger(at).activeRuns().length > 0; round++) {
        await reconcile(world.context());
        expect(world.transfers.pending.length).toBeLessThanOrEqual(Math.min(mostPending, maxPending ?? mostPending));
        world.now += 70_000;
        goOn(world, at);
      }
      const ledger = openLedger(at);
      expect(ledger.runs().map((run) => ledger.summary(run)?.state)).toEqual(workflows.map(() => 'succeeded'));
      const labels = [...world.transfers.tasks.values()].map(({request}) => request.label);
      expect(new Set(labels).size).toBe(labels.length);
      if (maxPending !== undefined && maxPending <= mostPending) expect(world.transfers.refusedForRoom).toBe(0);
    }),
    {numRuns: 30, seed: Number(process.env.STAGE_PROPERTY_SEED ?? 20_261_130)},
  );
});

test('a person who asks for a run that is there tries what PBS takes by now', async () => {
  const at = memoryDirectory('raised-');
  beginRuns(at, [[jobStep('a'), jobStep('b'), jobStep('c')]], 3);
  const world = fakeWorld(at);
  const jobs = () => ['a', 'b', 'c'].flatMap((step) => world.scheduler.submitted(`${step}.1.job`)).length;
  await reconcile(world.context(), {rebuild: true, creates: true});
  expect(jobs()).toBe(1);
  await reconcile(world.context());
  expect(jobs()).toBe(1);
  await reconcile(world.context(), {rebuild: true});
  expect(jobs()).toBe(3);
});
