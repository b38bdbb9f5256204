import {rmSync} from 'node:fs';
import {isFinished, type Job} from '../job.ts';
import {jobDirectory} from '../job-environment.ts';
import {isTrue} from '../settings.ts';
import type {Core} from './core.ts';

/** What is left of jobs that have ended. */

export function historyOn(core: Core): boolean {
  return isTrue(core.settings.server, 'job_history_enable');
}

export function forget(core: Core, job: Job): void {
  core.jobs.delete(job.id);
  core.store.removeJob(job.id);
  if (job.array) for (const sub of [...core.jobs.values()]) if (sub.parent === job.id) forget(core, sub);
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
