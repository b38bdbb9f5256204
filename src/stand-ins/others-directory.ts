import {lstatSync} from 'node:fs';

/**
 * A directory, or a link, in which others may have put something. The place of a socket may be below /tmp, where anybody
 * can make it first: what answers there is not ours.
 *
 * @returns false for one that does not exist
 */
export function isOthersDirectory(path: string): boolean {
  const found = lstatSync(path, {throwIfNoEntry: false});
  if (!found) return false;
  const me = process.getuid?.();
  return !found.isDirectory() || (me !== undefined && found.uid !== me) || (found.mode & 0o077) !== 0;
}
