import * as z from 'zod/mini';

import {parseJson} from '../../base/json.ts';
import type {CommandResult} from '../../process/run-command.ts';
import type {QueueSeen, Resources, ServerSeen} from '../site.ts';
import {readBlocks} from './qstat-text.ts';

/** A server or queue as qstat showed it; `resources_max.walltime` names a resource in both forms. */
interface Shown {
  readonly name: string;
  readonly attribute: (name: string) => string | undefined;
  /** all values of a group such as `resources_max`, by resource; absent when there are none */
  readonly group: (name: string) => Resources | undefined;
}

const Objects = z.record(z.string(), z.record(z.string(), z.unknown()));

/** What `qstat -B -f` or `qstat -Q -f` printed, in JSON or in text; nothing when it is neither, or not whole. */
export function readShown(done: CommandResult, heading: 'Server' | 'Queue'): readonly Shown[] | undefined {
  if (done.exitCode !== 0) return undefined;
  return fromJson(done.stdout, heading) ?? fromText(done.stdout, heading);
}

function fromJson(stdout: string, heading: 'Server' | 'Queue'): readonly Shown[] | undefined {
  const read = Objects.safeParse(parsed(stdout)?.[heading]);
  if (!read.success) return undefined;
  return Object.entries(read.data).map(([name, attributes]) => ({
    name,
    attribute: (wanted) => {
      const [group = '', ...rest] = wanted.split('.');
      const found = rest.length === 0 ? attributes[group] : asGroup(attributes[group])[rest.join('.')];
      return found === undefined || found === null ? undefined : String(found);
    },
    group: (wanted) => groupOf(Object.entries(asGroup(attributes[wanted])).map(([key, value]) => [key, String(value)])),
  }));
}

function fromText(stdout: string, heading: 'Server' | 'Queue'): readonly Shown[] | undefined {
  if (!stdout.startsWith(`${heading}: `)) return undefined;
  return readBlocks(stdout, heading)?.map(({id, attributes}) => ({
    name: id,
    attribute: (wanted) => attributes.get(wanted),
    group: (wanted) =>
      groupOf(
        [...attributes].flatMap(([key, value]): [string, string][] =>
          key.startsWith(`${wanted}.`) ? [[key.slice(wanted.length + 1), value]] : [],
        ),
      ),
  }));
}

/** Unset attributes are absent, and history is off unless it was switched on: OpenPBS 23.06, measured. */
export function keepsHistory({attribute}: Shown): boolean {
  return isTrue(attribute('job_history_enable'));
}

export function readServer(server: Shown, user: string): ServerSeen {
  const {name, attribute, group} = server;
  return {
    name,
    historyKept: keepsHistory(server),
    version: attribute('pbs_version'),
    defaultQueue: attribute('default_queue'),
    maxArraySize: wholeNumber(attribute('max_array_size')),
    maxQueued: limitFor(user, attribute('max_queued')),
    resourcesMax: group('resources_max'),
    resourcesDefault: group('resources_default'),
  };
}

export function readQueue({name, attribute, group}: Shown, user: string): QueueSeen {
  const routing = /^route/i.test(attribute('queue_type') ?? '');
  const destinations = attribute('route_destinations') ?? '';
  return {
    name,
    enabled: isTrue(attribute('enabled')),
    started: isTrue(attribute('started')),
    routing,
    destinations: routing ? listOf(destinations) : undefined,
    fromRouteOnly: isTrue(attribute('from_route_only')) || undefined,
    access: accessOf(user, attribute),
    resourcesMax: group('resources_max'),
    resourcesMin: group('resources_min'),
    resourcesDefault: group('resources_default'),
    maxArraySize: wholeNumber(attribute('max_array_size')),
    maxQueued: limitFor(user, attribute('max_queued')) ?? wholeNumber(attribute('max_user_queuable')),
  };
}

/** Groups are those that the server's host knows, and hosts by what it calls them: only a submission tells. */
function accessOf(user: string, attribute: Shown['attribute']): QueueSeen['access'] {
  const byUser = isTrue(attribute('acl_user_enable')) ? userAccess(user, attribute('acl_users') ?? '') : 'open';
  const others = ['acl_group_enable', 'acl_host_enable'].some((list) => isTrue(attribute(list)));
  return byUser === 'open' && others ? 'unknown' : byUser;
}

/**
 * What `acl_users` says of a user: the first entry that fits decides, `-name` against; without one the queue is closed,
 * unless a `+` alone stands in the list. An entry for some hosts only can not be told from here.
 * Source: OpenPBS, acl_check and user_match in src/lib/Libattr/attr_fn_acl.c.
 */
export function userAccess(user: string, list: string): QueueSeen['access'] {
  let otherwise: QueueSeen['access'] = 'closed';
  for (const entry of listOf(list)) {
    const against = entry.startsWith('-');
    const [name = '', host = '*'] = entry.replace(/^[+-]/, '').split('@');
    if (name === '') otherwise = against ? 'closed' : 'open';
    else if (name === user) return host !== '*' ? 'unknown' : against ? 'closed' : 'open';
  }
  return otherwise;
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim().replace(/^"(.*)"$/, '$1'))
    .filter((item) => item !== '');
}

/**
 * What a limit such as `[u:PBS_GENERIC=10],[u:alice=2],[o:PBS_ALL=500]` leaves to one user: the smallest of what counts
 * for this user. A limit in the user's own name takes the place of the generic one. Source: OpenPBS, qmgr(1B), "limits".
 */
export function limitFor(user: string, text: string | undefined): number | undefined {
  const limits = [...(text ?? '').matchAll(/\[\s*([uo]):([^=\]]+)=(\d+)\s*\]/g)];
  const of = (kind: string, entity: string) =>
    limits.findLast(([, k, e]) => k === kind && e?.trim().replaceAll('"', '') === entity)?.[3];
  const found = [of('u', user) ?? of('u', 'PBS_GENERIC'), of('o', 'PBS_ALL')].flatMap((limit) =>
    limit === undefined ? [] : Number(limit),
  );
  return found.length === 0 ? undefined : Math.min(...found);
}

function asGroup(group: unknown): Record<string, unknown> {
  const read = z.record(z.string(), z.unknown()).safeParse(group);
  return read.success ? read.data : {};
}

function groupOf(entries: readonly (readonly [string, string])[]): Resources | undefined {
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function isTrue(value: string | undefined): boolean {
  return /^(true|t|yes|y|1)$/i.test(value ?? '');
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function parsed(text: string): Record<string, unknown> | undefined {
  const value = parseJson(text); // it may be the text form
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined; // read by a name only
}
