import {rmSync} from 'node:fs';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {cancelRun} from '../../../../src/app/runs/ending/cancel.ts';
import {reconcile} from '../../../../src/engine/turn.ts';
import type {RunId} from '../../../../src/ledger/state-directory.ts';
import type {Step} from '../../../../src/workflow/model/workflow.ts';
import {jobStep, live, SILENT, specOf, task, transferStep} from '../../../support/a-run.ts';
import {type FakeStage, fakeStage} from '../../../support/fake-stage.ts';
import {memoryDirectory} from '../../../support/memory-directory.ts';

/** Steps of whose work nothing can be learnt, ended by the word of a person. */

const RUN = 'r.1' as RunId;
let directory: string;
let stage: FakeStage;
beforeEach(() => {
  directory = memoryDirectory('forget-');
  stage = fakeStage(directory);
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

async function begin(...steps: Step[]): Promise<void> {
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf(steps);
  stage.ledger.createRun(number, spec, new Map());
  await reconcile(await stage.engine(), {rebuild: true});
}

const cancel = (...forget: string[]) => cancelRun(stage, {run: 'r', cleanup: true, forget});
const decisions = () => [...stage.ledger.open(RUN).facts.keys()].filter((name) => name.startsWith('decision.'));
const outcomeOf = (step: string) => stage.ledger.open(RUN).state.attempts.get(step)?.[0]?.outcome;
const jobOf = (step: string) => {
  const [job] = stage.world.scheduler.submitted(`${step}.1.job`);
  if (!job) throw new Error(`no job of ${step}`);
  return job;
};
const monitorsLeft = () =>
  [...stage.world.scheduler.jobs.values()].filter(
    ({request, seen}) => /monitor/.test(request.script) && seen.kind === 'live' && seen.state === 'waiting',
  );

describe('a task that is gone for this identity', () => {
  beforeEach(async () => {
    await begin(transferStep('in'), jobStep('compute', {needs: ['in']}));
    stage.world.transfers.tasks.clear();
  });

  test('keeps a cancelled run open; forgotten, its step ends, the run is sealed, and no monitor is left', async () => {
    const waiting = await cancel();
    expect(waiting.run).toMatchObject({state: 'cancelling'});
    expect(monitorsLeft()).toHaveLength(1);
    const done = await cancel('in');
    expect(done).toMatchObject({exit: 0, run: {state: 'cancelled'}, forgotten: [{step: 'in', task: 'task-sub-1'}]});
    expect(done.message).toMatch(/in is forgotten: task task-sub-1 may still move data to bbbbbbbb-[-0-9]+:\/in\/to\//);
    expect(outcomeOf('in')).toMatchObject({state: 'cancelled', cause: 'forgotten'});
    expect(outcomeOf('in')?.why).toContain('task-sub-1');
    expect(outcomeOf('compute')).toMatchObject({state: 'cancelled'});
    expect(stage.ledger.summary(RUN)).toMatchObject({state: 'cancelled', steps: [{cause: 'forgotten'}, {}]});
    expect(monitorsLeft()).toEqual([]);
  });

  test('ends its run by one command, too, and twice does nothing more', async () => {
    expect((await cancel('in', 'in')).run.state).toBe('cancelled');
    expect(decisions()).toEqual(['decision.cancel', 'decision.forget-1']);
    expect((await cancel('in')).message).toContain('has ended already');
  });
});

test.each([
  ['a task that Globus lists', 'in', 'CANNOT_BE_FORGOTTEN', /lists its task task-sub-1 \(active\)/],
  ['a job that PBS shows', 'compute', 'CANNOT_BE_FORGOTTEN', /PBS shows its job/],
  ['a step that has not begun', 'out', 'CANNOT_BE_FORGOTTEN', /nothing of it is under way/],
  ['a step that the run does not have', 'inn', 'NO_SUCH_STEP', /its steps are/],
])('%s is not forgotten, and nothing is changed', async (_what, step, code, why) => {
  await begin(transferStep('in'), jobStep('compute'), transferStep('out', {needs: ['in']}));
  await expect(cancel(step)).rejects.toMatchObject({code, exit: 2, why: expect.stringMatching(why)});
  expect(decisions()).toEqual([]);
});

test('of two steps neither is forgotten when one of them can be asked about', async () => {
  await begin(transferStep('in'), jobStep('compute'));
  stage.world.transfers.tasks.clear();
  await expect(cancel('in', 'compute')).rejects.toMatchObject({code: 'CANNOT_BE_FORGOTTEN'});
  expect(decisions()).toEqual([]);
});

describe('a job of a server that does not answer any more', () => {
  test('is asked to end, never runs its script, and keeps the run open no more', async () => {
    await begin(jobStep('compute'), jobStep('other', {after: ['compute']}));
    const job = jobOf('compute');
    stage.world.scheduler.show(job, SILENT);
    const asked: string[] = [];
    stage.world.scheduler.delete = async (id) => void asked.push(id);
    expect((await cancel()).run.state).toBe('cancelling');
    const done = await cancel('compute');
    expect(done).toMatchObject({run: {state: 'cancelled'}, forgotten: [{step: 'compute', job}]});
    expect(asked).toContain(job);
    expect(stage.ledger.open(RUN).facts.get('compute.1.start.1')).toMatchObject({void: true});
    expect(outcomeOf('compute')?.why).toContain(`job ${job} may still be in a queue, and will not run its script`);
  });

  test('a death after the claim was taken, and before the end is on record, leaves that end to the next look', async () => {
    await begin(jobStep('compute'));
    const job = jobOf('compute');
    stage.world.scheduler.show(job, SILENT);
    stage.ledger.create(RUN, 'decision.cancel', {at: 1, by: 'ada@host', cleanup: true});
    const word = {at: 2, by: 'ada@host', step: 'compute', attempt: 1, job, jobs: ['compute.1.job']};
    stage.ledger.create(RUN, 'decision.forget-1', word);
    stage.ledger.create(RUN, 'compute.1.start.1', {void: true});
    await reconcile(await stage.engine());
    expect(stage.ledger.summary(RUN)).toMatchObject({state: 'cancelled', steps: [{cause: 'forgotten'}]});
  });

  test('where none answers at all, the run ends all the same, with what could not be asked for', async () => {
    await begin(jobStep('compute'));
    stage.world.scheduler.down = true;
    const done = await cancel('compute');
    expect(done).toMatchObject({exit: 0, run: {state: 'cancelled'}});
    expect(done.message).toContain('its end could not be asked for: PBS did not answer "qdel"');
  });

  test('has succeeded where its own marker says so, and is forgotten for the seal alone', async () => {
    await begin(jobStep('compute'));
    const job = jobOf('compute');
    stage.world.scheduler.show(job, live('running'));
    stage.ledger.create(RUN, 'compute.1.start.1', {job});
    stage.ledger.create(RUN, 'compute.1.end.1', {job, exit: 0, terminated: false});
    stage.world.scheduler.down = true;
    await reconcile(await stage.engine());
    expect(outcomeOf('compute')).toMatchObject({state: 'succeeded'});
    expect(stage.ledger.summary(RUN)).toBeUndefined();
    expect(await cancel('compute')).toMatchObject({exit: 0, run: {state: 'succeeded'}});
    expect(decisions()).toEqual(['decision.forget-1']);
    expect(stage.ledger.summary(RUN)).toMatchObject({state: 'succeeded'});
  });
});

test('a task that is listed again after a word to forget it is cancelled like others', async () => {
  await begin(transferStep('in'));
  const [[key, entry] = []] = stage.world.transfers.tasks;
  if (!key || !entry) throw new Error('no task');
  stage.ledger.create(RUN, 'decision.cancel', {at: 1, by: 'ada@host', cleanup: true});
  const forgotten = {at: 2, by: 'ada@host', step: 'in', attempt: 1, task: entry.task, jobs: []};
  stage.ledger.create(RUN, 'decision.forget-1', forgotten);
  stage.world.transfers.show('in', task('active', {task: entry.task}));
  await reconcile(await stage.engine());
  await reconcile(await stage.engine());
  expect(outcomeOf('in')).toMatchObject({state: 'cancelled', why: 'the task was cancelled'});
});
