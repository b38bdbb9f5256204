import {join} from 'node:path';
import {beforeEach, describe, expect, test} from 'vitest';
import type {JobId} from '../../src/base/job-id.ts';
import {createFact} from '../../src/disk/facts.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import {limitSettings, OWN_LIMITS, openLimits} from '../../src/limits/open-limits.ts';
import {standingOf} from '../../src/standing/standing-of.ts';
import type {PoolClaim, Step} from '../../src/workflow/model/workflow.ts';
import {ENGINE_SETTINGS, ended, jobStep, specOf, transferStep} from '../support/a-run.ts';
import {Died, type FakeWorld, fakeWorld} from '../support/fakes.ts';
import {makeMemoryDirectory, memoryDirectory} from '../support/memory-directory.ts';
import {checkDirectory} from '../support/read-limits.ts';

let directory: string;
let world: FakeWorld;
beforeEach(() => {
  directory = memoryDirectory('limits-');
  world = newWorld(directory);
});

const SLOTS = {slots: {licence: 1}, pools: {scratch: {size: 100, reserve: 0}}};

function newWorld(at: string): FakeWorld {
  const made = fakeWorld(at);
  made.limits = limitSettings(SLOTS);
  return made;
}

function create(name: string, steps: readonly Step[], claims?: readonly PoolClaim[], at = directory): RunId {
  const {run: _, nonce: __, format: ___, ...spec} = specOf(steps);
  const workflow = {...spec.workflow, name, claims};
  const made = openLedger(at).createRun(1, {...spec, name, workflow, createdAt: world?.now ?? 0}, new Map());
  if (!made) throw new Error('it is new');
  if (world) world.now += 1000;
  return made;
}

const uses = <S extends Step>(step: S, slots = 1): S => ({...step, uses: {licence: slots}});

/** Compute jobs that PBS may begin, or has begun. */
function letGo(of: FakeWorld): JobId[] {
  return [...of.scheduler.jobs].flatMap(([job, {request, seen}]) =>
    /[.]job(-[0-9]+)?[.]sh$/.test(request.script) && seen.kind === 'live' && !seen.userHold && !seen.otherHold
      ? [job]
      : [],
  );
}

/** A job of a run runs and ends, as its wrapper puts on record. */
function finish(of: FakeWorld, at: string, job: JobId, exit = 0): void {
  const found = of.scheduler.jobs.get(job);
  const [, step = '', attempt = ''] = /^(\w+)\.(\d+)\.job/.exec(found?.request.script ?? '') ?? [];
  const run = openLedger(at)
    .runs()
    .find((id) => [...openLedger(at).open(id).facts.values()].some((fact) => fact.tag === found?.request.tag));
  const facts = join(at, 'runs', run ?? '', 'facts');
  createFact(facts, `${step}.${attempt}.start.1`, {job});
  createFact(facts, `${step}.${attempt}.end.1`, {job, exit, terminated: false});
  of.scheduler.show(job, ended(exit));
}

const log = (at = directory) => checkDirectory(join(at, OWN_LIMITS));
const state = (run: RunId) => openLedger(directory).summary(run)?.state;
const look = (request = {}) => reconcile(world.context(), request);

