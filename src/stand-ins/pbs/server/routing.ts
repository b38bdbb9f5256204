import type {Core} from './core.ts';
import {forget} from './history.ts';
import type {Job} from './job.ts';
import {refusalToQueue} from './limits.ts';
import {isTrue} from './settings.ts';

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
