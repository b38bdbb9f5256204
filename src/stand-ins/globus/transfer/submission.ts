import {createHash} from 'node:crypto';
import {z} from 'zod';
import {PathRefused, readPath} from '../copy/paths.ts';
import {badRequest, noItems} from '../http/problem.ts';
import {readTime} from '../http/time.ts';

/*
 * What clients submit, read strictly: a wrong document type, a missing field, a wrong type or a relative path is
 * refused. Unknown fields are let through, since clients add some of their own.
 * Source: Globus Transfer API, "Submission"; requests recorded from globus-cli 3.41, globus-sdk-python 4.3, @globus/sdk 6.2.
 */

export const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'must be a UUID');

/** A path in normal form; whether it ended in a slash, which asks for a directory, is kept by the items that need it. */
const path = z.string().transform((raw, context) => {
  try {
    return readPath(raw);
  } catch (error) {
    if (!(error instanceof PathRefused)) throw error;
    context.addIssue({code: 'custom', message: error.message});
    return z.NEVER;
  }
});

export const label = z
  .string()
  .max(128, 'must be at most 128 characters')
  .refine((text) => !/[\r\n]/.test(text), 'must not contain CR or LF')
  .refine((text) => text === text.trim(), 'must not start or end with white space');

const flag = z.boolean().nullish().transform(Boolean);
/** Mail is sent unless a submission says that none is wanted. Source: globus-sdk-python 4.3, `TransferData`. */
const mailFlag = z
  .boolean()
  .nullish()
  .transform((wanted) => wanted ?? true);
const notifications = {notify_on_succeeded: mailFlag, notify_on_failed: mailFlag, notify_on_inactive: mailFlag};

const checksumAlgorithms: Readonly<Record<string, string>> = {
  MD5: 'md5',
  SHA1: 'sha1',
  SHA224: 'sha224',
  SHA256: 'sha256',
  SHA384: 'sha384',
  SHA512: 'sha512',
};
/** Node's name of a checksum algorithm that Globus names, in whatever case. */
export const hashName = (algorithm: string): string | undefined =>
  checksumAlgorithms[algorithm.toUpperCase().replace('-', '')];

const transferItem = z.object({
  DATA_TYPE: z.literal('transfer_item'),
  source_path: path,
  destination_path: path,
  destination_is_directory: z.boolean().default(false),
  recursive: z.boolean().nullish(),
  external_checksum: z.string().min(1).nullish(),
  checksum_algorithm: z
    .string()
    .refine((name) => hashName(name) !== undefined, 'is not a known checksum algorithm')
    .nullish(),
});
const symlinkItem = z.object({
  DATA_TYPE: z.literal('transfer_symlink_item'),
  source_path: path,
  destination_path: path,
});
export const filterRule = z.object({
  DATA_TYPE: z.literal('filter_rule').default('filter_rule'),
  method: z.enum(['include', 'exclude']),
  name: z.string().min(1),
  type: z.enum(['file', 'dir']).nullish(),
});

/** A file's destination is a full file name: one that ends in a slash is kept in mind before paths lose it. */
const noteSlash = (item: unknown): unknown =>
  typeof item === 'object' && item !== null && 'destination_path' in item && typeof item.destination_path === 'string'
    ? {...item, destination_is_directory: item.destination_path.endsWith('/')}
    : item;

const localUser = z.string().min(1).nullish();

const anySubmission = {submission_id: uuid, label: label.nullish(), deadline: z.string().nullish()};

const transferSchema = z.object({
  DATA_TYPE: z.literal('transfer'),
  ...anySubmission,
  source_endpoint: uuid,
  destination_endpoint: uuid,
  DATA: z.array(z.preprocess(noteSlash, z.discriminatedUnion('DATA_TYPE', [transferItem, symlinkItem]))),
  sync_level: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]).nullish(),
  verify_checksum: flag,
  preserve_timestamp: flag,
  encrypt_data: flag,
  skip_source_errors: flag,
  fail_on_quota_errors: flag,
  delete_destination_extra: flag,
  recursive_symlinks: z.enum(['ignore', 'keep', 'copy']).nullish(),
  filter_rules: z.array(filterRule).nullish(),
  ...notifications,
  store_base_path_info: flag,
  source_local_user: localUser,
  destination_local_user: localUser,
});
const deleteSchema = z.object({
  DATA_TYPE: z.literal('delete'),
  ...anySubmission,
  endpoint: uuid,
  DATA: z.array(z.object({DATA_TYPE: z.literal('delete_item'), path})),
  recursive: flag,
  ignore_missing: flag,
  interpret_globs: flag,
  local_user: localUser,
  ...notifications,
});

export type TransferItem = z.output<typeof transferItem> | z.output<typeof symlinkItem>;
export type FilterRule = z.output<typeof filterRule>;
export type TransferSubmission = z.output<typeof transferSchema>;
export type DeleteSubmission = z.output<typeof deleteSchema>;

export function readTransfer(body: unknown): TransferSubmission {
  const document = readDocument(transferSchema, body);
  if (document.DATA.length === 0) throw noItems();
  if (document.deadline) readTime(document.deadline, 'deadline');
  return document;
}

export function readDelete(body: unknown): DeleteSubmission {
  const document = readDocument(deleteSchema, body);
  if (document.DATA.length === 0) throw noItems();
  if (document.deadline) readTime(document.deadline, 'deadline');
  return document;
}

/** Read a JSON document with a schema; what is wrong becomes one 400 that names the first field at fault. */
export function readDocument<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const field = issue?.path.join('.');
  throw badRequest(field ? `Invalid field '${field}': ${issue?.message}` : `Invalid document: ${issue?.message}`);
}

/** What two transfers have in common when Globus calls their paths identical. Order does not count. */
export function pathsDigest(document: TransferSubmission): string {
  const pairs = document.DATA.map((item) => `${item.source_path}\0${item.destination_path}`).sort();
  const ends = `${document.source_endpoint}\0${document.destination_endpoint}`.toLowerCase();
  return createHash('sha256')
    .update([ends, ...pairs].join('\n'))
    .digest('hex');
}
