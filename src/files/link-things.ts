import {linkSync, unlinkSync} from 'node:fs';
import {basename, dirname} from 'node:path';
import type {ActRequest, Thing} from '../base/act.ts';
import type {Advance, Did} from './advance.ts';
import {copyFile, holdTheSame} from './copy-file.ts';
import {type Grounds, joined, partName} from './grounds.ts';
import {CHANGED, MISSING, NO_LINKS, TAKEN} from './names.ts';
import {putFile} from './put-in-place.ts';
import {codeOf, LeftAlone} from './refusals.ts';
import {identityAt, isSame} from './thing.ts';

export type Link = ActRequest & {act: 'link'};

/** Give each recorded file a second name in each directory; a copy where the file system has no second names for it. */
export async function linkThings(request: Link, tag: string, advance: Advance, grounds: Grounds): Promise<void> {
  const {into} = request;
  const files = advance.scope.things.filter(({kind}) => kind === 'file');
  const at = (index: number) => ({
    thing: files[Math.floor(index / into.length)] as Thing, // within the lists, as the directory
    directory: into[index % into.length] as string,
  });
  const nameOf = ({path}: Thing) => (path === '' ? basename(request.from) : path);
  const all = await advance.through(
    'act',
    files.length * into.length,
    (index) => joined(at(index).directory, nameOf(at(index).thing)),
    (index) => {
      const {thing, directory} = at(index);
      const from = grounds.placeOf(joined(request.from, thing.path), [dirname(request.from)]);
      const ground = grounds.at(directory).name;
      return linkThing(thing, from, `${ground}/${nameOf(thing)}`, `${ground}/${partName(tag, index)}`, advance);
    },
  );
  if (all) advance.finish();
}

async function linkThing(
  thing: Thing,
  from: string,
  to: string,
  part: string,
  advance: Advance,
): Promise<Did | 'pauses'> {
  const found = identityAt(from);
  const there = identityAt(to);
  if (there && isSame(thing, there, advance.sameHost)) return 'acted'; // before
  if (!found) throw new LeftAlone(MISSING);
  if (!isSame(thing, found, advance.sameHost)) throw new LeftAlone(CHANGED);
  // A copy of before; on one file system, another file of the same name is never taken for it.
  if (there) {
    const copied = there.device !== found.device && there.kind === 'file' && there.size === thing.size;
    if (copied && (await holdTheSame(from, to))) return 'copied';
    throw new LeftAlone(TAKEN);
  }
  try {
    advance.change('link', () => linkSync(from, to));
  } catch (error) {
    const code = codeOf(error) ?? '';
    if (code === 'EEXIST') throw new LeftAlone(TAKEN); // a moment ago; where that was another process of ours, the next look sees it
    if (code !== 'EXDEV' && !NO_LINKS.includes(code)) throw error;
    if (!(await copyFile(thing, from, part, advance))) return 'pauses';
    putFile(part, to, advance);
    return 'copied';
  }
  const linked = identityAt(to);
  if (linked && isSame(thing, linked, advance.sameHost)) return 'acted';
  // Another file had taken the name a moment ago, and has a second one now.
  unlinkSync(to);
  throw new LeftAlone(CHANGED);
}
