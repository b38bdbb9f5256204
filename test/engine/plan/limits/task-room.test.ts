import {rmSync} from 'node:fs';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {TaskId} from '../../../../src/base/ids.ts';
import {taskRoom} from '../../../../src/engine/plan/limits/task-room.ts';
import {nextLookAtRun} from '../../../../src/engine/plan/monitor/next-look.ts';
import {reconcile} from '../../../../src/engine/turn.ts';
import {TransferRefused, TransferUnreachable} from '../../../../src/globus-errors.ts';
import {openLedger} from '../../../../src/ledger/open-ledger.ts';
import type {RunId} from '../../../../src/ledger/state-directory.ts';
import type {Step} from '../../../../src/workflow/model/workflow.ts';
import {ARun, inWords, jobStep, NOW, SETTINGS, specOf, task, transferStep} from '../../../support/a-run.ts';
import {Died, type FakeWorld, fakeWorld} from '../../../support/fakes.ts';
import {memoryDirectory} from '../../../support/memory-directory.ts';

const MINUTE = 60_000;
const INTENT = {submissionId: 's', request: {}};

/** A transfer that Globus has refused so often, the last time just now. */
function refused(times: number, more: object = {room: true}, steps: readonly Step[] = [transferStep('in')]): ARun {
  const run = new ARun(steps).fact('in.1.transfer.intent', INTENT);
  for (let number = 1; number <= times; number++) {
    if (number > 1) run.fact(`in.1.transfer.again-${number}`);
    run.fact(`in.1.transfer.later-${number}`, {at: NOW - (times - number) * MINUTE, why: 'full', ...more});
  }
  return run;
}

/** As a look sees it: with what the refusals of all its runs tell of the room. */
function seenBy(run: ARun, now: number) {
  return {...run.seen(now), room: taskRoom([run.state], SETTINGS.refusedRetryMs)};
}

describe('a transfer that Globus has refused for now', () => {
  test('waits, is asked for again after a pause that doubles up to ten minutes, and its step does not end', () => {
    const words = (times: number, after: number) =>
      refused(times)
        .plan({}, NOW + after)
        .map(inWords);
    expect(words(1, MINUTE - 1)).toEqual([]);
    expect(words(1, MINUTE)).toEqual(['submit-transfer in']);
    expect(words(3, 4 * MINUTE - 1)).toEqual([]);
    expect(words(3, 4 * MINUTE)).toEqual(['submit-transfer in']);
    expect(words(12, 10 * MINUTE - 1)).toEqual([]);
    expect(words(12, 10 * MINUTE)).toEqual(['submit-transfer in']);
  });

  test('is asked for after up to half an hour where it is not known that room is missing', () => {
    const unclear = (after: number) =>
      refused(12, {})
        .plan({}, NOW + after)
        .map(inWords);
    expect(unclear(30 * MINUTE - 1)).toEqual([]);
    expect(unclear(30 * MINUTE)).toEqual(['submit-transfer in']);
  });

  test('is looked at when its pause is over, and not sooner', () => {
    const run = refused(3);
    const bounds = {minMs: 30_000, maxMs: 30 * MINUTE};
    expect(nextLookAtRun(run.state, seenBy(run, NOW), SETTINGS, bounds)).toBe(NOW + 4 * MINUTE);
  });

  test('is asked for at once by a person, but not twice in one look', () => {
    expect(
      refused(5)
        .plan({rebuild: true}, NOW + 1)
        .map(inWords),
    ).toEqual(['submit-transfer in']);
    expect(refused(5).plan({rebuild: true}, NOW)).toEqual([]);
  });

  test('is asked for as soon as a task of ours has ended, where room was missing, and not where that is not known', () => {
    const other = new ARun([transferStep('in')])
      .task('in', 'other')
      .fact('in.1.outcome', {at: NOW + 1, state: 'failed'});
    const one = (more: object) => {
      const run = refused(5, more);
      const room = taskRoom([run.state, other.state], MINUTE);
      run.seen = (now) => ({now: now ?? NOW, jobs: run.jobs, tasks: run.tasks, tags: run.tags, room});
      return run.plan({}, NOW + 2).map(inWords);
    };
    expect(one({room: true})).toEqual(['submit-transfer in']);
    expect(one({})).toEqual([]);
  });

  test('ends as cancelled with its run, and nothing is asked of Globus for that', () => {
    const run = refused(1).fact('decision.cancel', {by: 'ann', cleanup: true});
    expect(run.plan({}, NOW + MINUTE).map(inWords)).toEqual(['end-step in cancelled']);
  });

  test('is asked about once more when its run is cancelled while an answer is missing: there may be a task', () => {
    const run = refused(1).fact('in.1.transfer.again-2').fact('decision.cancel', {by: 'ann', cleanup: true});
    expect(run.plan({}, NOW).map(inWords)).toEqual(['submit-transfer in']);
  });

  test('ends as skipped when nothing that needs it can run any more', () => {
    const steps = [transferStep('in'), transferStep('more'), jobStep('compute', {needs: ['in', 'more']})];
    const run = refused(1, {room: true}, steps).outcome('compute', 'failed').outcome('more', 'failed');
    expect(run.plan({}, NOW).map(inWords)).toEqual(['end-step in skipped']);
  });

  test('waits under the hold of a person as one that has not begun', () => {
    expect(
      refused(1)
        .fact('decision.hold-1', {by: 'ann'})
        .plan({}, NOW + MINUTE),
    ).toEqual([]);
  });
});

