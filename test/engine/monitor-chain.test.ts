import {rmSync} from 'node:fs';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {stayWhileChainIsOpen, tick} from '../../src/app/runs/monitor/monitor.ts';
import {othersWaitFor} from '../../src/app/runs/monitor/wait-job.ts';
import type {JobId} from '../../src/base/job-id.ts';
import {chainGap, type MonitorView, planMonitor} from '../../src/engine/plan/monitor/plan-monitor.ts';
import {type Reconciled, reconcile} from '../../src/engine/turn.ts';
import {openMonitorLedger} from '../../src/ledger/monitor-facts.ts';
import type {MonitorLink} from '../../src/ledger/monitor-link.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import {type JobSeen, SchedulerRefused} from '../../src/scheduler/scheduler.ts';
import {ARun, CLASSIC, ended, live, NOW, specOf, task, transferStep, UNKNOWN} from '../support/a-run.ts';
import {type FakeWorld, fakeWorld, requestOf} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

const MINUTE = 60_000;

const JOB = '9.s' as JobId;
const LINK: MonitorLink = {
  generation: 4,
  tag: 't',
  startAt: NOW + 10 * MINUTE,
  deadline: NOW,
  job: JOB,
  neverArrived: false,
  unwanted: false,
};
const {job: _job, ...ASKED_FOR} = LINK;
const refused = (at: number): MonitorLink => ({...ASKED_FOR, refused: {at, why: 'would exceed limit', retry: true}});

function viewOf(newest: MonitorLink | undefined, seen?: JobSeen, more: Partial<MonitorView> = {}): MonitorView {
  return {
    newest,
    wantedAt: NOW + 10 * MINUTE,
    me: undefined,
    seen: {
      now: NOW,
      jobs: new Map(seen ? [[JOB, seen.kind === 'live' ? {tag: 't', ...seen} : seen]] : []),
      tasks: new Map(),
      tags: new Map(),
    },
    bounds: {minMs: 30_000, maxMs: 30 * MINUTE},
    refusedRetryMs: MINUTE,
    insist: false,
    stays: false,
    ...more,
  };
}

describe('the chain is open when no link is known to be in the queue that will look:', () => {
  const dark: JobSeen = {kind: 'no-evidence', why: 'timeout'};
  test.each<[string, MonitorView, boolean, string]>([
    ['there never was one', viewOf(undefined), true, 'none was submitted'],
    ['PBS refused the newest', viewOf(refused(NOW - 1)), true, 'PBS accepted none: would exceed limit'],
    ['the newest never arrived', viewOf({...ASKED_FOR, neverArrived: true}), true, 'never arrived'],
    ['the newest is this process', viewOf(LINK, live('running'), {me: 4}), true, 'no successor'],
    ['a process is deleting the newest', viewOf({...LINK, unwanted: true}, live('waiting')), true, 'being deleted'],
    ['the newest was deleted', viewOf(LINK, UNKNOWN), true, 'gone from the queue'],
    ['the newest has ended', viewOf(LINK, ended(0)), true, 'gone from the queue'],
    ['the newest is held', viewOf(LINK, live('held', {otherHold: true})), true, 'held'],
    ['the answer about the newest was lost', viewOf(ASKED_FOR), false, 'whether it took'],
    ['PBS was not asked about the newest', viewOf(LINK), false, 'whether it took'],
    ['PBS tells nothing about the newest', viewOf(LINK, dark), false, 'could not be queried: timeout'],
  ])('%s', (_what, view, certain, why) => {
    expect(chainGap(view)).toEqual({certain, why: expect.stringContaining(why)});
    expect(chainGap({...view, wantedAt: undefined})).toBeUndefined();
  });

  test.each(['queued', 'waiting', 'running', 'suspended'] as const)('it is closed while the newest is %s', (state) => {
    expect(chainGap(viewOf(LINK, live(state)))).toBeUndefined();
  });
});

describe('a link that PBS refused is asked for again', () => {
  const todo = (view: MonitorView) => planMonitor(view).map(({do: what}) => what);

  test('after a pause', () => {
    expect(todo(viewOf(refused(NOW - MINUTE + 1)))).toEqual([]);
    expect(todo(viewOf(refused(NOW - MINUTE)))).toEqual(['submit-monitor']);
  });

  test('at once when a person asks, and not twice in one look', () => {
    expect(todo(viewOf(refused(NOW - 1), undefined, {insist: true}))).toEqual(['submit-monitor']);
    expect(todo(viewOf(refused(NOW), undefined, {insist: true}))).toEqual([]);
  });
});

