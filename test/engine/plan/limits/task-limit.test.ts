import {rmSync} from 'node:fs';
import fc from 'fast-check';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {listRuns} from '../../../../src/app/runs/status/list.ts';
import type {TaskId} from '../../../../src/base/ids.ts';
import {inTurn, pendingClaims, type WantedTask} from '../../../../src/engine/plan/limits/task-limit.ts';
import {reconcile} from '../../../../src/engine/turn.ts';
import {foldRun} from '../../../../src/ledger/fold/fold-run.ts';
import {openLedger} from '../../../../src/ledger/open-ledger.ts';
import type {RunState} from '../../../../src/ledger/run-facts.ts';
import type {RunId} from '../../../../src/ledger/state-directory.ts';
import {standingOf} from '../../../../src/standing/standing-of.ts';
import type {DeleteStep, Step} from '../../../../src/workflow/model/workflow.ts';
import {ARun, SETTINGS, specOf, task, transferStep} from '../../../support/a-run.ts';
import {type FakeWorld, fakeWorld} from '../../../support/fakes.ts';
import {memoryDirectory} from '../../../support/memory-directory.ts';

const MINUTE = 60_000;

/** A run with so many transfers under way, and as many that want a place. */
function aRun(name: string, createdAt: number, underWay: number, wanting: number): RunState {
  const steps = Array.from({length: underWay + wanting}, (_, at) => transferStep(`t${at}`));
  const facts = new ARun(steps);
  for (let at = 0; at < underWay; at++) facts.task(`t${at}`, `${name}-${at}`);
  return foldRun({...facts.spec, run: name as RunId, createdAt}, facts.facts);
}

function wantedOf(run: RunState, underWay: number): WantedTask[] {
  return run.spec.workflow.steps.slice(underWay).map(({name}) => ({
    run: run.spec.run,
    action: {do: 'submit-transfer', step: name, attempt: 1, why: ''},
  }));
}

const turns = (runs: readonly (readonly [name: string, createdAt: number, underWay: number, wanting: number])[]) => {
  const states = runs.map((each) => aRun(...each));
  const wanted = states.flatMap((state, at) => wantedOf(state, runs[at]?.[2] ?? 0));
  return inTurn(wanted, states).map(({run}) => run);
};

test('the oldest run comes first, and a run with many transfers after those that have none under way', () => {
  expect(
    turns([
      ['b.1', 2, 0, 1],
      ['a.1', 1, 0, 3],
      ['c.1', 3, 0, 1],
    ]),
  ).toEqual(['a.1', 'b.1', 'c.1', 'a.1', 'a.1']);
  expect(
    turns([
      ['a.1', 1, 2, 2],
      ['b.1', 2, 0, 1],
    ]),
  ).toEqual(['b.1', 'a.1', 'a.1']);
});

test('whatever is pending, no run is kept waiting by one that has more tasks', () => {
  const run = fc.record({createdAt: fc.nat(3), underWay: fc.nat(3), wanting: fc.nat(4)});
  fc.assert(
    fc.property(fc.array(run, {maxLength: 4}), (given) => {
      const runs = given.map(
        ({createdAt, underWay, wanting}, at) => [`r${at}.1`, createdAt, underWay, wanting] as const,
      );
      const held = new Map<string, number>(runs.map(([name, , underWay]) => [name, underWay]));
      const left = new Map<string, number>(runs.map(([name, , , wanting]) => [name, wanting]));
      const order = turns(runs);
      expect(order).toHaveLength(runs.reduce((sum, [, , , wanting]) => sum + wanting, 0));
      for (const name of order) {
        const waiting = [...left].flatMap(([each, wants]) => (wants > 0 ? [held.get(each) ?? 0] : []));
        expect(held.get(name)).toBe(Math.min(...waiting));
        held.set(name, (held.get(name) ?? 0) + 1);
        left.set(name, (left.get(name) ?? 0) - 1);
      }
    }),
  );
});

test('what was asked for without an answer takes a place, what was refused for now takes none', () => {
  const run = new ARun([transferStep('open'), transferStep('put-off')])
    .fact('open.1.transfer.intent', {submissionId: 's', request: {}})
    .fact('put-off.1.transfer.intent', {submissionId: 's', request: {}})
    .fact('put-off.1.transfer.later-1', {why: 'full', room: true});
  expect(pendingClaims([task('active', {task: 'T' as TaskId})], [run.state]).map(({key}) => key)).toEqual([
    'T',
    'r.1 open',
  ]);
});

