import {FAULT} from '../../language/answer.ts';
import type {Core} from '../core.ts';
import {forget} from '../store/history.ts';
import type {Job} from '../store/job.ts';
import {isTrue} from '../store/settings.ts';
import {refusalToQueue} from './limits.ts';

/** Refusals that may pass: the destination is tried again. Source: OpenPBS, should_retry_route in src/server/svr_movejob.c. */
const MAY_PASS: readonly number[] = [FAULT.queueDisabled.code, FAULT.maxQueuable.code, 15142, 15143];

/**
 * Move a job on from a routing queue, to the first destination that takes it. Where every one has refused it, it is gone
 * without a trace (measured); one that is disabled, full or at another server keeps it waiting.
 */
export function routeOn(core: Core, job: Job): void {
  const {settings, jobs, names} = core;
  const queue = settings.queues[job.queue];
  if (queue?.queue_type !== 'Route' || !isTrue(queue, 'started')) return;
  let waits = false;
  for (const destination of (queue.route_destinations ?? '').split(',')) {
    const [name = '', server = names.server] = destination.trim().split('@');
    if (server !== names.server && !names.aliases.includes(server)) {
      waits = true;
      continue;
    }
    const fault = refusalToQueue({...job, queue: name}, settings, jobs.values(), 'routed');
    if (fault === undefined) {
      job.queue = name;
      core.save(job);
      return;
    }
    waits ||= MAY_PASS.includes(fault.code);
  }
  if (!waits) forget(core, job);
}
