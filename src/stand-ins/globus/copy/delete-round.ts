import {lstat, readdir, unlink} from 'node:fs/promises';
import {basename, dirname} from 'node:path';
import type {TaskCounts} from '../transfer/task-state.ts';
import {atPlace, inDirectory} from './confine.ts';
import type {CopyPace} from './copy-file.ts';
import {asFault, FatalFault, Fault, systemCode} from './fault.ts';
import {globToRegExp} from './glob.ts';
import type {Ground} from './held-directories.ts';
import {childPath, locateForWriting} from './paths.ts';
import {removeTree} from './remove-tree.ts';

export interface DeleteTools {
  readonly counts: TaskCounts;
  readonly ground: Ground;
  readonly pace: Pick<CopyPace, 'pass' | 'signal'>;
  readonly recursive: boolean;
  /** also set when a task goes on after a restart: what is missing then may be its own work */
  readonly ignoreMissing: boolean;
  readonly interpretGlobs: boolean;
  /** @throws {Fault} when one was ordered for the path */
  meetPlanned(path: string): void;
}

/**
 * Delete what a task names. Links are removed, never followed.
 *
 * @throws {Fault} FILE_NOT_FOUND for a path that is missing, unless that is to be ignored
 */
export async function runDelete(paths: readonly string[], tools: DeleteTools): Promise<void> {
  for (const path of paths) {
    for (const one of await named(path, tools)) await remove(one, tools);
    tools.counts.subtasksSucceeded++;
  }
}

/** The paths an item means; a wildcard counts in its last part alone. Source: globus-cli 3.41, `globus rm`. */
async function named(path: string, tools: DeleteTools): Promise<string[]> {
  if (!tools.interpretGlobs || !/[*?[]/.test(basename(path))) return [path];
  const directory = dirname(path);
  const place = await onDisk(directory, () => locateForWriting(tools.ground, childPath(directory, 'any')));
  const glob = globToRegExp(basename(path));
  const names = await onDisk(directory, () => inDirectory(tools.ground, dirname(place), (name) => readdir(name)));
  const meant = names.filter((name) => glob.test(name) && (!name.startsWith('.') || basename(path).startsWith('.')));
  return meant.length > 0 ? meant.map((name) => childPath(directory, name)) : [path];
}

async function remove(path: string, tools: DeleteTools): Promise<void> {
  await tools.pace.pass();
  if (path === '/')
    throw new FatalFault(new Fault('PERMISSION_DENIED', 'source', path, "a collection's own directory is not deleted"));
  try {
    tools.meetPlanned(path);
    const place = await locateForWriting(tools.ground, path);
    const isDirectory = await atPlace(tools.ground, place, async (name) => (await lstat(name)).isDirectory());
    if (isDirectory && !tools.recursive)
      throw new Fault('IS_A_DIRECTORY', 'source', path, 'recursive was not asked for');
    if (isDirectory) await removeDirectory(place, path, tools);
    else {
      await atPlace(tools.ground, place, (name) => unlink(name));
      tools.counts.files++;
    }
  } catch (error) {
    if (tools.pace.signal.aborted) throw error;
    if (tools.ignoreMissing && systemCode(error) === 'ENOENT') return;
    throw asFault(error, 'source', path);
  }
}

const removeDirectory = (place: string, path: string, tools: DeleteTools): Promise<void> =>
  removeTree(tools.ground, place, {
    async before(_entry, at) {
      await tools.pace.pass();
      tools.meetPlanned(path + at.slice(place.length));
    },
    removed: (kind) => tools.counts[kind === 'file' ? 'files' : 'directories']++,
  });

async function onDisk<Result>(path: string, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    throw asFault(error, 'source', path);
  }
}
