import {type Amount, isTime, readAmount, totalRequest} from './resource-amounts.ts';
import type {QueueSeen, ServerSeen} from './site.ts';

/** What one job asks of PBS, wherever it says so: in a workflow, a profile or a `#PBS` line. */
export interface QueueWish {
  /** as `-q` has it; absent: the server's default queue */
  readonly queue?: string | undefined;
  /** one entry for each `-l key=value` */
  readonly resources: Readonly<Record<string, string>>;
  /** of an array: how many subjobs it has */
  readonly subjobs?: number | undefined;
}

/** One thing that PBS holds against a job, or that a person should know. */
export type Objection =
  | {readonly kind: 'no-default-queue'}
  | {readonly kind: 'no-such-queue'; readonly queue: string}
  | {readonly kind: 'disabled' | 'stopped' | 'closed' | 'access-unknown' | 'no-room'; readonly queue: string}
  | {readonly kind: 'from-route-only'; readonly queue: string; readonly routes: readonly string[]}
  /** `queue` is absent where the limit is the server's */
  | {
      readonly kind: 'array-too-large';
      readonly queue?: string | undefined;
      readonly subjobs: number;
      readonly most: number;
    }
  | {
      readonly kind: 'above' | 'below';
      readonly queue?: string | undefined;
      readonly resource: string;
      readonly asked: string;
      readonly limit: string;
      /** it was not asked for: it is a default of the queue or the server */
      readonly byDefault: boolean;
    }
  | {readonly kind: 'unreadable'; readonly resource: string; readonly asked: string}
  | {readonly kind: 'at-another-server'; readonly destination: string}
  | {readonly kind: 'leads-back'; readonly queue: string}
  /** no destination takes it, ever */
  | {readonly kind: 'no-destination'; readonly queue: string; readonly why: readonly Objection[]}
  /** none takes it for sure now: it waits in the routing queue until one does */
  | {readonly kind: 'waits-for-destination'; readonly queue: string; readonly why: readonly Objection[]};

/**
 * `never`: as long as job and queue are as they are; `later`: not now; `unknown`: only a submission tells;
 * `note`: it is taken all the same.
 */
export type Weight = 'never' | 'later' | 'unknown' | 'note';

export const WEIGHT: Readonly<Record<Objection['kind'], Weight>> = {
  'no-default-queue': 'never',
  'no-such-queue': 'never',
  disabled: 'later',
  stopped: 'note',
  closed: 'never',
  'access-unknown': 'unknown',
  'no-room': 'later',
  'from-route-only': 'never',
  'array-too-large': 'never',
  above: 'never',
  below: 'never',
  unreadable: 'never',
  'at-another-server': 'unknown',
  'leads-back': 'never',
  'no-destination': 'never',
  'waits-for-destination': 'note',
};

export interface QueueJudgement {
  /** the queue that PBS would put the job into; absent where none is named and the server has no default */
  readonly queue?: string | undefined;
  /** where it comes to rest, when that is known */
  readonly endsIn?: string | undefined;
  readonly taken: 'yes' | 'unknown' | 'later' | 'never';
  readonly objections: readonly Objection[];
}

/** PBS takes nothing, and a colon at the end, for a time, too (measured on OpenPBS 23.06.06): how long is not known, and not compared. */
const ODD_TIME = /^(\d+(:\d+)?:)?$/;

/**
 * Whether PBS takes a job into a queue, as OpenPBS decides it. Pure.
 *
 * A routing queue is judged like any other at first: its own switches, access lists and limits hold at submission
 * (`req_quejob` in src/server/req_quejob.c calls `svr_chkque` in src/server/svr_jobfunc.c for the queue that was named,
 * whatever its type). Then its destinations are tried in their order, and the job goes to the first that takes it
 * (`default_router` in src/server/job_route.c; `local_move` in src/server/svr_movejob.c calls `svr_chkque` once more,
 * with the destination's defaults in place of the routing queue's, and `from_route_only` is no obstacle). A destination
 * that is disabled or full is tried again later (`should_retry_route`); one that refuses for another reason is not.
 * When every destination has refused, the job is gone although qsub gave its id (measured on OpenPBS 23.06). A job under
 * a user hold or with a start time stays in the routing queue until that has ended, unless `route_held_jobs` or
 * `route_waiting_jobs` is set (`job_route`): the same destinations are tried then.
 *
 * Read from OpenPBS master, commit cd7ab5eda. How many jobs a person has in a queue by now is not asked: a queue that
 * is full takes the job later.
 */
