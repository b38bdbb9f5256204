import {expect, test} from 'vitest';
import type {JobId} from '../../src/base/job-id.ts';
import {renderTime} from '../../src/base/units.ts';
import type {MonitorLink} from '../../src/ledger/monitor-link.ts';
import type {JobSeen} from '../../src/scheduler/scheduler.ts';
import {chainDocument, chainInWords, chainStanding} from '../../src/standing/chain-standing.ts';
import {live, NOW} from '../support/a-run.ts';

const MINUTE = 60_000;
const LAST = {at: NOW - MINUTE, tasks: {}, nextAt: NOW + MINUTE, by: 'ada@node7:12', job: '8.s' as JobId};
const newest: MonitorLink = {
  generation: 3,
  tag: 'm',
  startAt: NOW + MINUTE,
  deadline: 0,
  job: '9.s' as JobId,
  neverArrived: false,
  unwanted: false,
};
const seenAt = (job?: JobSeen) => ({
  now: NOW,
  jobs: new Map(job ? [['9.s' as JobId, job.kind === 'live' ? {tag: 'm', ...job} : job]] : []),
  tasks: new Map(),
  tags: new Map(),
});
const asked = (job?: JobSeen) => chainStanding({last: LAST, newest, seen: seenAt(job), asked: true});
const onRecord = (link: Partial<MonitorLink> | undefined, last: typeof LAST | null = LAST) =>
  chainStanding({last: last ?? undefined, newest: link && {...newest, ...link}, seen: seenAt(), asked: false});

test('it says who looked last and when, and which job looks next', () => {
  const chain = asked(live('waiting', {startAt: NOW + 2 * MINUTE}));
  expect(chainInWords(chain)).toEqual([
    `monitors: last look ${renderTime(LAST.at)} (job 8.s, on node7); next look ${renderTime(NOW + 2 * MINUTE)} (job 9.s, waiting)`,
  ]);
  expect(chainInWords(chainDocument(chain))).toEqual(chainInWords(chain));
});

test('a monitor that PBS does not start is shown with its comment', () => {
  expect(asked(live('queued', {comment: 'Not Running: Queue not started.'})).nextLook).toMatchObject({
    state: 'queued',
    comment: 'Not Running: Queue not started.',
  });
  expect(asked(live('waiting', {comment: 'an old one'})).nextLook?.comment).toBeUndefined();
});

test('a chain that is broken says why, and what to do', () => {
  const gap = {certain: true, why: 'the last one is gone from the queue'};
  const lines = chainInWords(chainStanding({last: LAST, newest, seen: seenAt(), gap, asked: true}));
  expect(lines[0]).toContain('nothing looks by itself: the last one is gone from the queue');
  expect(lines.slice(1).join()).toContain('cron');
  expect(asked().broken).toBeUndefined();
});

test('without a question to PBS, what is on record tells whether it is broken', () => {
  expect(onRecord({})).toMatchObject({nextLook: {job: '9.s', at: NOW + MINUTE}, broken: undefined});
  expect(onRecord(undefined).broken?.why).toBe('none was submitted');
  expect(onRecord({refused: {at: 0, why: 'no', retry: false}}).broken?.why).toBe('PBS accepted none: no');
  expect(onRecord({startAt: NOW - 11 * MINUTE}).broken?.why).toMatch(/job 9\.s\) was due .*, and has not looked/);
  expect(onRecord({startAt: NOW - 9 * MINUTE}).broken).toBeUndefined();
  expect(onRecord({startAt: NOW - 11 * MINUTE, job: LAST.job})).toMatchObject({broken: undefined, nextLook: undefined});
});

test('before the first look it says so', () => {
  expect(chainInWords(onRecord({}, null))[0]).toMatch(/^monitors: no look yet; next look/);
});

test('a monitor that was deleted since nothing was left to look at leaves no gap: a held run waits for its person', () => {
  expect(onRecord({unwanted: true})).toMatchObject({broken: undefined, nextLook: undefined});
});