test('a further link follows one that PBS may not have taken, unless this process looks again itself', () => {
  expect(planMonitor(viewOf(ASKED_FOR))).toMatchObject([{do: 'submit-monitor', generation: 5}]);
  expect(planMonitor(viewOf(ASKED_FOR, undefined, {stays: true}))).toEqual([]);
  const view = viewOf(ASKED_FOR, undefined, {stays: true});
  const never = {...view, seen: {...view.seen, tags: new Map([['t', null]])}};
  expect(planMonitor(never)).toMatchObject([{do: 'give-up-monitor'}, {do: 'submit-monitor', generation: 5}]);
});

test('a further link follows one that is held, by PBS after too many failed starts or by a person', () => {
  expect(planMonitor(viewOf(LINK, live('held', {otherHold: true})))).toMatchObject([{generation: 5}]);
  expect(planMonitor(viewOf(LINK, live('held', {userHold: true})))).toMatchObject([{generation: 5}]);
  expect(planMonitor(viewOf(LINK, live('held'), {wantedAt: undefined}))).toMatchObject([{do: 'delete-monitor'}]);
});

describe('a look', () => {
  let directory: string;
  let world: FakeWorld;
  beforeEach(() => {
    directory = memoryDirectory('monitor-chain-');
    const {run: _, number, nonce: __, format: ___, ...spec} = specOf(CLASSIC);
    openLedger(directory).createRun(number, spec, new Map());
    world = fakeWorld(directory);
  });
  afterEach(() => rmSync(directory, {recursive: true, force: true}));

  const links = () =>
    world.scheduler.submitted('monitor').filter((job) => world.scheduler.jobs.get(job)?.seen.kind === 'live');
  const codes = ({problems}: Reconciled) => problems.map(({code}) => code);
  const REFUSED = new SchedulerRefused({asked: 'qsub', why: 'Failed to save job', exit: 4});

  /** PBS takes jobs, and no monitors. */
  function takeNoMonitors(): () => void {
    const submit = world.scheduler.submit.bind(world.scheduler);
    world.scheduler.submit = async (request) =>
      request.script.startsWith('monitor') ? {kind: 'refused', retry: true, error: REFUSED} : submit(request);
    return () => {
      world.scheduler.submit = submit;
    };
  }

  test('by a person who asks for the run a second after PBS refused a monitor leaves one in the queue', async () => {
    const takeThem = takeNoMonitors();
    expect(codes(await reconcile(world.context(), {rebuild: true}))).toContain('NO_MONITOR');
    takeThem();
    world.now += 1_000;
    const again = await reconcile(world.context(), {rebuild: true});
    expect({links: links().length, gap: again.gap, codes: codes(again)}).toEqual({links: 1, gap: undefined, codes: []});
  });

  test('within the pause after a refusal says that no monitor is in the queue, and what to do', async () => {
    const takeThem = takeNoMonitors();
    await reconcile(world.context(), {rebuild: true});
    takeThem();
    world.now += 1_000;
    const {problems, gap} = await reconcile(world.context());
    expect(gap).toEqual({certain: true, why: 'PBS accepted none: Failed to save job'});
    expect(problems).toMatchObject([
      {
        code: 'NO_MONITOR',
        exit: 4,
        message: expect.stringMatching(/nothing happens by itself until/),
        next: [expect.stringContaining('stage status'), expect.stringContaining('stage monitor')],
      },
    ]);
    expect(links()).toEqual([]);
  });

  test('whose monitor PBS did not answer for does not count on it', async () => {
    const submit = world.scheduler.submit.bind(world.scheduler);
    world.scheduler.submit = async (request) =>
      request.script.startsWith('monitor') ? {kind: 'unclear', why: 'timeout'} : submit(request);
    const looked = await reconcile(world.context(), {rebuild: true});
    expect(looked.gap).toEqual({certain: false, why: expect.stringContaining('whether it took')});
  });

  test.each([
    ['was refused', 1, {certain: true, why: 'PBS accepted none: Failed to save job'}],
    ['died doing so', 0, undefined],
  ])('that meets another process making the link sees when that %s', async (_what, refusals, gap) => {
    const context = world.context();
    const other = openMonitorLedger(openLedger(directory).layout.monitor);
    let others = 0;
    const monitors = {
      ...context.monitors,
      create(...[generation, kind, value]: Parameters<typeof other.create>) {
        if (kind === 'intent' && others++ === 0) {
          other.create(generation, 'intent', value); // it was a moment earlier
          const refusal = {at: world.now, why: 'Failed to save job', retry: true};
          if (refusals > 0) other.create(generation, 'refused', refusal);
        }
        return context.monitors.create(generation, kind, value);
      },
    };
    const looked = await reconcile({...context, monitors}, {rebuild: true});
    expect({gap: looked.gap, links: links().length}).toEqual({gap, links: gap ? 0 : 1});
  });

  test('that waits for one process, and meets another making a further link, adds none beside that', async () => {
    const context = world.context();
    const began = world.now;
    const {startAt, ...times} = {at: began, startAt: began + 30_000, deadline: began + 90_000};
    const confirmed = await world.scheduler.submit(requestOf('monitor-2.sh', 't2', {startAt}));
    if (confirmed.kind !== 'submitted') throw new Error('not submitted');
    const on = context.monitors;
    on.create(1, 'intent', {...times, startAt, tag: 't1', by: 'a process that died'});
    const sleep = async (ms: number) => {
      await context.sleep(ms);
      if (world.now - began > 4_900) on.create(2, 'intent', {...times, startAt, tag: 't2', by: 'another one'});
      if (world.now - began > 6_000) on.create(2, 'confirmed', {at: world.now, job: confirmed.job});
    };
    const looked = await reconcile({...context, sleep});
    expect({newest: on.newest()?.generation, gap: looked.gap}).toEqual({newest: 2, gap: undefined});
  });

  test('that waits for a process which died, on a host whose clock is set back, comes to its end', async () => {
    const context = world.context();
    const {startAt, ...times} = {at: world.now, startAt: world.now + 30_000, deadline: world.now + 90_000};
    context.monitors.create(1, 'intent', {...times, startAt, tag: 't1', by: 'a process that died'});
    let pauses = 0;
    const sleep = async () => {
      pauses += 1;
      if (pauses > 1000) throw new Error('it waits for ever');
    };
    const looked = await reconcile({...context, sleep});
    expect({links: links().length, gap: looked.gap}).toEqual({links: 1, gap: undefined});
    expect(pauses).toBeLessThanOrEqual(300);
  });

  test('during which the monitor that it saw began and died leaves another one', async () => {
    await reconcile(world.context(), {rebuild: true});
    const [link] = links();
    if (!link) throw new Error('no link');
    world.transfers.show('stage-in', task('succeeded'));
    const release = world.scheduler.release.bind(world.scheduler);
    world.scheduler.release = async (job) => {
      world.now += 20 * MINUTE; // PBS takes its time
      world.scheduler.show(link, ended(1));
      await release(job);
    };
    const looked = await reconcile(world.context());
    expect({links: links().length, gap: looked.gap}).toEqual({links: 1, gap: undefined});
  });
});

