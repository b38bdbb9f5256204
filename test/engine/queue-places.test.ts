import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {JobId} from '../../src/base/job-id.ts';
import type {Action, SubmitJob} from '../../src/engine/plan/actions.ts';
import {placeForWork} from '../../src/engine/plan/limits/place-for-work.ts';
import {claimOf, learntLimit, placesTaken, queueLimit} from '../../src/engine/plan/limits/queue-limit.ts';
import {QueuePlaces} from '../../src/engine/queue-places.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import {ARun, ended, HELD, jobStep, live, SETTINGS, transferStep, UNKNOWN} from '../support/a-run.ts';

const run = 'r.1' as RunId;
const submission = (step: string, role: SubmitJob['role'] = 'job'): SubmitJob => ({
  do: 'submit-job',
  step,
  attempt: 1,
  role,
  serial: 1,
  hold: false,
  dependencies: [],
  why: '',
});
const names = (actions: readonly Action[]) => actions.map(({step}) => step).join(' ');

test('two places are kept for monitors, and one for the sentinel of each job', () => {
  const places = new QueuePlaces(queueLimit(6));
  expect(names(places.grant(run, [submission('a'), submission('b'), submission('c')]))).toBe('a b');
  expect(names(places.grant(run, [submission('a', 'sentinel'), submission('d', 'launcher')]))).toBe('a');
});

test('jobs that stand in the queue count, with their sentinels; those that have ended and the monitor do not', () => {
  const monitor = '9.s' as JobId;
  const link = {generation: 1, tag: 't', startAt: 0, deadline: 0, job: monitor, neverArrived: false, unwanted: false};
  const known = new ARun([jobStep('a'), jobStep('b'), jobStep('c')])
    .job('a.1.job', '1.s', live('queued'))
    .job('a.1.sentinel', '2.s', live('held'), {dependsOn: ['1.s']})
    .job('b.1.job', '3.s', ended(0))
    .job('b.1.sentinel', '4.s', live('running'), {dependsOn: ['3.s']})
    .job('c.1.job', '5.s', live('queued'))
    .job('c.2.job', '6.s', UNKNOWN);
  known.jobs.set(monitor, live('waiting')).set('7.s' as JobId, live('running'));
  expect(placesTaken([known.state], known.seen(), link)).toEqual([
    {key: 'r.1 a.1.job', amount: 2},
    {key: 'r.1 b.1.sentinel', amount: 1},
    {key: 'r.1 c.1.job', amount: 2},
    {key: '7.s', amount: 1},
  ]);
});

test('what PBS was not asked about has its place: it may be there', () => {
  const known = new ARun([jobStep('a'), jobStep('b'), jobStep('c'), jobStep('d')])
    .fact('a.1.job.intent', {tag: 'lost', hold: false, dependsOn: [], deadline: 0})
    .fact('b.1.job.intent', {tag: 'none', hold: false, dependsOn: [], deadline: 0})
    .job('c.1.job', '3.s', ended(0))
    .job('c.1.sentinel', '4.s', undefined, {dependsOn: ['3.s']})
    .fact('d.1.job.intent', {tag: 'refused', hold: false, dependsOn: [], deadline: 0})
    .fact('d.1.job.refused', {why: 'no', retry: true});
  known.tags.set('none', null);
  expect(placesTaken([known.state], known.seen(), undefined)).toEqual([
    {key: 'r.1 a.1.job', amount: 2},
    {key: 'r.1 c.1.sentinel', amount: 1},
  ]);
});

test('a job that was submitted in this look and is shown by PBS counts once', () => {
  const places = new QueuePlaces(queueLimit(6));
  places.grant(run, [submission('a')]);
  places.sees([{key: 'r.1 a.1.job', amount: 2}]);
  expect(names(places.grant(run, [submission('b'), submission('c')]))).toBe('b');
});

test('what PBS did not take gives its places back', () => {
  const places = new QueuePlaces(queueLimit(4));
  const [a, b] = [submission('a'), submission('b')];
  expect(names(places.grant(run, [a, b]))).toBe('a');
  places.release(a);
  expect(names(places.grant(run, [b]))).toBe('b');
});

test('a job that waits leaves the places of one job that may begin', () => {
  const places = new QueuePlaces(queueLimit(6));
  const held = {...submission('held'), hold: true};
  const other = {...submission('other'), dependencies: [{type: 'afterok' as const, jobs: ['1.s' as JobId]}]};
  expect(names(places.grant(run, [held, other, submission('a'), submission('b')]))).toBe('held a');
  expect(places.waiting).toBe(2);
});

test('where the limit is too small for a job and those that look, jobs go one by one', () => {
  const places = new QueuePlaces(queueLimit(1));
  expect(names(places.grant(run, [submission('a'), submission('b')]))).toBe('a');
  expect(names(places.grant(run, [submission('a', 'sentinel')]))).toBe('');
});

