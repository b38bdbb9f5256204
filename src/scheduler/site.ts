/** What a PBS installation offers: what a person sets up a profile by. The engine needs none of it. */
export interface Site {
  /** Where the PBS commands are, for each that stage uses. */
  commands(): Promise<readonly CommandSeen[]>;
  /** @throws {SchedulerUnreachable} */
  server(): Promise<ServerSeen>;
  /** All queues, in the server's order. @throws {SchedulerUnreachable} */
  queues(): Promise<readonly QueueSeen[]>;
}

export interface CommandSeen {
  readonly command: string;
  /** absent: it was not found */
  readonly path?: string;
}

export interface ServerSeen {
  readonly name: string;
  readonly version?: string;
  /** finished jobs are shown by `qstat -x` */
  readonly historyKept: boolean;
  readonly defaultQueue?: string;
  readonly maxArraySize?: number;
  /** how many jobs one user may have at this server */
  readonly maxQueued?: number;
}

export interface QueueSeen {
  readonly name: string;
  /** it takes jobs */
  readonly enabled: boolean;
  /** its jobs are started */
  readonly started: boolean;
  /** it hands jobs on to other queues, whose limits count */
  readonly routing: boolean;
  readonly walltimeMaxSeconds?: number;
  readonly walltimeMinSeconds?: number;
  /** how many jobs one user may have in it */
  readonly maxQueued?: number;
  /** access lists are on: it may be closed to you, which only a submission tells */
  readonly restricted: boolean;
}
