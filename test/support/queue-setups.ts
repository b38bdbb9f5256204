import type {CommandResult} from '../../src/process/run-command.ts';
import {readQueue, readServer, readShown} from '../../src/scheduler/pbs/read-site.ts';
import type {QueueSeen, ServerSeen} from '../../src/scheduler/site.ts';
import {answer} from '../scheduler/recorded.ts';

type Attributes = Readonly<Record<string, string>>;

/** Queues as a site sets them up, a job, and what PBS does with it. */
export interface QueueSetup {
  readonly name: string;
  /** attributes as qmgr takes them; an execution queue that is enabled and started, but for them */
  readonly queues: Readonly<Record<string, Attributes>>;
  /** in place of those of a fresh server; an empty value unsets one */
  readonly server?: Attributes;
  /** what the job asks for */
  readonly queue?: string;
  readonly resources?: Attributes;
  /** `-J`, of the workflow alone: a profile has no arrays */
  readonly array?: string;
  /**
   * `taken`: it comes to rest in `endsIn`; `refused`: qsub says no; `gone`: qsub says yes, and no destination does;
   * `waits`: it stays in the routing queue
   */
  readonly pbs: 'taken' | 'refused' | 'gone' | 'waits';
  readonly endsIn?: string;
  /** the stand-in has no such thing; what a real server does is in its source */
  readonly notInStandIn?: string;
  /** what is said of it, but for the name of the step or the part of the profile */
  readonly says: RegExp;
  /** exit code of a problem; absent: the job is no mistake */
  readonly exit?: 2 | 4;
}

const ROUTE = {queue_type: 'Route'} as const;
const HOUR = {'resources_max.walltime': '01:00:00'} as const;
const DAY = {'resources_max.walltime': '24:00:00'} as const;
const TEN_HOURS = {walltime: '10:00:00'} as const;

