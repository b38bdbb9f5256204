import * as z from 'zod/mini';
import {parseJson} from '../../base/json.ts';
import {walltimeSeconds} from '../../base/walltime.ts';
import type {CommandResult} from '../../process/run-command.ts';
import type {QueueSeen, ServerSeen} from '../site.ts';
import {readBlocks} from './qstat-text.ts';

/** A server or queue as qstat showed it; `resources_max.walltime` names a resource in both forms. */
interface Shown {
  readonly name: string;
  readonly attribute: (name: string) => string | undefined;
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
      const found = rest.length === 0 ? attributes[group] : inGroup(attributes[group], rest.join('.'));
      return found === undefined || found === null ? undefined : String(found);
    },
  }));
}

function fromText(stdout: string, heading: 'Server' | 'Queue'): readonly Shown[] | undefined {
  if (!stdout.startsWith(`${heading}: `)) return undefined;
  return readBlocks(stdout, heading)?.map(({id, attributes}) => ({
    name: id,
    attribute: (wanted) => attributes.get(wanted),
  }));
}

/** Unset attributes are absent, and history is off unless it was switched on: OpenPBS 23.06, measured. */
export function keepsHistory({attribute}: Shown): boolean {
  return isTrue(attribute('job_history_enable'));
}

export function readServer(server: Shown, user: string): ServerSeen {
  const {name, attribute} = server;
  const [version, defaultQueue] = [attribute('pbs_version'), attribute('default_queue')];
  const maxArraySize = wholeNumber(attribute('max_array_size'));
  const maxQueued = limitFor(user, attribute('max_queued'));
  return {
    name,
    historyKept: keepsHistory(server),
    ...(version === undefined ? {} : {version}),
    ...(defaultQueue === undefined ? {} : {defaultQueue}),
    ...(maxArraySize === undefined ? {} : {maxArraySize}),
    ...(maxQueued === undefined ? {} : {maxQueued}),
  };
}

export function readQueue({name, attribute}: Shown, user: string): QueueSeen {
  const seconds = (limit: string) => walltimeSeconds(attribute(limit) ?? '');
  const [most, least] = [seconds('resources_max.walltime'), seconds('resources_min.walltime')];
  const maxQueued = limitFor(user, attribute('max_queued')) ?? wholeNumber(attribute('max_user_queuable'));
  return {
    name,
    enabled: isTrue(attribute('enabled')),
    started: isTrue(attribute('started')),
    routing: /^route/i.test(attribute('queue_type') ?? ''),
    restricted: ['acl_user_enable', 'acl_group_enable', 'acl_host_enable'].some((list) => isTrue(attribute(list))),
    ...(most === undefined ? {} : {walltimeMaxSeconds: most}),
    ...(least === undefined ? {} : {walltimeMinSeconds: least}),
    ...(maxQueued === undefined ? {} : {maxQueued}),
  };
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

function inGroup(group: unknown, name: string): unknown {
  const read = z.record(z.string(), z.unknown()).safeParse(group);
  return read.success ? read.data[name] : undefined;
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
