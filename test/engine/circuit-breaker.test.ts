import {rmSync} from 'node:fs';
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';
import type {TaskId} from '../../src/base/ids.ts';
import {noEvidence} from '../../src/base/no-evidence.ts';
import {withCircuitBreakers} from '../../src/engine/circuit-breaker.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {TransferRefused, TransferUnreachable} from '../../src/globus-errors.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import {SchedulerUnreachable} from '../../src/scheduler/scheduler.ts';
import {transfersByWay} from '../../src/transfer/by-way.ts';
import type {OtherWay} from '../../src/transfer/other-way.ts';
import type {Step} from '../../src/workflow/model/workflow.ts';
import {CLASSIC, jobStep, specOf, task, transferStep} from '../support/a-run.ts';
import {FakeScheduler, FakeTransfers, type FakeWorld, fakeWorld, requestOf} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

const UUID_OF_COPY = '454aa59c-9663-4584-a0a7-410b40534e97';

/** What a service that does not answer costs one look. */

let directory: string;
let world: FakeWorld;
beforeEach(() => {
  directory = memoryDirectory('circuit-breaker-');
  world = fakeWorld(directory);
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, {recursive: true, force: true});
});

function begin(name: string, steps: readonly Step[]): void {
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf(steps);
  openLedger(directory).createRun(number, {...spec, name}, new Map());
}

describe('Globus does not answer', () => {
  test('it is waited for once, whatever the number of runs, and their jobs are submitted all the same', async () => {
    for (const name of ['a', 'b', 'c']) begin(name, [...CLASSIC.slice(0, 2)]);
    let waits = 0;
    world.transfers.newSubmissionId = async () => {
      waits += 1;
      throw new TransferUnreachable('GET /submission_id', 'no answer within 30 s', {timedOut: true});
    };
    const looked = await reconcile(world.context());
    expect(waits).toBe(1);
    expect(world.scheduler.submitted('compute.1.job')).toHaveLength(3);
    expect(new Set(looked.problems.map(({code}) => code))).toEqual(new Set(['TRANSFER_UNREACHABLE']));
  });

  test('what another way moves is started and seen all the same', async () => {
    const copied: string[] = [];
    const seen = task('active', {task: `copy-${UUID_OF_COPY}` as TaskId, saidBy: 'the copy job'});
    const way: OtherWay = {
      submit: async (id) => {
        copied.push(id);
        return seen.task;
      },
      look: async (tasks) => new Map(tasks.map((each) => [each, seen])),
      cancel: async () => {},
      update: async () => {},
      events: async () => [],
      pauses: async () => [],
      moved: async () => [],
      skipped: async () => ({files: [], more: false}),
    };
    const never = async () => {
      throw new TransferUnreachable('GET /submission_id', 'no answer within 30 s', {timedOut: true});
    };
    world.transfers.newSubmissionId = never;
    begin('a', [transferStep('in')]);
    begin('b', [{...transferStep('in'), via: {by: 'copy'}}]);
    const context = () => {
      const given = world.context();
      return {...given, transfers: transfersByWay(given.transfers, {copy: async () => way, command: never})};
    };
    await reconcile(context());
    expect(copied).toHaveLength(1);
    const looked = await reconcile(context());
    expect(looked.problems.map(({code}) => code)).toEqual(['TRANSFER_UNREACHABLE']);
    expect(world.transfers.tasks.size).toBe(0);
    expect(copied).toHaveLength(1);
  });

  test('a collection that does not list its directories keeps no transfer from being submitted', async () => {
    for (const name of ['a', 'b']) begin(name, [transferStep('in')]);
    world.transfers.list = async () => {
      throw new TransferUnreachable('GET /ls', 'no answer within 30 s', {timedOut: true});
    };
    const looked = await reconcile(world.context());
    expect(looked.problems).toEqual([]);
    expect(world.transfers.tasks.size).toBe(2);
  });

  test('all jobs of all runs, sentinels too, are submitted before any transfer is', async () => {
    for (const name of ['a', 'b']) begin(name, [...CLASSIC.slice(0, 2)]);
    await reconcile(world.context());
    const order = world.effects.filter((effect) => /^after (qsub compute|transfer)/.test(effect));
    expect(order.map((effect) => effect.split(' ')[1])).toEqual([
      'qsub',
      'qsub',
      'qsub',
      'qsub',
      'transfer',
      'transfer',
    ]);
  });

  test('jobs that can be submitted do not wait for its answer about tasks under way', async () => {
    begin('a', [transferStep('in'), jobStep('one', {needs: ['in']})]);
    await reconcile(world.context());
    begin('b', [jobStep('two')]);
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    world.transfers.show('in', task('succeeded'));
    const look = world.transfers.look.bind(world.transfers);
    world.transfers.look = async (ids) => {
      await answered;
      return look(ids);
    };
    vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']});
    const looking = reconcile(world.context());
    await vi.advanceTimersByTimeAsync(1_000);
    await vi.waitFor(() => expect(world.scheduler.submitted('two.1.job')).toHaveLength(1));
    answer();
    expect((await looking).done.map(({action}) => `${action.do} ${action.step}`)).toContain('release-job one');
  });
});

