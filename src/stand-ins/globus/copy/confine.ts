import {mkdirSync} from 'node:fs';
import {basename, dirname} from 'node:path';
import {systemCode} from './fault.ts';
import {type Ground, type Held, release, take, takeRoot} from './held-directories.ts';

/*
 * Whoever may write in a collection can put a link in the place of a directory between the moment its path is judged and
 * the moment it is used; the stand-in would then work outside, with the rights of its owner. So a path is only a text: to
 * use it, every directory on the way is opened from the collection's own one, a name at a time, none of them through a
 * link, and the last one stays open while something is done in it. What is done names it by its descriptor
 * (`/proc/self/fd/7/name`, which is to Linux what openat is), so that no link can lead it elsewhere any more.
 *
 * Where there is no /proc (macOS), the text is used as it is.
 */

/**
 * Do something with a name in a collection, such as to open, rename or remove it.
 *
 * @param path where it really lies, as `locate` says; a link that has taken the place of a directory since is not followed
 * @param act is told the name to use, good until it is done. Its last part may be a link all the same
 * @throws {Fault} PERMISSION_DENIED when a link is in the way; what the file system says
 */
export async function atPlace<Result>(
  ground: Ground,
  path: string,
  act: (place: string) => Promise<Result> | Result,
): Promise<Result> {
  const {directory, place} = placeOf(ground, path);
  try {
    return await act(place);
  } finally {
    release(directory);
  }
}

/** The same at once, for what does not wait. */
export function atPlaceNow<Result>(ground: Ground, path: string, act: (place: string) => Result): Result {
  const {directory, place} = placeOf(ground, path);
  try {
    return act(place);
  } finally {
    release(directory);
  }
}

/** Do something in a directory of a collection that is not reached through a link. @param act is told its name */
export async function inDirectory<Result>(
  ground: Ground,
  path: string,
  act: (directory: string) => Promise<Result> | Result,
): Promise<Result> {
  const held = take(ground, path);
  try {
    return await act(held.name);
  } finally {
    release(held);
  }
}

/** Make a directory and those above it, as far as they are missing. @throws as the others; EEXIST when a file is in the way */
export function makeDirectories(ground: Ground, path: string): void {
  try {
    release(take(ground, path));
    return;
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || path === rootOf(ground)) throw error;
  }
  makeDirectories(ground, dirname(path));
  atPlaceNow(ground, path, (place) => {
    try {
      mkdirSync(place);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error; // another process has made it meanwhile
    }
  });
  release(take(ground, path));
}

/** The collection's directory itself has no name in one above: it is `.` in itself. */
function placeOf(ground: Ground, path: string): {directory: Held; place: string} {
  const isRoot = path === rootOf(ground);
  const directory = take(ground, isRoot ? path : dirname(path));
  return {directory, place: `${directory.name}/${isRoot ? '.' : basename(path)}`};
}

function rootOf(ground: Ground): string {
  const root = takeRoot(ground);
  release(root);
  return root.path;
}
