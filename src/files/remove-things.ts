import {rmdirSync, unlinkSync} from 'node:fs';
import type {ActRequest, Thing} from '../base/act.ts';
import type {Advance, Did} from './advance.ts';
import {type Grounds, joined, rootsOf} from './grounds.ts';
import {CHANGED} from './names.ts';
import {codeOf, LeftAlone} from './refusals.ts';
import {identityAt, isSame} from './thing.ts';

/**
 * Remove what was recorded, the last of it first: what a directory holds before the directory. Links are removed, never
 * followed. A name that is missing is as good as one that was removed, so that this may be repeated and done by several.
 */
export async function removeThings(request: ActRequest, advance: Advance, grounds: Grounds, part: 'act' | 'remove') {
  const {things} = advance.scope;
  const {paths} = rootsOf(request);
  const thingAt = (index: number): Thing => things[things.length - 1 - index] as Thing; // within the list
  const pathOf = (index: number) => joined(paths[thingAt(index).root ?? 0] ?? '', thingAt(index).path);
  const all = await advance.through(part, things.length, pathOf, (index) => {
    const place = () => grounds.placeOf(pathOf(index), rootsOf(request).below);
    return removeThing(thingAt(index), place, advance);
  });
  if (all) advance.finish();
}

function removeThing(thing: Thing, placeOf: () => string, advance: Advance): Did {
  try {
    const place = placeOf();
    const found = identityAt(place);
    if (!found) return 'gone';
    if (!isSame(thing, found, advance.sameHost)) throw new LeftAlone(CHANGED);
    advance.change('remove', () => (thing.kind === 'directory' ? rmdirSync(place) : unlinkSync(place)));
    return 'acted';
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'gone';
    throw error;
  }
}
