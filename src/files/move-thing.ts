import {linkSync, renameSync, unlinkSync} from 'node:fs';
import type {ActRequest, Thing} from '../base/act.ts';
import type {Advance, Did} from './advance.ts';
import type {Grounds} from './grounds.ts';
import {CHANGED, MISSING, NO_LINKS, TAKEN} from './names.ts';
import {codeOf, LeftAlone} from './refusals.ts';
import {identityAt, isSame} from './thing.ts';

export type Move = ActRequest & {act: 'move'};

/** A rename leads to another file system. */
export class Across extends Error {}

/**
 * Move what was recorded to its new name on the same file system. Nothing is overwritten: a file gets a second name, which
 * fails where there is one, and then loses its first.
 *
 * @throws {Across} when the file systems differ after all
 */
export async function moveThing(request: Move, advance: Advance, grounds: Grounds): Promise<void> {
  const [thing] = advance.scope.things;
  if (!thing) throw new RangeError('a move without anything to move');
  const place = (path: string) => grounds.placeOf(path, request.below);
  const all = await advance.through(
    'act',
    1,
    () => request.from,
    () => {
      const found = identityAt(place(request.from));
      const there = identityAt(place(request.to));
      const arrived = there !== undefined && isSame(thing, there, advance.sameHost);
      if (!found) {
        if (arrived) return 'acted'; // by a process that died since, or another one
        throw new LeftAlone(MISSING);
      }
      if (!isSame(thing, found, advance.sameHost)) {
        if (arrived) return 'acted'; // and another file has come by the name since
        throw new LeftAlone(CHANGED);
      }
      if (there && !arrived) throw new LeftAlone(`${request.to}: ${TAKEN}`);
      return thing.kind === 'file'
        ? moveFile(request, thing, advance, place, arrived)
        : moveOther(request, advance, place);
    },
  );
  if (all) advance.finish();
}

type PlaceOf = (path: string) => string;

/** rename(2) puts a directory in the place of nothing but an empty directory. */
function moveOther({from, to}: Move, advance: Advance, place: PlaceOf): Did {
  change(advance, 'rename', () => renameSync(place(from), place(to)));
  return 'acted';
}

function moveFile(request: Move, thing: Thing, advance: Advance, place: PlaceOf, linked: boolean): Did {
  const {from, to} = request;
  try {
    if (!linked) change(advance, 'link', () => linkSync(place(from), place(to)));
  } catch (error) {
    // A file system without hard links, or another user's file.
    if (!NO_LINKS.includes(codeOf(error) ?? '')) throw error;
    return moveOther(request, advance, place);
  }
  const there = identityAt(place(to));
  if (!there || !isSame(thing, there, advance.sameHost)) {
    // Another file had taken the name a moment ago, and has a second one now.
    if (!linked) unlinkSync(place(to));
    throw new LeftAlone(CHANGED);
  }
  advance.change('unlink', () => unlinkSync(place(from)));
  return 'acted';
}

function change(advance: Advance, what: string, how: () => void): void {
  try {
    advance.change(what, how);
  } catch (error) {
    if (codeOf(error) === 'EXDEV') throw new Across();
    if (codeOf(error) === 'EEXIST' || codeOf(error) === 'ENOTEMPTY') throw new LeftAlone(TAKEN);
    throw error;
  }
}