describe('slots', () => {
  test('of two jobs that use one slot one stands in the queue under our hold until the other has ended', async () => {
    const [one, other] = [create('one', [uses(jobStep('compute'))]), create('other', [uses(jobStep('compute'))])];
    await look();
    expect(world.scheduler.submitted('compute.1.job')).toHaveLength(2);
    const [first] = letGo(world);
    expect(letGo(world)).toHaveLength(1);
    finish(world, directory, first as JobId);
    await look({about: [one]}); // its sentinel
    expect(state(one)).toBe('succeeded');
    expect(letGo(world)).toHaveLength(1);
    finish(world, directory, letGo(world)[0] as JobId);
    await look();
    expect(state(other)).toBe('succeeded');
    expect(log()).toMatchObject({wrong: [], waiting: [], grants: 2});
    expect(log().held.size).toBe(0);
  });

  test('why the other one stands there is told, and who holds the slot', async () => {
    create('one', [uses(jobStep('compute'))]);
    const other = create('other', [uses(jobStep('compute'))]);
    await look();
    const {seen, runs} = await look();
    const state = runs.find(({id}) => id === other)?.state;
    if (!state) throw new Error('it is active');
    const [step] = standingOf(
      {run: state, seen, settings: {...ENGINE_SETTINGS, rebuild: false}},
      {tasks: new Map()},
    ).steps;
    expect(step?.reason).toMatchObject({
      code: 'LIMIT_REACHED',
      why: expect.stringMatching(
        /^it wants 1 of licence; held: 1 of licence, of 1 of licence in all, by one.1 compute of test since /,
      ),
      next: ['See who holds it: stage limits'],
    });
  });

  test('a transfer that uses a slot is not begun before it is granted', async () => {
    create('one', [uses(transferStep('stage-in'))]);
    create('other', [uses(transferStep('stage-in'))]);
    await look();
    expect(world.transfers.tasks.size).toBe(1);
    for (const {task} of world.transfers.tasks.values()) world.transfers.finish(task);
    await look();
    expect(world.transfers.tasks.size).toBe(2);
  });

  test('it is claimed when what the step waits for is there, and not before', async () => {
    create('one', [jobStep('before'), uses(jobStep('compute', {needs: ['before']}))]);
    await look();
    expect(log().wants.size).toBe(0);
    expect(world.scheduler.jobs.get(world.scheduler.submitted('compute.1.job')[0] as JobId)?.request.hold).toBe(true);
  });

  test('the attempt that follows a lost one claims anew, and a failed run holds nothing', async () => {
    const one = create('one', [{...uses(jobStep('compute')), retries: 1, retryDelayMs: 1000}]);
    await look();
    finish(world, directory, letGo(world)[0] as JobId, 3);
    await look();
    expect(log().held.size).toBe(0);
    world.now += 70_000;
    await look();
    expect([...log().held].map((key) => key.split('/').slice(2).join('/'))).toEqual(['one.1/compute/2']);
    finish(world, directory, letGo(world)[0] as JobId, 3);
    await look();
    expect(state(one)).toBe('failed');
    expect(log().held.size).toBe(0);
  });

  test('the claim of a held run is passed over', async () => {
    create('one', [uses(jobStep('compute'))]);
    const held = create('held', [uses(jobStep('compute'))]);
    create('third', [uses(jobStep('compute'))]);
    await look();
    openLedger(directory).create(held, 'decision.hold-1', {at: 1, by: 'ann'});
    await look();
    finish(world, directory, letGo(world)[0] as JobId);
    await look();
    expect([...log().held].map((key) => key.split('/')[2])).toEqual(['third.1']);
  });

  test('more than there is is told with the numbers, and keeps out nobody', async () => {
    create('large', [uses(jobStep('compute'), 3)]);
    create('small', [uses(jobStep('compute'))]);
    const {seen} = await look();
    expect(letGo(world)).toHaveLength(1);
    expect([...(seen.limits?.waiting.values() ?? [])]).toEqual([
      'it wants 3 of licence, and there are 1 of licence in all',
    ]);
  });

  test('a claim that was made by a process that had read less is released when its run is sealed', async () => {
    const one = create('one', [uses(jobStep('compute'))]);
    await look();
    finish(world, directory, letGo(world)[0] as JobId);
    await look();
    const limits = openLimits(directory, limitSettings(SLOTS), {by: 'x', clock: () => 0});
    const [own] = limits.all();
    if (!own) throw new Error('there is one');
    const key = `${limits.prefix(own)}${one}/compute/1`;
    own.settle({
      wanted: ({claims}) =>
        claims.has(key)
          ? []
          : [{do: 'claim', key, wants: [{limit: 'licence', amount: 1}], holder: {who: 'x', home: limits.home()}}],
      free: () => 0,
      by: 'x',
      clock: () => 0,
    });
    expect(log().held.size).toBe(1);
    create('next', [uses(jobStep('compute'))]);
    await look();
    expect([...log().held].map((each) => each.split('/')[2])).toEqual(['next.1']);
  });

  test('where the directory cannot be read nothing begins, no run is sealed, and that is told', async () => {
    const one = create('one', [uses(jobStep('compute'))]);
    world.limits = {...limitSettings(SLOTS), directory: join(directory, 'nowhere')};
    const {problems} = await look();
    expect(problems.map(({code}) => code)).toEqual(['LIMITS_NOT_USABLE']);
    expect(letGo(world)).toHaveLength(0);
    expect(state(one)).toBeUndefined();
  });
});

