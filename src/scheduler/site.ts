/** What a PBS installation offers: what a person sets up a profile by. The engine needs none of it. */
export interface Site {
  /** Where the PBS commands are, for each that stage uses. */
  commands(): Promise<readonly CommandSeen[]>;
  /** @throws {SchedulerUnreachable} */
  server(): Promise<ServerSeen>;
  /** All queues, in the server's order. @throws {SchedulerUnreachable} */
  queues(): Promise<readonly QueueSeen[]>;
  /** Ask another server for a queue of its. */
  queueAt(destination: string): Promise<QueueElsewhere>;
  /** Resources that the site has defined besides those of PBS, by name; undefined where that cannot be asked. */
  resources(): Promise<ReadonlyMap<string, ResourceSeen> | undefined>;
  /** All hosts that run jobs; undefined where that cannot be asked. */
  hosts(): Promise<readonly HostSeen[] | undefined>;
}

/** What the server that `QUEUE@SERVER` names says of its queue. */
export type QueueElsewhere = 'there' | 'no-such-queue' | 'unknown-server' | 'no-answer';

/** A resource that the server's administrator has defined. */
export interface ResourceSeen {
  /** `n` and `f`: it is used up; `h`: it is asked for each chunk. Absent where the server does not say */
  readonly flags?: string | undefined;
}

/** What the vnodes of one host have together. */
export interface HostSeen {
  readonly host: string;
  readonly resources: Resources;
}

export interface CommandSeen {
  readonly command: string;
  /** absent: it was not found */
  readonly path?: string;
}

/** Values of one group of attributes, such as `resources_max`, by resource. */
export type Resources = Readonly<Record<string, string>>;

export interface ServerSeen {
  readonly name: string;
  readonly version?: string | undefined;
  /** finished jobs are shown by `qstat -x` */
  readonly historyKept: boolean;
  readonly defaultQueue?: string | undefined;
  readonly maxArraySize?: number | undefined;
  /** how many jobs one user may have at this server */
  readonly maxQueued?: number | undefined;
  readonly resourcesMax?: Resources | undefined;
  readonly resourcesDefault?: Resources | undefined;
}

export interface QueueSeen {
  readonly name: string;
  /** it takes jobs */
  readonly enabled: boolean;
  /** its jobs are started; of a routing queue: they are handed on */
  readonly started: boolean;
  /** it hands jobs on to the first of `destinations` that takes them */
  readonly routing: boolean;
  /** of a routing queue, in its order: queues of this server, or `QUEUE@SERVER` */
  readonly destinations?: readonly string[] | undefined;
  /** it takes jobs from routing queues alone */
  readonly fromRouteOnly?: boolean | undefined;
  /** `unknown`: access lists are on that only a submission can tell about */
  readonly access: 'open' | 'closed' | 'unknown';
  readonly resourcesMax?: Resources | undefined;
  readonly resourcesMin?: Resources | undefined;
  readonly resourcesDefault?: Resources | undefined;
  readonly maxArraySize?: number | undefined;
  /** how many jobs one user may have in it */
  readonly maxQueued?: number | undefined;
}

/** How many jobs of the user PBS takes in these queues together, at least: the least of all limits. Pure. */
export function limitOf(server: ServerSeen, queues: readonly QueueSeen[]): number | undefined {
  const limits = [server, ...queues].flatMap(({maxQueued}) => maxQueued ?? []);
  return limits.length > 0 ? Math.min(...limits) : undefined;
}
