import type {QueueSeen, ServerSeen, Site} from '../../../scheduler/site.ts';
import type {Finding} from '../findings.ts';
import type {JobsToJudge} from '../queue-findings.ts';
import {asksMuch, findResources, namesSites} from './find-resources.ts';

/**
 * Whether the server knows the resources that jobs ask for, and whether any host has as much. What everybody may ask for
 * is not asked where it would tell nothing, and where it cannot be asked nothing is said.
 */
export async function askForResources(
  site: Site,
  jobs: readonly JobsToJudge[],
  server: ServerSeen,
  queues: readonly QueueSeen[],
): Promise<Finding[]> {
  const [defined, hosts] = await Promise.all([
    jobs.some(namesSites) ? site.resources() : undefined,
    jobs.some(asksMuch) ? site.hosts() : undefined,
  ]);
  return findResources(jobs, {server, queues, defined, hosts});
}
