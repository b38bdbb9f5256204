import {rmSync} from 'node:fs';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {JobId} from '../../src/base/job-id.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {openLedger} from '../../src/ledger/ledger.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import type {Step} from '../../src/workflow/model/workflow.ts';
import {ended, jobStep, specOf} from '../support/a-run.ts';
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
