import {expect, test} from 'vitest';
import type {JobId} from '../../src/base/job-id.ts';
import type {FactValue} from '../../src/disk/facts.ts';
import {isOverdue, mayArriveLate, resolutionOf, type SubmissionRecord} from '../../src/submission/resolution.ts';
import {recordResolution, waitUntilResolved} from '../../src/submission/resolve.ts';
import type {SubmissionFactName} from '../../src/submission/submission-facts.ts';

const JOB = '7.s' as JobId; // made up: only its identity counts
const TAG = 's-x.1.w';

/** A submission in memory, as far as resolving goes, and a clock that runs while somebody sleeps or PBS answers. */
function aSubmission(deadline: number) {
  const facts = new Map<SubmissionFactName, FactValue>();
  const events: string[] = [];
  const world = {now: 0, questions: 0, begun: undefined as JobId | undefined};
  const submission = {
    create(name: SubmissionFactName, value: FactValue) {
      if (facts.has(name)) return false;
      facts.set(name, value);
      return true;
    },
    note: (event: string) => events.push(event),
  };
  const read = (): SubmissionRecord => ({
    tag: TAG,
    deadline,
    begun: world.begun,
    job: facts.get('confirmed')?.job as JobId | undefined, // put there by recordResolution()
    refused: facts.get('refused'),
    neverArrived: facts.has('never-arrived'),
  });
  /** PBS takes the job at an instant; each question is answered as it was asked, so many milliseconds later. */
  const wait = (takenAt: number, askingMs: number) =>
    waitUntilResolved(
      submission,
      read,
      {
        async findByTag([tag = '']) {
          world.questions++;
          const known = world.now >= takenAt;
          world.now += askingMs;
          return new Map(known ? [[tag, JOB]] : []);
        },
      },
      {
        clock: () => world.now,
        sleep: async (ms) => {
          world.now += ms;
        },
      },
    );
  return {world, submission, facts, events, read, wait};
}

const NEVER = Number.POSITIVE_INFINITY;

test('a question that was asked before the deadline gives up no submission, however late its answer comes', async () => {
  const {world, facts, wait} = aSubmission(1_000);
  expect(await wait(900, 5_000)).toBe(JOB);
  expect(world.questions).toBe(2);
  expect(facts.has('never-arrived')).toBe(false);
});

test('a submission that PBS does not know after the deadline came to nothing', async () => {
  const {world, facts, events, wait} = aSubmission(1_000);
  expect(await wait(NEVER, 10)).toBeUndefined();
  expect(world.now).toBeGreaterThan(1_000);
  expect(facts.get('never-arrived')).toEqual({at: world.now});
  expect(events).toEqual(['submission-given-up']);
});

test('PBS is asked ever less often, and at the deadline once more', async () => {
  const {world, wait} = aSubmission(95_000);
  expect(await wait(NEVER, 10)).toBeUndefined();
  expect(world.now).toBeGreaterThan(95_000);
  expect(world.now).toBeLessThan(95_100);
  expect(world.questions).toBeLessThan(20);
});

test('a job that says that it has begun is adopted without asking PBS, which may have forgotten it', async () => {
  const {world, facts, wait} = aSubmission(1_000);
  world.begun = JOB;
  expect(await wait(NEVER, 10)).toBe(JOB);
  expect(world.questions).toBe(0);
  expect(facts.get('confirmed')).toMatchObject({job: JOB, adopted: true});
});

test('what another process puts on record ends the waiting', async () => {
  const {submission, wait} = aSubmission(1_000);
  submission.create('refused', {at: 0, why: 'no'});
  expect(await wait(0, 10)).toBeUndefined();
});

test('while PBS cannot be queried nothing is concluded', async () => {
  const {submission, facts, read} = aSubmission(0);
  const down = async () => {
    throw new Error('down');
  };
  const time = {clock: () => 5, sleep: async () => {}};
  await expect(waitUntilResolved(submission, read, {findByTag: down}, time)).rejects.toThrow('down');
  expect(facts.size).toBe(0);
});

test('of several that resolve one submission the first counts, and only it tells people', () => {
  const {submission, events} = aSubmission(0);
  const adopted = {is: 'adopted', job: JOB} as const;
  expect([recordResolution(submission, adopted, 1), recordResolution(submission, adopted, 2)]).toEqual([true, false]);
  expect(events).toEqual(['job-adopted']);
});

test.each([
  [undefined, undefined, undefined],
  [undefined, null, 'never-arrived'],
  [undefined, JOB, 'adopted'],
  [JOB, undefined, 'adopted'],
  [JOB, null, 'adopted'],
])('begun as %s and found as %s: %s', (begun, found, is) => {
  expect(resolutionOf(begun, found)?.is).toBe(is);
});

test('a submission is overdue past its deadline while nothing is on record, and looked for an hour longer when given up', () => {
  const open: SubmissionRecord = {tag: TAG, deadline: 10, neverArrived: false};
  expect([isOverdue(open, 10), isOverdue(open, 11)]).toEqual([false, true]);
  for (const closed of [{job: JOB}, {refused: {}}, {neverArrived: true}])
    expect(isOverdue({...open, ...closed}, 11)).toBe(false);
  const givenUp = {...open, neverArrived: true};
  expect([mayArriveLate(open, 11), mayArriveLate(givenUp, 11), mayArriveLate(givenUp, 3_600_011)]).toEqual([
    false,
    true,
    false,
  ]);
});
