import {isUtf8} from 'node:buffer';
import type {Stats} from 'node:fs';
import {lstat, mkdir, opendir, readlink, rename, symlink} from 'node:fs/promises';
import {userInfo} from 'node:os';
import {basename, join} from 'node:path';
import {matching, oneOf, range, readFilters, readOrder, readPage} from '../http/list-query.ts';
import {badRequest, TransferProblem} from '../http/problem.ts';
import {fileTime, readTime} from '../http/time.ts';
import type {Collection} from '../store/collections.ts';
import {atPlace, inDirectory} from './confine.ts';
import {type Side, systemCode} from './fault.ts';
import type {Ground} from './held-directories.ts';
import {type Operation, operationFailed} from './operation-failed.ts';
import {childPath, locate, locateForWriting, PathRefused, readPath} from './paths.ts';
import {isTemporary} from './temporaries.ts';

/*
 * What Globus does on a collection at once, without a task. Errors: Globus Transfer API, "Errors", and answers quoted
 * in public bug reports.
 */

/** A collection on which something is done at once. */
export interface OperationGround extends Ground {
  readonly collection: Collection;
  /** @throws {Fault} when one was ordered for the path, or the rules of the collection do not allow it */
  meet(side: Side, path: string): void;
}

const LARGEST_LISTING = 100_000;

const FILTERS = {
  name: matching('exact', false),
  type: oneOf,
  user: matching('exact', false),
  group: matching('exact', false),
  permissions: matching('exact', false),
  link_target: matching('exact', false),
  size: range((text) => Number(text)),
  last_modified: range(readTime),
};
const ORDERS = ['name', 'type', 'size', 'last_modified', 'permissions', 'user', 'group'];

/** A path of a query or body; one without a leading slash is believed to start at the default directory. */
export function operationPath(raw: string | null): string {
  try {
    return readPath(raw ?? '/~/', 'from-home');
  } catch (error) {
    if (error instanceof PathRefused) throw badRequest(error.message);
    throw error;
  }
}

/** @param most entries of a directory that can be listed at all */
export async function listDirectory(
  ground: OperationGround,
  query: URLSearchParams,
  most: number,
): Promise<Record<string, unknown>> {
  const asked = query.get('path') || '/~/';
  const path = operationPath(asked);
  const {limit, offset} = readPage(query, {standard: LARGEST_LISTING, most: LARGEST_LISTING});
  const test = readFilters(query.getAll('filter'), FILTERS);
  const order = readOrder(query.get('orderby') ?? 'name ASC', ORDERS);
  const showHidden = readFlag(query, 'show_hidden', true);
  const rows: Record<string, unknown>[] = [];
  const directory = await listable(ground, path);
  let seen = 0;
  const listing = await inDirectory(ground, directory, (name) =>
    opendir(name, {bufferSize: 512, encoding: 'buffer' as 'utf8'}),
  ).catch((error) => refuse(ground, error, 'DirListing', path));
  for await (const entry of listing) {
    if (++seen > most) throw refuse(ground, tooMany(most), 'DirListing', path);
    const {name, bytes} = readName(entry.name as unknown as Buffer); // the types know text alone
    if (isTemporary(name) || (!showHidden && name.startsWith('.'))) continue;
    const row = await (bytes
      ? oddDocument(ground, directory, bytes, name)
      : fileDocument(ground, join(directory, name), childPath(path, name))
    ).catch(() => undefined);
    if (row && test(row)) rows.push(row); // one that vanished meanwhile is not listed
  }
  rows.sort(order);
  const withSlash = path === '/' ? '/' : `${path}/`;
  const page = rows.slice(offset, offset + limit);
  return {
    DATA_TYPE: 'file_list',
    endpoint: ground.collection.id,
    // As it was asked for: a client that walks down appends names to it.
    path: /^\/?~/.test(asked) ? `/~${withSlash}` : withSlash,
    absolute_path: withSlash,
    rename_supported: true,
    symlink_supported: true,
    length: page.length,
    total: rows.length,
    limit,
    offset,
    DATA: page,
  };
}

const tooMany = (most: number): Error =>
  Object.assign(new Error(`it has more than ${most} entries`), {code: 'LIMIT_EXCEEDED'});

async function listable(ground: OperationGround, path: string): Promise<string> {
  try {
    ground.meet('source', path);
    const place = await locate(ground, path);
    if ((await atPlace(ground, place, lstat)).isDirectory()) return place;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      throw new TransferProblem(404, 'ClientError.NotFound', `Directory '${path}' not found on endpoint`);
    }
    throw refuse(ground, error, 'DirListing', path);
  }
  throw new TransferProblem(502, 'ExternalError.DirListingFailed.NotDirectory', `'${path}' is not a directory`);
}

export async function statPath(ground: OperationGround, path: string): Promise<Record<string, unknown>> {
  try {
    ground.meet('source', path);
    // The parent is followed and must lie inside; the thing itself may be a link.
    return await fileDocument(ground, await locateForWriting(ground, path), path);
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (['ENOENT', 'ENOTDIR', 'FILE_NOT_FOUND'].includes(code)) {
      throw new TransferProblem(404, 'NotFound', `Path not found, '${path}' does not exist`);
    }
    if (['EACCES', 'EPERM', 'PERMISSION_DENIED'].includes(code)) {
      throw new TransferProblem(403, 'EndpointPermissionDenied', `Denied by endpoint, ${messageOf(error)}`);
    }
    throw new TransferProblem(502, 'EndpointError', `'${path}': ${messageOf(error)}`);
  }
}

