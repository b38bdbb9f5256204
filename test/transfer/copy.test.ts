import {randomUUID} from 'node:crypto';
import {existsSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import type {TaskId} from '../../src/base/ids.ts';
import type {TransferRequest} from '../../src/base/task-request.ts';
import {TransferRefused, TransferUnreachable} from '../../src/globus-errors.ts';
import {SchedulerRefused} from '../../src/scheduler/scheduler.ts';
import {rsyncOptions} from '../../src/transfer/copy/copy-transfer.ts';
import {readProgress} from '../../src/transfer/copy/progress.ts';
import {CopyWorld} from '../support/copies.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

function aCopy(options: Partial<TransferRequest['options']> = {}): TransferRequest {
  return {
    via: {by: 'copy'},
    label: 'stage run.1 stage-in 1',
    sourceCollection: 'ada@archive',
    destinationCollection: 'localhost',
    items: [{from: '/data/', to: '/scratch/data/', recursive: true}],
    options: {verifyChecksum: true, preserveTimestamp: false, encryptData: false, ...options},
  };
}

function world() {
  const copies = new CopyWorld(memoryDirectory('stage-copies-'));
  const way = copies.open();
  const look = async (task: TaskId, by = way) => (await by.look([task])).get(task);
  return {copies, way, look};
}

test('a copy is one job, which is told what moves where', async () => {
  const {copies, way, look} = world();
  const asked: unknown[] = [];
  const task = await copies
    .open({
      request: (job) => {
        asked.push({...job, list: readFileSync(job.items, 'utf8')});
        return {
          script: join(job.directory, `${job.claim}.sh`),
          workdir: '/',
          tag: job.tag,
          userVariables: [],
          hold: false,
          dependencies: [],
          resources: {},
          joinOutput: true,
          noMail: true,
          extraArgs: [],
        };
      },
    })
    .submit(randomUUID(), aCopy({syncLevel: 3}));
  expect(asked).toEqual([
    expect.objectContaining({
      claim: 'job-1',
      source: 'ada@archive',
      target: '',
      options: ['-r', '--no-links', '-c'],
      compare: true,
      resume: false,
      list: 'd\n/data/\n/scratch/data/\n',
    }),
  ]);
  expect(await look(task)).toMatchObject({state: 'queued', saidBy: 'the copy job'});
  copies.begin(task, 1);
  copies.plan(task, 1, 40, 4);
  expect(await look(task)).toMatchObject({state: 'active', bytesTotal: 40, files: 4, subtasksPending: 4});
  copies.end(task, 1, '', {bytes: 40, files: 4});
  expect(await look(task)).toMatchObject({state: 'succeeded', bytesTransferred: 40, filesTransferred: 4});
  expect(await way.moved(task)).toEqual([{from: '/data/', to: '/scratch/data/'}]);
  expect(copies.jobsOf(task)).toBe(1);
});

test('two processes that submit the same id, and look, at once: one job', async () => {
  const {copies} = world();
  const id = randomUUID();
  const [one, other] = [copies.open(), copies.open()];
  const [task, same] = await Promise.all([one.submit(id, aCopy()), other.submit(id, aCopy())]);
  expect(same).toBe(task);
  await Promise.all([one.look([task]), other.look([task])]);
  expect(copies.jobsOf(task)).toBe(1);
});

test.each(['before', 'after'])(
  'a process that dies %s qsub is followed by one that finds out first: one job',
  async (when) => {
    const {copies, look} = world();
    const id = randomUUID();
    const {scheduler} = copies;
    const dying = copies.open({
      scheduler: {
        look: (jobs) => scheduler.look(jobs),
        findByTag: (tags) => scheduler.findByTag(tags),
        delete: (job) => scheduler.delete(job),
        async submit(request) {
          if (when === 'after') await scheduler.submit(request);
          throw new Error('killed');
        },
      },
    });
    await expect(dying.submit(id, aCopy())).rejects.toThrow('killed');
    const task = await copies.open().submit(id, aCopy());
    expect(await look(task)).toMatchObject({state: 'queued'});
    expect(copies.jobsOf(task)).toBe(when === 'after' ? 1 : 0); // the one that died may still be at it
    copies.now += 91_000;
    await look(task);
    expect(await look(task)).toMatchObject({state: 'queued'});
    expect(copies.jobsOf(task)).toBe(1);
  },
);

test('a submission that came to nothing is claimed before another is made: a job that PBS takes late copies nothing', async () => {
  const {copies, look} = world();
  const {scheduler} = copies;
  scheduler.answerNext = {kind: 'unclear', why: 'no answer'};
  const task = await copies.open().submit(randomUUID(), aCopy());
  copies.now += 91_000;
  await look(task);
  const directory = join(copies.ways, task.replace('copy-', ''));
  expect(JSON.parse(readFileSync(join(directory, 'job-1.start.json'), 'utf8'))).toMatchObject({givenUp: true});
  expect(copies.jobOf(task, 2)).toBeDefined();
});

test('a job that PBS lost is followed by another when its grace has passed, and that one goes on', async () => {
  const {copies, look} = world();
  const resumed: boolean[] = [];
  const way = copies.open({
    request: ({directory, claim, tag, resume}) => {
      resumed.push(resume);
      return {
        script: join(directory, `${claim}.sh`),
        workdir: '/',
        tag,
        userVariables: [],
        hold: false,
        dependencies: [],
        resources: {},
        joinOutput: true,
        noMail: true,
        extraArgs: [],
      };
    },
  });
  const task = await way.submit(randomUUID(), aCopy());
  copies.begin(task, 1);
  copies.scheduler.jobs.delete(copies.jobOf(task, 1));
  expect(await look(task, way)).toMatchObject({state: 'active'});
  copies.now += 121_000;
  expect(await look(task, way)).toMatchObject({state: 'queued', faults: 1});
  expect(resumed).toEqual([false, true]);
  copies.begin(task, 2);
  copies.end(task, 2);
  expect(await look(task, way)).toMatchObject({state: 'succeeded'});
});

test('a job that was told to end, at its walltime, is followed by another; what both moved counts', async () => {
  const {copies, way, look} = world();
  const task = await way.submit(randomUUID(), aCopy());
  copies.begin(task, 1);
  copies.end(task, 1, 'TERMINATED', {bytes: 30, files: 3});
  expect(await look(task)).toMatchObject({state: 'queued', bytesTransferred: 30});
  copies.begin(task, 2);
  copies.plan(task, 2, 10, 1);
  expect(await look(task)).toMatchObject({state: 'active', bytesTransferred: 30, bytesTotal: 40});
  copies.end(task, 2, '', {bytes: 10, files: 1});
  expect(await look(task)).toMatchObject({state: 'succeeded', bytesTransferred: 40, filesTransferred: 4});
});

test('what a job had moved that was killed counts, as far as it had said so', async () => {
  const {copies, way, look} = world();
  const task = await way.submit(randomUUID(), aCopy());
  copies.begin(task, 1);
  const progress = '@ 100 2\n\r          900  50%    1.00kB/s    0:00:01 (xfr#3, to-chk=2/7)';
  writeFileSync(join(copies.ways, task.replace('copy-', ''), 'job-1.progress'), progress);
  copies.plan(task, 1, 2000, 8);
  expect(await look(task)).toMatchObject({bytesTransferred: 1000, filesTransferred: 5, bytesTotal: 2000, rate: 1024});
  copies.scheduler.jobs.delete(copies.jobOf(task, 1));
  await look(task);
  copies.now += 121_000;
  await look(task);
  copies.begin(task, 2);
  copies.plan(task, 2, 1000, 3);
  expect(await look(task)).toMatchObject({bytesTransferred: 1000, filesTransferred: 5, bytesTotal: 2000, files: 8});
});

test('jobs that are lost again and again, and move nothing, fail the copy', async () => {
  const {copies, way, look} = world();
  const task = await way.submit(randomUUID(), aCopy());
  for (let number = 1; number <= 5; number += 1) {
    copies.scheduler.jobs.delete(copies.jobOf(task, number));
    await look(task);
    copies.now += 121_000;
    await look(task);
  }
  expect(await look(task)).toMatchObject({state: 'failed', fatalError: {code: 'LOST'}});
  expect(await look(task)).toMatchObject({faults: 5});
});

test('what rsync says no to fails the copy, in its words', async () => {
  const {copies, way, look} = world();
  const task = await way.submit(randomUUID(), aCopy());
  copies.begin(task, 1);
  copies.end(task, 1, 'RSYNC_23', {why: 'no such file'});
  expect(await look(task)).toMatchObject({
    state: 'failed',
    fatalError: {code: 'RSYNC_23', description: 'no such file'},
  });
});

test('a refusal of PBS that will not pass is one of the copy; one that may pass is tried again', async () => {
  const {copies, way} = world();
  const error = new SchedulerRefused({asked: 'qsub', why: 'Unknown queue', next: [], exit: 2});
  copies.scheduler.answerNext = {kind: 'refused', error, retry: false};
  await expect(way.submit(randomUUID(), aCopy())).rejects.toThrow(TransferRefused);
  copies.scheduler.answerNext = {kind: 'refused', error, retry: true};
  const id = randomUUID();
  await expect(way.submit(id, aCopy())).rejects.toThrow(TransferUnreachable);
  copies.now += 31_000;
  expect(copies.jobsOf(await way.submit(id, aCopy()))).toBe(1);
});

test('a copy that is cancelled has its job deleted, and no job begins any more', async () => {
  const {copies, way, look} = world();
  const task = await way.submit(randomUUID(), aCopy());
  copies.begin(task, 1);
  await way.cancel(task);
  expect(await look(task)).toMatchObject({state: 'cancelled'});
  expect((await copies.scheduler.look([copies.jobOf(task, 1)])).get(copies.jobOf(task, 1))).toMatchObject({
    how: 'deleted',
  });
  expect(existsSync(join(copies.ways, task.replace('copy-', ''), 'cancel.json'))).toBe(true);
  expect(copies.jobsOf(task)).toBe(1);
});

test('what had arrived before it was cancelled has arrived', async () => {
  const {copies, way, look} = world();
  const task = await way.submit(randomUUID(), aCopy());
  copies.begin(task, 1);
  copies.end(task, 1);
  await way.cancel(task);
  expect(await look(task)).toMatchObject({state: 'succeeded'});
});

test('a job that a person deletes is not submitted again: the copy counts as cancelled', async () => {
  const {copies, way, look} = world();
  const task = await way.submit(randomUUID(), aCopy());
  await copies.scheduler.delete(copies.jobOf(task, 1));
  expect(await look(task)).toMatchObject({state: 'cancelled'});
  expect(copies.jobsOf(task)).toBe(1);
});

test('a deadline that has passed ends the copy', async () => {
  const {copies, way, look} = world();
  const task = await way.submit(randomUUID(), aCopy({deadlineAfterMs: 60_000}));
  copies.begin(task, 1);
  expect(await look(task)).toMatchObject({state: 'active'});
  copies.now += 61_000;
  await look(task);
  expect(await look(task)).toMatchObject({state: 'failed', fatalError: {code: 'EXPIRED'}});
});

test('while PBS does not answer, nothing is concluded about any copy', async () => {
  const {copies, way, look} = world();
  const task = await way.submit(randomUUID(), aCopy());
  copies.scheduler.down = true;
  copies.now += 500_000;
  expect(await look(task)).toMatchObject({kind: 'no-evidence'});
  await expect(way.cancel(task)).rejects.toThrow();
  copies.scheduler.down = false;
  expect(await look(task)).toMatchObject({state: 'cancelled'});
});

test('a marker that was damaged is no evidence about its copy, and costs others nothing', async () => {
  const {copies, way} = world();
  const [one, other] = [await way.submit(randomUUID(), aCopy()), await way.submit(randomUUID(), aCopy())];
  writeFileSync(join(copies.ways, one.replace('copy-', ''), 'job-1.end.json'), '{');
  const seen = await way.look([one, other]);
  expect(seen.get(one)).toMatchObject({kind: 'no-evidence', why: expect.stringContaining('job-1.end.json')});
  expect(seen.get(other)).toMatchObject({state: 'queued'});
});

test('a disk that takes nothing is no evidence about a copy, and ends no look', async () => {
  const {copies, way, look} = world();
  const task = await way.submit(randomUUID(), aCopy());
  const gone = copies.open({
    scheduler: {
      submit: (request) => copies.scheduler.submit(request),
      findByTag: (tags) => copies.scheduler.findByTag(tags),
      delete: (job) => copies.scheduler.delete(job),
      look: async (jobs) => {
        rmSync(join(copies.ways, task.replace('copy-', '')), {recursive: true}); // what is written now fails
        return new Map(jobs.map((job) => [job, {kind: 'unknown'}]));
      },
    },
  });
  expect(await look(task, gone)).toMatchObject({kind: 'no-evidence'});
});

test.each([
  [{}, ['-r', '--no-links', '-I']],
  [{syncLevel: 0, symlinks: 'keep'}, ['-r', '-l', '--ignore-existing']],
  [{syncLevel: 1, symlinks: 'copy'}, ['-r', '-L', '--size-only']],
  [{syncLevel: 2, preserveTimestamp: true}, ['-r', '--no-links', '-t', '-u']],
  [{syncLevel: 3}, ['-r', '--no-links', '-c']],
] as const)('options %j are those of rsync', (options, words) => {
  expect(rsyncOptions(aCopy(options).options)).toEqual(words);
});

test('progress is what was moved before, and the last whole record of rsync', () => {
  const said =
    '\r          32768   1%    0.00kB/s    0:00:00  \r        3000000  99%  148.94MB/s    0:00:00 (xfr#1, to-chk=2/4)';
  expect(readProgress('@ 100 2\n', said)).toEqual({bytes: 3_000_100, files: 3, rate: Math.round(148.94 * 1024 ** 2)});
  expect(readProgress('@ 100 2\n', '')).toEqual({bytes: 100, files: 2, rate: 0});
  expect(readProgress('Number of files', said)).toBeUndefined();
});
