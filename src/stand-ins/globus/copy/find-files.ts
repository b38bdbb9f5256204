import type {Dirent} from 'node:fs';
import {lstat, mkdir, opendir, readlink, rename, rm, symlink} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import type {TransferItem} from '../transfer/submission.ts';
import {atPlace, inDirectory, makeDirectories} from './confine.ts';
import {FatalFault, Fault, systemCode} from './fault.ts';
import {childPath, locate, locateForWriting} from './paths.ts';
import {isTemporary} from './temporaries.ts';
import {
  type Attempt,
  type DirectoryWork,
  type FileWork,
  type LinkWork,
  onDestination,
  type Pair,
  type Tools,
  type Work,
} from './transfer-work.ts';

export type OnFile = (file: FileWork) => Promise<boolean> | boolean;

/** Find the files of one piece of work. Depth first, so that only one branch is held in memory. */
export async function walk(work: Work, tools: Tools, attempt: Attempt, found: OnFile): Promise<void> {
  const stack: Work[] = [work];
  let top: string | undefined;
  for (let next = stack.pop(); next; next = stack.pop()) {
    const now: Work = next;
    await attempt(now, async () => {
      if (now.kind === 'file') await found(now);
      else if (now.kind === 'link') await makeLink(now, tools);
      else if (now.kind === 'item') {
        const first = await beginItem(now.item, tools);
        if (first) stack.push(first);
        if (first?.kind === 'directory') top = first.to;
      } else await openDirectory(now, tools, top, stack, found);
    });
  }
}

/** Find out what an item names. Links named as items are followed. Source: `globus transfer --help`. */
async function beginItem(item: TransferItem, tools: Tools): Promise<Work | undefined> {
  const {source_path: sourcePath, destination_path: destinationPath} = item;
  const pair = async (from: string): Promise<Pair> => {
    const to = await onDestination(destinationPath, async () => {
      const place = await locateForWriting(tools.destination, destinationPath);
      makeDirectories(tools.destination, dirname(place));
      return place;
    });
    return {from, trail: from, to, sourcePath, destinationPath};
  };
  if (item.DATA_TYPE === 'transfer_symlink_item') {
    const link = {kind: 'link' as const, item, ...(await pair(await locateForWriting(tools.source, sourcePath)))};
    tools.counts.symlinks++;
    return link;
  }
  const from = await locate(tools.source, sourcePath);
  const seen = await atPlace(tools.source, from, lstat);
  if (seen.isDirectory()) {
    if (item.recursive === false)
      throw new Fault('IS_A_DIRECTORY', 'source', sourcePath, 'recursive was not asked for');
    const places = await pair(from);
    const to = await onDestination(destinationPath, async () => {
      const there = await locate(tools.destination, destinationPath).catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT') return undefined;
        throw error;
      });
      try {
        makeDirectories(tools.destination, there ?? places.to);
      } catch (error) {
        throw notDirectory(error, destinationPath);
      }
      return there ?? places.to;
    });
    tools.counts.directories++;
    return {kind: 'directory', item, ...places, to};
  }
  if (item.recursive) throw new Fault('NOT_A_DIRECTORY', 'source', sourcePath, 'only directories are recursive');
  if (!seen.isFile()) throw new Fault('NOT_A_FILE', 'source', sourcePath, 'neither a file nor a directory');
  if (item.destination_is_directory) {
    throw new Fault('IS_A_DIRECTORY', 'destination', destinationPath, "a file's destination is a full file name");
  }
  const places = await pair(from);
  tools.counts.files++;
  return {kind: 'file', item, ...places};
}

