import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {StageError} from '../../errors.ts';
import {endOf, lostInARow} from '../../ledger/attempts.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import type {QueueSeen, ServerSeen} from '../../scheduler/site.ts';
import type {RouteKnowledge} from '../../standing/step-facts.ts';
import type {RunsStage} from '../../wiring/stage.ts';
import {findQueues, type JobsToJudge, jobsOfStep} from './queue-findings.ts';

/**
 * What stands in the way of jobs that were lost from a routing queue: PBS takes such a job, gives its id, and removes it
 * without a word when every destination has refused it (measured on OpenPBS 23.06). Two questions more, which are asked
 * for people alone, and only where jobs of the run were lost.
 *
 * @returns by step; nothing where the queue is no routing queue, or cannot be asked about
 */
export async function learnAboutRoutes(stage: RunsStage, run: OpenRun): Promise<ReadonlyMap<string, RouteKnowledge>> {
  const lost = run.state.spec.workflow.steps.flatMap((step) =>
    step.kind === 'job' && !endOf(run.state, step.name) && lostInARow(run.state, step.name) > 0 ? [step] : [],
  );
  if (lost.length === 0) return new Map();
  try {
    const site = await stage.site();
    const [server, queues] = await Promise.all([site.server(), site.queues()]);
    return new Map(
      lost.flatMap((step) => {
        const file = run.state.spec.scripts?.[step.name] ?? `${step.name}.script`;
        const jobs = jobsOfStep(step, readFileSync(join(run.layout.scripts, file), 'utf8'), stage.profile);
        const route = explainRoute(jobs, server, queues);
        return route ? [[step.name, route] as const] : [];
      }),
    );
  } catch (error) {
    if (error instanceof StageError || (error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
}

/** What is known of the routing queue that takes a job first; undefined for any other queue. Pure. */
export function explainRoute(
  jobs: JobsToJudge,
  server: ServerSeen,
  queues: readonly QueueSeen[],
): RouteKnowledge | undefined {
  const name = jobs.queue ?? server.defaultQueue;
  const queue = queues.find((each) => each.name === name?.replace(/@.*$/s, ''));
  if (!queue?.routing) return undefined;
  const found = findQueues([jobs], server, queues).filter(({level}) => level !== 'ok');
  const refused = found.map(({what, why}) => [what, why].filter(Boolean).join(': '));
  const destinations = queue.destinations?.join(', ') || 'none';
  return {
    why: [
      `${queue.name} is a routing queue (to ${destinations}): PBS removes a job that every destination refuses, without a word`,
      ...refused,
    ].join('; '),
    next:
      found.length > 0
        ? found.flatMap(({next}) => next ?? [])
        : [`See what they accept: qstat -Q -f ${destinations.replaceAll(',', '')}`],
  };
}
