import {linkSync, lstatSync, renameSync, unlinkSync} from 'node:fs';
import type {Advance} from './advance.ts';
import {NO_LINKS, TAKEN} from './names.ts';
import {codeOf, LeftAlone} from './refusals.ts';

/**
 * Give a file that was copied its name, where nothing has that: a second name first, which fails where there is one.
 *
 * @param part the name that it was copied under
 * @throws {LeftAlone} when something else has the name
 */
export function putFile(part: string, place: string, advance: Advance): void {
  try {
    advance.change('put', () => linkSync(part, place));
  } catch (error) {
    if (NO_LINKS.includes(codeOf(error) ?? '')) {
      putOther(part, place, advance);
      return;
    }
    if (codeOf(error) !== 'EEXIST') throw error;
    // Put there by a process that died since, or by another one.
    if (lstatSync(part).ino !== lstatSync(place).ino) throw new LeftAlone(TAKEN);
  }
  advance.change('unlink', () => unlinkSync(part));
}

/** The same for what cannot have two names. rename(2) puts a directory in the place of nothing but an empty directory. */
export function putOther(part: string, place: string, advance: Advance): void {
  if (lstatSync(place, {throwIfNoEntry: false})) throw new LeftAlone(TAKEN);
  try {
    advance.change('put', () => renameSync(part, place));
  } catch (error) {
    if (codeOf(error) === 'EEXIST' || codeOf(error) === 'ENOTEMPTY') throw new LeftAlone(TAKEN);
    throw error;
  }
}
