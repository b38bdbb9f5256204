import {rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {type JobView, showJobs} from '../../../src/app/jobs/job.ts';
import type {JobId} from '../../../src/base/job-id.ts';
import {type JobStore, openJobStore} from '../../../src/ledger/job-store.ts';
import type {JobSeen} from '../../../src/scheduler/scheduler.ts';
import type {JobsStage} from '../../../src/wiring/stage.ts';
import {memoryDirectory} from '../../support/memory-directory.ts';

// pbs/batch-job.sh leaves a marker where the script is not the one that was recorded, and exits 94 (batch-job.test.ts).

const ENDED: JobSeen = {kind: 'ended', how: 'ran', exitStatus: 94, reason: 'exit status 94', name: 'one'};
const NOT_RECORDED = 'its script was not the one that was recorded, and was not run';

let home: string;
let store: JobStore;
beforeEach(() => {
  home = memoryDirectory('altered-');
  store = openJobStore(home);
});
afterEach(() => rmSync(home, {recursive: true, force: true}));

function submitted(array?: {first: number; last: number; step: number}): void {
  store.create('one', 1, 'intent', {at: 0, tag: 't', deadline: 0, essence: 'e', ...(array && {array})});
  store.create('one', 1, 'confirmed', {at: 0, job: array ? '7[].s' : '7.s'});
}

const leave = (marker: string, exit?: number) =>
  writeFileSync(join(store.directory, 'by-name', 'one', `one.1${marker}.json`), JSON.stringify({job: '7.s', exit}));

/** What is told of the job when PBS shows this of it, and of each of its members. */
async function told(seen: JobSeen): Promise<JobView | undefined> {
  const look = async (jobs: readonly JobId[]) => new Map(jobs.map((job) => [job, seen]));
  const stage = {jobs: store, scheduler: async () => ({look})} as unknown as JobsStage; // what is used of it
  return (await showJobs(stage, ['one'])).jobs[0];
}

test.each([ENDED, {kind: 'unknown'} as const])(
  'a job that found another script says so, whether PBS still knows it: $kind',
  async (seen) => {
    submitted();
    leave('.altered');
    expect(await told(seen)).toMatchObject({state: 'failed', reason: NOT_RECORDED, exitStatus: 94});
  },
);

test('so does a member of an array', async () => {
  submitted({first: 1, last: 2, step: 1});
  leave('.member-2.altered');
  leave('.member-1.end.1', 0);
  expect((await told({kind: 'unknown'}))?.reason).toContain(`[2] ${NOT_RECORDED}`);
  expect((await told(ENDED))?.reason).toContain(`[2] ${NOT_RECORDED}`);
});

test('a script that ends with that exit status itself is told as it ended', async () => {
  submitted();
  expect(await told(ENDED)).toMatchObject({state: 'failed', reason: 'exit status 94'});
});

test('what ran when the script had been put back counts, and not the marker of the start before', async () => {
  submitted();
  leave('.altered');
  leave('.end.1', 0);
  expect(await told({kind: 'unknown'})).toMatchObject({state: 'succeeded'});
  expect(await told({...ENDED, exitStatus: 0, reason: 'exit status 0'})).toMatchObject({state: 'succeeded'});
});