export function judgeQueue(server: ServerSeen, queues: readonly QueueSeen[], wish: QueueWish): QueueJudgement {
  const name = wish.queue ?? server.defaultQueue;
  if (name === undefined) return {taken: 'never', objections: [{kind: 'no-default-queue'}]};
  const unreadable = ['walltime', 'min_walltime', 'max_walltime'].flatMap((resource): Objection[] => {
    const asked = wish.resources[resource];
    return asked === undefined || ODD_TIME.test(asked) || readAmount(resource, asked) !== undefined
      ? []
      : [{kind: 'unreadable', resource, asked}];
  });
  if (unreadable.length > 0) return {queue: name, taken: 'never', objections: unreadable};
  const local = localName(name, server);
  if (local === undefined) {
    const objections = [{kind: 'at-another-server', destination: name} as const];
    return {queue: name, taken: 'unknown', objections};
  }
  const asks = {server, queues, asked: totalRequest(wish.resources), wish};
  const found = objectionsOf(local, asks, 'submitted');
  const taken = takenWith(found);
  const queue = queueNamed(local, queues);
  if (!queue?.routing || taken === 'never' || taken === 'later')
    return {queue: local, endsIn: local, taken, objections: found};
  const onward = routed(queue, asks, [local]);
  return {
    queue: local,
    endsIn: onward.endsIn,
    taken: taken === 'unknown' && onward.taken === 'yes' ? 'unknown' : onward.taken,
    objections: [...found, ...onward.objections],
  };
}

/** One job, and what the server says of itself. */
interface Asks {
  readonly server: ServerSeen;
  readonly queues: readonly QueueSeen[];
  readonly asked: ReadonlyMap<string, Amount>;
  readonly wish: QueueWish;
}

function queueNamed(name: string, queues: readonly QueueSeen[]): QueueSeen | undefined {
  return queues.find((queue) => queue.name === name);
}

/** Does a queue's name lead to another server than this one? */
export function isElsewhere(destination: string, server: ServerSeen): boolean {
  return localName(destination, server) === undefined;
}

/** `QUEUE@SERVER` and `@SERVER` name a server (qsub(1B), "-q"). @returns undefined for another one */
function localName(destination: string, server: ServerSeen): string | undefined {
  const at = destination.indexOf('@');
  if (at < 0) return destination;
  return destination.slice(at + 1) === server.name ? destination.slice(0, at) || server.defaultQueue : undefined;
}

/** Where a job goes from a routing queue. @param passed routing queues on its way, this one last */
function routed(queue: QueueSeen, asks: Asks, passed: readonly string[]): Omit<QueueJudgement, 'queue'> {
  const refused: Objection[] = [];
  const waits: Objection[] = [];
  for (const destination of queue.destinations ?? []) {
    const name = localName(destination, asks.server);
    if (name === undefined) {
      waits.push({kind: 'at-another-server', destination});
      continue;
    }
    if (passed.includes(name)) {
      refused.push({kind: 'leads-back', queue: name});
      continue;
    }
    const found = objectionsOf(name, asks, 'routed');
    const taken = takenWith(found);
    if (taken !== 'yes') {
      (taken === 'never' ? refused : waits).push(...found.filter(({kind}) => WEIGHT[kind] !== 'note'));
      continue;
    }
    // It goes here, though a later destination may suit it better.
    const next = queueNamed(name, asks.queues);
    if (!next?.routing) return {endsIn: name, taken, objections: found};
    const onward = routed(next, asks, [...passed, name]);
    return {...onward, objections: [...found, ...onward.objections]};
  }
  if (waits.length === 0)
    return {taken: 'never', objections: [{kind: 'no-destination', queue: queue.name, why: refused}]};
  return {
    taken: waits.some(({kind}) => WEIGHT[kind] === 'unknown') ? 'unknown' : 'later',
    objections: [{kind: 'waits-for-destination', queue: queue.name, why: [...waits, ...refused]}],
  };
}

