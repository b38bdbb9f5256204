import {setTimeout as pause} from 'node:timers/promises';
import type {Core} from '../core.ts';
import {killRun, processesOf, signalJob} from '../processes/end-processes.ts';
import {forget} from '../store/history.ts';
import {ownMilliseconds} from '../store/settings.ts';
import {SIGTERM} from './ending.ts';
import {backToQueue} from './requeue-job.ts';

/** how often left-over processes are looked at */
const LOOK_MS = 50;

/** End running jobs. Those that may run again are requeued, as after the full stop of a real server. */
export async function endRunningJobs(core: Core): Promise<void> {
  const running = [...core.jobs.values()].filter((job) => job.state === 'R');
  for (const job of running) signalJob(core, job, SIGTERM);
  const until = Date.now() + ownMilliseconds(core.settings, 'stage_delete_grace');
  while (Date.now() < until && running.some((job) => processesOf(core, job).length > 0)) await pause(LOOK_MS);
  for (const job of running) {
    killRun(core, job);
    if (job.ending || !job.rerunnable) continue;
    backToQueue(core, job, undefined);
  }
}

/** Delete every job without a trace. @returns how many there were */
export function wipe(core: Core): number {
  const count = [...core.jobs.values()].filter((job) => job.parent === undefined).length;
  // An array takes the records of its subjobs along.
  for (const job of core.jobs.values()) if (job.state === 'R') killRun(core, job);
  for (const job of [...core.jobs.values()]) {
    core.tell(job.id, {exitCode: 3});
    forget(core, job);
  }
  return count;
}
