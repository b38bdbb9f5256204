import {existsSync, mkdtempSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {type SubmitReport, submitNamedJob} from '../../src/app/jobs/job-submit.ts';
import type {SubmitRequest} from '../../src/app/jobs/submit-request.ts';
import type {Profile} from '../../src/config/profile.ts';
import {openJobStore} from '../../src/ledger/job-store.ts';
import {Died, type FakeWorld, fakeWorld} from './fakes.ts';

/** `stage job submit --name one`, run in memory as often as a test likes. */
export interface SingleJob {
  readonly world: FakeWorld;
  /** one process that runs the command */
  submit(change?: Partial<SubmitRequest>): Promise<SubmitReport>;
}

export function singleJob(directory: string, profile: Profile): SingleJob {
  const script = join(directory, 'ok.sh');
  writeFileSync(script, '#!/bin/sh\ntrue\n');
  const world = fakeWorld(directory);
  const time = {
    clock: () => world.now,
    sleep: async (ms: number) => {
      world.now += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  return {
    world,
    submit(change = {}) {
      const {jobs, scheduler} = world.submitter();
      const stage = {profile, by: 'ada@host:1', jobs, scheduler: async () => scheduler};
      return submitNamedJob(stage, {...REQUEST, script, ...change}, time);
    },
  };
}

const REQUEST: SubmitRequest = {
  script: '',
  name: 'one',
  again: false,
  jobName: undefined,
  queue: undefined,
  account: undefined,
  project: undefined,
  resources: {},
  variables: [],
  hold: false,
  array: undefined,
  after: {afterok: [], afternotok: [], afterany: []},
  extra: [],
};

/**
 * Submit a job whose process dies at every effect there is, and once more at every effect of the repetition, or is
 * repeated by two processes at once; and let several processes submit it at once.
 *
 * @returns how many cases were played, and everything that is not as it must be: one job, one id, found by its id, and
 *   no other try of the name that could still run
 */
export async function exploreJob(
  directory: string,
  profile: Profile,
): Promise<{readonly played: number; readonly wrongs: readonly string[]}> {
  const wrongs: string[] = [];
  const fresh = () => {
    const at = mkdtempSync(join(directory, 'job-'));
    return {at, ...singleJob(at, profile)};
  };
  const judge = async (
    where: string,
    {at, world, submit}: ReturnType<typeof fresh>,
    reports: readonly SubmitReport[],
  ) => {
    const store = openJobStore(at);
    const [first] = reports;
    const jobs = [...world.scheduler.jobs.keys()];
    const again = await submit();
    const wrong = (what: string) => wrongs.push(`${where}: ${what}`);
    if (!first || reports.concat(again).some(({job}) => job !== first.job)) wrong('another id is printed');
    if (jobs.length !== 1 || jobs[0] !== first?.job) wrong(`PBS has ${jobs.length} jobs`);
    if (first && store.withIds([first.job]).get(first.job)?.name !== 'one') wrong('it is not found by its id');
    if (again.submitted) wrong('it is submitted again');
    for (let number = 1; number < (store.newest('one')?.number ?? 0); number++)
      if (!isClaimed(`${store.prefix('one', number)}.claim.json`)) wrong(`try ${number} could still run`);
  };

  const quiet = fresh();
  await quiet.submit();
  let played = 0;
  for (let first = 1; first <= quiet.world.effects.length; first++)
    for (let second = first + 1, last = second; second <= last; second++) {
      if (wrongs.length > 0) return {played, wrongs}; // one says enough
      const one = fresh();
      const report = await again(one, [first, second]);
      last = Math.max(last, one.world.effects.length);
      played += 1;
      const {effects} = one.world;
      await judge(`died at ${effects[first - 1]}, then at ${effects[second - 1]}`, one, [report]);
    }
  for (let first = 1; first <= quiet.world.effects.length; first++) {
    const one = fresh();
    one.world.dieAt = first;
    await one.submit().catch((error: unknown) => {
      if (!(error instanceof Died)) throw error;
    });
    played += 1;
    await judge(
      `died at ${one.world.effects[first - 1]}, then two at once`,
      one,
      await Promise.all([one.submit(), one.submit()]),
    );
  }
  const crowd = fresh();
  await judge('five at once', crowd, await Promise.all(Array.from({length: 5}, () => crowd.submit())));
  return {played, wrongs};
}

/** Submit until nobody dies. @param deaths numbers of effects, counted over all processes */
async function again({world, submit}: SingleJob, deaths: readonly number[]): Promise<SubmitReport> {
  const left = [...deaths];
  for (;;) {
    world.dieAt = left.shift();
    try {
      return await submit();
    } catch (error) {
      if (!(error instanceof Died)) throw error;
    }
  }
}

/** stage has claimed it, so that no job of it can run the script. */
function isClaimed(claim: string): boolean {
  return existsSync(claim) && readFileSync(claim, 'utf8').includes('"dropped":true');
}
