import {mkdirSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {listRuns} from '../../src/app/runs/status/list.ts';
import type {JobId} from '../../src/base/job-id.ts';
import {Look} from '../../src/engine/look.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import {standingOf} from '../../src/standing/standing-of.ts';
import type {Step} from '../../src/workflow/model/workflow.ts';
import {CLASSIC, ended, jobStep, live, specOf, task, transferStep} from '../support/a-run.ts';
import {type FakeWorld, fakeWorld} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

/** The parts of a look, each called alone. */

let directory: string;
let world: FakeWorld;
const run = 'r.1' as RunId;

function begin(steps: readonly Step[]): void {
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf(steps);
  openLedger(directory).createRun(number, spec, new Map());
}
beforeEach(() => {
  directory = memoryDirectory('look-');
  world = fakeWorld(directory);
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

/** How often PBS is asked about jobs from now on. */
function countLooks(): () => number {
  let looks = 0;
  const look = world.scheduler.look.bind(world.scheduler);
  world.scheduler.look = async (jobs) => {
    looks += 1;
    return look(jobs);
  };
  return () => looks;
}
const words = (plans: Awaited<ReturnType<Look['planAll']>>) =>
  plans.flatMap(({actions}) => actions.map((action) => `${action.do} ${action.step}`));

test('what is planned changes nothing before it is done', async () => {
  begin(CLASSIC);
  const look = await Look.begin(world.context());
  const first = words(await look.planAll());
  expect(first).toEqual(['submit-job compute', 'submit-job cleanup', 'submit-transfer stage-in']);
  expect(words(await look.planAll())).toEqual(first);
  expect(world.effects).toEqual([]);
});

test('what was done is on record, and what follows from it is planned next', async () => {
  begin(CLASSIC);
  const look = await Look.begin(world.context());
  await look.act(await look.planAll());
  expect(look.progress.done.map(({action}) => `${action.do} ${action.step}`)).toEqual([
    'submit-job compute',
    'submit-job cleanup',
  ]);
  expect(look.runs[0]?.state.attempts.get('compute')?.[0]?.jobs[0]?.job).toBe('1.s');
  const then = ['submit-job compute', 'submit-job stage-out', 'submit-job cleanup'];
  expect(words(await look.planAll())).toEqual([...then, 'submit-transfer stage-in']);
});

test('a run that cannot be read is a problem, and does not stop the others', async () => {
  begin(CLASSIC);
  const damaged = join(directory, 'runs', 'd.1');
  mkdirSync(damaged, {recursive: true});
  writeFileSync(join(damaged, 'spec.json'), '{');
  const look = await Look.begin(world.context());
  expect(look.runs.map(({id}) => id)).toEqual([run]);
  expect(look.problems.map(({code}) => code)).toEqual(['LEDGER_DAMAGED']);
});

test('when something was done and time has passed since PBS was asked, it is asked again before a job is deleted', async () => {
  begin([transferStep('in'), jobStep('a', {needs: ['in']})]);
  await reconcile(world.context(), {rebuild: true});
  world.transfers.show('in', task('succeeded'));
  const looks = countLooks();
  const look = await Look.begin(world.context());
  const ends = await look.planAll();
  expect(words(ends)).toEqual(['end-step in']);
  world.context().ledger.create(run, 'decision.cancel', {at: 1, by: 'ann', cleanup: false});
  await look.act(ends);
  world.now += 3_000;
  world.scheduler.show(world.scheduler.submitted('a.1.job')[0] as JobId, ended(0));
  expect(words(await look.planAll())).not.toContain('delete-job a');
  expect(looks()).toBe(2);
});

test('what was only written down a moment ago sets no job going: PBS is not asked again before one is deleted', async () => {
  begin(CLASSIC);
  await reconcile(world.context(), {rebuild: true});
  world.transfers.show('in', task('succeeded'));
  await reconcile(world.context());
  const compute = world.scheduler.submitted('compute.1.job')[0] as JobId;
  world.context().ledger.create(run, 'compute.1.start.1', {at: 1, job: compute});
  world.context().ledger.create(run, 'compute.1.end.1', {at: 1, job: compute, exit: 0, terminated: false});
  const looks = countLooks();
  const look = await Look.begin(world.context());
  await look.act(await look.planAll()); // compute has ended
  expect(words(await look.planAll())).toContain('delete-job cleanup');
  expect(looks()).toBe(1);
});

test('when a job was released since PBS was asked, it is asked again before one is deleted', async () => {
  begin([transferStep('in'), jobStep('a', {needs: ['in']}), jobStep('b', {onFailureOf: ['a']})]);
  await reconcile(world.context(), {rebuild: true});
  world.transfers.show('in', task('succeeded'));
  const look = await Look.begin(world.context());
  for (const next of ['end-step in', 'release-job a']) {
    const plans = await look.planAll();
    expect(words(plans)).toContain(next);
    await look.act(plans);
  }
  const [a] = world.scheduler.submitted('a.1.job');
  world.context().ledger.create(run, 'a.1.start.1', {at: 1, job: a});
  world.context().ledger.create(run, 'a.1.end.1', {at: 1, job: a, exit: 0, terminated: false});
  look.refresh();
  await look.act(await look.planAll());
  const looks = countLooks();
  expect(words(await look.planAll())).toContain('delete-job b');
  expect(looks()).toBe(1);
});

test('a job is deleted at once when nothing was done since PBS was asked', async () => {
  begin([jobStep('a')]);
  await reconcile(world.context(), {rebuild: true});
  world.context().ledger.create(run, 'decision.cancel', {at: 1, by: 'ann', cleanup: false});
  const looks = countLooks();
  const look = await Look.begin(world.context());
  expect(words(await look.planAll())).toContain('delete-job a');
  expect(looks()).toBe(1);
});

test('jobs that depend on others are looked at once after their submission', async () => {
  begin([jobStep('a'), jobStep('b', {needs: ['a']})]);
  const looks = countLooks();
  const look = await Look.begin(world.context());
  expect(await look.lookAtDependents()).toBe(false);
  for (let round = 0; round < 3; round++) await look.act(await look.planAll());
  expect([await look.lookAtDependents(), await look.lookAtDependents()]).toEqual([true, false]);
  expect(looks()).toBe(1);
});

test('a run is sealed when nothing of it is left, and the chain is not tended for it', async () => {
  begin([jobStep('a')]);
  const look = await Look.begin(world.context());
  await look.seal();
  expect(look.sealed).toEqual([]);
  expect((await look.tendChain())?.nextAt).toBeUndefined(); // nothing was submitted yet that could be looked at
  world.context().ledger.create(run, 'a.1.outcome', {at: 1, state: 'succeeded', why: 'exit status 0'});
  const last = await Look.begin(world.context());
  await last.seal();
  expect(last.sealed.map(({state}) => state)).toEqual(['succeeded']);
  expect(await last.tendChain()).toEqual({nextAt: undefined, gap: undefined});
});

test.each([1, 2])('an end that PBS shows is judged with what the job wrote until then, at start %i', async (start) => {
  begin([jobStep('a')]);
  await reconcile(world.context());
  if (start === 2) {
    world.context().ledger.create(run, 'a.1.start.1', {job: '1.s'});
    world.context().ledger.create(run, 'a.1.end.1', {job: '1.s', exit: 143, terminated: true});
  }
  world.scheduler.show('1.s' as JobId, ended(3));
  const look = world.scheduler.look.bind(world.scheduler);
  world.scheduler.look = async (jobs) => {
    world.context().ledger.create(run, `a.1.start.${start}`, {job: '1.s'});
    world.context().ledger.create(run, `a.1.end.${start}`, {job: '1.s', exit: 3, terminated: false});
    return look(jobs);
  };
  const plans = await (await Look.begin(world.context())).planAll();
  const actions = plans.flatMap((plan) => plan.actions);
  expect(actions).toContainEqual(expect.objectContaining({do: 'end-step', state: 'failed', why: 'exit status 3'}));
});

test('a link of the chain is in the queue before that is filled', async () => {
  begin(['a', 'b', 'c', 'd', 'e'].map((name) => jobStep(name)));
  const look = await Look.begin(world.context());
  await look.linkFirst();
  expect([...world.scheduler.jobs.values()].map(({request}) => request.script)).toEqual(['monitor-1.sh']);
  const other = await Look.begin(world.context(), {withoutChain: true});
  await other.linkFirst();
  expect(world.scheduler.jobs.size).toBe(1);
});

test('a monitor has its successor in the queue before anything is done', async () => {
  begin(CLASSIC);
  await reconcile(world.context(), {rebuild: true});
  world.scheduler.show(world.scheduler.submitted('monitor-1')[0] as JobId, live('running'));
  await Look.begin(world.context(), {monitor: 1});
  expect(world.scheduler.submitted('monitor-2')).toHaveLength(1);
});

describe('a look whose plans never come to an end', () => {
  test('is ended, says what was left, and leaves the run as it was', async () => {
    begin([transferStep('in')]);
    const context = world.context();
    // Somebody always decides otherwise between the plan and the deed.
    const ledger = {...context.ledger, stillHolds: () => false};
    const looked = await reconcile({...context, ledger}, {withoutChain: true});
    expect(looked.problems).toMatchObject([{code: 'TOO_MANY_ROUNDS', exit: 70, details: ['r.1 in: submit-transfer']}]);
    expect(readdirSync(join(directory, 'runs', run, 'facts'))).toEqual([]);
    expect((await reconcile(world.context(), {withoutChain: true})).problems).toEqual([]);
    expect(world.transfers.tasks.size).toBe(1);
  });
});

test('places that a job has given back are granted in the next look', async () => {
  world.settings = {maxQueued: 4};
  begin([jobStep('a'), jobStep('b')]);
  const look = await Look.begin(world.context());
  await look.act(await look.planAll());
  expect(look.progress.done.map(({action}) => action.step)).toEqual(['a']);
  expect(words(await look.planAll())).toEqual(['submit-job a']); // its sentinel; b was tried
  world.scheduler.show('1.s' as JobId, ended(0));
  const next = await Look.begin(world.context());
  await next.act(await next.planAll());
  expect(next.progress.done.map(({action}) => `${action.do} ${action.step}`)).toContain('submit-job b');
});

describe('a job that gets no place in the queue', () => {
  /** When the chain looks again, counted from now, after a look with these places. */
  async function looksAgainAfter(maxQueued: number): Promise<number | undefined> {
    world.settings = {maxQueued};
    const looked = await reconcile(world.context());
    return looked.nextAt === undefined ? undefined : looked.nextAt - world.now;
  }

  test('is tried again soon when nothing is left in the queue but the job that looks', async () => {
    begin([jobStep('a'), jobStep('b')]);
    await looksAgainAfter(4);
    world.scheduler.show(world.scheduler.submitted('a.1.job')[0] as JobId, ended(0));
    world.scheduler.show(world.scheduler.submitted('a.1.sentinel')[0] as JobId, live('running'));
    expect(await looksAgainAfter(4)).toBe(30_000);
    expect(world.scheduler.submitted('b.1.job')).toEqual([]);
    world.scheduler.show(world.scheduler.submitted('a.1.sentinel')[0] as JobId, ended(0));
    await looksAgainAfter(4);
    expect(world.scheduler.submitted('b.1.job')).toHaveLength(1);
  });

  test('is tried again when a job ends that works, which its sentinel sees, and at the slow end', async () => {
    begin([jobStep('a'), jobStep('b')]);
    expect(await looksAgainAfter(4)).toBe(1_800_000);
  });

  test('says so, in "why" and in "list", with the limit and who told of it', async () => {
    const open = () => openLedger(directory).open(run).state;
    begin([jobStep('a'), jobStep('b')]);
    world.settings = {maxQueued: 4};
    const {seen} = await reconcile(world.context());
    const settings = {...world.context().settings, rebuild: false};
    const [, b] = standingOf({run: open(), seen, settings}).steps;
    expect(b).toMatchObject({
      state: 'waiting',
      reason: {code: 'JOB_WAITS_FOR_PLACE', why: expect.stringMatching(/^max_queued of the profile is 4/)},
    });
    const [ofPbs] = standingOf({
      run: open(),
      seen: {...seen, queue: {limit: 9, by: 'PBS', waiting: 1}},
      settings,
    }).steps.slice(1);
    expect(ofPbs?.reason.why).toMatch(/^PBS takes 9 of your jobs/);
    const list = () =>
      listRuns({ledger: openLedger(directory), profile: {staging: {network: true}, lostGraceMs: 0}} as never, []);
    expect(list()[0]?.reason).toMatch(/^b: waits for a place in the queue since .*max_queued of the profile is 4$/);
    world.settings = {};
    await reconcile(world.context());
    expect(list()[0]?.reason).toBe('');
  });
});