test('actions that submit nothing need no place, and keep their turn', () => {
  const places = new QueuePlaces(queueLimit(3));
  const release: Action = {do: 'release-job', step: 'r', key: 'r.1.job', job: '1.s' as JobId, why: ''};
  expect(names(places.grant(run, [submission('a'), release, submission('b')]))).toBe('a r');
});

const role = fc.constantFrom<SubmitJob['role']>('job', 'job', 'sentinel', 'launcher', 'wait');

test('however a look goes, its jobs and their sentinels leave the places of monitors free, or one job is there alone', () => {
  fc.assert(
    fc.property(
      fc.integer({min: 1, max: 12}),
      fc.nat(6),
      fc.array(fc.record({roles: fc.array(role, {maxLength: 4}), refused: fc.nat(15)}), {maxLength: 6}),
      (maxQueued, queued, batches) => {
        const places = new QueuePlaces(queueLimit(maxQueued));
        places.sees(Array.from({length: queued}, (_, at) => ({key: `${at}`, amount: 1})));
        const submitted: SubmitJob[] = [];
        for (const {roles, refused} of batches) {
          const granted = places.grant(
            run,
            roles.map((each, at) => submission(`${at}`, each)),
          );
          for (const [at, action] of granted.entries()) {
            // What PBS refuses takes no place.
            if ((refused >> at) % 2 === 1) places.release(action);
            else if (action.do === 'submit-job') submitted.push(action);
          }
        }
        const claiming = submitted.filter((action) => claimOf(action, '').amount > 0);
        const claimed = claiming.reduce((all, action) => all + claimOf(action, '').amount, 0);
        if (claiming.length > 1 || (claiming.length === 1 && queued > 0))
          expect(queued + claimed).toBeLessThanOrEqual(maxQueued - 2);
      },
    ),
  );
});

describe('what is learnt when PBS refuses a job for room, and has told no limit,', () => {
  const MINUTE = 60_000;
  const refusal = (at: number, inQueue?: number) => ({at, inQueue: inQueue as never, why: 'no room', retry: true});

  test('is how many jobs of ours it had then; it is tried again after a while', () => {
    const learnt = (minutes: number) => learntLimit([], [refusal(0, 5), refusal(0, 3), refusal(0)], minutes * MINUTE);
    expect([learnt(1), learnt(74), learnt(75)]).toEqual([3, 3, undefined]);
    expect(learntLimit([], [refusal(0, 3), refusal(2 * MINUTE, 5)], 3 * MINUTE), 'the newest counts').toBe(5);
  });

  test('keeps out jobs that would wait in the queue, and no others', () => {
    const places = new QueuePlaces(queueLimit(Number.POSITIVE_INFINITY), 5);
    const held = {...submission('held'), hold: true};
    expect(names(places.grant(run, [submission('a'), submission('b'), held, submission('c')]))).toBe('a b c');
    expect([places.waiting, places.keptOut]).toEqual([1, 1]);
  });

  const full = (...more: Parameters<ARun['job']>[]) => {
    const known = new ARun([transferStep('in'), jobStep('waits', {needs: ['in']}), jobStep('free'), jobStep('works')])
      .job('waits.1.job', '1.s', HELD, {hold: true})
      .fact('free.1.job.intent', {tag: 't', hold: false, dependsOn: [], deadline: 0})
      .fact('free.1.job.refused', {why: 'no room', retry: true, inQueue: 3});
    for (const one of more) known.job(...one);
    return placeForWork([known.state], known.seen(), SETTINGS);
  };

  test('a job that waits is given up for one that may begin, unless one works whose end leaves a place', () => {
    expect(full()).toMatchObject({action: {do: 'delete-job', step: 'waits', job: '1.s'}});
    expect(full(['works.1.job', '2.s', live('running')])).toBeUndefined();
    expect(full(['works.1.job', '2.s', live('queued')])).toBeUndefined();
    expect(full(['works.1.job', '2.s']), 'not looked at yet').toBeUndefined();
  });

  test('one that a person holds is left alone', () => {
    const byAnn = live('held', {userHold: true, comment: 'Job held by ann on Mon Nov 30 16:25:20 2026'});
    expect(full(['waits.1.job', '1.s', byAnn, {hold: true}])).toBeUndefined();
  });

  test('so is one that an operator holds: the one in its place would be free', () => {
    const byOperator = live('held', {userHold: true, otherHold: true, holds: ['user', 'operator']});
    expect(full(['waits.1.job', '1.s', byOperator, {hold: true}])).toBeUndefined();
    const alone = live('held', {otherHold: true, holds: ['operator']});
    expect(full(['waits.1.job', '1.s', alone, {dependsOn: ['9.s']}])).toBeUndefined();
  });
});
