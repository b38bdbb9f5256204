import type {Dirent} from 'node:fs';
import {lstat, mkdir, opendir, readlink, rename, rm, stat, symlink} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import type {TransferItem} from '../transfer/submission.ts';
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
      await mkdir(dirname(place), {recursive: true});
      return place;
    });
    return {from, to, sourcePath, destinationPath};
  };
  if (item.DATA_TYPE === 'transfer_symlink_item') {
    const link = {kind: 'link' as const, item, ...(await pair(await locateForWriting(tools.source, sourcePath)))};
    tools.counts.symlinks++;
    return link;
  }
  const from = await locate(tools.source, sourcePath);
  const seen = await stat(from);
  if (seen.isDirectory()) {
    if (item.recursive === false)
      throw new Fault('IS_A_DIRECTORY', 'source', sourcePath, 'recursive was not asked for');
    const places = await pair(from);
    const to = await onDestination(destinationPath, async () => {
      await mkdir(places.to, {recursive: true}).catch((error: unknown) => {
        throw notDirectory(error, destinationPath);
      });
      return locate(tools.destination, destinationPath);
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
  if (work.to !== top) await makeDirectory(work, tools);
  let entries = 0;
  for await (const entry of await opendir(work.from, {bufferSize: 256})) {
    await tools.pace.pass();
    if (isTemporary(entry.name)) continue;
    requireWithin(tools.limits.entries, ++entries, 'entries of a directory', work.sourcePath);
    const child = {
      item: work.item,
      from: join(work.from, entry.name),
      to: join(work.to, entry.name),
      sourcePath: childPath(work.sourcePath, entry.name),
      destinationPath: childPath(work.destinationPath, entry.name),
    };
    const kind = await kindOf(entry, child, tools);
    if (!kind || !tools.isIncluded(entry.name, kind === 'directory' ? 'dir' : 'file')) continue;
    if (kind === 'directory' && child.from === top) continue; // a directory copied into itself is not walked for ever
    tools.counts.subtasksTotal++;
    if (kind === 'directory') tools.counts.directories++;
    else if (kind === 'file')
      requireWithin(tools.limits.files, ++tools.counts.files, 'files of a task', child.sourcePath);
    else tools.counts.symlinks++;
    if (kind === 'file') await found({kind, ...child, ...(await behindLink(entry, child, tools))});
    else stack.push({kind, ...child});
  }
  tools.counts.subtasksSucceeded++;
}

/** Whether going beyond a limit ends a task at the service is not known; waiting would not help. */
function requireWithin(limit: number, count: number, what: string, path: string): void {
  if (count <= limit) return;
  throw new FatalFault(new Fault('LIMIT_EXCEEDED', 'source', path, `more than ${limit} ${what}`));
}

/** What an entry counts as; links go by `recursive_symlinks`, and what is neither file nor directory is left out. */
async function kindOf(entry: Dirent, pair: Pair, tools: Tools): Promise<'directory' | 'file' | 'link' | undefined> {
  if (entry.isDirectory()) return 'directory';
  if (entry.isFile()) return 'file';
  if (!entry.isSymbolicLink() || tools.options.recursiveSymlinks === 'ignore') return undefined;
  if (tools.options.recursiveSymlinks === 'keep') return 'link';
  const real = await locate(tools.source, pair.sourcePath).catch(() => undefined); // leads nowhere, or out: left out
  if (real === undefined || `${pair.from}/`.startsWith(`${real}/`)) return undefined;
  const seen = await stat(real);
  return seen.isDirectory() ? 'directory' : seen.isFile() ? 'file' : undefined;
}

/** A file is opened without following links: one that a link leads to is named by where it lies. */
async function behindLink(entry: Dirent, {sourcePath}: Pair, tools: Tools): Promise<{from?: string}> {
  return entry.isSymbolicLink() ? {from: await locate(tools.source, sourcePath)} : {};
}

async function makeDirectory(work: DirectoryWork, tools: Tools): Promise<void> {
  await onDestination(work.destinationPath, async () => {
    try {
      await mkdir(work.to);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
      const seen = await lstat(work.to);
      if (seen.isDirectory()) return;
      if (seen.isSymbolicLink() && (await stat(await locate(tools.destination, work.destinationPath))).isDirectory())
        return;
      if (!tools.options.deleteDestinationExtra) throw notDirectory(error, work.destinationPath);
      await rm(work.to);
      await mkdir(work.to);
    }
  });
}

const notDirectory = (error: unknown, path: string): unknown =>
  systemCode(error) === 'EEXIST' ? new Fault('NOT_A_DIRECTORY', 'destination', path, 'a file is in the way') : error;

async function makeLink(work: LinkWork, tools: Tools): Promise<void> {
  const target = await readlink(work.from).catch((error: unknown) => {
    throw systemCode(error) === 'EINVAL'
      ? new Fault('NOT_A_SYMLINK', 'source', work.sourcePath, 'not a symbolic link')
      : error;
  });
  await onDestination(work.destinationPath, async () => {
    const temporary = tools.temporaries.beside(work.to);
    await symlink(target, temporary);
    await rename(temporary, work.to);
  });
  tools.counts.subtasksSucceeded++;
}