async function openDirectory(
  work: DirectoryWork,
  tools: Tools,
  top: string | undefined,
  stack: Work[],
  found: OnFile,
): Promise<void> {
  const to = work.to === top ? work.to : await makeDirectory(work, tools);
  let entries = 0;
  const listing = await inDirectory(tools.source, work.from, (directory) => opendir(directory, {bufferSize: 256}));
  for await (const entry of listing) {
    await tools.pace.pass();
    if (isTemporary(entry.name)) continue;
    requireWithin(tools.limits.entries, ++entries, 'entries of a directory', work.sourcePath);
    const child = {
      item: work.item,
      from: join(work.from, entry.name),
      trail: join(work.trail, entry.name),
      to: join(to, entry.name),
      sourcePath: childPath(work.sourcePath, entry.name),
      destinationPath: childPath(work.destinationPath, entry.name),
    };
    const {kind, from = child.from} = await kindOf(entry, child, tools);
    if (!kind || !tools.isIncluded(entry.name, kind === 'directory' ? 'dir' : 'file')) continue;
    if (kind === 'directory' && from === top) continue; // a directory copied into itself is not walked for ever
    tools.counts.subtasksTotal++;
    if (kind === 'directory') tools.counts.directories++;
    else if (kind === 'file')
      requireWithin(tools.limits.files, ++tools.counts.files, 'files of a task', child.sourcePath);
    else tools.counts.symlinks++;
    if (kind === 'file') await found({kind, ...child, from});
    else stack.push({kind, ...child, from});
  }
  tools.counts.subtasksSucceeded++;
}

/** Whether going beyond a limit ends a task at the service is not known; waiting would not help. */
function requireWithin(limit: number, count: number, what: string, path: string): void {
  if (count <= limit) return;
  throw new FatalFault(new Fault('LIMIT_EXCEEDED', 'source', path, `more than ${limit} ${what}`));
}

interface Kind {
  /** undefined for what is left out */
  readonly kind?: 'directory' | 'file' | 'link';
  /** where a link leads that is followed */
  readonly from?: string;
}

/** What an entry counts as; links go by `recursive_symlinks`, and what is neither file nor directory is left out. */
async function kindOf(entry: Dirent, pair: Pair, tools: Tools): Promise<Kind> {
  if (entry.isDirectory()) return {kind: 'directory'};
  if (entry.isFile()) return {kind: 'file'};
  if (!entry.isSymbolicLink() || tools.options.recursiveSymlinks === 'ignore') return {};
  if (tools.options.recursiveSymlinks === 'keep') return {kind: 'link'};
  const from = await locate(tools.source, pair.sourcePath).catch(() => undefined); // leads nowhere, or out: left out
  if (from === undefined || `${pair.trail}/`.startsWith(`${from}/`)) return {};
  const seen = await atPlace(tools.source, from, lstat);
  return seen.isDirectory() ? {kind: 'directory', from} : seen.isFile() ? {kind: 'file', from} : {};
}

/** @returns where it really lies: a link to another directory of the collection is followed */
function makeDirectory({to, destinationPath}: DirectoryWork, {destination, options}: Tools): Promise<string> {
  return onDestination(destinationPath, () =>
    atPlace(destination, to, async (place) => {
      try {
        await mkdir(place);
        return to;
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error;
        const seen = await lstat(place);
        if (seen.isDirectory()) return to;
        const real = seen.isSymbolicLink() ? await locate(destination, destinationPath) : undefined;
        if (real !== undefined && (await atPlace(destination, real, lstat)).isDirectory()) return real;
        if (!options.deleteDestinationExtra) throw notDirectory(error, destinationPath);
        await rm(place);
        await mkdir(place);
        return to;
      }
    }),
  );
}

const notDirectory = (error: unknown, path: string): unknown =>
  systemCode(error) === 'EEXIST' ? new Fault('NOT_A_DIRECTORY', 'destination', path, 'a file is in the way') : error;

async function makeLink(work: LinkWork, tools: Tools): Promise<void> {
  const target = await atPlace(tools.source, work.from, readlink).catch((error: unknown) => {
    throw systemCode(error) === 'EINVAL'
      ? new Fault('NOT_A_SYMLINK', 'source', work.sourcePath, 'not a symbolic link')
      : error;
  });
  await onDestination(work.destinationPath, () =>
    atPlace(tools.destination, work.to, async (place) => {
      const temporary = join(dirname(place), tools.temporaries.nameIn(dirname(work.to)));
      await symlink(target, temporary);
      await rename(temporary, place);
    }),
  );
  tools.counts.subtasksSucceeded++;
}
