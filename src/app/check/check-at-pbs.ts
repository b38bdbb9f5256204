import type {JobArray} from '../../base/job-array.ts';
import {walltimeSeconds, writeWalltime} from '../../base/walltime.ts';
import {EXIT} from '../../errors.ts';
import type {QueueSeen, ServerSeen} from '../../scheduler/site.ts';
import {countSubjobs} from '../../workflow/model/array-range.ts';
import {fine, namesServer, note, type ProfileFinding, problem, queueAtServer} from '../shared/findings.ts';

/** What one job step asks of PBS, wherever it says so: the workflow, the profile, or a `#PBS` line. */
export interface JobWish {
  readonly step: string;
  readonly queue?: string;
  readonly walltime?: string;
  readonly array?: JobArray;
}

/** What the server's description of itself says of the jobs of a workflow. Pure. Each queue is told of once. */
export function findAtPbs(
  wishes: readonly JobWish[],
  server: ServerSeen,
  queues: readonly QueueSeen[],
): ProfileFinding[] {
  const found = wishes.flatMap((wish) => findJob(wish, server, queues));
  const told = new Map(found.map((finding) => [finding.what, finding]));
  return told.size > 0 ? [...told.values()] : [fine('PBS takes the jobs', queuesInWords(wishes, server))];
}

function queuesInWords(wishes: readonly JobWish[], {name, defaultQueue = ''}: ServerSeen): string {
  const used = [...new Set(wishes.map(({queue}) => queue ?? defaultQueue))];
  return `server ${name}, ${used.length === 1 ? 'queue' : 'queues'} ${used.join(', ')}`;
}

function findJob({step, queue: asked, walltime, array}: JobWish, server: ServerSeen, queues: readonly QueueSeen[]) {
  const name = asked ?? server.defaultQueue;
  const open = queues.filter(({enabled, started}) => enabled && started).map((each) => each.name);
  const choose = `Name a queue that takes jobs in the workflow or the profile: ${open.join(', ') || 'none does now'}`;
  if (name === undefined)
    return [problem(`step ${step} names no queue`, 'the server has no default queue', EXIT.usage, choose)];
  if (namesServer(name)) return [queueAtServer(`step ${step}`, name, server)];
  const queue = queues.find((each) => each.name === name);
  if (!queue)
    return [
      problem(
        `step ${step}: there is no queue "${name}"`,
        `server ${server.name} has ${queues.map((each) => each.name).join(', ') || 'none'}`,
        EXIT.usage,
        choose,
      ),
    ];
  return [...findQueue(queue, choose), ...findWalltime(step, walltime, queue), ...findArray(step, array, server)];
}

function findQueue(queue: QueueSeen, choose: string): ProfileFinding[] {
  if (!queue.enabled)
    return [problem(`queue ${queue.name} takes no jobs`, 'it is disabled at the moment', EXIT.unreachable, choose)];
  if (!queue.started)
    return [note(`queue ${queue.name} starts no jobs`, 'it is stopped at the moment: jobs wait in it', choose)];
  return [];
}

/** The limits of a routing queue are those of the queues behind it, which it does not name here. */
function findWalltime(step: string, walltime: string | undefined, queue: QueueSeen): ProfileFinding[] {
  const asked = walltime === undefined ? undefined : walltimeSeconds(walltime);
  if (asked === undefined || queue.routing) return [];
  const {walltimeMaxSeconds: most, walltimeMinSeconds: least, name} = queue;
  const refuse = (side: string, limit: number) => [
    problem(
      `step ${step}: walltime ${walltime} is ${side} what queue ${name} allows`,
      `${side === 'above' ? 'at most' : 'at least'} ${writeWalltime(limit)}`,
      EXIT.usage,
      `Ask for ${side === 'above' ? 'at most' : 'at least'} ${writeWalltime(limit)}, or name another queue.`,
    ),
  ];
  if (most !== undefined && asked > most) return refuse('above', most);
  return least !== undefined && asked < least ? refuse('below', least) : [];
}

function findArray(step: string, array: JobArray | undefined, {maxArraySize}: ServerSeen): ProfileFinding[] {
  if (!array || maxArraySize === undefined || countSubjobs(array) <= maxArraySize) return [];
  const why = `the server takes at most ${maxArraySize}`;
  return [
    problem(
      `step ${step}: an array of ${countSubjobs(array)} subjobs is too large`,
      why,
      EXIT.usage,
      'Split the array.',
    ),
  ];
}
