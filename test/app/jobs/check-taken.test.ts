import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {isKept} from '../../../src/app/jobs/check-taken.ts';
import type {JobId} from '../../../src/base/job-id.ts';
import {type JobStore, type NamedJob, openJobStore} from '../../../src/ledger/job-store.ts';
import type {JobSeen} from '../../../src/scheduler/scheduler.ts';

const JOB = '7.s' as JobId; // made up: only its identity counts

const TIME = {clock: () => 0, sleep: async () => {}};

let home: string;
let store: JobStore;
let looks: number;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'check-taken-'));
  store = openJobStore(home);
  looks = 0;
});
afterEach(() => rmSync(home, {recursive: true, force: true}));

const HELD: JobSeen = {kind: 'live', state: 'held', userHold: false, otherHold: true, name: 'j', queue: 'q'};
const REMOVED: JobSeen = {kind: 'ended', how: 'removed', reason: 'removed because of a dependency', name: 'j'};
const RAN: JobSeen = {kind: 'ended', how: 'ran', exitStatus: 1, reason: 'exit status 1', name: 'j'};
const DELETED: JobSeen = {kind: 'ended', how: 'deleted', reason: 'deleted before it started', name: 'j'};
const AWAY: JobSeen = {kind: 'no-evidence', why: 'PBS is away'};
const UNKNOWN: JobSeen = {kind: 'unknown'};

function submitted(change: Readonly<Record<string, unknown>> = {dependsOn: ['6.s']}): void {
  store.create('one', 1, 'intent', {at: 0, tag: 's-job.one.1.w', deadline: 0, essence: 'e', ...change});
  store.create('one', 1, 'confirmed', {at: 0, job: JOB});
}

async function check(...answers: JobSeen[]): Promise<boolean> {
  const look = async () => new Map([[JOB, answers[Math.min(looks++, answers.length - 1)] ?? AWAY]]);
  const one = store.newest('one') as NamedJob; // submitted() confirmed it
  return isKept(store, {look}, one, TIME);
}

test.each([
  ['still there at the second look', true, [HELD, HELD]],
  ['gone between the looks', false, [HELD, REMOVED]],
  ['removed by its dependency', false, [REMOVED]],
  ['unknown', false, [UNKNOWN]],
  ['run and ended', true, [RAN]],
  ['deleted by a person', true, [DELETED]],
  ['not to be asked for', true, [AWAY]],
])('a job that is %s: kept is %s', async (_, kept, answers) => {
  submitted();
  expect(await check(...answers)).toBe(kept);
  expect(store.newest('one')?.givenUp).toBe(!kept);
});

test('a job that PBS has forgotten after it began has not been dropped', async () => {
  submitted();
  writeFileSync(join(store.directory, 'by-name', 'one', 'one.1.claim.json'), '{"job":"7.s"}');
  expect(await check(UNKNOWN)).toBe(true);
});

test('an array that PBS has forgotten has been dropped unless one of its members began', async () => {
  submitted({dependsOn: ['6.s'], array: {first: 1, last: 3, step: 1}});
  writeFileSync(join(store.directory, 'by-name', 'one', 'one.1.member-2.claim.json'), '{"job":"7[2].s"}');
  expect(await check(UNKNOWN)).toBe(true);
});

test('what was found first counts: a job that its dependency removes later was submitted all the same', async () => {
  submitted();
  expect(await check(HELD)).toBe(true);
  expect(await check(REMOVED)).toBe(true);
  expect(looks).toBe(2);
});

test('while PBS cannot be queried nothing is put on record, and the next call looks again', async () => {
  submitted();
  expect(await check(AWAY)).toBe(true);
  expect(await check(AWAY, AWAY, REMOVED)).toBe(false);
});

test('a process that died after its claim: the next one drops the job, too', async () => {
  submitted();
  const one = store.newest('one') as NamedJob; // submitted() confirmed it
  expect(store.takeClaim(one.name, one.number)).toBe(true);
  expect(await check(UNKNOWN)).toBe(false);
});

test('a job without dependencies is not looked at', async () => {
  submitted({dependsOn: []});
  expect(await check(REMOVED)).toBe(true);
  expect(looks).toBe(0);
});
