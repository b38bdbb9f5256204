import {walltimeSeconds, writeWalltime} from '../../base/walltime.ts';
import type {Profile} from '../../config/profile.ts';
import {EXIT, type ExitCode} from '../../errors.ts';
import type {QueueSeen, ServerSeen} from '../../scheduler/site.ts';

/** One thing that was looked at: what was found, why it matters, what to do next. */
export interface ProfileFinding {
  readonly what: string;
  /** a note is no mistake, but something to know */
  readonly level: 'ok' | 'note' | 'problem';
  readonly why: string;
  readonly next: readonly string[];
  /** of a problem: whose turn it is, as an exit code */
  readonly exit?: ExitCode;
}

export function fine(what: string, why: string): ProfileFinding {
  return {what, level: 'ok', why, next: []};
}

export function note(what: string, why: string, ...next: string[]): ProfileFinding {
  return {what, level: 'note', why, next};
}

export function problem(what: string, why: string, exit: ExitCode, ...next: string[]): ProfileFinding {
  return {what, level: 'problem', why, next, exit};
}

/** What can be said of a profile without asking anybody. Pure. */
export function findInProfile(profile: Profile): ProfileFinding[] {
  const left = placeholders(profile);
  return [
    left.length === 0
      ? fine('everything is filled in', 'no placeholder of an example is left')
      : problem(
          'placeholders are left to fill in',
          left.join(', '),
          EXIT.usage,
          'Put your own values in their place in the configuration file.',
        ),
    ...(profile.staging.network ? [] : [noNetwork(profile)]),
    ...profile.paths
      .filter(({collection}) => !(collection in profile.collections) && !/^[0-9a-f-]{36}$/i.test(collection))
      .map(({cluster, collection}) =>
        problem(
          `paths: ${cluster} names a collection that is not known`,
          `"${collection}" is neither under "collections" nor an id`,
          EXIT.usage,
          `Add ${collection}: ID to "collections", or correct the name.`,
        ),
      ),
  ];
}

/** Nothing of a run goes on by itself where jobs of stage cannot look. */
export function noNetwork(profile: Profile): ProfileFinding {
  const cron = `*/5 * * * * stage monitor --no-chain --profile ${profile.name}`;
  return note(
    'staging jobs may not reach the network',
    'launchers, sentinels and monitors cannot ask Globus from a job: somebody else must look',
    `On a submit node that may run cron, add with "crontab -e": ${cron}`,
    'Without cron: run "stage monitor" on the submit node by hand or in a loop; "stage status" and "stage run" look too.',
    'If the site has a queue whose nodes have a network (often a copy or data mover queue), name it under "staging" and drop network: false.',
  );
}

/** `<your account>`, and the id that no collection has. */
function placeholders(profile: Profile): string[] {
  const found: string[] = [];
  const search = (value: unknown, at: string): void => {
    if (typeof value === 'string' && (/<[^<>]+>/.test(value) || /^0{8}-(0{4}-){3}0{12}$/.test(value)))
      found.push(`${at}: ${value}`);
    else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) search(inner, at === '' ? key : `${at}.${key}`);
  };
  search(profile, '');
  return found;
}

/** What the server's own description says of a profile. Pure. */
export function findAtServer(profile: Profile, server: ServerSeen, queues: readonly QueueSeen[]): ProfileFinding[] {
  const longest = profile.strategy === 'wait' ? profile.waitWalltime : profile.staging.resources.walltime;
  return [
    server.historyKept
      ? fine('finished jobs are kept in the history', 'job_history_enable is on')
      : note('finished jobs are forgotten at once', 'job_history_enable is off: markers alone tell how jobs ended'),
    ...findQueue('compute', profile.compute.queue, profile.compute.resources.walltime, server, queues),
    ...findQueue('staging', profile.staging.queue, longest, server, queues),
    ...findLimit(profile, server, queues),
  ];
}

/** `-q` takes `QUEUE@SERVER` and `@SERVER` too (qsub(1B)). */
export function namesServer(destination: string): boolean {
  return destination.includes('@');
}

export function queueAtServer(whose: string, destination: string, {name}: ServerSeen): ProfileFinding {
  return note(
    `${whose}: ${destination} was not looked at`,
    `it names a server; only the queues of ${name} were asked for`,
    `See whether it takes your jobs: qstat -Q -f ${destination}`,
  );
}

