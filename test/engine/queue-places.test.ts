import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {JobId} from '../../src/base/job-id.ts';
import type {Action, SubmitJob} from '../../src/engine/plan/actions.ts';
import {placesOf, placesTaken, queueLimit} from '../../src/engine/plan/queue-limit.ts';
import {QueuePlaces} from '../../src/engine/queue-places.ts';
import type {JobSeen} from '../../src/scheduler/scheduler.ts';
import {ended, live, NOW} from '../support/a-run.ts';

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
  expect(names(places.grant([submission('a'), submission('b'), submission('c')]))).toBe('a b');
  expect(names(places.grant([submission('a', 'sentinel'), submission('d', 'launcher')]))).toBe('a');
});

test('jobs that stand in the queue count, those that have ended and the monitor do not', () => {
  const monitor = '9.s' as JobId;
  const jobs = new Map<JobId, JobSeen>([
    ['1.s' as JobId, live('queued')],
    ['2.s' as JobId, ended(0)],
    [monitor, live('waiting')],
  ]);
  const link = {generation: 1, tag: 't', startAt: 0, deadline: 0, job: monitor, neverArrived: false, unwanted: false};
  const taken = placesTaken({now: NOW, jobs, tasks: new Map(), tags: new Map()}, link);
  expect(taken).toEqual([{key: '1.s', amount: 1}]);
  const places = new QueuePlaces(queueLimit(5));
  places.sees(taken);
  expect(names(places.grant([submission('a'), submission('b', 'launcher')]))).toBe('a');
});

test('what PBS did not take gives its places back', () => {
  const places = new QueuePlaces(queueLimit(4));
  const [a, b] = [submission('a'), submission('b')];
  expect(names(places.grant([a, b]))).toBe('a');
  places.release(a);
  expect(names(places.grant([b]))).toBe('b');
});

test('where the limit is too small for a job and those that look, jobs go one by one', () => {
  const places = new QueuePlaces(queueLimit(1));
  expect(names(places.grant([submission('a'), submission('b')]))).toBe('a');
  expect(names(places.grant([submission('a', 'sentinel')]))).toBe('');
});

test('actions that submit nothing need no place, and keep their turn', () => {
  const places = new QueuePlaces(queueLimit(3));
  const release: Action = {do: 'release-job', step: 'r', key: 'r.1.job', job: '1.s' as JobId, why: ''};
  expect(names(places.grant([submission('a'), release, submission('b')]))).toBe('a r');
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
          const granted = places.grant(roles.map((each, at) => submission(`${at}`, each)));
          for (const [at, action] of granted.entries()) {
            // What PBS refuses takes no place.
            if ((refused >> at) % 2 === 1) places.release(action);
            else if (action.do === 'submit-job') submitted.push(action);
          }
        }
        const claiming = submitted.filter((action) => placesOf(action) > 0);
        const claimed = claiming.reduce((all, action) => all + placesOf(action), 0);
        if (claiming.length > 1 || (claiming.length === 1 && queued > 0))
          expect(queued + claimed).toBeLessThanOrEqual(maxQueued - 2);
      },
    ),
  );
});