describe('a circuit breaker', () => {
  const timeout = new TransferUnreachable('GET /task_list', 'no answer within 30 s', {timedOut: true});

  test('is tripped by the first time limit that passes: what is asked afterwards fails at once, and nothing is concluded', async () => {
    const transfers = new FakeTransfers();
    let asked = 0;
    transfers.look = async (ids) => {
      asked += 1;
      return noEvidence(ids, 'Globus did not answer "GET /task_list": no answer within 30 s', {timedOut: true});
    };
    const guarded = withCircuitBreakers({scheduler: new FakeScheduler(), transfers}).transfers;
    const id = 'task-1' as never;
    await guarded.look([id]);
    expect([...(await guarded.look([id])).values()]).toMatchObject([{kind: 'no-evidence', timedOut: true}]);
    await expect(guarded.newSubmissionId()).rejects.toMatchObject({
      timedOut: true,
      exit: 4,
      why: 'no answer within 30 s',
    });
    expect(asked).toBe(1);
  });

  test('is not tripped by an answer, whatever it says', async () => {
    const transfers = new FakeTransfers();
    transfers.recent = async () => {
      throw new TransferUnreachable('GET /task_list', 'HTTP 502');
    };
    transfers.stat = async (): Promise<undefined> => {
      throw new TransferRefused({asked: 'it', globusCode: 'PermissionDenied', why: 'no'});
    };
    const guarded = withCircuitBreakers({scheduler: new FakeScheduler(), transfers}).transfers;
    await expect(guarded.recent()).rejects.toThrow();
    await expect(guarded.stat({collection: 'c', path: '/'})).rejects.toThrow();
    expect(await guarded.newSubmissionId()).toBe('sub-1');
  });

  test('of PBS is not tripped by one of two servers that does not answer', async () => {
    const scheduler = new FakeScheduler();
    scheduler.look = async ([old, ...ids]) =>
      new Map([...noEvidence([old as never], 'timeout', {timedOut: true}), ...noEvidence(ids, 'no such server')]);
    const guarded = withCircuitBreakers({scheduler, transfers: new FakeTransfers()}).scheduler;
    await guarded.look(['1.old', '2.s'] as never[]);
    expect((await guarded.submit(requestOf('x.sh', 's-x', {}))).kind).toBe('submitted');
    scheduler.release = async () => {
      throw new SchedulerUnreachable('qrls', 'it did not answer in time', {timedOut: true});
    };
    await expect(guarded.release('2.s' as never)).rejects.toThrow();
    expect((await guarded.submit(requestOf('y.sh', 's-y', {}))).kind).toBe('unreachable');
    expect(scheduler.jobs.size).toBe(1);
  });

  test('of one service leaves that of the other', async () => {
    const transfers = new FakeTransfers();
    transfers.newSubmissionId = async () => {
      throw timeout;
    };
    const guarded = withCircuitBreakers({scheduler: new FakeScheduler(), transfers});
    await expect(guarded.transfers.newSubmissionId()).rejects.toThrow();
    expect((await guarded.scheduler.submit(requestOf('x.sh', 's-x', {}))).kind).toBe('submitted');
  });
});

describe('PBS does not answer one qsub', () => {
  test('a monitor is submitted all the same, and no other job: this may be the last look', async () => {
    begin('a', [jobStep('one')]);
    begin('b', [jobStep('two')]);
    world.scheduler.answerNext = {kind: 'unclear', why: 'it did not answer in time', timedOut: true};
    const looked = await reconcile(world.context());
    expect(looked.gap).toBeUndefined();
    expect(world.scheduler.submitted('monitor')).toHaveLength(1);
    expect(world.scheduler.submitted('.job')).toEqual([]);
  });
});
