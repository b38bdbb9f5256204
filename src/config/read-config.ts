import {LineCounter, parseDocument} from 'yaml';
import * as z from 'zod/mini';
import {RequestWrong} from '../errors.ts';
import {defaultProfile, type JobDefaults, localProfile, type Profile} from './profile.ts';

/** The configuration file as it was read. */
export interface Config {
  readonly defaultProfile?: string;
  readonly collections: Readonly<Record<string, string>>;
  readonly profiles: ReadonlyMap<string, Profile>;
}

const matching = (form: RegExp, message: string) => z.string().check(z.regex(form, message));
const maybe = z.optional;
const name = matching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'must be letters, digits, "_" or "-"');
const uuid = matching(
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  'must be a collection id (a UUID)',
);
const url = matching(/^https?:\/\/[^\s/]+/, 'must be an address that starts with https:// or http://');
const seconds = z.union([
  z.number().check(z.positive()),
  matching(/^\d+(\.\d+)?(s|m|h)?$/, 'must be seconds, or a number with s, m or h'),
]);
const text = z.pipe(z.union([z.string(), z.number()]), z.transform(String));
const jobs = z.strictObject({
  queue: maybe(z.string()),
  account: maybe(z.string()),
  project: maybe(z.string()),
  resources: maybe(z.record(z.string(), text)),
  extra: maybe(z.array(text)),
});
const scheduler = z.strictObject({
  kind: maybe(z.enum(['pbs', 'local'])),
  bin: maybe(z.string()),
  timeout: maybe(seconds),
});
const transfer = z.strictObject({
  kind: maybe(z.enum(['globus', 'local'])),
  auth_url: maybe(url),
  transfer_url: maybe(url),
  credentials: maybe(z.string()),
  scopes: maybe(z.array(z.string())),
});
const profile = z.strictObject({
  scheduler: maybe(z.union([z.enum(['pbs', 'local']), scheduler])),
  transfer: maybe(z.union([z.enum(['globus', 'local']), transfer])),
  compute: maybe(jobs),
  staging: maybe(jobs),
  setup: maybe(z.union([z.string(), z.array(z.string())])),
  monitor: maybe(z.strictObject({min: maybe(seconds), max: maybe(seconds)})),
  collections: maybe(z.record(name, uuid)),
  lost_after: maybe(seconds),
  strategy: maybe(z.enum(['monitor', 'wait'])),
  wait_walltime: maybe(matching(/^\d+:[0-5]\d:[0-5]\d$/, 'must be HH:MM:SS, in quotes')),
});
const configFile = z.strictObject({
  default_profile: maybe(name),
  collections: maybe(z.record(name, uuid)),
  profiles: maybe(z.record(name, profile)),
});

/**
 * Read the text of a configuration file.
 *
 * @throws {RequestWrong} with every mistake as `file:line:column: key: what is wrong`
 */
export function readConfig(source: string, file: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(source, {lineCounter: lines, prettyErrors: false});
  const at = (offset: number) => `${file}:${lines.linePos(offset).line}:${lines.linePos(offset).col}`;
  if (document.errors.length > 0)
    throw wrong(
      file,
      document.errors.map((error) => `${at(error.pos[0])}: ${error.message}`),
    );
  const read = configFile.safeParse(document.toJS({maxAliasCount: 100}) ?? {});
  if (read.success) return fromFile(read.data);
  throw wrong(
    file,
    read.error.issues.map((issue) => {
      const node = document.getIn(issue.path as (string | number)[], true);
      const range =
        typeof node === 'object' && node !== null && 'range' in node ? (node.range as [number] | undefined) : undefined;
      return `${at(range?.[0] ?? 0)}: ${issue.path.join('.') || 'the file'}: ${issue.message}`;
    }),
  );
}

function wrong(file: string, details: string[]): RequestWrong {
  return new RequestWrong(
    `the configuration ${file} has ${details.length === 1 ? 'a mistake' : `${details.length} mistakes`}`,
    {code: 'CONFIG_INVALID', details},
  );
}

function fromFile(file: z.infer<typeof configFile>): Config {
  const profiles = Object.entries(file.profiles ?? {}).map(([key, section]) => [key, merge(key, section)] as const);
  return {
    ...(file.default_profile ? {defaultProfile: file.default_profile} : {}),
    collections: file.collections ?? {},
    profiles: new Map(profiles),
  };
}

function merge(key: string, section: z.infer<typeof profile>): Profile {
  const base = key === 'local' ? localProfile() : defaultProfile(key);
  const pbs = typeof section.scheduler === 'string' ? {kind: section.scheduler} : (section.scheduler ?? {});
  const globus: z.infer<typeof transfer> =
    typeof section.transfer === 'string' ? {kind: section.transfer} : (section.transfer ?? {});
  return {
    ...base,
    scheduler: {
      ...base.scheduler,
      ...(pbs.kind ? {kind: pbs.kind} : {}),
      ...('bin' in pbs && pbs.bin ? {bin: pbs.bin} : {}),
      ...('timeout' in pbs && pbs.timeout ? {timeoutMs: milliseconds(pbs.timeout)} : {}),
    },
    transfer: {
      kind: globus.kind ?? base.transfer.kind,
      authUrl: withSlash(globus.auth_url ?? base.transfer.authUrl),
      transferUrl: withSlash(globus.transfer_url ?? base.transfer.transferUrl),
      ...(globus.credentials ? {credentials: globus.credentials} : {}),
      ...(globus.scopes ? {scopes: globus.scopes} : {}),
    },
    compute: mergeJobs(base.compute, section.compute),
    staging: mergeJobs(base.staging, section.staging),
    setup: section.setup === undefined ? base.setup : [section.setup].flat(),
    monitor: {
      minMs: section.monitor?.min === undefined ? base.monitor.minMs : milliseconds(section.monitor.min),
      maxMs: section.monitor?.max === undefined ? base.monitor.maxMs : milliseconds(section.monitor.max),
    },
    collections: section.collections ?? {},
    lostGraceMs: section.lost_after === undefined ? base.lostGraceMs : milliseconds(section.lost_after),
    strategy: section.strategy ?? base.strategy,
    waitSeconds: section.wait_walltime === undefined ? base.waitSeconds : ofWalltime(section.wait_walltime),
  };
}

function mergeJobs(base: JobDefaults, section: z.infer<typeof jobs> | undefined): JobDefaults {
  if (!section) return base;
  const {queue, account, project, resources = {}, extra = []} = section;
  return {
    ...base,
    ...(queue ? {queue} : {}),
    ...(account ? {account} : {}),
    ...(project ? {project} : {}),
    resources: {...base.resources, ...resources},
    extraArgs: extra,
  };
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

/** `01:30:00` in seconds. The schema has seen the form. */
function ofWalltime(text: string): number {
  return text.split(':').reduce((seconds, part) => seconds * 60 + Number(part), 0);
}