function takenWith(objections: readonly Objection[]): QueueJudgement['taken'] {
  const weights = objections.map(({kind}) => WEIGHT[kind]);
  return (['never', 'later', 'unknown'] as const).find((weight) => weights.includes(weight)) ?? 'yes';
}

/** What one queue by itself holds against the job, as `svr_chkque` does, and whether it starts what it takes. */
function objectionsOf(name: string, asks: Asks, how: 'submitted' | 'routed'): Objection[] {
  const {queues, server} = asks;
  const queue = queueNamed(name, queues);
  if (!queue) return [{kind: 'no-such-queue', queue: name}];
  const found: Objection[] = [];
  if (!queue.enabled) found.push({kind: 'disabled', queue: name});
  if (!queue.started) found.push({kind: 'stopped', queue: name});
  if (how === 'submitted' && queue.fromRouteOnly)
    found.push({kind: 'from-route-only', queue: name, routes: routesTo(name, asks)});
  if (queue.access === 'closed') found.push({kind: 'closed', queue: name});
  if (queue.access === 'unknown') found.push({kind: 'access-unknown', queue: name});
  if (queue.maxQueued === 0 || (how === 'submitted' && server.maxQueued === 0))
    found.push({kind: 'no-room', queue: name});
  if (how === 'submitted') found.push(...tooLarge(asks, server));
  found.push(...tooLarge(asks, queue, name), ...limitObjections(queue, asks));
  return found;
}

function routesTo(name: string, {queues, server}: Asks): string[] {
  return queues
    .filter(({destinations}) => destinations?.some((each) => localName(each, server) === name))
    .map((queue) => queue.name);
}

/** The server's bound holds when the job is made (`setup_arrayjob_attrs` in array_func.c), a queue's when it is entered. */
function tooLarge(
  {wish: {subjobs = 0}}: Asks,
  {maxArraySize: most}: Pick<QueueSeen, 'maxArraySize'>,
  queue?: string,
): Objection[] {
  return most === undefined || subjobs <= most ? [] : [{kind: 'array-too-large', queue, subjobs, most}];
}

/**
 * `chk_resc_limits`: a queue's maximum takes the place of the server's, and the server has no minimum. What was not asked
 * for is the queue's default, else the server's (`set_resc_deflt`); a job with a `min_walltime` is compared by that and
 * its `max_walltime` (`chk_wt_limits_STF`).
 */
function limitObjections(queue: QueueSeen, asks: Asks): Objection[] {
  const {server} = asks;
  const most = {...server.resourcesMax, ...queue.resourcesMax};
  const found: Objection[] = [];
  for (const side of ['above', 'below'] as const) {
    for (const [resource, limit] of Object.entries(side === 'above' ? most : (queue.resourcesMin ?? {}))) {
      const bound = readAmount(resource, limit);
      if (bound === undefined) continue;
      const wrong = amountsOf(resource, queue, asks).find(({value, whole}) =>
        side === 'above' ? value > bound : whole && value < bound,
      );
      if (!wrong) continue;
      const ours = side === 'below' || queue.resourcesMax?.[resource] !== undefined;
      found.push({
        kind: side,
        queue: ours ? queue.name : undefined,
        resource,
        asked: wrong.text,
        limit,
        byDefault: wrong.byDefault,
      });
    }
  }
  return found;
}

/** What PBS compares with a limit of this resource. */
function amountsOf(
  resource: string,
  queue: QueueSeen,
  {asked, server, wish}: Asks,
): readonly (Amount & {readonly byDefault: boolean})[] {
  const shrinks = resource === 'walltime' && asked.has('min_walltime');
  const names = shrinks ? ['min_walltime', 'max_walltime'] : [resource];
  const wanted = names.flatMap((name) => asked.get(name) ?? []).map((amount) => ({...amount, byDefault: false}));
  // A job with a select has its chunks filled in by default_chunk, which is not looked at.
  if (wanted.length > 0 || (wish.resources.select !== undefined && !isTime(resource))) return wanted;
  const text = queue.resourcesDefault?.[resource] ?? server.resourcesDefault?.[resource];
  const value = text === undefined ? undefined : readAmount(resource, text);
  return text === undefined || value === undefined ? [] : [{value, text, whole: true, byDefault: true}];
}
