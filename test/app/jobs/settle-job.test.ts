import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {settleJob} from '../../../src/app/jobs/settle-job.ts';
import type {JobId} from '../../../src/base/job-id.ts';
import {type JobStore, type NamedJob, openJobStore} from '../../../src/ledger/job-store.ts';

const DEADLINE = 1_000;
const JOB = '7.s' as JobId; // made up: only its identity counts

let home: string;
let store: JobStore;
let now: number;
let questions: number;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'settle-'));
  store = openJobStore(home);
  store.create('one', 1, 'intent', {at: 0, tag: 's-job.one.1.w', deadline: DEADLINE, essence: 'e'});
  now = 0;
  questions = 0;
});
afterEach(() => rmSync(home, {recursive: true, force: true}));

/** PBS takes the job at an instant; each question is answered as it was asked, so many milliseconds later. */
async function settle(takenAt: number, askingMs: number) {
  const findByTag = async ([tag = '']: readonly string[]) => {
    questions++;
    const known = now >= takenAt;
    now += askingMs;
    return new Map(known ? [[tag, JOB]] : []);
  };
  const sleep = async (ms: number) => {
    now += ms;
  };
  return settleJob(store, {findByTag}, store.newest('one') as NamedJob /* created above */, {now: () => now, sleep});
}

test('a question that was asked before the deadline gives up no submission, however late its answer comes', async () => {
  expect(await settle(DEADLINE - 100, 5_000)).toMatchObject({job: JOB});
  expect([questions, store.newest('one')?.givenUp]).toEqual([2, false]);
});

test('a submission that PBS does not know after the deadline came to nothing', async () => {
  expect(await settle(Number.POSITIVE_INFINITY, 10)).toBeUndefined();
  expect([now > DEADLINE, store.newest('one')?.givenUp]).toEqual([true, true]);
});

test('PBS is asked ever less often, and at the deadline once more', async () => {
  const deadline = 95_000;
  store.create('one', 1, 'refused', {at: 0, why: 'made way for the next'});
  store.create('one', 2, 'intent', {at: 0, tag: 's-job.one.2.w', deadline, essence: 'e'});
  expect(await settle(Number.POSITIVE_INFINITY, 10)).toBeUndefined();
  expect(now).toBeGreaterThan(deadline);
  expect(now).toBeLessThan(deadline + 100);
  expect(questions).toBeLessThan(20);
});
