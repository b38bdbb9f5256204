import {existsSync, readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {JobId} from '../../src/base/job-id.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {lateSubmissionsOf} from '../../src/ledger/late-submissions.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import {ARun, jobStep, live, NOW, specOf} from '../support/a-run.ts';
import {type FakeWorld, fakeWorld, requestOf} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

/** A qsub that PBS takes after its run was sealed. */

const run = 'r.1' as RunId;
let directory: string;
let world: FakeWorld;
beforeEach(() => {
  directory = memoryDirectory('late-');
  world = fakeWorld(directory);
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

/** A run whose only submission was lost, that was cancelled and sealed. @returns the tag that its job would bear */
async function sealedWithoutAnAnswer(): Promise<string> {
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf([jobStep('a')]);
  openLedger(directory).createRun(number, spec, new Map());
  world.scheduler.answerNext = {kind: 'unclear', why: 'it did not answer in time'};
  await reconcile(world.context());
  world.context().ledger.create(run, 'decision.cancel', {at: world.now, by: 'ann', cleanup: true});
  world.now += 200_000;
  await reconcile(world.context());
  expect(openLedger(directory).summary(run)?.state).toBe('cancelled');
  const tag = openLedger(directory).open(run).state.attempts.get('a')?.[0]?.jobs[0]?.intent.tag;
  return String(tag);
}

async function arrive(tag: string): Promise<JobId> {
  const answer = await world.scheduler.submit(requestOf('a.1.job.sh', tag, {hold: true}));
  return (answer as {job: JobId}).job;
}
const left = () => (existsSync(join(directory, 'late')) ? readdirSync(join(directory, 'late')) : []);

describe('a job that PBS takes after its run was sealed', () => {
  test('is deleted by the next look, whatever that is about', async () => {
    const job = await arrive(await sealedWithoutAnAnswer());
    const looked = await reconcile(world.context(), {about: ['other.1' as RunId]});
    expect(looked.problems).toEqual([]);
    expect(world.scheduler.jobs.get(job)?.seen).toMatchObject({kind: 'ended', how: 'deleted'});
    await reconcile(world.context());
    expect(left()).toEqual([]);
  });

  test('is looked for again while PBS is away, and until a day has passed', async () => {
    const tag = await sealedWithoutAnAnswer();
    await reconcile(world.context());
    world.scheduler.down = true;
    await reconcile(world.context());
    world.scheduler.down = false;
    expect(left()).toEqual(['r.1.json']);
    world.now += 20 * 3_600_000;
    const job = await arrive(tag);
    await reconcile(world.context());
    expect(world.scheduler.jobs.get(job)?.seen.kind).toBe('ended');
  });

  test('is left alone once it runs: its wrapper does not run the script', async () => {
    const job = await arrive(await sealedWithoutAnAnswer());
    world.scheduler.show(job, live('running'));
    await reconcile(world.context());
    expect(world.scheduler.jobs.get(job)?.seen).toMatchObject({state: 'running'});
    expect(left()).toEqual([]);
  });

  test('is not asked for when a day has passed: nothing is kept for ever', async () => {
    await sealedWithoutAnAnswer();
    world.now += 25 * 3_600_000;
    await reconcile(world.context());
    expect(left()).toEqual([]);
  });
});

test('a run whose submissions are all resolved leaves nothing to look for', () => {
  const resolved = new ARun([jobStep('a')]).job('a.1.job', '1.s');
  expect(lateSubmissionsOf(resolved.state, NOW)).toBeUndefined();
  const lost = new ARun([jobStep('a')])
    .fact('a.1.job.intent', {tag: 's-a', hold: false, dependsOn: [], deadline: NOW})
    .fact('a.1.job.never-arrived');
  expect(lateSubmissionsOf(lost.state, NOW)).toEqual({run: 'r.1', tags: ['s-a'], until: NOW + 86_400_000});
  expect(lateSubmissionsOf(lost.state, NOW + 86_400_000)).toBeUndefined();
});
