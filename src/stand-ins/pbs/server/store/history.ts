import {rmSync} from 'node:fs';
import {readDuration} from '../../language/durations.ts';
import type {Core} from '../core.ts';
import {jobDirectory} from '../processes/job-environment.ts';
import {isFinished, type Job} from './job.ts';
import {isTrue} from './settings.ts';

/** What is left of jobs that have ended. */

export function historyOn(core: Core): boolean {
  return isTrue(core.settings.server, 'job_history_enable');
}

export function forget(core: Core, job: Job): void {
  core.jobs.delete(job.id);
  core.store.removeJob(job.id);
  if (job.array) for (const sub of [...core.jobs.values()]) if (sub.parent === job.id) forget(core, sub);
}

/** Two weeks, and two minutes between two sweeps. Source: OpenPBS 23.06, `SVR_JOBHIST_DEFAULT`, `SVR_CLEAN_JOBHIST_TM`. */
const HISTORY_SECONDS = 1_209_600;
const SWEEP_MS = 120_000;

/** Forget the jobs whose time in the history is over, as the server sweeps it. @returns when more is to be swept, or infinity */
export function tidyHistory(core: Core, now: number): number {
  const seconds = readDuration(core.settings.server.job_history_duration ?? '') ?? HISTORY_SECONDS;
  const keptMs = core.lasts(seconds * 1000);
  const sweepMs = core.lasts(SWEEP_MS);
  let next = Number.POSITIVE_INFINITY;
  for (const job of [...core.jobs.values()]) {
    if (!isFinished(job) || job.parent !== undefined || job.historyTime === undefined) continue;
    const due = core.startedAt + Math.ceil((job.historyTime + keptMs - core.startedAt) / sweepMs) * sweepMs;
    if (due <= now) forget(core, job);
    else next = Math.min(next, due);
  }
  return next;
}

/** A job becomes history, or is forgotten where none is kept. */
export function intoHistory(core: Core, job: Job, substate: number): void {
  const {jobs, places} = core;
  job.state = job.parent === undefined || isFinished(jobs.get(job.parent) ?? job) ? 'F' : 'X';
  job.substate = substate;
  job.historyTime = Date.now();
  job.unregistered = undefined;
  rmSync(places.run(job.id), {recursive: true, force: true});
  rmSync(places.script(job.id), {force: true});
  rmSync(places.nodefile(job.id), {force: true});
  rmSync(places.scratch(job.id), {recursive: true, force: true});
  if (job.sandbox === 'PRIVATE') rmSync(jobDirectory(job), {recursive: true, force: true});
  core.save(job);
  if (job.ending?.purge || (!historyOn(core) && job.parent === undefined)) forget(core, job);
}
