import * as z from 'zod/mini';
import {readBytes} from '../base/bytes.ts';
import {MOST_AGE_SECONDS, readDuration} from '../base/duration.ts';
import {isLoopback} from '../base/environment.ts';
import {UUID} from '../base/ids.ts';
import {NAME} from '../base/names.ts';
import {unusableArgument} from '../base/qsub-arguments.ts';
import {NOTIFY_ON} from '../base/task-request.ts';
import {LOG_FORMATS, LOG_LEVELS} from '../log/log.ts';
import {readPlace, type WrittenPlace} from '../workflow/model/places.ts';
import {isElsewhere, readHostPlace, TWO_HOSTS} from '../workflow/model/ways.ts';

const matching = (form: RegExp, message: string) => z.string().check(z.regex(form, message));
const maybe = z.optional;
const name = matching(NAME, 'must be letters, digits, "_" or "-"');
/** Directories of ours beside the state directories, which bear the names of profiles. */
const RESERVED = ['logs', 'stand-ins'];
const profileName = name.check(z.refine((text) => !RESERVED.includes(text), 'is a reserved name'));
const uuid = matching(UUID, 'must be a collection id (a UUID)');
const URL_FORM =
  'must be an address that starts with https://, or with http:// on this machine (localhost, 127.0.0.1, [::1])';
