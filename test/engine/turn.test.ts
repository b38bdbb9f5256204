import {readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {notLearnt} from '../../src/app/shared/look-results.ts';
import {viewRun} from '../../src/app/shared/run-view.ts';
import type {JobId} from '../../src/base/job-id.ts';
import {noEvidence} from '../../src/base/no-evidence.ts';
import {createFact} from '../../src/disk/facts.ts';
import {perform} from '../../src/engine/perform/perform.ts';
import {nextLookAtRun} from '../../src/engine/plan/monitor/next-look.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {SignInNeeded} from '../../src/globus-errors.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import {SchedulerUnreachable} from '../../src/scheduler/scheduler.ts';
import {standingOf} from '../../src/standing/standing-of.ts';
import {CLASSIC, ended, jobStep, live, specOf, task} from '../support/a-run.ts';
import {Died, type FakeWorld, fakeWorld} from '../support/fakes.ts';
import {makeMemoryDirectory, memoryDirectory} from '../support/memory-directory.ts';

let directory: string;
let world: FakeWorld;
const run = 'r.1' as RunId;

function begin(at: string): FakeWorld {
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf(CLASSIC);
  openLedger(at).createRun(number, spec, new Map());
  return fakeWorld(at);
}

beforeEach(() => {
  directory = memoryDirectory('reconcile-');
  world = begin(directory);
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

/** What happens in the world while nobody looks: a job starts and ends, with its wrapper's markers. */
function execute(world: FakeWorld, at: string, key: string, exit: number): void {
  const [step, attempt] = key.split('.') as [string, string];
  const job = world.scheduler.submitted(`${key}.job`).find((id) => world.scheduler.jobs.get(id)?.seen.kind === 'live');
  if (!job) return;
  const facts = join(at, 'runs', run, 'facts');
  // As pbs/job-wrapper.sh does: who links the start marker runs the script.
  if (!createFact(facts, `${step}.${attempt}.start.1`, {job})) return;
  executions.push(`${key} by ${job}`);
  createFact(facts, `${step}.${attempt}.end.1`, {job, exit, terminated: false});
  world.scheduler.show(job, ended(exit));
}
let executions: string[] = [];
beforeEach(() => {
  executions = [];
});

/** Play a whole run with a world that always goes on as it should; the process dies once, at the given effect. */
async function play(world: FakeWorld, at: string, exit = 0): Promise<void> {
  for (let round = 0; round < 40; round++) {
    try {
      await reconcile(world.context(), {rebuild: round === 0});
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      world.dieAt = undefined;
      world.now += 200_000; // whoever comes next finds the intent past its deadline
      continue;
    }
    if (openLedger(at).summary(run)) return;
    world.now += 70_000;
    for (const each of world.transfers.tasks.values()) each.seen = task('succeeded', {task: each.task});
    for (const [job, {request, seen}] of world.scheduler.jobs) {
      const ready =
        seen.kind === 'live' &&
        !seen.userHold &&
        !request.dependencies.some(({jobs}) => jobs.some((id) => world.scheduler.jobs.get(id)?.seen.kind === 'live'));
      const key = /^(\w+\.\d+)\.job/.exec(request.script)?.[1];
      if (ready && key) execute(world, at, key, exit);
      else if (ready && seen.state === 'held') world.scheduler.show(job, live('queued'));
    }
  }
  throw new Error('the run did not end');
}

/** Held jobs that are still in the queue. */
const leftovers = (world: FakeWorld) =>
  [...world.scheduler.jobs].filter(([, {seen}]) => seen.kind === 'live' && seen.userHold).map(([job]) => job);

test('a run goes from nothing to its seal, doing each thing once', async () => {
  await play(world, directory);
  expect(openLedger(directory).summary(run)).toMatchObject({
    state: 'succeeded',
    steps: [{state: 'succeeded'}, {state: 'succeeded'}, {state: 'succeeded'}, {state: 'skipped'}],
  });
  expect([...world.transfers.tasks.values()].map(({request}) => request.label)).toEqual([
    'stage r.1 stage-in 1',
    'stage r.1 stage-out 1',
  ]);
  expect(executions).toEqual(['compute.1 by 1.s']);
  expect(leftovers(world)).toEqual([]);
});

test('a compute job that fails: no stage-out, the cleanup runs, the run failed', async () => {
  await play(world, directory, 3);
  expect(openLedger(directory).summary(run)).toMatchObject({state: 'failed', why: 'compute: exit status 3'});
  expect(executions.map((line) => line.split(' ')[0])).toEqual(['compute.1', 'cleanup.1']);
  expect(world.transfers.tasks.size).toBe(1);
});

/** The effects of a run that nothing disturbs, in their order. */
async function effectsOfARun(): Promise<string[]> {
  const at = makeMemoryDirectory('reconcile-');
  const counting = begin(at);
  await play(counting, at);
  rmSync(at, {recursive: true, force: true});
  return counting.effects;
}

describe('killed at any effect and run again there is one task a transfer, one execution a script, and nothing held is left', async () => {
  const effects = await effectsOfARun();

  test('a run has many effects', () => expect(effects.length).toBeGreaterThan(60));

  test.each(effects.map((effect, index) => [index + 1, effect] as const))('at effect %i, %s', async (dieAt) => {
    world.dieAt = dieAt;
    await play(world, directory);
    expect([...world.transfers.tasks.values()].map(({request}) => request.label)).toEqual([
      'stage r.1 stage-in 1',
      'stage r.1 stage-out 1',
    ]);
    expect(executions).toHaveLength(1);
    expect(leftovers(world)).toEqual([]);
    expect(openLedger(directory).summary(run)?.state).toBe('succeeded');
  });
});

test('two reconcilers at the same instant submit nothing twice', async () => {
  await Promise.all(Array.from({length: 8}, () => reconcile(world.context(), {rebuild: true})));
  await reconcile(world.context());
  const scripts = [...world.scheduler.jobs.values()].map(({request}) => request.script);
  expect(scripts).toEqual([...new Set(scripts)]);
  expect(world.transfers.tasks.size).toBeLessThanOrEqual(1);
});

test('while neither PBS nor Globus answers, nothing is concluded, and all goes on when they are back', async () => {
  await reconcile(world.context(), {rebuild: true});
  const before = readdirSync(join(directory, 'runs', run, 'facts'));
  world.scheduler.down = true;
  world.transfers.down = true;
  for (let look = 0; look < 5; look++) {
    world.now += 3_600_000;
    await reconcile(world.context());
  }
  expect(readdirSync(join(directory, 'runs', run, 'facts')).filter((name) => !before.includes(name))).toEqual([]);
  world.scheduler.down = false;
  world.transfers.down = false;
  await play(world, directory);
  expect(executions).toHaveLength(1);
});

test('a queue wiped in the middle of the stage-in is built again, and the transfer is not repeated', async () => {
  await reconcile(world.context(), {rebuild: true});
  world.scheduler.jobs.clear();
  await reconcile(world.context());
  world.now += 70_000;
  await reconcile(world.context());
  await play(world, directory);
  expect(world.transfers.tasks.size).toBe(2);
  expect(executions.map((line) => line.split(' ')[0])).toEqual(['compute.2']);
  expect(leftovers(world)).toEqual([]);
});

test('a submission whose answer was lost is found by its tag, and not repeated', async () => {
  const submit = world.scheduler.submit.bind(world.scheduler);
  let first = true;
  world.scheduler.submit = async (request) => {
    const answer = await submit(request);
    if (!first) return answer;
    first = false;
    return {kind: 'unclear', why: 'timeout'};
  };
  await reconcile(world.context(), {rebuild: true});
  world.now += 100_000;
  await reconcile(world.context());
  expect(world.scheduler.submitted('compute.1.job')).toHaveLength(1);
  await play(world, directory);
  expect(executions).toHaveLength(1);
});

test('a job that arrives after it was given up is found by its tag, deleted, and told of; one execution', async () => {
  const submit = world.scheduler.submit.bind(world.scheduler);
  let late: Parameters<typeof submit>[0] | undefined;
  world.scheduler.submit = async (request) => {
    if (late) return submit(request);
    late = request;
    return {kind: 'unclear', why: 'timeout'};
  };
  await reconcile(world.context(), {rebuild: true});
  world.now += 100_000;
  await reconcile(world.context());
  expect(world.scheduler.submitted('compute.1.job')).toHaveLength(1);
  if (!late) throw new Error('nothing was submitted');
  const arrived = await submit(late);
  for (let look = 0; look < 2; look++) {
    world.now += 100_000;
    await reconcile(world.context());
  }
  if (arrived.kind !== 'submitted') throw new Error('it did not arrive');
  expect(world.scheduler.jobs.get(arrived.job)?.seen).toMatchObject({kind: 'ended', how: 'deleted'});
  await play(world, directory);
  expect(executions).toHaveLength(1);
  expect(leftovers(world)).toEqual([]);
});

describe('a transfer that Globus takes only after a sign-in', () => {
  const demand = (what: string) => new SignInNeeded({what, why: 'AuthPolicyFailed', next: ['Sign in again as ada']});
  const demands = () => readdirSync(join(directory, 'runs', run, 'facts')).filter((name) => name.includes('.sign-in-'));

  test('is a person’s turn, leaves one fact however often it is asked, and continues by itself', async () => {
    world.transfers.refuseWith = demand('Globus requires another sign-in');
    for (let look = 0; look < 5; look++) {
      const looked = await reconcile(world.context(), {rebuild: look === 0});
      expect(looked.problems.map(({exit}) => exit)).toContain(3);
      world.now += 60_000;
    }
    expect(demands()).toEqual(['stage-in.1.transfer.sign-in-1.json']);
    const looked = await reconcile(world.context());
    const [open] = looked.runs;
    if (!open) throw new Error('the run is not open');
    const view = viewRun(
      standingOf({run: open.state, seen: looked.seen, settings: {...world.context().settings, rebuild: false}}),
    );
    expect(view.steps[0]).toMatchObject({
      state: 'action-needed',
      reason: expect.stringContaining('Sign in again as ada'),
    });
    world.transfers.refuseWith = undefined;
    await play(world, directory);
    expect(openLedger(directory).summary(run)?.state).toBe('succeeded');
    expect(world.transfers.tasks.size).toBe(2);
  });

  test('is a person’s turn while its task is under way, too: a look that is told nothing for want of a sign-in says so', async () => {
    await reconcile(world.context(), {rebuild: true});
    world.transfers.look = async (ids) => noEvidence(ids, 'no', {demand: demand('Globus requires another sign-in')});
    const looked = await reconcile(world.context());
    expect(looked.problems).toMatchObject([{exit: 3, message: 'Globus requires another sign-in'}]);
    expect(notLearnt(looked)).toEqual([]);
  });

  test('shows what was asked for last, and monitors wait for it at their slow pace', async () => {
    world.transfers.refuseWith = demand('Globus requires another sign-in');
    await reconcile(world.context(), {rebuild: true});
    world.transfers.refuseWith = demand('Globus requires a consent');
    const looked = await reconcile(world.context());
    expect(demands()).toHaveLength(2);
    const [open] = looked.runs;
    if (!open) throw new Error('the run is not open');
    const context = world.context();
    const settings = {...context.settings, rebuild: false};
    expect(standingOf({run: open.state, seen: looked.seen, settings}).line).toContain('Globus requires a consent');
    const next = nextLookAtRun(open.state, looked.seen, settings, context.settings.bounds);
    expect(next).toBe(looked.seen.now + context.settings.bounds.maxMs);
  });
});

test('a lost submission of an attempt that was given up is looked for all the same, and the run comes to its end', async () => {
  const counting = begin(memoryDirectory('reconcile-'));
  await reconcile(counting.context(), {rebuild: true});
  world.dieAt = counting.effects.indexOf('after fact compute.1.sentinel.intent') + 1;
  await expect(reconcile(world.context(), {rebuild: true})).rejects.toThrow(Died);
  world.dieAt = undefined;
  world.scheduler.jobs.clear();
  await reconcile(world.context());
  world.now += 70_000; // the job counts as lost, and its sentinel may still be on its way to PBS
  await reconcile(world.context());
  await play(world, directory);
  expect(executions).toEqual([expect.stringMatching(/^compute.2 /)]);
  expect(leftovers(world)).toEqual([]);
});

describe('a submission that PBS does not take now', () => {
  test('is tried once in a call, even when a person asks again and again', async () => {
    world.scheduler.down = true;
    for (let asked = 0; asked < 3; asked++) {
      world.now += 1_000;
      await reconcile(world.context(), {rebuild: true});
    }
    const intents = readdirSync(join(directory, 'runs', run, 'facts')).filter(
      (name) => name.endsWith('.intent.json') && name.includes('.job'),
    );
    expect(intents.length).toBeLessThanOrEqual(6); // two jobs that can be submitted at once, three calls
    world.scheduler.down = false;
    world.now += 1_000;
    await play(world, directory);
    expect(executions).toHaveLength(1);
  });

  test('leaves few facts in an outage of three days', async () => {
    world.scheduler.down = true;
    for (let minute = 0; minute < 3 * 24 * 60; minute += 10) {
      world.now += 600_000;
      await reconcile(world.context());
    }
    expect(readdirSync(join(directory, 'runs', run, 'facts')).length).toBeLessThan(700);
  });

  describe('for good, before anything else was asked for', () => {
    const refuseNext = async () => {
      const {SchedulerRefused} = await import('../../src/scheduler/scheduler.ts');
      const error = new SchedulerRefused({asked: 'qsub', why: 'Unknown queue'});
      world.scheduler.answerNext = {kind: 'refused', retry: false, error};
    };

    test('means that the run is not created: nothing of it is left, in the queue or on disk', async () => {
      await refuseNext();
      const {withdrawn, runs, sealed} = await reconcile(world.context(), {about: [run], rebuild: true, creates: true});
      expect(withdrawn).toMatchObject([{run, step: 'compute', refusal: {why: 'Unknown queue'}}]);
      expect([runs, sealed, [...world.transfers.tasks], leftovers(world)]).toEqual([[], [], [], []]);
      expect(readdirSync(join(directory, 'runs'))).toEqual([]);
      expect(openLedger(directory).nextNumber('r')).toBe(1);
      expect(world.scheduler.jobs.size).toBe(0);
    });

    test('is told by the process that creates the run: another one leaves it a minute for that, then ends the run', async () => {
      await refuseNext();
      await reconcile(world.context());
      const elsewhere = await reconcile(world.context());
      expect([elsewhere.done, elsewhere.sealed]).toEqual([[], []]);
      expect(elsewhere.nextAt).toBeGreaterThanOrEqual(world.now);
      world.now += 61_000;
      await play(world, directory);
      expect(openLedger(directory).summary(run)).toMatchObject({state: 'failed'});
      // Nothing of the run had begun: there is nothing to tidy up.
      expect([executions, world.transfers.tasks.size, leftovers(world)]).toEqual([[], 0, []]);
    });

    test('leaves a process that looks at the same moment nothing to do, and no trouble', async () => {
      await refuseNext();
      const [creating, beside] = await Promise.all([
        reconcile(world.context(), {about: [run], rebuild: true, creates: true}),
        reconcile(world.context()),
      ]);
      expect(beside.problems).toEqual([]);
      expect([creating.withdrawn.length, beside.done.length, world.transfers.tasks.size]).toEqual([1, 0, 0]);
      expect(readdirSync(join(directory, 'runs'))).toEqual([]);
    });

    test.each(['before', 'after'])(
      'killed %s the refusal is on record: nothing is started by what comes later',
      async (when) => {
        await refuseNext();
        const effect = `${when} fact compute.1.job.refused`;
        const counting = begin(makeMemoryDirectory('reconcile-'));
        counting.scheduler.answerNext = world.scheduler.answerNext;
        await reconcile(counting.context(), {about: [run], creates: true});
        world.dieAt = counting.effects.indexOf(effect) + 1;
        expect(world.dieAt).toBeGreaterThan(0);
        await expect(reconcile(world.context(), {about: [run], creates: true})).rejects.toThrow(Died);
        world.dieAt = undefined;
        await reconcile(world.context());
        // A monitor alone, which looks again.
        expect([world.transfers.tasks.size, world.scheduler.submitted('.1.job').length]).toEqual([0, 0]);
      },
    );
  });

  test('for good starts no cleanup, whatever of the run has begun', async () => {
    const {SchedulerRefused} = await import('../../src/scheduler/scheduler.ts');
    const error = new SchedulerRefused({asked: 'qsub', why: 'Unknown queue'});
    const at = makeMemoryDirectory('reconcile-');
    const {
      run: _,
      number,
      nonce: __,
      format: ___,
      ...spec
    } = specOf([
      jobStep('first', {}),
      jobStep('second', {needs: ['first']}),
      jobStep('tidy', {onFailureOf: ['second']}),
    ]);
    openLedger(at).createRun(number, spec, new Map());
    const two = fakeWorld(at);
    const submit = two.scheduler.submit.bind(two.scheduler);
    two.scheduler.submit = async (request) =>
      request.script.includes('second') ? {kind: 'refused', retry: false, error} : submit(request);
    await reconcile(two.context(), {about: [run], rebuild: true, creates: true});
    await play(two, at);
    expect(executions.map((line) => line.split(' ')[0])).toEqual(['first.1']);
    expect(openLedger(at).summary(run)).toMatchObject({
      state: 'failed',
      steps: [
        {step: 'first', state: 'succeeded'},
        {step: 'second', state: 'failed', why: 'Unknown queue'},
        {step: 'tidy', state: 'skipped', why: 'second failed before anything of it began'},
      ],
    });
  });
});

test('a user hold that is set while the hold of the run is ended is taken back', async () => {
  await reconcile(world.context(), {rebuild: true});
  const {ledger} = world.context();
  ledger.create(run, 'decision.hold-1', {at: 1, by: 'a@h'});
  const job = world.scheduler.submitted('launcher')[0] as JobId;
  const hold = world.scheduler.hold.bind(world.scheduler);
  world.scheduler.hold = (asked) => {
    ledger.create(run, 'decision.release-1', {at: 2, by: 'a@h'});
    return hold(asked);
  };
  const action = {do: 'hold-job', step: 'stage-out', key: 'stage-out.1.launcher', job, hold: 1, why: ''} as const;
  expect(await perform(world.context(), ledger.open(run), action)).toEqual({is: 'done'});
  expect(world.scheduler.jobs.get(job)?.seen).toMatchObject({kind: 'live', userHold: false});
});

describe('the monitor chain', () => {
  const monitors = () => world.scheduler.submitted('monitor');
  const waiting = () => monitors().filter((job) => world.scheduler.jobs.get(job)?.seen.kind === 'live');

  test('has one link ahead while anything is on its way, and none once the run has ended', async () => {
    await reconcile(world.context(), {rebuild: true});
    expect(waiting()).toHaveLength(1);
    await reconcile(world.context());
    expect(waiting()).toHaveLength(1);
    world.transfers.show('stage-in', task('succeeded'));
    await reconcile(world.context());
    expect(waiting()).toHaveLength(1);
    world.context().ledger.create(run, 'decision.cancel', {at: 1, by: 'a@h', cleanup: false});
    await reconcile(world.context());
    expect(waiting()).toHaveLength(0);
  });

  const {run: _, number: __, nonce: ___, format: ____, ...another} = specOf(CLASSIC);
  test.each([
    ['a run began', () => world.context().ledger.createRun(2, another, new Map())],
    [
      'a person took the run up again',
      () => {
        const {ledger} = world.context();
        const decision = {at: 2, by: 'a@h', steps: {'stage-in': 1, compute: 1, 'stage-out': 1, cleanup: 1}, redo: []};
        ledger.resume(ledger.open(run), decision);
      },
    ],
  ])('is not ended by a look that began before %s', async (_what, happens) => {
    await reconcile(world.context(), {rebuild: true});
    world.context().ledger.create(run, 'decision.cancel', {at: 1, by: 'a@h', cleanup: false});
    await reconcile(world.context());
    const context = world.context();
    const monitors = {
      ...context.monitors,
      create(...[generation, kind, value]: Parameters<typeof context.monitors.create>) {
        if (kind === 'unwanted') happens();
        return context.monitors.create(generation, kind, value);
      },
    };
    await reconcile({...context, monitors});
    expect(waiting()).toHaveLength(1);
    await reconcile(world.context(), {rebuild: true});
    expect(waiting()).toHaveLength(2);
  });

  test('grows by one link a look, however often PBS runs the same link', async () => {
    await reconcile(world.context(), {rebuild: true});
    world.scheduler.show(monitors()[0] as never, live('running'));
    for (let time = 0; time < 3; time++) await reconcile(world.context(), {monitor: 1});
    expect(monitors()).toHaveLength(2);
    await Promise.all([reconcile(world.context(), {monitor: 2}), reconcile(world.context(), {monitor: 2})]);
    expect(monitors()).toHaveLength(3);
  });

  test('is repaired by any look when its link was lost', async () => {
    await reconcile(world.context(), {rebuild: true});
    world.scheduler.jobs.delete(monitors()[0] as never);
    await reconcile(world.context());
    expect(monitors()).toHaveLength(1);
    expect(readdirSync(join(directory, 'monitor')).filter((name) => name.endsWith('intent.json'))).toHaveLength(2);
  });

  test('gets a further link when the process that was making one has died', async () => {
    const counting = world.context();
    await reconcile(counting, {rebuild: true});
    const at = world.effects.findIndex((effect) => effect.startsWith('before qsub monitor')) + 1;
    const other = memoryDirectory('reconcile-');
    const mortal = begin(other);
    mortal.dieAt = at;
    await expect(reconcile(mortal.context(), {rebuild: true})).rejects.toThrow(Died);
    mortal.dieAt = undefined;
    await reconcile(mortal.context(), {rebuild: true});
    const [link] = mortal.scheduler.submitted('monitor');
    expect(link).toBeDefined();
    rmSync(other, {recursive: true, force: true});
  });

  test.each([
    ['before', 'never arrived', 1],
    ['after', 'arrived, and has ended', 2],
  ])('goes on at once when its link was lost %s qsub, and is found to have %s', async (when, _, links) => {
    const counting = begin(memoryDirectory('reconcile-'));
    await reconcile(counting.context(), {rebuild: true});
    world.dieAt = counting.effects.indexOf(`${when} qsub monitor`) + 1;
    await expect(reconcile(world.context(), {rebuild: true})).rejects.toThrow(Died);
    world.dieAt = undefined;
    for (const link of monitors()) world.scheduler.show(link, ended(0));
    world.now += 200_000;
    await reconcile(world.context());
    expect(monitors()).toHaveLength(links);
    expect(waiting()).toHaveLength(1);
  });

  test('is not extended while PBS cannot tell whether its link lives', async () => {
    await reconcile(world.context(), {rebuild: true});
    world.scheduler.look = async (jobs) => new Map(jobs.map((job) => [job, {kind: 'no-evidence', why: 'timeout'}]));
    await reconcile(world.context());
    expect(monitors()).toHaveLength(1);
  });

  test('waits long while the transfer is paused', async () => {
    await reconcile(world.context(), {rebuild: true});
    world.transfers.show('stage-in', task('paused'));
    world.scheduler.show(monitors()[0] as never, live('running'));
    world.now += 30_000;
    await reconcile(world.context(), {monitor: 1});
    world.now += 30_000;
    world.scheduler.show(monitors()[1] as never, live('running'));
    await reconcile(world.context(), {monitor: 2});
    const third = world.scheduler.jobs.get(monitors()[2] as never)?.seen;
    expect(third?.kind === 'live' && third.startAt).toBe(world.now + 1_800_000);
  });
});

test('a transfer that was cancelled with its run is not called failed by a process that read the run before', async () => {
  await reconcile(world.context(), {rebuild: true});
  const {ledger} = world.context();
  const stale = ledger.open(run);
  ledger.create(run, 'decision.cancel', {at: 1, by: 'a@h', cleanup: true});
  const action = {
    do: 'end-step',
    step: 'stage-in',
    attempt: 1,
    state: 'failed',
    why: 'the task was cancelled',
  } as const;
  expect(await perform(world.context(), stale, action)).toEqual({is: 'others'});
  world.transfers.show('stage-in', task('cancelled'));
  await reconcile(world.context());
  expect(ledger.open(run).state.attempts.get('stage-in')?.[0]?.outcome).toMatchObject({state: 'cancelled'});
});

test.each([
  [4, 0],
  [6, 2],
])(
  'with a limit of %i, %i places are taken by jobs that wait, so that a job that may begin finds one, and the run comes to its end',
  async (maxQueued, taken) => {
    world.settings = {maxQueued};
    await reconcile(world.context(), {rebuild: true});
    const inQueue = [...world.scheduler.jobs.values()].filter(
      ({request, seen}) => seen.kind === 'live' && !request.script.startsWith('monitor'),
    );
    expect(inQueue).toHaveLength(taken);
    await play(world, directory);
    expect(openLedger(directory).summary(run)?.state).toBe('succeeded');
    expect(executions).toHaveLength(1);
  },
);

test.each([1, 2, 3, 5, 6])(
  'with a limit of %i jobs there is always a place for a job that looks',
  async (maxQueued) => {
    const {run: _, number, nonce: __, format: ___, ...spec} = specOf(['a', 'b', 'c', 'd'].map((name) => jobStep(name)));
    const other = memoryDirectory('reconcile-');
    openLedger(other).createRun(number, spec, new Map());
    const narrow = fakeWorld(other);
    narrow.settings = {maxQueued};
    await reconcile(narrow.context(), {rebuild: true});
    const live = [...narrow.scheduler.jobs.values()].filter(({seen}) => seen.kind === 'live');
    const [monitors, jobs] = [
      live.filter(({request}) => request.script.startsWith('monitor')).length,
      live.filter(({request}) => request.script.includes('.job.')).length,
    ];
    expect([monitors, jobs]).toEqual([1, Math.max(1, Math.floor((maxQueued - 2) / 2))]);
    expect(live.length).toBeLessThanOrEqual(Math.max(3, maxQueued - 1));
    await play(narrow, other);
    expect(openLedger(other).summary(run)?.state).toBe('succeeded');
    rmSync(other, {recursive: true, force: true});
  },
);

test('where jobs of our own cannot reach the network none is submitted, and looks from elsewhere bring the run to its end', async () => {
  world.settings = {stagingJobs: false};
  await play(world, directory);
  expect(openLedger(directory).summary(run)?.state).toBe('succeeded');
  const scripts = [...world.scheduler.jobs.values()].map(({request}) => request.script);
  expect(scripts.sort()).toEqual(['cleanup.1.job.sh', 'compute.1.job.sh']);
});

test('while PBS is away a hold asks it once, not for every job', async () => {
  await reconcile(world.context(), {rebuild: true});
  const {ledger} = world.context();
  ledger.create(run, 'decision.hold-1', {at: 1, by: 'a@h'});
  const context = world.context();
  let asked = 0;
  const scheduler = {
    ...context.scheduler,
    hold: async () => {
      asked += 1;
      throw new SchedulerUnreachable('qhold', 'no answer');
    },
  };
  await reconcile({...context, scheduler});
  expect(asked).toBe(1);
});