describe('a link whose disk fails for a moment', () => {
  test('waits for the disk and leaves its successor, whatever it reads first', async () => {
    const directory = memoryDirectory('monitor-disk-');
    const {run: _, number, nonce: __, format: ___, ...spec} = specOf(CLASSIC);
    openLedger(directory).createRun(number, spec, new Map());
    const world = fakeWorld(directory);
    await reconcile(world.context(), {rebuild: true});
    const [link] = world.scheduler.submitted('monitor');
    if (!link) throw new Error('no link');
    world.scheduler.show(link, live('running'));
    const context = world.context();
    const {monitors} = context;
    let failures = 2;
    const failing = new Proxy(monitors, {
      get(target, name, receiver) {
        if (failures-- > 0) throw Object.assign(new Error('ESTALE: scandir'), {code: 'ESTALE', syscall: 'scandir'});
        return Reflect.get(target, name, receiver);
      },
    });
    const profile = {staging: {resources: {}}};
    const stage = {engine: async () => ({...context, monitors: failing}), ledger: context.ledger, by: 'a@h:1', profile};
    const asked = {generation: 1, chain: true, inJob: true, seconds: 600};
    const ticked = await tick(stage as never, asked); // all of the stage that a tick in a job reads
    expect(ticked.exit).toBe(0);
    expect(world.scheduler.submitted('monitor')).toHaveLength(2);
  });
});