/** Tokens would go over the network for all to read: http is for what listens on this machine. */
const url = matching(/^https?:\/\/[^\s/]+/, URL_FORM).check(
  z.refine((address) => address.startsWith('https:') || isLoopback(address), URL_FORM),
);
const proxyUrl = matching(
  /^http:\/\/(\[[\da-f:.]+\]|[^\s/@#?:[\]\\]+)(:\d{1,5})?\/?$/i,
  'must be http://HOST:PORT, without user and password: they would appear in job scripts',
);
const SECONDS = 'must be seconds, or a number with s, m or h';
const seconds = z.union([z.number().check(z.positive()), matching(/^\d+(\.\d+)?(s|m|h)?$/, SECONDS)], SECONDS);
const walltime = matching(/^\d{1,4}:[0-5]\d:[0-5]\d$/, 'must be "HH:MM:SS", in quotes');
const absolute = matching(/^\//, 'must be an absolute path');
const text = z.pipe(z.union([z.string(), z.number(), z.boolean()], 'must be text'), z.transform(String));
const qsubArgument = text.check(
  z.refine((word) => unusableArgument([word]) === undefined, {error: ({input}) => unusableArgument([String(input)])}),
);

const WHOLE = 'must be a whole number above 0';

/** What may be said of all jobs, and again of compute or staging jobs alone. */
const submission = {
  queue: maybe(z.string()),
  account: maybe(z.string()),
  project: maybe(z.string()),
  /** null takes a default away */
  resources: maybe(z.record(z.string(), z.nullable(text))),
  extra: maybe(z.array(qsubArgument)),
};
const jobs = {
  ...submission,
  select: maybe(z.string()),
  walltime: maybe(walltime),
  node_property: maybe(matching(/^[A-Za-z][\w.-]*(=[^\s:+]+)?$/, 'must be NAME or NAME=VALUE')),
};
const scheduler = z.strictObject({
  kind: maybe(z.enum(['pbs', 'local'])),
  bin: maybe(z.string()),
  timeout: maybe(seconds),
  commands_per_second: maybe(z.number().check(z.positive('must be a number above 0'))),
  burst: maybe(z.int('must be a whole number, 1 or more').check(z.positive('must be a whole number, 1 or more'))),
});
const transfer = z.strictObject({
  kind: maybe(z.enum(['globus', 'local', 'none'])),
  auth_url: maybe(url),
  transfer_url: maybe(url),
  sign_in: maybe(z.enum(['native-app', 'client', 'globus-cli'])),
  client_id: maybe(matching(UUID, 'must be the id of a client (a UUID)')),
  token_store: maybe(z.enum(['file', 'keyring'])),
  credentials: maybe(absolute),
  scopes: maybe(z.array(z.string())),
  notify: maybe(z.array(z.enum(NOTIFY_ON))),
});
const proxy = z.strictObject({
  http: maybe(proxyUrl),
  https: maybe(proxyUrl),
  no_proxy: maybe(z.union([z.string(), z.array(z.string())], 'must be text or a list of texts')),
});
const END = 'must be COLLECTION or COLLECTION:/DIRECTORY/';
const end = z.string(END).check(
  z.refine((written) => {
    const read = readEnd(written);
    return read !== undefined && !read.path.split('/').includes('..');
  }, END),
);
const hostPlace = z.string().check(
  z.refine((written) => typeof readHostPlace(written) !== 'string', {
    error: ({input}) => String(readHostPlace(String(input))),
  }),
);
const ends = {from: end, to: end};
/** Which of the three forms a way has, its "via" says; each mistake is told at its key. */
const way = z.discriminatedUnion(
  'via',
  [
    z
      .strictObject({...ends, via: z.literal('copy'), from_at: hostPlace, to_at: hostPlace})
      .check(z.refine(({from_at, to_at}) => isHere(from_at) || isHere(to_at), {path: ['to_at'], error: TWO_HOSTS})),
    z.strictObject({
      ...ends,
      via: z.literal('command'),
      program: absolute,
      from_at: maybe(hostPlace),
      to_at: maybe(hostPlace),
    }),
    z.strictObject({...ends, via: z.literal('globus')}),
  ],
  'must have via: globus, copy or command',
);

/** `theta` or `theta:/projects/`: a collection, and a directory of it. */
export function readEnd(written: string): WrittenPlace | undefined {
  const read = readPlace(written.includes(':') ? written : `${written}:/`);
  return typeof read === 'string' ? undefined : read;
}

function isHere(written: string): boolean {
  const read = readHostPlace(written);
  return typeof read === 'string' || !isElsewhere(read);
}

const AGE = 'must be a number with m, h or d, such as 30d';
const age = z.string(AGE).check(z.refine((written) => readDuration(written, MOST_AGE_SECONDS) !== undefined, AGE));

const KEEP = 'must be a whole number of days, 0 or more';
const log = z.strictObject({
  level: maybe(z.enum(LOG_LEVELS)),
  format: maybe(z.enum(LOG_FORMATS)),
  keep: maybe(z.int(KEEP).check(z.nonnegative(KEEP))),
});
const SIZE = 'must be a number of bytes, such as 2TB';
const size = z.pipe(
  z.union([z.number(), z.string()], SIZE).check(z.refine((written) => readBytes(written) !== undefined, SIZE)),
  z.transform((written) => readBytes(written) ?? 0),
);
const limits = z.strictObject({
  directory: maybe(absolute),
  slots: maybe(z.record(name, z.int(WHOLE).check(z.positive(WHOLE)))),
  pools: maybe(
    z.record(name, z.strictObject({size, reserve: maybe(z.union([z.literal(0), size], SIZE)), path: maybe(absolute)})),
  ),
});
const profile = z.strictObject({
  scheduler: maybe(z.union([z.enum(['pbs', 'local']), scheduler], 'must be pbs or local, or a map')),
  transfer: maybe(z.union([z.enum(['globus', 'local', 'none']), transfer], 'must be globus, local or none, or a map')),
  ...submission,
  compute: maybe(z.strictObject(jobs)),
  staging: maybe(z.strictObject({...jobs, network: maybe(z.boolean())})),
  cli: maybe(absolute),
  setup: maybe(z.union([z.string(), z.array(z.string())], 'must be text or a list of texts')),
  proxy: maybe(proxy),
  strategy: maybe(z.enum(['monitor', 'wait'])),
  wait_walltime: maybe(walltime),
  transfers: maybe(z.strictObject({max_pending: maybe(z.int(WHOLE).check(z.positive(WHOLE)))})),
  max_queued: maybe(z.int(WHOLE).check(z.positive(WHOLE))),
  limits: maybe(limits),
  paths: maybe(z.array(z.strictObject({cluster: absolute, collection: z.string(), path: absolute}))),
  ways: maybe(z.array(way)),
  ssh_config: maybe(matching(/^\/[\w./+@-]*$/, 'must be an absolute path of letters, digits and . _ / + @ -')),
  monitor: maybe(z.strictObject({min: maybe(seconds), max: maybe(seconds)})),
  collections: maybe(z.record(name, uuid)),
  lost_after: maybe(seconds),
  keep: maybe(z.strictObject({runs: maybe(age)})),
  log: maybe(log),
});

/** What a configuration file may say. */
export const ConfigFile = z.strictObject({
  default_profile: maybe(profileName),
  trusted_directories: maybe(z.array(absolute)),
  collections: maybe(z.record(name, uuid)),
  profiles: maybe(z.record(profileName, profile)),
});

/** A profile's section, as written. */
export type ProfileSection = z.infer<typeof profile>;
export type ConfigText = z.infer<typeof ConfigFile>;

/** What the file would not take of a profile's section: the keys that lead to it, and why. */
export function wrongInSection(section: unknown): {readonly key: string; readonly why: string}[] {
  const read = profile.safeParse(section);
  return read.success ? [] : read.error.issues.map(({path, message}) => ({key: path.join('.'), why: message}));
}

/** @returns whether a text may name a profile */
export function isProfileName(text: string): boolean {
  return profileName.safeParse(text).success;
}
