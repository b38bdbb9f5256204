import type {Core} from '../core.ts';
import {forget} from '../store/history.ts';
import type {Job} from '../store/job.ts';
import {isTrue} from '../store/settings.ts';
import {refusalToQueue} from './limits.ts';

/** Move a job on from a routing queue. Where no destination takes it, it is gone without a trace (measured). */
export function routeOn(core: Core, job: Job): void {
  const queue = core.settings.queues[job.queue];
  if (queue?.queue_type !== 'Route' || !isTrue(queue, 'started')) return;
  const destinations = (queue.route_destinations ?? '').split(',').map((name) => name.trim().replace(/@.*$/, ''));
  const taking = destinations.find(
    (name) => refusalToQueue({...job, queue: name}, core.settings, core.jobs.values()) === undefined,
  );
  if (taking === undefined) {
    forget(core, job);
    return;
  }
  job.queue = taking;
  core.save(job);
}