function findQueue(
  kind: 'compute' | 'staging',
  asked: string | undefined,
  walltime: string | undefined,
  server: ServerSeen,
  queues: readonly QueueSeen[],
): ProfileFinding[] {
  const name = asked ?? server.defaultQueue;
  const open = queues.filter((queue) => queue.enabled && queue.started).map((queue) => queue.name);
  const choose = `Name another one under "${kind}": ${open.join(', ') || 'no queue takes and starts jobs now'}`;
  if (name === undefined)
    return [problem(`${kind}: no queue is named`, 'the server has no default queue', EXIT.usage, choose)];
  if (namesServer(name)) return [queueAtServer(kind, name, server)];
  const queue = queues.find((one) => one.name === name);
  if (!queue)
    return [
      problem(
        `${kind}: there is no queue "${name}"`,
        `server ${server.name} has ${queues.map((one) => one.name).join(', ') || 'none'}`,
        EXIT.usage,
        choose,
      ),
    ];
  const found: ProfileFinding[] = [];
  if (!queue.enabled)
    found.push(
      problem(`${kind}: queue ${name} takes no jobs`, 'it is disabled at the moment', EXIT.unreachable, choose),
    );
  if (!queue.started)
    found.push(note(`${kind}: queue ${name} starts no jobs`, 'it is stopped at the moment: jobs wait', choose));
  if (queue.restricted)
    found.push(
      note(
        `${kind}: queue ${name} is not open to everybody`,
        'access lists are on; whether you are on them shows when a job is submitted',
        'Try it: stage doctor --job',
      ),
    );
  found.push(...findWalltime(kind, name, walltime, queue));
  const wrong = found.some((finding) => finding.level === 'problem');
  const origin = asked ? '' : ' (the default of the server)';
  return wrong
    ? found
    : [
        fine(
          `${kind}: queue ${name} exists and takes jobs`,
          `${queue.routing ? 'it hands jobs on to other queues, whose limits count' : 'an execution queue'}${origin}`,
        ),
        ...found,
      ];
}

function findWalltime(kind: string, name: string, walltime: string | undefined, queue: QueueSeen): ProfileFinding[] {
  if (walltime === undefined) return [];
  const asked = walltimeSeconds(walltime);
  if (asked === undefined)
    return [
      problem(`${kind}: walltime ${walltime} is none`, 'it must be HH:MM:SS', EXIT.usage, 'Correct it in the profile.'),
    ];
  if (queue.walltimeMaxSeconds !== undefined && asked > queue.walltimeMaxSeconds)
    return [
      problem(
        `${kind}: walltime ${walltime} is above what queue ${name} allows`,
        `at most ${writeWalltime(queue.walltimeMaxSeconds)}`,
        EXIT.usage,
        `Set a walltime of at most ${writeWalltime(queue.walltimeMaxSeconds)}, or name another queue.`,
      ),
    ];
  if (queue.walltimeMinSeconds !== undefined && asked < queue.walltimeMinSeconds)
    return [
      problem(
        `${kind}: walltime ${walltime} is below what queue ${name} wants`,
        `at least ${writeWalltime(queue.walltimeMinSeconds)}`,
        EXIT.usage,
        `Set a walltime of at least ${writeWalltime(queue.walltimeMinSeconds)}, or name another queue.`,
      ),
    ];
  return [];
}

function findLimit(profile: Profile, server: ServerSeen, queues: readonly QueueSeen[]): ProfileFinding[] {
  const names = [profile.compute.queue ?? server.defaultQueue, profile.staging.queue ?? server.defaultQueue];
  const limits = [server.maxQueued, ...queues.filter(({name}) => names.includes(name)).map(({maxQueued}) => maxQueued)];
  const limit = Math.min(...limits.flatMap((one) => one ?? []));
  if (!Number.isFinite(limit)) return [];
  if (profile.maxQueued === undefined)
    return [
      note(
        `PBS takes at most ${limit} of your jobs at a time`,
        'held and waiting jobs count too, and max_queued is not set',
        `Set max_queued: ${limit} in the profile, or less when you submit other jobs beside stage.`,
      ),
    ];
  return profile.maxQueued <= limit
    ? [fine(`max_queued ${profile.maxQueued} is within the limit`, `PBS takes ${limit} of your jobs at a time`)]
    : [
        problem(
          `max_queued ${profile.maxQueued} is above what PBS takes`,
          `at most ${limit} of your jobs at a time`,
          EXIT.usage,
          `Set max_queued: ${limit} or less.`,
        ),
      ];
}
