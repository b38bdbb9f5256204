import {readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {JobId} from '../../src/base/job-id.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {openJobStore} from '../../src/ledger/job-store.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import {crashPointsInDirectory} from '../../src/submission/crash-points-on-disk.ts';
import {CLASSIC, specOf} from '../support/a-run.ts';
import {profileOf} from '../support/fake-stage.ts';
import {type FakeWorld, fakeWorld} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';
import {exploreMonitors} from '../support/monitor-deaths.ts';
import {exploreJob, singleJob} from '../support/single-job.ts';

let directory: string;
beforeEach(() => {
  directory = memoryDirectory('crash-points-');
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

const sides = (world: FakeWorld, side: string) =>
  world.effects.flatMap((point) => (point.startsWith(side) ? [point.slice(side.length)] : []));

test('every effect of a look has a point before it and one after it, named after whose it is', async () => {
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf(CLASSIC);
  openLedger(directory).createRun(number, spec, new Map());
  const world = fakeWorld(directory);
  await reconcile(world.context(), {rebuild: true});
  expect(world.effects).toEqual(
    expect.arrayContaining([
      'before fact compute.1.job.intent',
      'after qsub compute.1.job',
      'after qsub stage-out.1.launcher',
      'before submission_id',
      'before transfer stage-in.1',
      'after fact stage-in.1.transfer.confirmed',
      'before qsub monitor',
      'after fact monitor.confirmed',
    ]),
  );
  expect(sides(world, 'before ').sort()).toEqual(sides(world, 'after ').sort());
});

describe('a single job', () => {
  const profile = profileOf('{transfer: local}');

  test('has a point at every effect of its submission, as a job of a run has', async () => {
    const {world, submit} = singleJob(directory, profile);
    await submit();
    const effects = ['fact job.intent', 'qsub job', 'fact job.index', 'fact job.confirmed'];
    expect(world.effects).toEqual(effects.flatMap((effect) => [`before ${effect}`, `after ${effect}`]));
  });

  test('that waits for another one has points where it is seen to be kept, too', async () => {
    const {world, submit} = singleJob(directory, profile);
    const {job} = await submit({name: 'first'});
    const before = world.effects.length;
    await submit({after: {afterok: [job], afternotok: [], afterany: []}});
    expect(world.effects.slice(before)).toEqual(
      expect.arrayContaining(['after fact job.confirmed', 'before fact job.checked', 'after fact job.checked']),
    );
  });

  test('killed at any effect, and once more at any effect of the repetition, is one job with one id', async () => {
    const {played, wrongs} = await exploreJob(directory, profile);
    expect(wrongs).toEqual([]);
    expect(played).toBeGreaterThan(30);
  });

  test('that PBS takes late, after it was given up, is not adopted, and never runs beside the one in its place', async () => {
    const {world, submit} = singleJob(directory, profile);
    world.scheduler.answerNext = {kind: 'unclear', why: 'timeout'};
    await expect(submit()).rejects.toMatchObject({code: 'SUBMISSION_UNCLEAR', exit: 4});
    const {job} = await submit();
    const store = openJobStore(directory);
    expect(store.newest('one')).toMatchObject({number: 2, job});
    expect(store.read('one', 1)).toMatchObject({neverArrived: true});
    expect(JSON.parse(readFileSync(`${store.prefix('one', 1)}.claim.json`, 'utf8'))).toEqual({dropped: true});
  });

  test('that began although its answer was lost is found by its own word, when PBS has forgotten it already', async () => {
    const {world, submit} = singleJob(directory, profile);
    world.scheduler.answerNext = {kind: 'unclear', why: 'timeout'};
    await expect(submit()).rejects.toMatchObject({code: 'SUBMISSION_UNCLEAR'});
    writeFileSync(`${openJobStore(directory).prefix('one', 1)}.claim.json`, '{"job":"7.s"}\n');
    expect(await submit()).toEqual({job: '7.s' as JobId, name: 'one', submitted: false});
    expect([...world.scheduler.jobs]).toEqual([]);
  });
});

describe('the monitor chain', () => {
  test('killed at any effect, and started again, has one job a link, does not split, and brings its run to the end', async () => {
    const {effects, played, wrongs} = await exploreMonitors(directory);
    expect(wrongs).toEqual([]);
    expect(played).toBeGreaterThan(20);
    const each = ['fact monitor.intent', 'qsub monitor', 'fact monitor.confirmed', 'fact monitor.look'];
    const atLast = ['fact monitor.unwanted', 'qdel monitor'];
    expect(effects).toEqual(
      expect.arrayContaining([...each, ...atLast].flatMap((effect) => [`before ${effect}`, `after ${effect}`])),
    );
  });
});

/**
 * Who asks PBS for a job, or Globus for a task. What goes through src/submission has crash points and is done once;
 * whatever else asks must say here why it need not be.
 */
const ASKS_BESIDE_SUBMISSION: Readonly<Record<string, string>> = {
  'doctor.ts': 'a trial job, which does nothing and is deleted',
  'submit-once.ts': 'the person keeps the submission id: "stage transfer submission-id"',
  'probe-destinations.ts': 'a question that Globus is to refuse, to learn whether it would',
};

test('nothing else asks PBS for jobs or Globus for tasks but what is known to', () => {
  const source = join(import.meta.dirname, '../../src');
  const wraps =
    /^(stand-ins|submission|wiring|scheduler\/pbs|transfer\/globus)\/|^engine\/(circuit-breaker|queue-count)\.ts$|^transfer\/by-way\.ts$/;
  const asking = readdirSync(source, {recursive: true, encoding: 'utf8'})
    .filter((file) => file.endsWith('.ts') && !wraps.test(file))
    .filter((file) => /\.submit\(/.test(readFileSync(join(source, file), 'utf8')));
  expect(asking.map((file) => basename(file)).sort()).toEqual(Object.keys(ASKS_BESIDE_SUBMISSION).sort());
});

test('what is told to another run, or to another point, is left standing, and what is reached is written down', () => {
  writeFileSync(join(directory, '.record'), '');
  for (const told of ['before seal of b.1', 'after seal of a.1', 'after seal'])
    writeFileSync(join(directory, told), '');
  const reach = crashPointsInDirectory(directory);
  reach('before seal', 'a.1');
  reach('before fact monitor.look');
  expect(readdirSync(directory).filter((name) => !name.startsWith('.'))).toHaveLength(3);
  const seen = readFileSync(join(directory, '.seen', String(process.pid)), 'utf8');
  expect(seen).toBe('before seal of a.1\nbefore fact monitor.look\n');
});
