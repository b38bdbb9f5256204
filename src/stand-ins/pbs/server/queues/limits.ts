import {FAULT, type PbsFault} from '../../language/answer.ts';
import {compareResource} from '../../language/resources.ts';
import {isFinished, type Job, RUNNING_STATES} from '../store/job.ts';
import {type Attributes, isTrue, resourceGroup, type Settings} from '../store/settings.ts';

/** Limits of queues and of the server: which submission is refused, and which job may not start yet. Pure. */

interface EntityLimit {
  readonly kind: 'u' | 'g' | 'p' | 'o';
  readonly name: string;
  readonly most: number;
}

/** Read `[u:PBS_GENERIC=2],[o:PBS_ALL=10]`. */
export function readEntityLimits(text: string): EntityLimit[] {
  return [...text.matchAll(/\[\s*([ugpo]):([^=\]]+)=(\d+)\s*\]/g)].map((match) => ({
    kind: match[1] === 'u' ? 'u' : match[1] === 'g' ? 'g' : match[1] === 'p' ? 'p' : 'o',
    name: (match[2] ?? '').trim(),
    most: Number(match[3]),
  }));
}

const KINDS = {u: 'user', g: 'group', p: 'project', o: ''} as const;

function entityOf(job: Job, kind: EntityLimit['kind']): string {
  return kind === 'u' ? job.owner : kind === 'g' ? job.group : kind === 'p' ? job.project : 'PBS_ALL';
}

/** The limit of this list that one more job would exceed. A named limit takes the place of the generic one. */
function exceeded(
  limits: readonly EntityLimit[],
  job: Job,
  others: readonly Job[],
  amountOf: (other: Job) => number,
): EntityLimit | undefined {
  return limits.find((limit) => {
    const mine = entityOf(job, limit.kind);
    if (limit.kind !== 'o') {
      if (limit.name === 'PBS_GENERIC') {
        if (limits.some((named) => named.kind === limit.kind && named.name === mine)) return false;
      } else if (limit.name !== mine) return false;
    }
    const same = others.filter((other) => entityOf(other, limit.kind) === mine);
    return same.reduce((sum, other) => sum + amountOf(other), amountOf(job)) > limit.most;
  });
}

function tooMany(limit: EntityLimit, where: {queue?: string}, suffix: string): PbsFault {
  const place = where.queue === undefined ? 'complex' : `queue ${where.queue}`;
  if (limit.kind === 'o') return {code: 15142, text: `Maximum number of jobs already in ${place}${suffix}`};
  const kind = KINDS[limit.kind];
  if (limit.name !== 'PBS_GENERIC')
    return {code: 15142, text: `Maximum number of jobs for ${kind} ${limit.name} already in ${place}${suffix}`};
  // Measured: for users the name of the queue is printed wrongly.
  const whose = where.queue === undefined ? 'complex' : `queue ${limit.kind === 'u' ? 'generic' : where.queue}`;
  return {code: 15142, text: `would exceed ${whose}'s per-${kind} limit${suffix}`};
}

function overCount(
  attributes: Attributes | undefined,
  job: Job,
  others: readonly Job[],
  where: {queue?: string},
): PbsFault | undefined {
  const one = (other: Job): number => other.array?.remaining.length ?? 1;
  for (const [name, suffix] of [
    ['max_queued', ''],
    ['queued_jobs_threshold', " of jobs in 'Q' state"],
  ] as const) {
    const limits = readEntityLimits(attributes?.[name] ?? '');
    const counted = name === 'max_queued' ? others : others.filter((other) => !RUNNING_STATES.has(other.state));
    const over = exceeded(limits, job, counted, one);
    if (over) return tooMany(over, where, suffix);
  }
  for (const [resource, text] of Object.entries(resourceGroup(attributes, 'max_queued_res'))) {
    const over = exceeded(readEntityLimits(text), job, others, (other) => Number(other.resources[resource] ?? 0));
    if (!over) continue;
    const place = where.queue === undefined ? 'complex' : `queue ${where.queue}`;
    const per = over.kind === 'o' ? '' : `per-${KINDS[over.kind]} `;
    return {code: 15143, text: `would exceed ${per}limit on resource ${resource} in ${place}`};
  }
  return undefined;
}

/**
 * Why a job may not enter a queue, or undefined; of a routing queue its own limits count too. Source: OpenPBS, svr_chkque
 * in src/server/svr_jobfunc.c.
 *
 * @param jobs every job the server knows
 * @param how handed on by a routing queue, or submitted by a user
 */
export function refusalToQueue(
  job: Job,
  settings: Settings,
  jobs: Iterable<Job>,
  how: 'submitted' | 'routed' = 'submitted',
): PbsFault | undefined {
  const queue = settings.queues[job.queue];
  if (!queue) return FAULT.unknownQueue;
  if (!isTrue(queue, 'enabled')) return FAULT.queueDisabled;
  const subjobs = job.array?.remaining.length ?? 0;
  if (subjobs > Number(settings.server.max_array_size ?? '10000')) return FAULT.arraySize;
  if (queue.max_array_size !== undefined && subjobs > Number(queue.max_array_size)) return FAULT.arraySize;
  if (how === 'submitted' && isTrue(queue, 'from_route_only')) return FAULT.queueAccess;
  if (isTrue(queue, 'acl_user_enable')) {
    const allowed = (queue.acl_users ?? '').split(',').map((user) => user.trim().replace(/@.*$/, ''));
    if (!allowed.includes(job.owner)) return FAULT.unauthorized;
  }
  if (breaksLimit(job, queue, settings)) return FAULT.limits;
  const live = [...jobs].filter((other) => other.id !== job.id && !isFinished(other) && other.parent === undefined);
  const here = live.filter((other) => other.queue === job.queue);
  if (queue.max_queuable !== undefined && here.length + 1 > Number(queue.max_queuable)) return FAULT.maxQueuable;
  return overCount(queue, job, here, {queue: job.queue}) ?? overCount(settings.server, job, live, {});
}

/** A queue's maximum takes the place of the server's, which has no minimum: chk_resc_limits in src/server/svr_jobfunc.c. */
function breaksLimit(job: Job, queue: Attributes, settings: Settings): boolean {
  const outside = (group: string, attributes: Attributes, wrong: (order: number) => boolean) =>
    Object.entries(resourceGroup(attributes, group)).some(([name, limit]) => {
      const asked = job.resources[name];
      return asked !== undefined && wrong(compareResource(name, asked, limit, settings.resources));
    });
  const most = {...settings.server, ...queue};
  return outside('resources_max', most, (order) => order > 0) || outside('resources_min', queue, (order) => order < 0);
}

/** The comment of a job that a run limit keeps from starting, or undefined. */
export function runLimitComment(job: Job, settings: Settings, running: readonly Job[]): string | undefined {
  const queue = settings.queues[job.queue];
  const here = running.filter((other) => other.queue === job.queue);
  for (const [attributes, jobs, place] of [
    [queue, here, `queue ${job.queue}`],
    [settings.server, running, 'server'],
  ] as const) {
    const over = exceeded(readEntityLimits(attributes?.max_run ?? ''), job, jobs, () => 1);
    if (!over) continue;
    if (over.kind === 'o')
      return place === 'server'
        ? 'Not Running: Server job limit has been reached.'
        : `Not Running: Queue ${job.queue} job limit has been reached.`;
    const kind = KINDS[over.kind];
    return `Not Running: ${kind[0]?.toUpperCase()}${kind.slice(1)} has reached ${place} running job limit.`;
  }
  return undefined;
}
