import {type BigIntStats, lstatSync} from 'node:fs';
import type {Thing, ThingKind} from '../base/act.ts';

type Identity = Omit<Thing, 'root' | 'path'>;

/** What lies at a name, without following a link. @returns undefined when nothing does. @throws what else the system says */
export function identityAt(place: string): Identity | undefined {
  const stats = lstatSync(place, {bigint: true, throwIfNoEntry: false});
  return stats && identityOf(stats);
}

export function identityOf(stats: BigIntStats): Identity {
  return {
    kind: kindOf(stats),
    device: String(stats.dev),
    number: String(stats.ino),
    size: Number(stats.size),
    mtime: String(stats.mtimeNs),
  };
}

function kindOf(stats: BigIntStats): ThingKind {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'link' : 'other';
}

/**
 * Whether what was found is what was recorded. A directory changes in size and time while something is done in it. Pure.
 *
 * @param sameHost the number of a network file system is the host's own, and says nothing on another one
 */
export function isSame(recorded: Identity, found: Identity, sameHost: boolean): boolean {
  if (recorded.kind !== found.kind || recorded.number !== found.number) return false;
  if (sameHost && recorded.device !== found.device) return false;
  return recorded.kind === 'directory' || (recorded.size === found.size && recorded.mtime === found.mtime);
}
