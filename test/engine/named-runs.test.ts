import {rmSync} from 'node:fs';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {TaskId} from '../../src/base/ids.ts';
import type {JobId} from '../../src/base/job-id.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import type {Step} from '../../src/workflow/model/workflow.ts';
import {ended, jobStep, live, specOf, task, transferStep} from '../support/a-run.ts';
import {type FakeWorld, fakeWorld} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

/** What a command that names a run does to others. */

const A = 'a.1' as RunId;
const B = 'b.1' as RunId;

let directory: string;
let world: FakeWorld;
beforeEach(() => {
  directory = memoryDirectory('named-');
  world = fakeWorld(directory);
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

function begin(name: string, steps: readonly Step[]): void {
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf(steps);
  openLedger(directory).createRun(number, {...spec, name}, new Map());
}

const submitted = (step: string) => world.scheduler.submitted(`${step}.`).filter((id) => isJob(id));
const isJob = (id: JobId) => world.scheduler.jobs.get(id)?.request.script.endsWith('.job.sh') ?? false;

describe('a person asks for one run of two', () => {
  test('what was deleted by hand in the other one stays deleted', async () => {
    begin('a', [jobStep('one')]);
    begin('b', [jobStep('two')]);
    await reconcile(world.context());
    for (const step of ['one', 'two']) world.scheduler.show(submitted(step)[0] as JobId, ended(undefined, 'deleted'));
    await reconcile(world.context(), {about: [B], rebuild: true});
    expect([submitted('one').length, submitted('two').length]).toEqual([1, 2]);
    await reconcile(world.context(), {about: [A], rebuild: true});
    expect(submitted('one')).toHaveLength(2);
  });

  test('the bound of lost attempts of the other one stands', async () => {
    begin('a', [jobStep('one')]);
    begin('b', [jobStep('two')]);
    for (let look = 0; look < 30; look++) {
      await reconcile(world.context());
      world.scheduler.jobs.clear(); // somebody wipes the queue, again and again
      world.now += 70_000;
    }
    const attempts = (run: RunId, step: string) => openLedger(directory).open(run).state.attempts.get(step)?.length;
    expect([attempts(A, 'one'), attempts(B, 'two')]).toEqual([5, 5]);
    for (let look = 0; look < 3; look++) {
      await reconcile(world.context(), {about: [B], rebuild: true});
      world.scheduler.jobs.clear();
      world.now += 70_000;
      await reconcile(world.context());
      world.now += 70_000;
    }
    expect(attempts(A, 'one')).toBe(5);
    expect(attempts(B, 'two')).toBeGreaterThan(5);
  });
});

/** What PBS, and Globus, are asked about from now on. */
function questions(): {readonly jobs: JobId[]; readonly tasks: TaskId[]} {
  const asked = {jobs: [] as JobId[], tasks: [] as TaskId[]};
  const {scheduler, transfers} = world;
  const [jobs, tasks] = [scheduler.look.bind(scheduler), transfers.look.bind(transfers)];
  scheduler.look = (ids) => {
    asked.jobs.push(...ids);
    return jobs(ids);
  };
  transfers.look = (ids) => {
    asked.tasks.push(...ids);
    return tasks(ids);
  };
  return asked;
}

describe('a look that is about one run of two', () => {
  beforeEach(async () => {
    begin('a', [transferStep('in'), jobStep('one', {needs: ['in']})]);
    begin('b', [jobStep('two')]);
    await reconcile(world.context());
  });

  test('asks neither PBS nor Globus about the other, and leaves it as it is', async () => {
    world.transfers.show('in', task('succeeded'));
    const asked = questions();
    const looked = await reconcile(world.context(), {about: [B]});
    expect(looked.runs.map(({id}) => id)).toEqual([B]);
    expect(asked.tasks).toEqual([]);
    expect(asked.jobs).not.toContain(submitted('one')[0]);
    expect(looked.done).toEqual([]);
    expect((await reconcile(world.context())).done.map(({action}) => action.do)).toContain('release-job');
  });

  test('leaves the monitor that comes for the other where it is, also when its own run has ended', async () => {
    const link = world.scheduler.submitted('monitor')[0] as JobId;
    const before = world.scheduler.jobs.get(link)?.seen;
    world.scheduler.finish(submitted('two')[0] as JobId, 0);
    world.context().ledger.create(B, 'two.1.start.1', {job: submitted('two')[0]});
    const looked = await reconcile(world.context(), {about: [B]});
    expect(looked.sealed.map(({run}) => run)).toEqual([B]);
    expect(looked.gap).toBeUndefined();
    expect(world.scheduler.submitted('monitor')).toEqual([link]);
    expect(world.scheduler.jobs.get(link)?.seen).toEqual(before);
  });

  test('adds a monitor for the other where that is gone from the queue', async () => {
    world.scheduler.show(world.scheduler.submitted('monitor')[0] as JobId, ended(undefined, 'deleted'));
    await reconcile(world.context(), {about: [B]});
    expect(world.scheduler.submitted('monitor')).toHaveLength(2);
  });

  test('looks at the other too where the queue takes a few jobs alone: the end of one may be what the other waits for', async () => {
    world.settings = {maxQueued: 100};
    const asked = questions();
    const looked = await reconcile(world.context(), {about: [B]});
    expect(looked.runs.map(({id}) => id)).toEqual([B, A]);
    expect(asked.jobs).toContain(submitted('one')[0]);
    expect(asked.tasks).toEqual([]);
  });

  test('keeps nobody waiting for a run that is over', async () => {
    world.scheduler.show(submitted('two')[0] as JobId, live('running'));
    expect((await reconcile(world.context(), {about: ['c.1' as RunId]})).runs).toEqual([]);
  });
});
