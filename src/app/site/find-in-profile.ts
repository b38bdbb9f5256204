import {UUID} from '../../base/ids.ts';
import type {Profile} from '../../config/profile.ts';
import {EXIT} from '../../errors.ts';
import {limitOf, type QueueSeen, type ServerSeen} from '../../scheduler/site.ts';
import {type Finding, fine, noNetwork, note, problem} from '../shared/findings.ts';
import {computeJobs, findQueues, stagingJobs} from '../shared/queue-findings.ts';

/** What can be said of a profile without asking PBS or Globus. Pure. */
export function findInProfile(profile: Profile): Finding[] {
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
      .filter(({collection}) => !(collection in profile.collections) && !UUID.test(collection))
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
export function findAtServer(profile: Profile, server: ServerSeen, queues: readonly QueueSeen[]): Finding[] {
  return [
    server.historyKept
      ? fine('finished jobs are kept in its history', 'job_history_enable is on')
      : note('finished jobs are forgotten at once', 'job_history_enable is off: markers alone tell how jobs ended'),
    ...findQueues([computeJobs(profile), stagingJobs(profile)], server, queues),
    ...findLimit(profile, server, queues),
  ];
}

function findLimit(profile: Profile, server: ServerSeen, queues: readonly QueueSeen[]): Finding[] {
  const names = [profile.compute.queue ?? server.defaultQueue, profile.staging.queue ?? server.defaultQueue];
  const limit = limitOf(
    server,
    queues.filter(({name}) => names.includes(name)),
  );
  if (limit === undefined) return [];
  if (profile.maxQueued === undefined)
    return [
      note(
        `PBS accepts at most ${limit} of your jobs at a time`,
        'held and waiting jobs count too, and max_queued is not set',
        `Set max_queued: ${limit} in the profile, or less if you also submit jobs without stage.`,
      ),
    ];
  return profile.maxQueued <= limit
    ? [fine(`max_queued ${profile.maxQueued} is within the limit`, `PBS accepts ${limit} of your jobs at a time`)]
    : [
        problem(
          `max_queued ${profile.maxQueued} is above what PBS accepts`,
          `at most ${limit} of your jobs at a time`,
          EXIT.usage,
          `Set max_queued: ${limit} or less.`,
        ),
      ];
}