describe('pools', () => {
  const scratch = (amount: PoolClaim['amount'], more: Partial<PoolClaim> = {}): PoolClaim => {
    return {pool: 'scratch', amount, from: 'stage-in', until: {step: 'compute', has: 'succeeded'}, ...more};
  };
  const steps = () => [transferStep('stage-in'), jobStep('compute', {needs: ['stage-in']})];
  const arrive = () => {
    for (const {task} of world.transfers.tasks.values()) world.transfers.finish(task);
  };

  test('space is claimed before the first step of its stretch begins, and released when the last has succeeded', async () => {
    const one = create('one', steps(), [scratch(60)]);
    create('other', steps(), [scratch(60)]);
    await look();
    expect(world.transfers.tasks.size).toBe(1);
    arrive();
    await look();
    expect(world.transfers.tasks.size).toBe(1);
    finish(world, directory, letGo(world)[0] as JobId);
    await look({about: [one]});
    expect(state(one)).toBe('succeeded');
    expect(world.transfers.tasks.size).toBe(2);
    expect(log()).toMatchObject({wrong: [], grants: 2});
  });

  test('a run that failed keeps it, and those that wait are told who holds it', async () => {
    const one = create('one', steps(), [scratch(60)]);
    await look();
    arrive();
    await look();
    finish(world, directory, letGo(world)[0] as JobId, 3);
    await look();
    expect(state(one)).toBe('failed');
    create('other', steps(), [scratch(60)]);
    const {seen} = await look();
    expect([...(seen.limits?.waiting.values() ?? [])][0]).toMatch(
      /^it wants 60 B of scratch; held: 60 B of scratch, of 100 B of scratch in all, by one.1 stage-in of test since /,
    );
  });

  test('it ends with the beginning of a step where the workflow says so', async () => {
    create('one', steps(), [scratch(60, {until: {step: 'compute', has: 'begun'}})]);
    await look();
    arrive();
    await look();
    expect(log().held.size).toBe(1);
    const [job] = letGo(world);
    createFact(join(directory, 'runs', 'one.1', 'facts'), 'compute.1.start.1', {job});
    await look();
    expect(log().held.size).toBe(0);
  });

  test('auto is what the source holds, times the factor', async () => {
    const {from} = transferStep('stage-in');
    world.transfers.put({...from, path: `${from.path}a`}, 20);
    world.transfers.put({...from, path: `${from.path}b`}, 21);
    create('one', steps(), [scratch('auto', {factor: 1.5})]);
    await look();
    expect(log().sums.get('scratch')).toBe(62);
  });

  test('a claim of a run that is cancelled before anything began is given up', async () => {
    create('one', steps(), [scratch(60)]);
    const other = create('other', steps(), [scratch(60)]);
    await look();
    openLedger(directory).create(other, 'decision.cancel', {at: 1, by: 'ann', cleanup: false});
    await look();
    expect(state(other)).toBe('cancelled');
    expect(log().waiting).toEqual([]);
  });
});

describe('killed at any effect and looked at again, no two hold the slot, and nothing is left of it', async () => {
  const play = async (of: FakeWorld, at: string): Promise<void> => {
    const runs = ['one', 'other'].map((name) => create(name, [uses(jobStep('compute'))], undefined, at));
    for (let round = 0; round < 30; round++) {
      try {
        await reconcile(of.context(), {rebuild: round === 0});
      } catch (error) {
        if (!(error instanceof Died)) throw error;
        of.dieAt = undefined;
        of.now += 200_000;
      }
      if (runs.every((run) => openLedger(at).summary(run))) return;
      const working = letGo(of);
      expect(working.length).toBeLessThanOrEqual(1);
      for (const job of working) finish(of, at, job);
      of.now += 70_000;
    }
    throw new Error('the runs did not end');
  };
  const counting = makeMemoryDirectory('limits-');
  const undisturbed = newWorld(counting);
  await play(undisturbed, counting);
  const effects = undisturbed.effects;

  test('entries of the log are among them', () => {
    expect(effects.filter((effect) => effect.includes('limits.entry')).length).toBeGreaterThan(4);
  });

  test.each(effects.map((effect, index) => [index + 1, effect] as const))('at effect %i, %s', async (dieAt) => {
    world.dieAt = dieAt;
    await play(world, directory);
    expect(log()).toMatchObject({wrong: [], waiting: []});
    expect(log().held.size).toBe(0);
  });
});
