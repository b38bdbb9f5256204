import {chunksOf, cpusOf} from '../../language/resources.ts';
import type {Job} from '../store/job.ts';
import {isTrue, type Settings} from '../store/settings.ts';
import {runLimitComment} from './limits.ts';

/** Which jobs start now, and what the others are told. Pure. */

export interface Schedule {
  /** in the order to start them; an array is named once for each subjob that may start */
  readonly start: readonly Job[];
  /** new comments of jobs that may not start */
  readonly comments: ReadonlyMap<string, string>;
}

export function processorsOf(job: Job, settings: Settings): number {
  return cpusOf(chunksOf(job.resources, settings.resources));
}

/** A place that a chunk asks for and that is not this node, as the scheduler tells it (measured on OpenPBS 23.06). */
function otherPlace(job: Job, settings: Settings, node: string): string | undefined {
  for (const {asked} of chunksOf(job.resources, settings.resources))
    for (const place of ['host', 'vnode'])
      if (asked[place] !== undefined && asked[place].toLowerCase() !== node.toLowerCase())
        return `${place} (${asked[place]} != ${node})`;
  return undefined;
}

/**
 * First come, first served by priority and number; what does not fit lets smaller jobs pass.
 *
 * @param waiting jobs in state Q, and arrays in Q or B that have subjobs left
 * @param running what occupies processors now
 * @param node the only one: what it is called, and how many processors it has
 */
export function schedule(
  waiting: readonly Job[],
  running: readonly Job[],
  settings: Settings,
  {name, processors}: {readonly name: string; readonly processors: number},
): Schedule {
  const start: Job[] = [];
  const comments = new Map<string, string>();
  if (!isTrue(settings.server, 'scheduling')) return {start, comments};
  const occupied: Job[] = [...running];
  let free = processors - running.reduce((sum, job) => sum + processorsOf(job, settings), 0);
  const executable = waiting.filter((job) => settings.queues[job.queue]?.queue_type !== 'Route');
  const inLine = executable.sort((a, b) => b.priority - a.priority || a.seq - b.seq);
  for (const job of inLine) {
    if (!isTrue(settings.queues[job.queue], 'started')) {
      comments.set(job.id, 'Not Running: Queue not started.');
      continue;
    }
    const elsewhere = otherPlace(job, settings, name);
    if (elsewhere !== undefined) {
      comments.set(job.id, `Can Never Run: Insufficient amount of resource: ${elsewhere}`);
      continue;
    }
    const wanted = processorsOf(job, settings);
    if (wanted > processors) {
      comments.set(
        job.id,
        `Can Never Run: Insufficient amount of resource: ncpus (R: ${wanted} A: ${processors} T: ${processors})`,
      );
      continue;
    }
    if (settings.nodeOffline) {
      comments.set(job.id, 'Not Running: Not enough free nodes available');
      continue;
    }
    let copies = job.array ? job.array.remaining.length : 1;
    if (job.array?.limit !== undefined)
      copies = Math.min(copies, job.array.limit - running.filter((other) => other.parent === job.id).length);
    while (copies > 0) {
      const held = runLimitComment(job, settings, occupied);
      if (held !== undefined) {
        comments.set(job.id, held);
        break;
      }
      if (wanted > free) {
        comments.set(
          job.id,
          `Not Running: Insufficient amount of resource: ncpus (R: ${wanted} A: ${free} T: ${processors})`,
        );
        break;
      }
      start.push(job);
      occupied.push(job);
      free -= wanted;
      copies -= 1;
    }
  }
  return {start, comments};
}
