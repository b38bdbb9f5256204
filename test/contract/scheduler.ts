import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {JobId} from '../../src/base/job-id.ts';
import {type JobRequest, type JobSeen, type Scheduler, SchedulerUnreachable} from '../../src/scheduler/scheduler.ts';
import {until} from '../support/until.ts';

/** A batch system, and what a test does to the world behind it. */
export interface SchedulerWorld {
  readonly scheduler: Scheduler;
  /** how much longer everything may take than in memory */
  readonly patience: number;
  /** finished jobs are shown */
  readonly keepsHistory: boolean;
  /** an id that no job has */
  readonly nobody: JobId;
  /** A request for a job that runs, once it may start, until `finish` is called. @param name unlike any before */
  request(name: string, more?: Partial<JobRequest>): JobRequest;
  /** Let a job that may start run, and end with a status. */
  finish(name: string, job: JobId, exit: number): Promise<void>;
  /** Nothing answers any more, and answers again; absent where the tests may not */
  readonly away?: {begin(): Promise<void>; end(): Promise<void>} | undefined;
  close(): Promise<void>;
}

/** What every scheduler keeps: the same tests for each. A world is shared, since a real one takes seconds to open. */
export function schedulerContract(name: string, open: () => Promise<SchedulerWorld>): void {
  describe(name, () => {
    let world: SchedulerWorld;
    let count = 0;
    beforeAll(async () => {
      world = await open();
    }, 120_000);
    afterAll(() => world.close());

    const look = async (job: JobId) => (await world.scheduler.look([job])).get(job);
    const fresh = () => `contract-${process.pid}-${++count}`;
    const waitFor = (what: string, job: JobId, holds: (seen: JobSeen) => boolean) => {
      const seconds = 20 * world.patience;
      const ask = async () => {
        const seen = await look(job);
        return seen !== undefined && holds(seen) ? seen : undefined;
      };
      return until(`job ${job} ${what}`, ask, {seconds, last: () => look(job)});
    };
    /** @throws when it was not taken */
    const submit = async (request: JobRequest): Promise<JobId> => {
      const answer = await world.scheduler.submit(request);
      if (answer.kind !== 'submitted') throw new Error(`not submitted: ${JSON.stringify(answer)}`);
      return answer.job;
    };
    const held = (tag: string, more: Partial<JobRequest> = {}) => world.request(tag, {hold: true, ...more});
    const isOver = ({kind}: JobSeen) => kind === 'ended' || kind === 'unknown';

    test('a job that was submitted under a hold is seen with its hold and its tag', async () => {
      const tag = fresh();
      const job = await submit(held(tag));
      expect(await look(job)).toMatchObject({kind: 'live', state: 'held', userHold: true, tag});
      await world.scheduler.delete(job);
    });

    test('a look has an entry for every id, and an id that PBS does not know is unknown', async () => {
      const job = await submit(held(fresh()));
      const seen = await world.scheduler.look([job, world.nobody]);
      expect([...seen.keys()].sort()).toEqual([job, world.nobody].sort());
      expect(seen.get(world.nobody)).toEqual({kind: 'unknown'});
      expect(seen.get(job)).toMatchObject({kind: 'live'});
      await world.scheduler.delete(job);
    });

    test('looking at no job asks nothing', async () => {
      expect(await world.scheduler.look([])).toEqual(new Map());
    });

    test('a hold is put on and ended, each any number of times', async () => {
      const other = await submit(held(fresh()));
      const tag = fresh();
      const job = await submit(world.request(tag, {dependencies: [{type: 'afterany', jobs: [other]}]}));
      expect(await look(job)).toMatchObject({kind: 'live', userHold: false});
      for (const _ of [1, 2]) await world.scheduler.hold(job);
      expect(await look(job)).toMatchObject({kind: 'live', userHold: true});
      for (const _ of [1, 2]) await world.scheduler.release(job);
      expect(await look(job)).toMatchObject({kind: 'live', userHold: false});
      await world.scheduler.delete(job);
      await world.scheduler.delete(other);
    });

    test('a job that is deleted before it ran is over, and deleting it again is no error', async () => {
      const job = await submit(held(fresh()));
      await world.scheduler.delete(job);
      const seen = await waitFor('is over', job, isOver);
      if (seen.kind === 'ended') expect(seen).toMatchObject({how: 'deleted'});
      await world.scheduler.delete(job);
    });

    test('nothing that is asked of a job that is gone is an error', async () => {
      const {scheduler, nobody} = world;
      await scheduler.release(nobody);
      await scheduler.hold(nobody);
      await scheduler.delete(nobody);
      await scheduler.moveStart(nobody, Date.now() + 3_600_000);
    });

    test('the holds of many jobs are ended together, one that has none or is gone among them', async () => {
      const {scheduler} = world;
      const other = await submit(held(fresh()));
      const waiting = (hold: boolean) =>
        submit(world.request(fresh(), {hold, dependencies: [{type: 'afterany', jobs: [other]}]}));
      const jobs = [await waiting(true), await waiting(false), await waiting(true)];
      const gone = await submit(held(fresh()));
      await scheduler.delete(gone);
      expect(await scheduler.releaseAll([...jobs, gone])).toEqual(new Map());
      const seen = await scheduler.look(jobs);
      for (const job of jobs) expect(seen.get(job)).toMatchObject({kind: 'live', userHold: false});
      expect(await scheduler.deleteAll([...jobs, other])).toEqual(new Map());
    });

    test('many jobs are deleted together in their order, what waits for another before that, and some that are gone', async () => {
      const {scheduler} = world;
      const watched = await submit(held(fresh()));
      const watching = await submit(world.request(fresh(), {dependencies: [{type: 'afterany', jobs: [watched]}]}));
      const gone = await submit(held(fresh()));
      await scheduler.delete(gone);
      const jobs = [watching, watched, gone];
      expect(await scheduler.deleteAll(jobs)).toEqual(new Map());
      for (const job of jobs) await waitFor('is over', job, isOver);
      expect(await scheduler.deleteAll([])).toEqual(new Map());
      expect(await scheduler.releaseAll([])).toEqual(new Map());
      expect((await scheduler.findByTag([fresh()])).size).toBe(0); // the server is there
    });

    test('a job with a start time waits, and the time can be moved', async () => {
      const minute = 60_000;
      const inMinutes = (minutes: number) => Math.ceil((Date.now() + minutes * minute) / minute) * minute;
      const [first, later] = [inMinutes(60), inMinutes(120)];
      const job = await submit(world.request(fresh(), {startAt: first}));
      expect(await look(job)).toMatchObject({kind: 'live', state: 'waiting', startAt: first});
      await world.scheduler.moveStart(job, later);
      expect(await look(job)).toMatchObject({kind: 'live', state: 'waiting', startAt: later});
      await world.scheduler.delete(job);
    });

    test('a job that waits for another one is held for it, and may start when that one has succeeded', async () => {
      const [one, two] = [fresh(), fresh()];
      const first = await submit(held(one));
      const second = await submit(world.request(two, {dependencies: [{type: 'afterok', jobs: [first]}]}));
      expect(await look(second)).toMatchObject({kind: 'live', state: 'held', userHold: false, otherHold: true});
      await world.scheduler.release(first);
      await world.finish(one, first, 0);
      await waitFor('is no longer held', second, (seen) => seen.kind === 'live' && !seen.otherHold);
      await world.finish(two, second, 0);
    });

    test('a job that has ended shows its exit status, where finished jobs are kept', async () => {
      const name = fresh();
      const job = await submit(world.request(name));
      await world.finish(name, job, 3);
      const seen = await waitFor('is over', job, isOver);
      if (world.keepsHistory) expect(seen).toMatchObject({kind: 'ended', how: 'ran', exitStatus: 3});
      else expect(seen).toEqual({kind: 'unknown'});
    });

    test('jobs are found by the tags they were submitted with, and no others', async () => {
      const [one, two] = [fresh(), fresh()];
      const jobs = [await submit(held(one)), await submit(held(two))];
      const found = await world.scheduler.findByTag([one, two, fresh()]);
      expect(Object.fromEntries(found)).toEqual({[one]: jobs[0], [two]: jobs[1]});
      for (const job of jobs) await world.scheduler.delete(job);
    });

    test('while PBS is away nothing is concluded, and nothing is submitted', async ({skip}) => {
      const {away, scheduler} = world;
      if (!away) return skip('it is not known how to stop this server');
      const job = await submit(held(fresh()));
      await away.begin();
      try {
        for (const seen of (await scheduler.look([job, world.nobody])).values())
          expect(seen).toMatchObject({kind: 'no-evidence'});
        expect(['unreachable', 'unclear']).toContain((await scheduler.submit(held(fresh()))).kind);
        await expect(scheduler.release(job)).rejects.toThrow(SchedulerUnreachable);
        await expect(scheduler.delete(job)).rejects.toThrow(SchedulerUnreachable);
        await expect(scheduler.findByTag([fresh()])).rejects.toThrow(SchedulerUnreachable);
        const notDone = [await scheduler.releaseAll([job]), await scheduler.deleteAll([job])];
        for (const each of notDone) expect(each.get(job)).toBeInstanceOf(SchedulerUnreachable);
      } finally {
        await away.end();
      }
      expect(await waitFor('is seen again', job, ({kind}) => kind === 'live')).toMatchObject({userHold: true});
      await scheduler.delete(job);
    });
  });
}