/** One file as Globus lists it: a link shows what it leads to, and itself in the `link_…` fields. */
async function fileDocument(ground: Ground, real: string, path: string): Promise<Record<string, unknown>> {
  const {own, target} = await atPlace(ground, real, async (place) => {
    const seen = await lstat(place);
    return {own: seen, target: seen.isSymbolicLink() ? await readlink(place) : null};
  });
  const link = target !== null;
  const seen = link ? await statFollowed(ground, path) : own;
  const shown = seen ?? own;
  const type = link && !seen ? 'invalid_symlink' : typeOf(shown);
  const name = path === '/' ? '' : basename(path);
  return documentOf(name, {type, shown, ...(link ? {link: {own, target}} : {})});
}

function documentOf(
  name: string,
  {type, shown, link}: {type: string; shown: Stats; link?: {own: Stats; target: string}},
): Record<string, unknown> {
  return {
    DATA_TYPE: 'file',
    name,
    type,
    size: shown.size,
    last_modified: fileTime(shown.mtimeMs),
    permissions: (shown.mode & 0o7777).toString(8).padStart(4, '0'),
    user: userName(shown),
    group: String(shown.gid),
    link_target: link?.target ?? null,
    link_size: link?.own.size ?? null,
    link_user: link ? userName(link.own) : null,
    link_group: link ? String(link.own.gid) : null,
    link_last_modified: link ? fileTime(link.own.mtimeMs) : null,
  };
}

/**
 * A name as the service tells it: one that is not UTF-8 comes as Latin-1 behind a U+FFFD. Source: Globus Transfer API,
 * "Path encoding". There it can be handed back; here it then names nothing, so that no other file is taken for it.
 *
 * @returns its bytes only where the name does not say them
 */
function readName(bytes: Buffer): {readonly name: string; readonly bytes?: Buffer} {
  return isUtf8(bytes) ? {name: bytes.toString()} : {name: `\ufffd${bytes.toString('latin1')}`, bytes};
}

/** A file whose name is not UTF-8. Where a link leads is not looked at. */
async function oddDocument(
  ground: Ground,
  directory: string,
  bytes: Buffer,
  name: string,
): Promise<Record<string, unknown>> {
  const own = await inDirectory(ground, directory, (held) => lstat(Buffer.concat([Buffer.from(`${held}/`), bytes])));
  return documentOf(name, {type: own.isSymbolicLink() ? 'invalid_symlink' : typeOf(own), shown: own});
}

const statFollowed = (ground: Ground, path: string): Promise<Stats | undefined> =>
  locate(ground, path).then(
    (real) => atPlace(ground, real, (there) => lstat(there)),
    () => undefined, // it leads nowhere, or out of the collection: shown as invalid
  );

let myName: string | undefined;
function userName(stats: Stats): string {
  if (stats.uid !== process.getuid?.()) return String(stats.uid);
  myName ??= userInfo().username; // asked once: a listing has many files
  return myName;
}

function typeOf(stats: Stats): string {
  if (stats.isDirectory()) return 'dir';
  if (stats.isFile()) return 'file';
  if (stats.isCharacterDevice()) return 'chr';
  if (stats.isBlockDevice()) return 'blk';
  return stats.isFIFO() ? 'pipe' : 'other';
}

export async function makeDirectory(ground: OperationGround, path: string): Promise<void> {
  try {
    ground.meet('destination', path);
    if (path === '/') throw exists();
    await atPlace(ground, await locateForWriting(ground, path), (place) => mkdir(place));
  } catch (error) {
    throw refuse(ground, error, 'Mkdir', path);
  }
}

export async function renamePath(ground: OperationGround, from: string, to: string): Promise<void> {
  try {
    ground.meet('destination', from);
    ground.meet('destination', to);
    if (from === '/' || to === '/') throw Object.assign(new Error("a collection's own directory"), {code: 'EACCES'});
    const [source, target] = [await locateForWriting(ground, from), await locateForWriting(ground, to)];
    await atPlace(ground, target, async (there) => {
      if (await lstat(there).catch(() => undefined)) throw exists();
      await atPlace(ground, source, (here) => rename(here, there));
    });
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') throw new TransferProblem(404, 'ClientError.NotFound', `'${from}' not found on endpoint`);
    throw refuse(ground, error, 'Rename', to);
  }
}

/** @param target what the link holds, as it stands: it is checked when it is followed */
export async function makeLink(ground: OperationGround, path: string, target: string): Promise<void> {
  try {
    ground.meet('destination', path);
    if (path === '/') throw exists();
    await atPlace(ground, await locateForWriting(ground, path), (place) => symlink(target, place));
  } catch (error) {
    throw refuse(ground, error, 'Symlink', path);
  }
}

const exists = (): Error => Object.assign(new Error('it exists'), {code: 'EEXIST'});

/** The words for what the collection's file system refused. */
function refuse({collection}: OperationGround, error: unknown, operation: Operation, path: string): never {
  throw operationFailed(collection, operation, systemCode(error) ?? '', path, messageOf(error));
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message.replace(/ '.*$/s, '') : String(error);

function readFlag(query: URLSearchParams, name: string, standard: boolean): boolean {
  const text = query.get(name);
  if (text === null || text === '') return standard;
  if (/^(1|true)$/i.test(text)) return true;
  if (/^(0|false)$/i.test(text)) return false;
  throw badRequest(`Invalid ${name}: '${text}'`);
}