export const QUEUE_SETUPS: readonly QueueSetup[] = [
  {
    name: 'one open queue, by default',
    queues: {},
    pbs: 'taken',
    endsIn: 'workq',
    says: /^queue workq accepts these jobs$/,
  },
  {
    name: 'a walltime above the maximum of the queue',
    queues: {short: HOUR},
    queue: 'short',
    resources: TEN_HOURS,
    pbs: 'refused',
    says: /^walltime 10:00:00 is above what queue short allows$/,
    exit: 2,
  },
  {
    name: 'a walltime that is the maximum of the queue',
    queues: {short: HOUR},
    queue: 'short',
    resources: {walltime: '60:00'},
    pbs: 'taken',
    endsIn: 'short',
    says: /^queue short accepts these jobs$/,
  },
  {
    name: 'a walltime below the minimum of the queue',
    queues: {long: {'resources_min.walltime': '02:00:00'}},
    queue: 'long',
    resources: {walltime: '01:00:00'},
    pbs: 'refused',
    says: /^walltime 01:00:00 is below the minimum of queue long$/,
    exit: 2,
  },
  {
    name: 'a walltime that was not asked for, and that the server gives by default',
    queues: {short: HOUR},
    server: {'resources_default.walltime': '12:00:00'},
    queue: 'short',
    pbs: 'refused',
    says: /^walltime 12:00:00, by default, is above what queue short allows$/,
    exit: 2,
  },
  {
    name: 'a default of the queue in place of that of the server',
    queues: {short: {...HOUR, 'resources_default.walltime': '00:30:00'}},
    server: {'resources_default.walltime': '12:00:00'},
    queue: 'short',
    pbs: 'taken',
    endsIn: 'short',
    says: /^queue short accepts these jobs$/,
  },
  {
    name: 'a maximum of the server, and none of the queue',
    queues: {},
    server: {'resources_max.walltime': '08:00:00'},
    resources: TEN_HOURS,
    pbs: 'refused',
    says: /^walltime 10:00:00 is above what the server allows$/,
    exit: 2,
  },
  {
    name: 'a maximum of the queue above that of the server, whose place it takes',
    queues: {long: DAY},
    server: {'resources_max.walltime': '08:00:00'},
    queue: 'long',
    resources: TEN_HOURS,
    pbs: 'taken',
    endsIn: 'long',
    says: /^queue long accepts these jobs$/,
  },
  {
    name: 'more processors in all chunks than the queue has for a job',
    queues: {small: {'resources_max.ncpus': '8'}},
    queue: 'small',
    resources: {select: '2:ncpus=4+1:ncpus=1'},
    pbs: 'refused',
    says: /^ncpus 9 is above what queue small allows$/,
    exit: 2,
  },
  {
    name: 'more memory in all chunks than the queue has for a job',
    queues: {small: {'resources_max.mem': '16gb'}},
    queue: 'small',
    resources: {select: '3:ncpus=1:mem=6144mb'},
    pbs: 'refused',
    says: /^mem 18gb is above what queue small allows$/,
    exit: 2,
  },
  {
    name: 'fewer processors than a queue for large jobs wants',
    queues: {large: {'resources_min.ncpus': '64'}},
    queue: 'large',
    resources: {select: '1:ncpus=4'},
    pbs: 'refused',
    says: /^ncpus 4 is below the minimum of queue large$/,
    exit: 2,
  },
  {
    name: 'a queue that does not exist',
    queues: {},
    queue: 'nosuch',
    pbs: 'refused',
    says: /^there is no queue "nosuch"$/,
    exit: 2,
  },
  {
    name: 'no queue is named, and the server has no default',
    queues: {},
    server: {default_queue: ''},
    pbs: 'refused',
    says: /^no queue is named$/,
    exit: 2,
  },
  {
    name: 'a disabled queue',
    queues: {shut: {enabled: 'False'}},
    queue: 'shut',
    pbs: 'refused',
    says: /^queue shut accepts no jobs$/,
    exit: 4,
  },
  {
    name: 'a stopped queue',
    queues: {stopped: {started: 'False'}},
    queue: 'stopped',
    pbs: 'taken',
    endsIn: 'stopped',
    says: /^queue stopped starts no jobs$/,
  },
  {
    name: 'an access list that names others',
    queues: {closed: {acl_user_enable: 'True', acl_users: '"bob@*,carol"'}},
    queue: 'closed',
    pbs: 'refused',
    says: /^queue closed is not open to you$/,
    exit: 2,
  },
  {
    name: 'an access list that names this user',
    queues: {ours: {acl_user_enable: 'True', acl_users: '"bob,alice"'}},
    queue: 'ours',
    pbs: 'taken',
    endsIn: 'ours',
    says: /^queue ours accepts these jobs$/,
  },
  {
    name: 'an access list of groups: only a submission tells',
    queues: {project: {acl_group_enable: 'True', acl_groups: 'climate'}},
    queue: 'project',
    pbs: 'taken',
    endsIn: 'project',
    notInStandIn: 'it knows no groups',
    says: /^queue project is not open to everybody$/,
  },
  {
    name: 'a limit of 0 jobs for a user',
    queues: {reserved: {max_queued: '"[u:PBS_GENERIC=0],[u:bob=100]"'}},
    queue: 'reserved',
    pbs: 'refused',
    says: /^queue reserved accepts none of your jobs$/,
    exit: 2,
  },
  {
    name: 'a limit of jobs for a user that leaves room',
    queues: {few: {max_queued: '"[u:PBS_GENERIC=2]"'}},
    queue: 'few',
    pbs: 'taken',
    endsIn: 'few',
    says: /^queue few accepts these jobs$/,
  },
  {
    name: 'a queue behind a routing queue, named directly',
    queues: {behind: {from_route_only: 'True'}, front: {...ROUTE, route_destinations: 'behind'}},
    queue: 'behind',
    pbs: 'refused',
    says: /^queue behind accepts no jobs from users$/,
    exit: 2,
  },
  {
    name: 'a queue behind a routing queue, through it',
    queues: {behind: {from_route_only: 'True'}, front: {...ROUTE, route_destinations: 'behind'}},
    queue: 'front',
    pbs: 'taken',
    endsIn: 'behind',
    says: /^queue front accepts these jobs$/,
  },
  {
    name: 'a maximum of the routing queue itself',
    queues: {long: DAY, front: {...ROUTE, ...HOUR, route_destinations: 'long'}},
    queue: 'front',
    resources: TEN_HOURS,
    pbs: 'refused',
    says: /^walltime 10:00:00 is above what queue front allows$/,
    exit: 2,
  },
  {
    name: 'a maximum of the one destination',
    queues: {short: HOUR, front: {...ROUTE, route_destinations: 'short'}},
    queue: 'front',
    resources: TEN_HOURS,
    pbs: 'gone',
    says: /^no destination of routing queue front accepts these jobs$/,
    exit: 2,
  },
  {
    name: 'two destinations, of which the second takes it',
    queues: {short: HOUR, long: DAY, front: {...ROUTE, route_destinations: '"short,long"'}},
    queue: 'front',
    resources: TEN_HOURS,
    pbs: 'taken',
    endsIn: 'long',
    says: /^queue front accepts these jobs$/,
  },
  {
    name: 'two destinations, for jobs that are shorter and longer',
    queues: {
      short: HOUR,
      endless: {'resources_min.walltime': '48:00:00'},
      front: {...ROUTE, route_destinations: '"short,endless"'},
    },
    queue: 'front',
    resources: TEN_HOURS,
    pbs: 'gone',
    says: /^no destination of routing queue front accepts these jobs$/,
    exit: 2,
  },
  {
    name: 'a destination that is disabled: the job waits for it',
    queues: {shut: {enabled: 'False'}, front: {...ROUTE, route_destinations: 'shut'}},
    queue: 'front',
    pbs: 'waits',
    says: /^these jobs may have to wait in routing queue front$/,
  },
  {
    name: 'a destination that does not exist',
    queues: {front: {...ROUTE, route_destinations: 'nosuch'}},
    queue: 'front',
    pbs: 'gone',
    says: /^no destination of routing queue front accepts these jobs$/,
    exit: 2,
  },
  {
    name: 'a destination at another server: only a submission tells',
    queues: {front: {...ROUTE, route_destinations: 'prod@pbs2'}},
    queue: 'front',
    pbs: 'waits',
    says: /^these jobs may have to wait in routing queue front$/,
  },
  {
    name: 'a routing queue behind a routing queue',
    queues: {
      long: DAY,
      inner: {...ROUTE, route_destinations: 'long'},
      front: {...ROUTE, route_destinations: 'inner'},
    },
    queue: 'front',
    resources: TEN_HOURS,
    pbs: 'taken',
    endsIn: 'long',
    says: /^queue front accepts these jobs$/,
  },
  {
    name: 'a routing queue that takes the job and has no place for it, before a queue that has',
    queues: {
      short: HOUR,
      long: DAY,
      inner: {...ROUTE, route_destinations: 'short'},
      front: {...ROUTE, route_destinations: '"inner,long"'},
    },
    queue: 'front',
    resources: TEN_HOURS,
    pbs: 'gone',
    says: /^no destination of routing queue inner accepts these jobs$/,
    exit: 2,
  },
  {
    name: 'a stopped routing queue: jobs wait in it',
    queues: {front: {...ROUTE, route_destinations: 'workq', started: 'False'}},
    queue: 'front',
    pbs: 'waits',
    says: /^queue front starts no jobs$/,
  },
  {
    name: 'a disabled routing queue',
    queues: {front: {...ROUTE, route_destinations: 'workq', enabled: 'False'}},
    queue: 'front',
    pbs: 'refused',
    says: /^queue front accepts no jobs$/,
    exit: 4,
  },
  {
    name: 'a queue at another server',
    queues: {},
    queue: 'workq@pbs2',
    resources: TEN_HOURS,
    pbs: 'taken',
    notInStandIn: 'it is one server',
    says: /^workq@pbs2 was not checked$/,
  },
  {
    name: 'an array above the bound of the server',
    queues: {},
    server: {max_array_size: '100'},
    array: '0-100',
    pbs: 'refused',
    says: /^an array of 101 subjobs is too large for server pbs$/,
    exit: 2,
  },
  {
    name: 'an array above the bound of the queue',
    queues: {narrow: {max_array_size: '10'}},
    queue: 'narrow',
    array: '1-20',
    pbs: 'refused',
    says: /^an array of 20 subjobs is too large for queue narrow$/,
    exit: 2,
  },
  {
    name: 'an array that the queue just takes',
    queues: {narrow: {max_array_size: '10'}},
    queue: 'narrow',
    array: '1-20:2',
    pbs: 'taken',
    endsIn: 'narrow',
    says: /^queue narrow accepts these jobs$/,
  },
  {
    name: 'an array above the bound of the one destination',
    queues: {narrow: {max_array_size: '10'}, front: {...ROUTE, route_destinations: 'narrow'}},
    queue: 'front',
    array: '1-20',
    pbs: 'gone',
    says: /^no destination of routing queue front accepts these jobs$/,
    exit: 2,
  },
];

