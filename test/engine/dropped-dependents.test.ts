import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import type {JobId} from '../../src/base/job-id.ts';
import {createFact} from '../../src/disk/facts.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import {jobStep, specOf, UNKNOWN} from '../support/a-run.ts';
import {type FakeWorld, fakeWorld} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

let directory: string;
let world: FakeWorld;
let facts: string;

beforeEach(() => {
  directory = memoryDirectory('dropped-');
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf([jobStep('a'), jobStep('b', {needs: ['a']})]);
  openLedger(directory).createRun(number, spec, new Map());
  world = fakeWorld(directory);
  facts = join(directory, 'runs', 'r.1' as RunId, 'facts');
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

const submissionsOf = (step: string) => world.scheduler.submitted(`${step}.1.job`);

/** As a server without history does: `a` ends and is purged before `b` is submitted; what names it is dropped. */
function forgetful(exit: number): void {
  const submit = world.scheduler.submit.bind(world.scheduler);
  world.scheduler.submit = async (request) => {
    const [a] = submissionsOf('a');
    if (a && createFact(facts, 'a.1.start.1', {job: a})) {
      createFact(facts, 'a.1.end.1', {job: a, exit, terminated: false});
      world.scheduler.show(a, UNKNOWN);
    }
    const answer = await submit(request);
    const dead = (job: JobId) => world.scheduler.jobs.get(job)?.seen.kind === 'unknown';
    if (answer.kind === 'submitted' && request.dependencies.some(({jobs}) => jobs.some(dead)))
      world.scheduler.show(answer.job, UNKNOWN);
    return answer;
  };
}

test('a job that PBS drops a moment after its submission is missed at once, and a monitor comes back for it', async () => {
  forgetful(0);
  const looked = await reconcile(world.context());
  expect(submissionsOf('b')).toHaveLength(1);
  expect(looked.done.map(({action}) => action.do)).toContain('note-absent');
  const [monitor] = world.scheduler.submitted('monitor-1');
  expect(world.scheduler.jobs.get(monitor as JobId)?.seen).toMatchObject({startAt: world.now + 60_000});

  world.now += 61_000;
  await reconcile(world.context(), {monitor: 1});
  const [again] = world.scheduler.submitted('b.2.job');
  expect(world.scheduler.jobs.get(again as JobId)?.request.dependencies).toEqual([]);
});

test('when what it needs has failed, it is skipped then, and not submitted again', async () => {
  forgetful(3);
  await reconcile(world.context());
  world.now += 61_000;
  await reconcile(world.context(), {monitor: 1});
  const {attempts} = openLedger(directory).open('r.1' as RunId).state;
  expect([attempts.get('a'), attempts.get('b')].map((all) => all?.map(({outcome}) => outcome?.state))).toEqual([
    ['failed'],
    ['skipped'],
  ]);
});

test('PBS is asked once more after submissions that depend on others, and only then', async () => {
  let looks = 0;
  const look = world.scheduler.look.bind(world.scheduler);
  world.scheduler.look = async (jobs) => {
    looks += 1;
    return look(jobs);
  };
  await reconcile(world.context());
  expect(looks).toBe(1);
  await reconcile(world.context());
  expect(looks).toBe(2);
});
