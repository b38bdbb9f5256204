import {expect, test} from 'vitest';
import {explanationsOf} from '../../../src/app/runs/why/explanations.ts';
import {explainRoute} from '../../../src/app/shared/route-knowledge.ts';
import type {QueueSeen} from '../../../src/scheduler/site.ts';
import {standingOf} from '../../../src/standing/standing-of.ts';
import {ARun, jobStep, NOW, SETTINGS} from '../../support/a-run.ts';

const SERVER = {name: 'pbs', historyKept: true, defaultQueue: 'route'};
const queue = (name: string, more: Partial<QueueSeen> = {}): QueueSeen => ({
  name,
  enabled: true,
  started: true,
  routing: false,
  access: 'open',
  ...more,
});
const route = queue('route', {routing: true, destinations: ['short', 'long']});
const wish = {whose: {step: 'c'}, resources: {walltime: '20:00:00'}};

test('a job that no destination takes is told what each of them refuses', () => {
  const queues = [
    route,
    queue('short', {resourcesMax: {walltime: '01:00:00'}}),
    queue('long', {resourcesMax: {walltime: '10:00:00'}}),
  ];
  const told = explainRoute(wish, SERVER, queues);
  expect(told?.why).toMatch(/^route is a routing queue \(to short, long\).*short.*01:00:00.*long.*10:00:00/);
  expect(told?.next.length).toBeGreaterThan(0);
});

test('where nothing is known against the job, it is told whom to ask', () => {
  const told = explainRoute({...wish, queue: 'route@pbs'}, SERVER, [route, queue('short'), queue('long')]);
  expect(told?.why).toMatch(/routing queue/);
  expect(told?.next).toEqual(['See what they accept: qstat -Q -f short long']);
});

test('of a queue that runs jobs itself there is nothing to tell', () => {
  expect(explainRoute({...wish, queue: 'short'}, SERVER, [route, queue('short')])).toBeUndefined();
  expect(explainRoute({...wish, queue: 'gone'}, SERVER, [route])).toBeUndefined();
});

test('"why" of a job that was lost too often says what its routing queue makes of it', () => {
  const run = new ARun([jobStep('c')]);
  for (const attempt of [1, 2, 3, 4, 5])
    run.fact(`c.${attempt}.outcome`, {state: 'lost', why: 'PBS no longer knows it'});
  const routes = new Map([['c', {why: 'no destination of routing queue route accepts it', next: ['Ask for less.']}]]);
  const view = {run: run.state, seen: run.seen(NOW), settings: SETTINGS};
  const [told] = explanationsOf(standingOf(view, {routes}), undefined);
  expect(told).toMatchObject({
    code: 'JOB_LOST_TOO_OFTEN',
    why: 'PBS no longer knows it; no destination of routing queue route accepts it',
    next: ['Ask for less.', expect.stringContaining('stage run')],
  });
  const [alone] = explanationsOf(standingOf(view), undefined);
  expect(alone?.next[0]).toMatch(/^Find out who/);
});
