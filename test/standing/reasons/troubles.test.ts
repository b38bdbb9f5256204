import {expect, test} from 'vitest';
import type {Trouble} from '../../../src/ledger/troubles.ts';
import {standingOf} from '../../../src/standing/standing-of.ts';
import type {ExtraKnowledge} from '../../../src/standing/step-facts.ts';
import {ARun, jobStep, live, NOW, SETTINGS, task, transferStep} from '../../support/a-run.ts';

// What a process of stage met at PBS or Globus is told of a run that it keeps from going on, and of no other.

const met: Trouble = {
  kind: 'monitor',
  service: 'Globus',
  code: 'TRANSFER_UNREACHABLE',
  exit: 4,
  what: 'Globus did not answer "GET /task_list"',
  why: 'the proxy 127.0.0.1:9 cannot be reached (ECONNREFUSED)',
  next: ['Nothing is lost: run the same command again later.'],
  since: NOW - 60_000,
  at: NOW - 1_000,
  host: 'node7',
  job: '12.s',
  by: 'ada@node7:4',
};

const run = new ARun([transferStep('in'), jobStep('compute', {needs: ['in']})]).task('in', 't', task('active'));
const transferOver = new ARun([transferStep('in'), jobStep('compute', {needs: ['in']})])
  .task('in', 't', task('succeeded'))
  .outcome('in', 'succeeded');

function told(of: ARun, trouble: Partial<Trouble>, known: ExtraKnowledge = {}, stagingJobs = true) {
  const view = {run: of.state, seen: of.seen(), settings: {...SETTINGS, stagingJobs}};
  return standingOf(view, {troubles: [{...met, ...trouble}], by: 'ada@login:1', ...known});
}
const codes = (...asked: Parameters<typeof told>) => told(...asked).reasons.map(({code}) => code);

test('a monitor that cannot reach Globus is told of with its words, its time, its job and its host', () => {
  const {reasons, line, troubles} = told(run, {});
  expect(reasons).toMatchObject([
    {
      standing: 'trouble',
      code: 'JOBS_CANNOT_REACH_GLOBUS',
      what: expect.stringMatching(/^the monitor cannot reach Globus: tried last .* \(job 12\.s, on node7\)$/),
      why: expect.stringContaining('the proxy 127.0.0.1:9 cannot be reached'),
      next: [expect.stringContaining('stage doctor --job'), expect.stringContaining('stage status')],
      since: met.since,
    },
  ]);
  expect(line).toMatch(/^the monitor cannot reach Globus .*in is transferring$/);
  expect(troubles).toHaveLength(1);
});

test('one that cannot sign in waits for a person', () => {
  const next = ['Sign in: stage login'];
  expect(told(run, {code: 'SIGN_IN_NEEDED', exit: 3, next}).reasons).toMatchObject([
    {standing: 'action', code: 'JOBS_CANNOT_SIGN_IN', next: expect.arrayContaining(next)},
  ]);
});

test('it is told of while the run has work that needs that service', () => {
  expect(codes(transferOver, {})).toEqual([]);
  expect(codes(transferOver, {service: 'PBS', code: 'SCHEDULER_UNREACHABLE'})).toEqual(['JOBS_CANNOT_REACH_PBS']);
});

test('a monitor that looked since, and did not meet it, ends it; the one that met it does not', () => {
  expect(codes(run, {}, {lastLook: {at: met.at + 1, by: 'ada@node8:9'}})).toEqual([]);
  expect(codes(run, {}, {lastLook: {at: met.at - 500, by: 'ada@node8:9'}})).toEqual(['JOBS_CANNOT_REACH_GLOBUS']);
  expect(codes(run, {}, {lastLook: {at: met.at + 1, by: met.by}})).toEqual(['JOBS_CANNOT_REACH_GLOBUS']);
});

test('what was met before the run began is no matter of the run', () => {
  expect(codes(run, {at: run.state.spec.createdAt - 1})).toEqual([]);
});

test.each([
  ['a launcher of the run', {kind: 'launcher', run: run.state.spec.run}, true, 1],
  ['a launcher of another run', {kind: 'launcher', run: 'other.1'}, true, 0],
  ['cron', {kind: 'tick'}, true, 1],
  ['a command, where jobs look', {kind: 'command'}, true, 0],
  ['a command, where nothing but commands looks', {kind: 'command'}, false, 1],
  ['this very process, which tells it itself', {kind: 'tick', by: 'ada@login:1'}, true, 0],
] as const)('%s', (_, who, stagingJobs, reasons) => {
  expect(codes(run, who, {}, stagingJobs)).toHaveLength(reasons);
});

test('a run that has ended is past it', () => {
  const over = new ARun([jobStep('compute')]).job('compute.1', '1.s', live('running')).outcome('compute', 'succeeded');
  expect(codes(over, {service: 'PBS'})).toEqual([]);
});
