import {measured} from '../../language/attributes.ts';
import type {Core} from '../core.ts';
import {type Job, settle} from '../store/job.ts';
import {accountingText} from '../store/journal.ts';
import {requeueSubjob} from './arrays.ts';

/** A job that ran goes back to where it waited; its next run begins from the start. */

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
  job.processBirth = undefined;
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
