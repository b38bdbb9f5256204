import {dirname} from 'node:path';
import type {ActRequest} from '../base/act.ts';
import {isBelow} from '../base/paths.ts';
import {Ground} from './below.ts';
import {codeOf, LeftAlone} from './refusals.ts';

/** The directories that an act works in, opened when they are needed and closed together. */
export class Grounds {
  readonly #open = new Map<string, Ground>();

  /** @throws what the system says of the directory */
  at(directory: string): Ground {
    const known = this.#open.get(directory);
    if (known) return known;
    const ground = openGround(directory);
    this.#open.set(directory, ground);
    return ground;
  }

  /** What to call a directory, which may be one of those that things lie below. */
  directoryAt(path: string, below: readonly string[]): string {
    return below.includes(path) ? `${this.at(path).name}/.` : this.placeOf(`${path}/.`, below);
  }

  /** What to call a path, until some further ones were asked for. @param below the directories that it may lie below */
  placeOf(path: string, below: readonly string[]): string {
    const directory = groundOf(path, below);
    return this.at(directory).placeOf(path.slice(directory === '/' ? 1 : directory.length + 1));
  }

  close(): void {
    for (const ground of this.#open.values()) ground.close();
    this.#open.clear();
  }
}

/** @throws {LeftAlone} when there is no such directory; what else the system says */
function openGround(directory: string): Ground {
  try {
    return new Ground(directory);
  } catch (error) {
    const missing = {ENOENT: 'is missing', ENOTDIR: 'is not a directory'}[codeOf(error) ?? ''];
    throw missing === undefined ? error : new LeftAlone(`${directory} ${missing}`);
  }
}

/** The one of the directories that a path lies below: the nearest. @throws {RangeError} when it lies below none of them */
function groundOf(path: string, below: readonly string[]): string {
  const [nearest] = below.filter((directory) => isBelow(path, directory)).sort((a, b) => b.length - a.length);
  if (nearest === undefined) throw new RangeError(`${path} lies below none of ${below.join(', ')}`);
  return nearest;
}

/** The paths that an act reads, and the directories that each is reached from without following links. */
export function rootsOf(request: ActRequest): {readonly paths: readonly string[]; readonly below: readonly string[]} {
  switch (request.act) {
    case 'remove':
      return {paths: request.paths, below: request.below};
    case 'move':
      return {paths: [request.from], below: request.below};
    case 'link':
      // What is linked keeps what it is: that the workflow names it is enough.
      return {paths: [request.from], below: [dirname(request.from)]};
  }
}

/** A path, and something below it. */
export function joined(path: string, below: string): string {
  return below === '' ? path : `${path}/${below}`;
}

/** The name under which something is being copied, in the directory where it is to be. @param tag of the attempt */
export function partName(tag: string, index: number): string {
  return `.stage-${tag}.${index}.part`;
}

/** Names of copies of an attempt that are not to be finished. */
export function isPartName(name: string, tag: string): boolean {
  return name.startsWith(`.stage-${tag}.`) && name.endsWith('.part');
}

export function inDirectory(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}
