import type {JobId} from '../base/job-id.ts';
import type {JobSeen, Scheduler, Submission} from '../scheduler/scheduler.ts';
import type {EngineContext} from './context.ts';

/**
 * The same context, for one look: a submission that PBS refuses for room says how many jobs of ours were in the queue. What
 * is on its way to PBS counts, since PBS may have taken it before.
 *
 * @param all this look looks at everything that we have in the queue; else nothing is counted
 */
export function withQueueCount<C extends Pick<EngineContext, 'scheduler'>>(context: C, all: boolean): C {
  return all ? {...context, scheduler: countingScheduler(context.scheduler)} : context;
}

function countingScheduler(pbs: Scheduler): Scheduler {
  const live = new Set<JobId>();
  let onTheirWay = 0;
  const sees = (jobs: ReadonlyMap<JobId, JobSeen>) => {
    for (const [job, {kind}] of jobs)
      if (kind === 'live') live.add(job);
      else if (kind !== 'no-evidence') live.delete(job);
    return jobs;
  };
  return {
    async submit(request): Promise<Submission> {
      onTheirWay += 1;
      const answer = await pbs.submit(request).finally(() => {
        onTheirWay -= 1;
      });
      if (answer.kind === 'submitted') live.add(answer.job);
      return answer.kind === 'refused' && answer.full ? {...answer, inQueue: live.size + onTheirWay} : answer;
    },
    async deleteAll(jobs) {
      const notDone = await pbs.deleteAll(jobs);
      for (const job of jobs) if (!notDone.has(job)) live.delete(job);
      return notDone;
    },
    look: async (jobs) => sees(await pbs.look(jobs)),
    release: (job) => pbs.release(job),
    hold: (job) => pbs.hold(job),
    delete: (job) => pbs.delete(job),
    releaseAll: (jobs) => pbs.releaseAll(jobs),
    moveStart: (job, startAt) => pbs.moveStart(job, startAt),
    findByTag: (tags) => pbs.findByTag(tags),
  };
}