describe('the room of an identity', () => {
  test('is missing for all runs until the pause of the one that was refused most is over', () => {
    const often = refused(4);
    const once = refused(1);
    expect(taskRoom([once.state, often.state], MINUTE)).toEqual({
      until: NOW + 8 * MINUTE,
      since: NOW - 3 * MINUTE,
      why: 'full',
    });
    expect(taskRoom([refused(3, {}).state, new ARun([transferStep('in')]).state], MINUTE)).toBeUndefined();
  });

  test('keeps what was not asked for yet waiting, too', () => {
    const room = {until: NOW + MINUTE, since: NOW, why: 'full'};
    const run = new ARun([transferStep('in')]);
    run.seen = () => ({now: NOW, jobs: run.jobs, tasks: run.tasks, tags: run.tags, room});
    expect(run.plan()).toEqual([]);
    expect(run.plan({rebuild: true}).map(inWords)).toEqual(['submit-transfer in']);
  });
});

let directory: string;
let world: FakeWorld;
beforeEach(() => {
  directory = memoryDirectory('task-room-');
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

function begin(...workflows: (readonly Step[])[]): void {
  rmSync(directory, {recursive: true, force: true});
  for (const [index, steps] of workflows.entries()) {
    const {run: _, number: __, nonce: ___, format: ____, ...spec} = specOf(steps);
    openLedger(directory).createRun(1, {...spec, name: `r${index}`, createdAt: index}, new Map());
  }
  world = fakeWorld(directory);
}
const look = () => reconcile(world.context());
const attempt = (step: string, run = 'r0.1') =>
  openLedger(directory)
    .open(run as RunId)
    .state.attempts.get(step)?.[0];

/** Looks until all runs have ended; a task ends between two of them. */
async function untilAllEnded(looks = 60): Promise<void> {
  for (let round = 0; round < looks && openLedger(directory).activeRuns().length > 0; round++) {
    await look();
    expect(world.transfers.pending.length).toBeLessThanOrEqual(world.transfers.mostPending);
    const [first] = world.transfers.pending;
    if (first) world.transfers.finish(first.task);
    world.now += 5 * MINUTE;
  }
}

describe('a look at a Globus without room', () => {
  test('of 13 runs at a limit of 4 every one succeeds in its turn, no retry is used and no cleanup runs', async () => {
    const tidy = jobStep('tidy', {onFailureOf: ['in']});
    begin(...Array.from({length: 13}, () => [{...transferStep('in'), retries: 1}, tidy]));
    world.transfers.mostPending = 4;
    await untilAllEnded();
    const ledger = openLedger(directory);
    const seals = ledger.runs().map((run) => ledger.summary(run));
    expect(seals.map((seal) => seal?.state)).toEqual(Array.from({length: 13}, () => 'succeeded'));
    expect(seals.flatMap((seal) => seal?.steps.map(({attempts}) => attempts) ?? [])).toEqual(
      Array.from({length: 26}, () => 1),
    );
    expect(
      world.scheduler.submitted('tidy.1.job').map((job) => world.scheduler.jobs.get(job)?.seen.kind),
    ).not.toContain('ran');
    expect(world.transfers.tasks.size).toBe(13);
  });

  test('asks for one of the tasks that wait, and no other, and is no failure of the command', async () => {
    begin(...Array.from({length: 8}, () => [transferStep('in')]));
    world.transfers.mostPending = 2;
    const {problems} = await look();
    expect(world.transfers.refusedForRoom).toBe(1);
    expect(problems).toEqual([]);
    await look();
    expect(world.transfers.refusedForRoom).toBe(1);
    world.now += MINUTE;
    await look();
    expect(world.transfers.refusedForRoom).toBe(2);
  });

  test('a conflict that is not understood puts off its own step alone', async () => {
    begin([transferStep('a'), transferStep('b')]);
    const unheard = new TransferRefused({asked: 'POST', globusCode: 'Conflict.New', why: 'unheard', later: 'unclear'});
    const submit = world.transfers.submit.bind(world.transfers);
    world.transfers.submit = async (id, request) => {
      if (request.label.includes(' a ')) throw unheard;
      return submit(id, request);
    };
    await look();
    expect(attempt('a')?.transfer?.putOff).toMatchObject({why: 'unheard', times: 1});
    expect(attempt('a')?.outcome).toBeUndefined();
    expect(attempt('b')?.transfer?.task).toBeDefined();
  });

  test('killed at any effect of a further try and then cancelled, no task of it goes on', async () => {
    const further = async (dieAt: number) => {
      begin([transferStep('in')]);
      world.transfers.mostPending = 0;
      await look();
      world.now += MINUTE;
      world.transfers.mostPending = 1;
      const before = world.effects.length;
      world.dieAt = before + dieAt;
      await look().catch((error: unknown) => {
        if (!(error instanceof Died)) throw error;
      });
      world.dieAt = undefined;
      return world.effects.length - before >= dieAt;
    };
    let killed = 1;
    for (; await further(killed); killed++) {
      openLedger(directory).create('r0.1' as RunId, 'decision.cancel', {at: world.now, by: 'ann', cleanup: true});
      for (let looks = 0; looks < 3; looks++) await look();
      expect({killed, pending: world.transfers.pending.map(({task}) => task)}).toEqual({killed, pending: []});
      expect(openLedger(directory).summary('r0.1' as RunId)?.state).toBe('cancelled');
    }
    expect(killed).toBeGreaterThan(5);
  });

  describe('whose first answer was lost, and that looks for room before it looks for the submission id', () => {
    beforeEach(() => {
      begin([transferStep('in')]);
      Object.assign(world.transfers, {mostPending: 1, roomFirst: true, losesAnswers: 1});
    });

    test('has the task: it is found by its label', async () => {
      await look();
      expect(attempt('in')?.transfer).toBeDefined();
      expect(attempt('in')?.transfer?.task ?? attempt('in')?.transfer?.putOff).toBeUndefined();
      await look();
      expect(attempt('in')?.transfer).toMatchObject({task: 'task-sub-1', foundByLabel: true});
      world.transfers.finish('task-sub-1' as TaskId);
      await look();
      expect(attempt('in')?.outcome?.state).toBe('succeeded');
      expect(world.transfers.tasks.size).toBe(1);
    });

    test('has the task of a run that was cancelled meanwhile: it is cancelled, too', async () => {
      await look();
      openLedger(directory).create('r0.1' as RunId, 'decision.cancel', {at: world.now, by: 'ann', cleanup: true});
      for (let looks = 0; looks < 3; looks++) await look();
      expect(world.transfers.pending).toEqual([]);
      expect(openLedger(directory).summary('r0.1' as RunId)?.state).toBe('cancelled');
    });

    test('stays unresolved where the tasks cannot be listed, and takes a place among those of the profile', async () => {
      await look();
      const recent = world.transfers.recent.bind(world.transfers);
      world.transfers.recent = async () => {
        throw new TransferUnreachable('GET /task_list', 'down');
      };
      const {problems} = await look();
      expect(problems.map(({code}) => code)).toEqual(['TRANSFER_UNREACHABLE']);
      expect(attempt('in')?.transfer).toBeDefined();
      expect(attempt('in')?.transfer?.task ?? attempt('in')?.transfer?.putOff).toBeUndefined();
      world.transfers.recent = recent;
      await look();
      expect(attempt('in')?.transfer?.task).toBe('task-sub-1');
    });

    test('has no task where Globus lists none: then it waits for room', async () => {
      await look();
      world.transfers.tasks.clear();
      world.transfers.mostPending = 0;
      await look();
      expect(attempt('in')?.transfer).toMatchObject({putOff: {room: true, times: 1}});
    });

    test('has none either in a task of the same label that is older: it is of a run of the same name', async () => {
      await look();
      world.transfers.tasks.clear();
      world.transfers.mostPending = 0;
      const label = 'stage r0.1 in 1';
      const old = task('succeeded', {task: 'old' as TaskId, label, requestedAt: world.now - 40 * MINUTE});
      const {from, to} = transferStep('in');
      const between = {sourceCollection: from.collection, destinationCollection: to.collection};
      world.transfers.recent = async () => [{...old, ...between}];
      await look();
      expect(attempt('in')?.transfer).toMatchObject({putOff: {room: true}});
    });

    test('is not decided by the answer to a request that followed one without an answer at once', async () => {
      await look();
      world.transfers.tasks.clear();
      const refusal = new TransferRefused({asked: 'POST', globusCode: 'TooMany', why: 'full', later: 'room'});
      refusal.afterSilence = true;
      world.transfers.refuseWith = refusal;
      const {problems} = await look();
      expect(problems[0]?.why).toMatch(/full.*not known: no task with its label is listed so far/);
      expect(attempt('in')?.transfer?.putOff).toBeUndefined();
    });
  });

  test('killed at any effect, by two processes at once, it is one task in the end', async () => {
    const play = async () => {
      world.transfers.mostPending = 0;
      await look();
      world.now += MINUTE;
      await look();
      world.now += 5 * MINUTE;
      world.transfers.mostPending = 1;
      await Promise.all([look(), look()]);
    };
    begin([transferStep('in')]);
    await play();
    const effects = world.effects.length;
    expect(effects).toBeGreaterThan(8);
    for (let at = 1; at <= effects; at++) {
      begin([transferStep('in')]);
      world.dieAt = at;
      await play().catch((error: unknown) => {
        if (!(error instanceof Died)) throw error;
      });
      world.dieAt = undefined;
      world.transfers.mostPending = 1;
      world.now += 30 * MINUTE;
      await look();
      expect([...world.transfers.tasks.values()].map(({request}) => request.label)).toEqual(['stage r0.1 in 1']);
      expect(attempt('in')?.transfer?.task).toBe([...world.transfers.tasks.values()][0]?.task);
    }
  });
});