let directory: string;
let world: FakeWorld;
beforeEach(() => {
  directory = memoryDirectory('task-limit-');
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

function begin(maxPending: number | undefined, ...workflows: (readonly Step[])[]): void {
  for (const [index, steps] of workflows.entries()) {
    const {run: _, number: __, nonce: ___, format: ____, ...spec} = specOf(steps);
    openLedger(directory).createRun(1, {...spec, name: `r${index}`, createdAt: 100 - index}, new Map());
  }
  world = fakeWorld(directory);
  if (maxPending !== undefined) world.settings = {maxPending};
}
const listed = () =>
  listRuns({ledger: openLedger(directory), profile: {staging: {network: true}, lostGraceMs: 0}} as never, []);
const submitted = () => [...world.transfers.tasks.values()].map(({request}) => request.label);

describe('a look with a limit of tasks in the profile', () => {
  test('keeps below it, the oldest run first, until all have succeeded', async () => {
    begin(3, ...Array.from({length: 13}, () => [transferStep('in')]));
    world.transfers.mostPending = 3;
    await reconcile(world.context());
    expect(submitted()).toEqual(['stage r12.1 in 1', 'stage r11.1 in 1', 'stage r10.1 in 1']);
    for (let round = 0; round < 20 && openLedger(directory).activeRuns().length > 0; round++) {
      const [first] = world.transfers.pending;
      if (first) world.transfers.finish(first.task);
      world.now += MINUTE;
      await reconcile(world.context());
    }
    const ledger = openLedger(directory);
    expect(ledger.runs().map((run) => ledger.summary(run)?.state)).toEqual(Array.from({length: 13}, () => 'succeeded'));
    expect(world.transfers.refusedForRoom).toBe(0);
  });

  test('counts deletions, and what others have submitted', async () => {
    begin(3, [transferStep('in'), transferStep('more')]);
    const at = {collection: 'bbbbbbbb-0000-4000-8000-000000000002', path: '/x/'};
    const remove: DeleteStep = {...transferStep('r'), kind: 'delete', at, recursive: true};
    await world.transfers.submit('of-others', {
      label: 'of others',
      collection: remove.at.collection,
      paths: ['/y'],
      recursive: true,
    });
    await world.transfers.submit('app', {
      ...transferStep('x'),
      label: 'app',
      sourceCollection: 'a',
      destinationCollection: 'b',
      items: [],
    });
    await reconcile(world.context());
    expect(submitted().slice(2)).toEqual(['stage r0.1 in 1']);
  });

  test('leaves the place to the oldest run, whichever run it is about', async () => {
    begin(1, [transferStep('in')], [transferStep('in')]);
    await reconcile(world.context(), {about: ['r0.1' as RunId], rebuild: true, creates: true});
    expect(submitted()).toEqual(['stage r1.1 in 1']);
  });

  test('says what waits for a place, since when, and why', async () => {
    begin(1, [transferStep('in')], [transferStep('in')]);
    const {seen, runs} = await reconcile(world.context());
    const state = runs.find(({id}) => id === 'r0.1')?.state;
    if (!state) throw new Error('the run is gone');
    const [step] = standingOf({run: state, seen, settings: SETTINGS}).steps;
    expect(step).toMatchObject({
      state: 'waiting',
      reason: {
        code: 'TRANSFER_WAITS_FOR_PLACE',
        what: 'it waits for a place among the tasks at Globus, of which 1 are pending',
        why: 'transfers.max_pending of the profile is 1',
        since: 100,
      },
    });
  });

  test('leaves word for "stage list", which looks at nothing, until nothing waits any more', async () => {
    begin(1, [transferStep('in')], [transferStep('in')]);
    const reason = () => listed().find(({run}) => run === 'r0.1')?.reason;
    expect(reason()).toBe('');
    await reconcile(world.context());
    expect(reason()).toMatch(
      /^in: waits for a place at Globus since .*: 1 tasks are pending, and transfers\.max_pending/,
    );
    await reconcile(world.context(), {about: ['r1.1' as RunId]});
    expect(reason()).toMatch(/^in: waits for a place at Globus/);
    for (const {task} of world.transfers.pending) world.transfers.finish(task);
    await reconcile(world.context());
    expect(reason()).toBe('');
  });

  test('asks how many are pending where something wants a place, and never without a limit', async () => {
    begin(5, [transferStep('in')]);
    await reconcile(world.context());
    await reconcile(world.context());
    expect(world.transfers.counted).toBe(1);
    rmSync(directory, {recursive: true, force: true});
    begin(undefined, [transferStep('in')]);
    await reconcile(world.context());
    expect([submitted().length, world.transfers.counted]).toEqual([1, 0]);
  });

  test('submits nothing where it cannot be learnt how many are pending', async () => {
    begin(5, [transferStep('in')]);
    const recent = world.transfers.recent.bind(world.transfers);
    world.transfers.recent = async () => {
      world.transfers.down = true;
      return recent();
    };
    const {problems} = await reconcile(world.context());
    expect([submitted(), problems.map(({code}) => code)]).toEqual([[], ['TRANSFER_UNREACHABLE']]);
  });
});
