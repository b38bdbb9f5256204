import * as z from 'zod/mini';
import type {TransferItem, TransferOptions, TransferRequest} from '../base/task-request.ts';
import {oneLine} from '../base/text.ts';

// What stage and a program of the site say to each other: docs/transfer-plugins.md. A change that an older program would
// misread raises the version.

export const CONTRACT_VERSION = 1;

/** What a program is called with, as its one argument. */
export const VERBS = ['describe', 'start', 'show', 'cancel', 'list'] as const;
export type Verb = (typeof VERBS)[number];

/** How a program ends: the same table as that of stage itself. Whatever else it ends with is no answer. */
export const PLUGIN_EXIT = {answered: 0, refused: 2, actionNeeded: 3, unreachable: 4} as const;

/** The options of a transfer that a program may say it has, as the workflow file calls them. */
export const PLUGIN_OPTIONS = [
  'recursive',
  'items',
  'sync',
  'verify_checksum',
  'preserve_timestamp',
  'encrypt',
  'filters',
  'symlinks',
  'delete_extra',
  'skip_source_errors',
  'fail_on_quota',
  'external_checksum',
] as const;
export type PluginOption = (typeof PLUGIN_OPTIONS)[number];

/** Text of a program, as it is kept: one line, and not endless. */
const text = (most: number) =>
  z.pipe(
    z.string(),
    z.transform((said) => oneLine(said).slice(0, most)),
  );
const count = z.number().check(z.nonnegative());
const time = z.pipe(
  z.iso.datetime({offset: true}),
  z.transform((written) => Date.parse(written)),
);
const taskName = z.string().check(z.regex(/^[\x21-\x7e]{1,500}$/));
const told = z.object({code: z.optional(text(100)), message: text(1000)});

export const TASK_STATES = [
  'queued',
  'active',
  'paused',
  'inactive',
  'succeeded',
  'failed',
  'cancelled',
  'unknown',
] as const;

/** One task, as a program shows it. Fields that it adds are left out. */
const taskShown = z.object({
  task: taskName,
  state: z.enum(TASK_STATES),
  bytes: z.optional(count),
  bytes_total: z.optional(count),
  files: z.optional(count),
  files_total: z.optional(count),
  files_skipped: z.optional(count),
  rate: z.optional(count),
  faults: z.optional(count),
  trouble: z.optional(told),
  error: z.optional(told),
  pause: z.optional(text(1000)),
  started: z.optional(time),
  ended: z.optional(time),
});
export type TaskShown = z.infer<typeof taskShown>;

const MOST_TASKS = 1000;

/** A task whose entry cannot be read must not cost the others theirs. */
export const ANSWERS = {
  describe: z.object({version: z.literal(CONTRACT_VERSION), name: text(100), options: z.optional(z.array(z.string()))}),
  start: z.object({task: taskName}),
  show: z.object({tasks: z.array(z.unknown()).check(z.maxLength(MOST_TASKS))}),
  cancel: z.object({}),
  list: z.object({tasks: z.array(z.unknown()).check(z.maxLength(MOST_TASKS))}),
} as const;

export type Answer<V extends Verb> = z.infer<(typeof ANSWERS)[V]>;

/** What a program says with exit code 2, 3 or 4. */
export const Refusal = z.object({
  error: z.object({code: z.optional(text(100)), message: text(1000), next: z.optional(text(1000))}),
});

/** The entries that can be read, by the task that they are of. Pure. */
export function readTasks(entries: readonly unknown[]): ReadonlyMap<string, TaskShown> {
  return new Map(
    entries.flatMap((entry) => {
      const read = taskShown.safeParse(entry);
      return read.success ? [[read.data.task, read.data] as const] : [];
    }),
  );
}

/** What `start` is asked with. Pure. */
export function startQuestion(submissionId: string, request: TransferRequest, stateDirectory: string) {
  const {label, sourceCollection, destinationCollection, items, options} = request;
  return {
    version: CONTRACT_VERSION,
    id: submissionId,
    state_directory: stateDirectory,
    label,
    from: {host: sourceCollection},
    to: {host: destinationCollection},
    items: items.map(itemInJson),
    options: optionsInJson(options),
  };
}

function itemInJson({from, to, recursive, checksum, checksumAlgorithm}: TransferItem) {
  return {
    from,
    to,
    recursive,
    checksum,
    checksum_algorithm: checksum === undefined ? undefined : (checksumAlgorithm ?? 'MD5'),
  };
}

const SYNC = ['exists', 'size', 'mtime', 'checksum'] as const;

function optionsInJson(options: TransferOptions) {
  return {
    sync: options.syncLevel === undefined ? undefined : SYNC[options.syncLevel],
    verify_checksum: options.verifyChecksum,
    preserve_timestamp: options.preserveTimestamp,
    encrypt: options.encryptData,
    filters: options.filters?.map(({method, name, type}) => ({[method]: name, type})),
    symlinks: options.symlinks,
    delete_extra: options.deleteExtra,
    skip_source_errors: options.skipSourceErrors,
    fail_on_quota: options.failOnQuota,
  };
}

/** A program of the site, as it is asked. */
export interface Plugin {
  /** where it may keep what it must know again */
  readonly stateDirectory: string;
  /** @throws {TransferRefused} {SignInNeeded} {TransferUnreachable} the last for all that is no answer */
  ask<V extends Verb>(verb: V, question: object): Promise<Answer<V>>;
}

/** What is on this host for ways other than Globus. */
export interface WaysHere {
  /** A program, to be tried out. */
  plugin(program: string): Promise<Plugin>;
  /** Why a program cannot be run here; undefined when it can. */
  why(program: string): Promise<string | undefined>;
  /** Is there a command of this name on PATH? */
  has(command: string): Promise<boolean>;
}