describe('a job of stage that finds the chain open', () => {
  const open = {gap: {certain: true, why: 'PBS accepted none'}} as Reconciled; // all that is read of it
  const closed = {gap: undefined} as Reconciled;

  function clocked(refusedRetryMs: number) {
    const pauses: number[] = [];
    let now = 0;
    const sleep = async (ms: number) => {
      pauses.push(ms / 1000);
      now += ms;
    };
    // Of the settings only this one is read.
    const context = {clock: () => now, sleep, settings: {refusedRetryMs}} as never;
    return {pauses, context};
  }

  test('looks again until a link is in the queue', async () => {
    const {pauses, context} = clocked(30_000);
    const looks = [open, open, closed];
    const last = await stayWhileChainIsOpen(open, async () => looks.shift() ?? closed, context, 780_000);
    expect([last, pauses]).toEqual([closed, [5, 10, 20]]);
  });

  test('adds a link beside one that may never arrive only when it leaves', async () => {
    const {context} = clocked(30_000);
    const notKnown = {gap: {certain: false, why: 'PBS has not said'}} as Reconciled; // all that is read of it
    const stays: boolean[] = [];
    const look = async (more: boolean) => (stays.push(more) > 2 ? closed : notKnown);
    expect(await stayWhileChainIsOpen(notKnown, look, context, 20_000)).toBe(closed);
    expect(stays).toEqual([true, true, false]);
  });

  test('leaves before its walltime, and at once where the chain is closed', async () => {
    const {pauses, context} = clocked(1_000);
    expect(await stayWhileChainIsOpen(open, async () => open, context, 60_000)).toBe(open);
    expect(pauses).toEqual([1, 2, 4, 8, 16]);
    expect(await stayWhileChainIsOpen(closed, async () => open, context, 900_000)).toBe(closed);
    expect(pauses).toHaveLength(5);
  });
});

test('a waiting job keeps no job waiting that PBS starts when it ends', () => {
  const steps = [{...transferStep('stage-in'), strategy: 'wait' as const}, ...CLASSIC.slice(1)];
  const begun = () => new ARun(steps).task('stage-in', 't-in', task('succeeded')).job('stage-in.1.wait', '5.s');
  const waiting = (run: ARun) => {
    const attempt = run.state.attempts.get('stage-in')?.[0];
    if (!attempt) throw new Error('no attempt');
    return othersWaitFor(run.state, attempt, run.seen());
  };
  expect(waiting(begun())).toBe(false);
  expect(waiting(begun().job('compute.1.job', '6.s', live('held'), {dependsOn: ['5.s']}))).toBe(true);
  expect(waiting(begun().job('compute.1.job', '6.s', UNKNOWN, {dependsOn: ['5.s']}))).toBe(false);
  expect(waiting(begun().job('compute.1.job', '6.s', live('held'), {dependsOn: ['4.s']}))).toBe(false);
});

describe('where PBS takes a few jobs, and the profile does not know how many', () => {
  let world: FakeWorld;
  let most: number;
  const names = () =>
    [...world.scheduler.jobs.values()].flatMap(({request, seen}) => (seen.kind === 'live' ? [request.script] : []));
  beforeEach(() => {
    const directory = memoryDirectory('narrow-');
    const {run: _, number: __, nonce: ___, format: ____, ...spec} = specOf(CLASSIC);
    openLedger(directory).createRun(1, spec, new Map());
    world = fakeWorld(directory);
    const submit = world.scheduler.submit.bind(world.scheduler);
    world.scheduler.submit = async (request) => {
      const why = 'a limit on the number of jobs is reached';
      if (names().length >= most)
        return {kind: 'refused', retry: true, error: new SchedulerRefused({asked: 'qsub', why})};
      return submit(request);
    };
  });
  /** The newest monitor begins, and looks. */
  const nextMonitor = async (generation: number) => {
    const [job] = world.scheduler.submitted(`monitor-${generation}`);
    world.scheduler.show(job as JobId, live('running'));
    world.now += 10 * MINUTE;
    const looked = await reconcile(world.context(), {monitor: generation});
    return {looked, end: () => world.scheduler.show(job as JobId, ended(0))};
  };

  test('the monitor comes before the second job of a new run, and a sentinel is given up for the next one', async () => {
    most = 3;
    const looked = await reconcile(world.context(), {rebuild: true});
    expect(names()).toEqual(['compute.1.job.sh', 'monitor-1.sh', 'compute.1.sentinel.sh']);
    expect(looked.gap).toBeUndefined();
    const next = await nextMonitor(1);
    expect(names()).toEqual(['compute.1.job.sh', 'monitor-1.sh', 'monitor-3.sh']);
    expect(next.looked.gap).toBeUndefined();
    expect(next.looked.problems.map(({code}) => code)).not.toContain('NO_MONITOR');
  });

  test('where there is no sentinel, a job that waits under a hold is given up, and submitted again when there is room', async () => {
    most = 2;
    await reconcile(world.context(), {rebuild: true});
    expect(names()).toEqual(['compute.1.job.sh', 'monitor-1.sh']);
    const {end} = await nextMonitor(1);
    expect(names()).toEqual(['monitor-1.sh', 'monitor-3.sh']);
    end();
    world.now += MINUTE;
    await reconcile(world.context());
    expect(names()).toEqual(['monitor-3.sh', 'compute.2.job.sh']);
  });
});