/** A fresh server, and a queue for staging jobs that nothing is held against. */
const SERVER: Attributes = {default_queue: 'workq', max_array_size: '10000', job_history_enable: 'True'};
const OPEN: Attributes = {queue_type: 'Execution', enabled: 'True', started: 'True'};

/** What the adapter reads of a set-up for `alice`, as qstat shows it at server `pbs`. */
export function siteSeen({queues, server}: Pick<QueueSetup, 'queues' | 'server'>): {
  readonly server: ServerSeen;
  readonly queues: readonly QueueSeen[];
} {
  const all = {workq: {}, staging: {}, ...queues};
  const shown = Object.fromEntries(Object.entries(all).map(([name, own]) => [name, asShown({...OPEN, ...own})]));
  const [seen] = readShown(shownAs('Server', {pbs: asShown({...SERVER, ...server})}), 'Server') ?? [];
  if (!seen) throw new Error('no server');
  return {
    server: readServer(seen, 'alice'),
    queues: (readShown(shownAs('Queue', shown), 'Queue') ?? []).map((queue) => readQueue(queue, 'alice')),
  };
}

function shownAs(heading: 'Server' | 'Queue', objects: object): CommandResult {
  return answer({stdout: JSON.stringify({[heading]: objects})});
}

/** Groups as objects, without the quotes that qmgr takes, and without what is unset. */
function asShown(attributes: Attributes): Record<string, unknown> {
  const shown: Record<string, string | Record<string, string>> = {};
  for (const [name, text] of Object.entries(attributes)) {
    const value = text.replaceAll('"', '');
    const [group = '', resource] = name.split('.');
    if (value === '') continue;
    const before = shown[group];
    shown[group] = resource === undefined ? value : {...(typeof before === 'object' ? before : {}), [resource]: value};
  }
  return shown;
}

/** What qmgr is told to make a set-up, a line each. */
export function qmgrLines({queues, server = {}}: Pick<QueueSetup, 'queues' | 'server'>): string[] {
  return [
    ...Object.entries(queues).flatMap(([name, own]) => [
      `create queue ${name}`,
      ...Object.entries({...OPEN, ...own}).map(([key, value]) => `set queue ${name} ${key} = ${value}`),
    ]),
    ...Object.entries(server).map(([key, value]) =>
      value === '' ? `unset server ${key}` : `set server ${key} = ${value}`,
    ),
  ];
}
