import {closeSync, constants, existsSync, lstatSync, openSync, readlinkSync, realpathSync} from 'node:fs';
import {basename, dirname, sep} from 'node:path';
import {Fault, type Side, systemCode} from './fault.ts';

/** Directories of collections that are held open; what it is for says confine.ts. */

/** One side of a task, or of an operation: the collection's directory, and what to say when something is wrong. */
export interface Ground {
  readonly directory: string;
  /** a directory above it from which it must be reached without a link: that of a host collection */
  readonly within?: string | undefined;
  readonly side: Side;
}

/** A directory that is open. Who takes one gives it back. */
export interface Held {
  readonly key: string;
  /** where it really lies */
  readonly path: string;
  /** undefined where there is no /proc */
  readonly descriptor: number | undefined;
  /** how it is named */
  readonly name: string;
  readonly openedAt: number;
  users: number;
}

/** Opens a directory without reading it, as a place to start from. Not among Node's constants; the same on all Linux that Node.js runs on. */
const O_PATH = 0o10000000;
const FOLLOWING = O_PATH | constants.O_DIRECTORY;
const NOT_FOLLOWING = FOLLOWING | constants.O_NOFOLLOW;

/**
 * A directory stays open for a moment after its use: many files are copied in a row between the same two, and opening
 * costs 10 to 25 µs a name. For so long one that was moved away is still written to.
 */
const FRESH_MS = 100;
const MOST_KEPT = 64;

const kept = new Map<string, Held>();
let hasProc: boolean | undefined;
let sweeping: NodeJS.Timeout | undefined;

/**
 * Open a directory, a name at a time from the collection's own one, none of them through a link.
 *
 * @throws {Fault} PERMISSION_DENIED when a link is in the way; what the file system says
 */
export function take(ground: Ground, path: string): Held {
  const root = takeRoot(ground);
  if (path === root.path) return root;
  release(root);
  if (!isInside(root.path, path)) throw leadsOut(ground.side, path);
  return fresh(keyOf(ground, path), (key) => {
    const above = take(ground, dirname(path));
    try {
      return openBelow(key, above, path, {side: ground.side, shown: path.slice(root.path.length)});
    } finally {
      release(above);
    }
  });
}

const keyOf = ({within = '', directory}: Ground, path: string): string => [within, directory, path].join('\0');

/** The collection's own directory. */
export function takeRoot(ground: Ground): Held {
  return fresh(keyOf(ground, ''), (key) => {
    if (ground.within === undefined) return openRoot(key, ground.directory);
    const held = take({directory: ground.within, side: ground.side}, ground.directory);
    const name = `${held.name}/.`;
    try {
      return held.descriptor === undefined
        ? made(key, held.path, undefined)
        : made(key, held.path, openSync(name, FOLLOWING));
    } finally {
      release(held);
    }
  });
}

function openRoot(key: string, directory: string): Held {
  hasProc ??= existsSync('/proc/self/fd');
  if (!hasProc) return made(key, realpathSync(directory), undefined);
  const descriptor = openSync(directory, FOLLOWING);
  return made(key, readlinkSync(`/proc/self/fd/${descriptor}`), descriptor);
}

/** @param at side, and the path as clients know it */
function openBelow(key: string, above: Held, path: string, at: {side: Side; shown: string}): Held {
  const place = `${above.name}/${basename(path)}`;
  if (above.descriptor === undefined) return made(key, path, undefined);
  try {
    return made(key, path, openSync(place, NOT_FOLLOWING));
  } catch (error) {
    // Of a link, opened as a directory, the system says that it is none.
    const link = systemCode(error) === 'ENOTDIR' && lstatSync(place, {throwIfNoEntry: false})?.isSymbolicLink();
    if (!link) throw error;
    throw new Fault('PERMISSION_DENIED', at.side, at.shown, 'a symbolic link is in the place of a directory');
  }
}

const made = (key: string, path: string, descriptor: number | undefined): Held => ({
  key,
  path,
  descriptor,
  name: descriptor === undefined ? path : `/proc/self/fd/${descriptor}`,
  openedAt: performance.now(),
  users: 0,
});

/** One that was opened a moment ago, or a new one. */
function fresh(key: string, open: (key: string) => Held): Held {
  let one = kept.get(key);
  if (one && performance.now() - one.openedAt >= FRESH_MS) {
    forget(one);
    one = undefined;
  }
  if (!one) {
    one = open(key);
    kept.set(key, one);
    const [oldest] = kept.size > MOST_KEPT ? kept.values() : [];
    if (oldest) forget(oldest);
    sweeping ??= setInterval(sweep, FRESH_MS).unref();
  }
  one.users++;
  return one;
}

function sweep(): void {
  const now = performance.now();
  for (const one of [...kept.values()]) if (now - one.openedAt >= FRESH_MS) forget(one);
  if (kept.size > 0) return;
  clearInterval(sweeping);
  sweeping = undefined;
}

/** Close what is kept open for the next use. */
export function closeKept(): void {
  for (const one of [...kept.values()]) forget(one);
}

/** Not to be given out any more. Closed once it is not used any more. */
function forget(one: Held): void {
  kept.delete(one.key);
  if (one.users === 0 && one.descriptor !== undefined) closeSync(one.descriptor);
}

export function release(one: Held): void {
  one.users--;
  if (one.users === 0 && kept.get(one.key) !== one && one.descriptor !== undefined) closeSync(one.descriptor);
}

export const isInside = (root: string, path: string): boolean =>
  path === root || path.startsWith(root === sep ? sep : root + sep);

export const leadsOut = (side: Side, path: string): Fault =>
  new Fault('PERMISSION_DENIED', side, path, 'a symbolic link leads out of the collection');
