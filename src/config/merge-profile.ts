import {MOST_AGE_SECONDS, readDuration} from '../base/duration.ts';
import type {PaceLimit} from '../base/pace.ts';
import type {EndOfWay, WayBetween} from '../workflow/model/places.ts';
import {readHostPlace} from '../workflow/model/ways.ts';
import {type ProfileSection, readEnd} from './config-schema.ts';
import {
  defaultProfile,
  type JobDefaults,
  localProfile,
  PBS_PACE,
  type Profile,
  type ProfileLimits,
  type ProxySettings,
} from './profile.ts';

type JobsSection = NonNullable<ProfileSection['compute']>;

/** A profile as its section says, and as defaults say where it is silent. */
export function mergeProfile(key: string, section: ProfileSection): Profile {
  const base = key === 'local' ? localProfile() : defaultProfile(key);
  const pbs: Exclude<ProfileSection['scheduler'], string | undefined> =
    typeof section.scheduler === 'string' ? {kind: section.scheduler} : (section.scheduler ?? {});
  const globus: Exclude<ProfileSection['transfer'], string | undefined> =
    typeof section.transfer === 'string' ? {kind: section.transfer} : (section.transfer ?? {});
  return {
    ...base,
    scheduler: {
      ...base.scheduler,
      ...(pbs.kind ? {kind: pbs.kind} : {}),
      ...(pbs.bin ? {bin: pbs.bin} : {}),
      ...(pbs.timeout ? {timeoutMs: milliseconds(pbs.timeout)} : {}),
      pace: mergePace((pbs.kind ?? base.scheduler.kind) === 'local' ? undefined : base.scheduler.pace, pbs),
    },
    transfer: {
      kind: globus.kind ?? base.transfer.kind,
      authUrl: withSlash(globus.auth_url ?? base.transfer.authUrl),
      transferUrl: withSlash(globus.transfer_url ?? base.transfer.transferUrl),
      signIn: globus.sign_in || undefined,
      clientId: globus.client_id ? globus.client_id.toLowerCase() : undefined,
      tokenStore: globus.token_store || undefined,
      credentials: globus.credentials || undefined,
      scopes: globus.scopes || undefined,
      notify: globus.notify,
    },
    compute: mergeJobs(base.compute, section, section.compute),
    staging: {
      ...mergeJobs(base.staging, section, section.staging),
      network: section.staging?.network ?? base.staging.network,
    },
    cli: section.cli ?? base.cli,
    setup: section.setup === undefined ? base.setup : [section.setup].flat(),
    ...(section.proxy ? {proxy: readProxy(section.proxy)} : {}),
    strategy: section.strategy ?? base.strategy,
    waitWalltime: section.wait_walltime ?? base.waitWalltime,
    ...(section.max_queued === undefined ? {} : {maxQueued: section.max_queued}),
    maxPending: section.transfers?.max_pending,
    limits: section.limits && mergeLimits(section.limits),
    paths: section.paths ?? base.paths,
    sshConfig: section.ssh_config,
    ways: section.ways?.map(readWay) ?? base.ways,
    monitor: {
      minMs: section.monitor?.min === undefined ? base.monitor.minMs : milliseconds(section.monitor.min),
      maxMs: section.monitor?.max === undefined ? base.monitor.maxMs : milliseconds(section.monitor.max),
    },
    collections: section.collections ?? {},
    lostGraceMs: section.lost_after === undefined ? base.lostGraceMs : milliseconds(section.lost_after),
    keepRunsMs: section.keep?.runs === undefined ? base.keepRunsMs : readDuration(section.keep.runs, MOST_AGE_SECONDS),
    log: {
      level: section.log?.level ?? base.log.level,
      format: section.log?.format ?? base.log.format,
      keepDays: section.log?.keep ?? base.log.keepDays,
    },
  };
}

function mergeLimits({directory, slots = {}, pools = {}}: NonNullable<ProfileSection['limits']>): ProfileLimits {
  const all = Object.entries(pools).map(([name, pool]) => [name, {reserve: 0, ...pool}] as const);
  return {directory, slots, pools: Object.fromEntries(all)};
}

/** One of the two numbers alone goes with the other's default. */
function mergePace(
  base: PaceLimit | undefined,
  said: {readonly commands_per_second?: number | undefined; readonly burst?: number | undefined},
): PaceLimit | undefined {
  if (said.commands_per_second === undefined && said.burst === undefined) return base;
  const {perSecond, burst} = base ?? PBS_PACE;
  return {perSecond: said.commands_per_second ?? perSecond, burst: said.burst ?? burst};
}

/** What is said of this kind of job wins over what is said of all, key by key; further arguments add up. */
function mergeJobs(base: JobDefaults, all: ProfileSection, own: JobsSection = {}): JobDefaults {
  const queue = own.queue ?? all.queue;
  const account = own.account ?? all.account;
  const project = own.project ?? all.project;
  const resources = withoutNull({
    ...base.resources,
    ...all.resources,
    ...own.resources,
    ...(own.select ? {select: own.select} : {}),
    ...(own.walltime ? {walltime: own.walltime} : {}),
  });
  return {
    queue: queue || undefined,
    account: account || undefined,
    project: project || undefined,
    resources: own.node_property
      ? {...resources, select: onNodesWith(own.node_property, resources.select ?? '1')}
      : resources,
    extraArgs: [...(all.extra ?? []), ...(own.extra ?? [])],
  };
}

function withoutNull(values: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
}

/** A property is asked for in each chunk of `select`: `2:ncpus=4+1` becomes `2:ncpus=4:dtn=True+1:dtn=True`. */
function onNodesWith(property: string, select: string): string {
  const wanted = property.includes('=') ? property : `${property}=True`;
  return select
    .split('+')
    .map((chunk) => `${chunk}:${wanted}`)
    .join('+');
}

function readProxy(section: NonNullable<ProfileSection['proxy']>): ProxySettings {
  const hosts = [section.no_proxy ?? []].flat().flatMap((text) => text.split(','));
  return {
    http: section.http || undefined,
    https: section.https || undefined,
    noProxy: hosts.map((host) => host.trim()).filter((host) => host !== ''),
  };
}

type WaySection = NonNullable<ProfileSection['ways']>[number];

/** The schema has seen that each place can be read. */
function readWay(way: WaySection): WayBetween {
  switch (way.via) {
    case 'globus':
      return {from: endOf(way.from), to: endOf(way.to), via: undefined};
    case 'copy':
      return {from: endOf(way.from, way.from_at), to: endOf(way.to, way.to_at), via: {by: 'copy'}};
    case 'command':
      return {
        from: endOf(way.from, way.from_at),
        to: endOf(way.to, way.to_at),
        via: {by: 'command', program: way.program},
      };
  }
}

function endOf(written: string, at?: string): EndOfWay {
  const {collection, path} = readEnd(written) ?? {collection: written, path: '/'};
  const place = at === undefined ? undefined : readHostPlace(at);
  return {collection, path, at: typeof place === 'string' ? undefined : place};
}

function withSlash(url: string): string {
  return url === '' || url.endsWith('/') ? url : `${url}/`;
}

const UNIT_MS: Readonly<Record<string, number>> = {s: 1000, m: 60_000, h: 3_600_000};

/** `30`, `"30s"`, `"5m"`, `"1h"` as milliseconds. The schema has seen the form. */
function milliseconds(value: number | string): number {
  if (typeof value === 'number') return value * 1000;
  return Number.parseFloat(value) * (UNIT_MS[value.slice(-1)] ?? 1000);
}
