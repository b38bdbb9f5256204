import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import {Ground} from '../files/below.ts';
import {codeOf, LeftAlone} from '../files/refusals.ts';
import type {Found} from './area-facts.ts';

// What is removed is opened component by component, each below the one before (`/proc/self/fd/7/name`, which is to Linux
// what openat is) and never through a link: whatever is renamed or linked meanwhile, nothing else can be reached.

const READ = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

export type Removed =
  | {readonly is: 'removed'; readonly files: number; readonly bytes: number}
  /** it had gone */
  | {readonly is: 'absent'}
  /** nothing of it was touched */
  | {readonly is: 'refused'; readonly why: string};

/**
 * Remove a file, or a directory with all that is in it, and nothing else: what stands under its name must be what was
 * seen there. Links in it are removed, and not followed; other file systems in it are left.
 *
 * @param sameHost it was seen by this host: devices are numbered by each host for itself
 * @throws the system's error when something of it cannot be removed; what came before that has gone
 */
export function removeFound(found: Found, sameHost: boolean): Removed {
  const ground = new Ground('/');
  try {
    const at = ground.placeOf(found.real.slice(1));
    const there = lstatSync(at, {throwIfNoEntry: false, bigint: true});
    if (!there) return {is: 'absent'};
    const other = differs(found, there, sameHost);
    if (other) return {is: 'refused', why: other};
    if (found.kind === 'file') {
      unlinkSync(at);
      return {is: 'removed', files: 1, bytes: Number(there.size)};
    }
    const directory = openSync(at, READ);
    const count = {files: 0, bytes: 0};
    try {
      const opened = differs(found, fstatSync(directory, {bigint: true}), sameHost);
      if (opened) return {is: 'refused', why: opened};
      empty(directory, there.dev, count);
    } finally {
      closeSync(directory);
    }
    unlessGone(() => rmdirSync(at)); // what took its name meanwhile is not empty, or is as good as this one
    return {is: 'removed', ...count};
  } catch (error) {
    if (error instanceof LeftAlone) return {is: 'refused', why: `${found.real}: ${error.message}`};
    if (codeOf(error) === 'ENOENT') return {is: 'absent'}; // a directory above has gone, or this very name at this moment
    throw error;
  } finally {
    ground.close();
  }
}

function below(directory: number, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${directory}/`), name]);
}

function differs({real, device, file, owner, kind}: Found, there: BigIntStats, sameHost: boolean): string | undefined {
  const is = there.isDirectory() ? 'directory' : there.isFile() ? 'file' : 'other';
  if (is !== kind || String(there.ino) !== file || (sameHost && String(there.dev) !== device))
    return `${real} is not what the job had made: something else has its name`;
  if (Number(there.uid) !== owner || owner !== process.getuid?.()) return `${real} belongs to another user`;
  return undefined;
}

function empty(directory: number, device: bigint, count: {files: number; bytes: number}): void {
  for (const name of readdirSync(`/proc/self/fd/${directory}`, {encoding: 'buffer'}))
    unlessGone(() => emptyName(below(directory, name), device, count));
}

function emptyName(at: Buffer, device: bigint, count: {files: number; bytes: number}): void {
  const there = lstatSync(at, {bigint: true});
  if (!there.isDirectory()) {
    unlinkSync(at);
    count.files += 1;
    count.bytes += Number(there.size);
    return;
  }
  const held = openSync(at, READ);
  try {
    if (fstatSync(held, {bigint: true}).dev !== device) return; // another file system: the directory above stays, too
    empty(held, device, count);
  } finally {
    closeSync(held);
  }
  rmdirSync(at);
}

/** Another process may remove the same at this moment: what it was faster with is none of ours, and the rest is. */
function unlessGone(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
