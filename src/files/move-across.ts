import {lstatSync, mkdirSync, readlinkSync, symlinkSync} from 'node:fs';
import {dirname} from 'node:path';
import type {Thing} from '../base/act.ts';
import type {Advance, Did} from './advance.ts';
import {copyFile, holdTheSame} from './copy-file.ts';
import {type Grounds, inDirectory, joined, partName} from './grounds.ts';
import type {Move} from './move-thing.ts';
import {CHANGED, MISSING, TAKEN} from './names.ts';
import {putFile, putOther} from './put-in-place.ts';
import {codeOf, LeftAlone} from './refusals.ts';
import {removeThings} from './remove-things.ts';
import {identityAt, isSame} from './thing.ts';

/**
 * Move what was recorded to another file system: copy all of it under a name beside the new one, compare, rename, and
 * remove what was copied. Where anything cannot be copied, nothing is renamed or removed.
 *
 * Each call does one of these parts, so that the end of a part is on record before the next one begins.
 */
export async function moveAcross(request: Move, tag: string, advance: Advance, grounds: Grounds): Promise<void> {
  const work = new Crossing(request, tag, advance, grounds);
  const goOn = (part: 'put' | 'remove'): void => {
    if (advance.progress.left > 0) advance.finish();
    else advance.next(part);
  };
  switch (advance.progress.part) {
    case 'act':
      advance.next('copy');
      return;
    case 'copy':
      if (await work.copyAll()) goOn('put');
      return;
    case 'put':
      if (await work.put()) goOn('remove');
      return;
    case 'remove':
      await removeThings(request, advance, grounds, 'remove');
  }
}

class Crossing {
  readonly #part: string;

  constructor(
    readonly request: Move,
    tag: string,
    readonly advance: Advance,
    readonly grounds: Grounds,
  ) {
    this.#part = inDirectory(dirname(request.to), partName(tag, 0));
  }

  readonly #place = (path: string): string => this.grounds.placeOf(path, this.request.below);

  copyAll(): Promise<boolean> {
    const {things} = this.advance.scope;
    const {from} = this.request;
    const thingAt = (index: number): Thing => things[index] as Thing; // within the list
    return this.advance.through(
      'copy',
      things.length,
      (index) => joined(from, thingAt(index).path),
      (index) => this.#copy(thingAt(index)),
    );
  }

  async #copy(thing: Thing): Promise<Did | 'pauses'> {
    const path = joined(this.request.from, thing.path);
    try {
      const [from, to] = [this.#place(path), this.#place(joined(this.#part, thing.path))];
      if (thing.kind === 'file') return (await copyFile(thing, from, to, this.advance)) ? 'copied' : 'pauses';
      const found = identityAt(from);
      if (!found) throw new LeftAlone(MISSING);
      if (!isSame(thing, found, this.advance.sameHost)) throw new LeftAlone(CHANGED);
      if (thing.kind === 'directory') unlessThere(() => mkdirSync(to, {mode: (lstatSync(from).mode & 0o777) | 0o700}));
      else unlessThere(() => symlinkSync(readlinkSync(from), to));
      return 'acted';
    } catch (error) {
      // Of what is to be moved, not of where it goes: that directory was there a moment ago.
      if (codeOf(error) === 'ENOENT' && !identityIfReachable(() => this.#place(path))) throw new LeftAlone(MISSING);
      throw error;
    }
  }

  /** What was copied gets its name, all of it at once. */
  put(): Promise<boolean> {
    const {to, from} = this.request;
    const [thing] = this.advance.scope.things;
    return this.advance.through(
      'put',
      1,
      () => to,
      async (): Promise<Did> => {
        const [part, place] = [this.#place(this.#part), this.#place(to)];
        if (identityAt(part)) {
          if (thing?.kind === 'file') putFile(part, place, this.advance);
          else putOther(part, place, this.advance);
          return 'acted';
        }
        // By a process that died since, or another one.
        const there = identityAt(place);
        if (there?.kind !== thing?.kind) throw new LeftAlone('the copy has vanished');
        if (thing?.kind === 'file' && !(await holdTheSame(this.#place(from), place))) throw new LeftAlone(TAKEN);
        return 'acted';
      },
    );
  }
}

function unlessThere(make: () => void): void {
  try {
    make();
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error; // made before
  }
}

function identityIfReachable(place: () => string): ReturnType<typeof identityAt> {
  try {
    return identityAt(place());
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
