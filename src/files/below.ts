import {closeSync, constants, lstatSync, openSync} from 'node:fs';
import {codeOf, LeftAlone} from './refusals.ts';

/*
 * Directories of users are opened a name at a time, none of them through a link: a link that somebody puts in the place of
 * a directory would lead what is removed or written elsewhere. What is done in one names it by its descriptor
 * (`/proc/self/fd/7/name`, which is to Linux what openat is), so that no link can lead it elsewhere any more. The directory
 * that the workflow names may itself be reached through links, as /scratch is at many sites.
 */

/** Opens a directory without reading it, as a place to start from. Not among Node's constants; the same on all Linux that Node.js runs on. */
const O_PATH = 0o10000000;
const FOLLOWING = O_PATH | constants.O_DIRECTORY;
const NOT_FOLLOWING = FOLLOWING | constants.O_NOFOLLOW;

/** So many directories are held open below one; two names are needed at once, such as those of a move. */
const MOST_HELD = 8;

/** The directory that a workflow names, and what is done below it. */
export class Ground {
  readonly #root: number;
  readonly #held = new Map<string, number>();

  /** @throws what the system says of the directory */
  constructor(readonly directory: string) {
    this.#root = openSync(directory, FOLLOWING);
  }

  /** What to call the directory itself. */
  get name(): string {
    return `/proc/self/fd/${this.#root}`;
  }

  /**
   * What to call something below the directory; good until some further names were asked for.
   *
   * @param path below the directory, such as `a/b`; its last part is not opened, and may be a link
   * @throws {LeftAlone} when a link is in the place of a directory
   * @throws what the system says, such as ENOENT
   */
  placeOf(path: string): string {
    const slash = path.lastIndexOf('/');
    return slash < 0
      ? `${this.name}/${path}`
      : `/proc/self/fd/${this.#open(path.slice(0, slash))}/${path.slice(slash + 1)}`;
  }

  #open(path: string): number {
    const known = this.#held.get(path);
    if (known !== undefined) return known;
    let at = this.#root;
    let shown = '';
    for (const name of path.split('/')) {
      shown = shown === '' ? name : `${shown}/${name}`;
      try {
        const above = at;
        at = openBelow(above, name, shown);
        if (above !== this.#root) closeSync(above);
      } catch (error) {
        if (at !== this.#root) closeSync(at);
        throw error;
      }
    }
    this.#held.set(path, at);
    const [[oldest, descriptor] = []] = this.#held.size > MOST_HELD ? this.#held : [];
    if (oldest !== undefined && descriptor !== undefined) {
      this.#held.delete(oldest);
      closeSync(descriptor);
    }
    return at;
  }

  close(): void {
    for (const descriptor of this.#held.values()) closeSync(descriptor);
    this.#held.clear();
    closeSync(this.#root);
  }
}

function openBelow(directory: number, name: string, shown: string): number {
  const place = `/proc/self/fd/${directory}/${name}`;
  try {
    return openSync(place, NOT_FOLLOWING);
  } catch (error) {
    // Of a link, opened as a directory, the system says that it is none.
    const isLink = codeOf(error) === 'ENOTDIR' && lstatSync(place, {throwIfNoEntry: false})?.isSymbolicLink();
    if (isLink) throw new LeftAlone(`a symbolic link is in the place of the directory ${shown}`);
    throw error;
  }
}
