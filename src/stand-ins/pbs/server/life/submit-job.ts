import type {PbsFault} from '../../language/answer.ts';
import {showDepend} from '../../language/depend.ts';
import type {Submission} from '../../language/submission/submission.ts';
import type {Core} from '../core.ts';
import {refusalToQueue} from '../queues/limits.ts';
import {routeOn} from '../queues/routing.ts';
import {type Job, settle, waitsForDependency, withHolds} from '../store/job.ts';
import {accountingText} from '../store/journal.ts';
import {keepScript} from '../store/script.ts';

/** The next job number. One is used up even by a submission that is then refused (measured). */
function nextNumber({settings, store}: Core): number {
  const most = Number(settings.server.max_job_sequence_id ?? '9999999');
  const seq = settings.nextSequence;
  settings.nextSequence = seq >= most ? 0 : seq + 1;
  store.saveSettings(settings);
  return seq;
}

/** Take a submission into its queue. Other jobs hear of its dependencies with the next command, not now. */
export function submit(core: Core, submission: Submission, user: string): Job | PbsFault {
  const {names, settings, places, journal} = core;
  const seq = nextNumber(core);
  const id = `${seq}${submission.array ? '[]' : ''}.${names.server}`;
  const job = submission.job(id, seq);
  const fault = refusalToQueue(job, settings, core.jobs.values());
  if (fault) return fault;
  if (submission.vanishes) return job;
  if (submission.script !== undefined) job.scriptHash = keepScript(places.script(id), submission.script);
  if (waitsForDependency(job)) {
    job.holds = withHolds(job.holds, 's');
    job.substate = 22;
  }
  settle(job, job.ctime);
  core.jobs.set(id, job);
  core.store.saveJob(job);
  const by = `${user}@${names.server}`;
  const owner = `${job.owner}@${names.server}`;
  journal.server(
    '0008',
    id,
    `Job Queued at request of ${by}, owner = ${owner}, job name = ${job.name}, queue = ${job.queue}`,
  );
  journal.accounting('Q', id, accountingText(job, 'Q', showDepend(job.depend, names.server)));
  // A user hold keeps a job in a routing queue; a dependency does not (measured).
  if (!job.holds.includes('u')) routeOn(core, job);
  core.wake();
  return job;
}
