import {measured} from '../../language/attributes.ts';
import type {Core} from '../core.ts';
import {type Job, settle, withHolds} from '../store/job.ts';
import {accountingText} from '../store/journal.ts';
import {requeueSubjob} from './arrays.ts';

/** A job that ran goes back to where it waited; its next run begins from the start. */

/** After so many starts that came to nothing a job is held (OpenPBS, check_failed_attempts: 2 × PBS_MAX_HOPCOUNT). */
const MOST_FAILED_STARTS = 20;

/** The same after a start that came to nothing: one too many of them is not followed by another. */
export function backAfterFailure(core: Core, job: Job): void {
  const starts = job.runCount;
  backToQueue(core, job, undefined);
  if (starts <= MOST_FAILED_STARTS) return;
  const array = job.parent === undefined ? undefined : core.jobs.get(job.parent);
  const held = array ?? job;
  held.holds = withHolds(held.holds, 's');
  held.comment = array
    ? `Job Array Held, too many failed attempts to run subjob ${job.id}`
    : 'job held, too many failed attempts to run';
  settle(held, Date.now());
  core.save(held);
}

export function backToQueue(core: Core, job: Job, exit: number | undefined): void {
  const now = Date.now();
  job.exitStatus = exit;
  if (exit !== undefined) {
    job.obittime = now;
    job.resourcesUsed = measured(job, now);
    core.journal.accounting('R', job.id, accountingText(job, 'R', ''));
  }
  job.ending = undefined;
  job.obittime = undefined;
  job.resourcesUsed = undefined;
  job.sessionId = undefined;
  job.signalled = undefined;
  job.execHost = undefined;
  job.execVnode = undefined;
  job.jobdir = undefined;
  job.stime = undefined;
  if (!job.comment?.startsWith('Job held by')) job.comment = undefined;
  job.substate = 10;
  if (job.parent !== undefined) requeueSubjob(core, job);
  else {
    settle(job, now);
    core.save(job);
  }
  core.wake();
}
