import {writeFileSync} from 'node:fs';
import {userInfo} from 'node:os';
import {dirname, join} from 'node:path';
import type {JobId} from '../../src/base/job-id.ts';
import {ensureDirectory} from '../../src/disk/directories.ts';
import {fileCache} from '../../src/disk/file-cache.ts';
import {createRunCommand} from '../../src/process/run-command.ts';
import {REMEMBERED} from '../../src/scheduler/pbs/capabilities.ts';
import {createPbsScheduler} from '../../src/scheduler/pbs/pbs-scheduler.ts';
import {patience} from '../support/batch-system.ts';
import {FakeScheduler, requestOf} from '../support/fakes.ts';
import {SimulatedPbs} from '../support/simulated-pbs.ts';
import {localWorld} from '../support/world.ts';
import {type SchedulerWorld, schedulerContract} from './scheduler.ts';

// Real processes: the adapter is held to the contract over the commands of a PBS.

const NOBODY = '987654.nobody' as JobId; // an id is read from PBS; this one never was

/** In memory: what the tests of the engine talk to. */
async function fake(): Promise<SchedulerWorld> {
  const scheduler = new FakeScheduler();
  return {
    scheduler,
    patience: 1,
    keepsHistory: true,
    nobody: NOBODY,
    request: (name, more = {}) => requestOf('job.sh', name, more),
    async finish(_, job, exitStatus) {
      scheduler.finish(job, exitStatus);
    },
    away: {
      begin: async () => {
        scheduler.down = true;
      },
      end: async () => {
        scheduler.down = false;
      },
    },
    close: async () => {},
  };
}

/** In memory, with what dependencies, holds and deletions do to each other: what the properties of the engine run on. */
async function simulated(): Promise<SchedulerWorld> {
  const scheduler = new SimulatedPbs(Date.now);
  return {
    scheduler,
    patience: 1,
    keepsHistory: true,
    nobody: NOBODY,
    request: (name, more = {}) => requestOf('job.sh', name, more),
    async finish(_, id, exit) {
      const job = scheduler.jobs.get(id);
      if (!job || !scheduler.isReady(job)) throw new Error(`job ${id} may not start`);
      scheduler.start(job);
      scheduler.end(job, exit);
    },
    away: {
      begin: async () => {
        scheduler.down = true;
      },
      end: async () => {
        scheduler.down = false;
      },
    },
    close: async () => {},
  };
}

/** The adapter, over the commands of a PBS: the stand-in's, or, in "npm run test:pbs", those on PATH. */
async function commands(): Promise<SchedulerWorld> {
  const world = await localWorld({ownProcesses: true});
  await world.stage('status'); // starts the stand-in where there is one
  const binDirectory = world.shared ? undefined : join(world.home, 'stand-ins', 'bin');
  const run = createRunCommand({binDirectory});
  const scheduler = createPbsScheduler({
    run,
    timeoutMs: 10_000 * patience,
    user: userInfo().username,
    cache: fileCache(join(world.root, 'cache', 'scheduler.json'), REMEMBERED, ensureDirectory),
  });
  const {server} = world;
  const shown = await world.pbs('qstat', '-B', '-f');
  const name = /^Server: (\S+)/m.exec(shown.stdout)?.[1] ?? 'server';
  const told = (of: string) => join(world.work, `${of}.exit`);
  return {
    scheduler,
    patience,
    keepsHistory: await world.keepsHistory(),
    nobody: `987654.${name}` as JobId,
    request(of, more = {}) {
      const script = world.write(
        `${of}.sh`,
        `#!/bin/sh\nuntil [ -s '${told(of)}' ]; do sleep 0.2; done\nexit "$(cat '${told(of)}')"\n`,
      );
      return requestOf(script, of, {workdir: dirname(script), stdout: join(world.work, `${of}.out`), ...more});
    },
    async finish(of, job, exit) {
      writeFileSync(told(of), `${exit}\n`);
      await world.waitFor(
        `job ${job} ended`,
        async () => {
          const seen = (await scheduler.look([job])).get(job);
          return seen?.kind === 'ended' || seen?.kind === 'unknown';
        },
        {seconds: 30},
      );
    },
    away: server && {begin: server.stop, end: server.start},
    close: () => world.close(),
  };
}

if (process.env.STAGE_TEST_PBS !== '1') {
  schedulerContract('the fake', fake);
  schedulerContract('the simulated PBS', simulated);
}
schedulerContract('the PBS adapter and its commands', commands);
