import {lstatSync, readdirSync, readlinkSync, type Stats} from 'node:fs';
import {basename, dirname, join, resolve} from 'node:path';
import {shellWord} from '../base/shell.ts';
import {EXIT, StageError} from '../errors.ts';
import {isPrivateGroup, isUnmapped, nameOfGroup, nameOfUser} from './users.ts';

// Who else could change what stage is about to read and run: by writing into it, or by putting something else in its
// place. A command asks once, before it reads anything: a call of lstat(2) for each directory above and below.

const [GROUP_WRITES, OTHERS_WRITE, OTHERS_PASS, STICKY, SETGID] = [0o020, 0o002, 0o011, 0o1000, 0o2000];
const MOST_LINKS = 40;

/** What lstat(2) answers where a person has to correct modes or paths. */
export const OF_MODES_AND_PATHS: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

/** The mode as `ls` and `chmod` write it. */
export function octalMode(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}

/** No other user may read, write or enter it. */
export function isOwnersAlone(mode: number): boolean {
  return (mode & 0o077) === 0;
}

/** A file or directory that other users could change. */
export interface Untrusted {
  readonly path: string;
  /** whose it is, and its mode, in words */
  readonly why: string;
  /** the mode to give to chmod, where the one who asks may */
  readonly repair?: string | undefined;
  /** a directory above what was asked about: a person may say that those who write there are trusted */
  readonly above?: true | undefined;
}

/** What stage would read and run could have been put there by another user. */
export class NotTrusted extends StageError {
  /** @param consequence what follows from it, in words @param more what else to do */
  constructor(
    found: readonly Untrusted[],
    consequence = 'nothing was read and nothing was changed',
    more: readonly string[] = [],
  ) {
    const [first] = found;
    const mine = found.filter(({repair}) => repair !== undefined);
    super({
      code: 'NOT_TRUSTED',
      exit: EXIT.usage,
      what: `${first?.path} can be changed by others`,
      why: `${first?.why}. What stage finds there it runs as you, so ${consequence}`,
      details: found.slice(1).map(({path, why}) => `${path}: ${why}`),
      next: [
        ...(mine.length > 0 ? [repairOf(mine)] : []),
        ...(mine.length < found.length
          ? [
              'Keep it where no other user can change it: in your home directory, or in another one by STAGE_HOME.',
              ...(found.every(({repair, above}) => repair !== undefined || above)
                ? ['If you trust all who may write there, name it in "trusted_directories" of your configuration file.']
                : []),
            ]
          : ['If others may have been there, look at what is in it first.']),
        ...more,
      ],
    });
  }
}

/** One command for all of them. */
export function repairOf(found: readonly Untrusted[]): string {
  return `chmod go-w ${found.map(({path}) => shellWord(path)).join(' ')}`;
}

/**
 * @param trusted directories above that a person trusts all writers of: just these, nothing above or below them
 * @throws {NotTrusted} when there is anything else
 */
export function requireTrusted(found: readonly Untrusted[], trusted: readonly string[] = []): void {
  const left = found.filter(({path, above}) => !above || !trusted.includes(path));
  if (left.length > 0) throw new NotTrusted(left);
}

function eachOnce(found: readonly Untrusted[]): readonly Untrusted[] {
  return found.length < 2 ? found : [...new Map(found.map((one) => [one.path, one])).values()];
}

/** What was found of a path. */
interface Place {
  readonly untrusted: readonly Untrusted[];
  /** where it is when links have been followed; undefined when it does not exist */
  readonly real?: string | undefined;
}

/** What to look at, and whether stage makes it: then no other user may write in it, whatever the group. */
export interface Target {
  readonly path: string;
  readonly own: boolean;
}

/**
 * What others could change of files or directories and of those above them, each link on the way included. One that does
 * not exist counts as nothing; those above it count.
 *
 * Above them a group of one's own may write (umask 002, and a group for each user), and everybody where only owners may
 * rename (the sticky bit): there nothing of one's own can be replaced.
 */
export function untrustedAt(targets: readonly Target[]): readonly Untrusted[] {
  const seen = new Map<string, Place>();
  const found = targets.flatMap(({path, own}) => {
    const {real, untrusted} = lookAt(resolve(path), 0, seen);
    return real === undefined || !own ? untrusted : [...untrusted, ...untrustedOwn(real)];
  });
  return eachOnce(found);
}

/** The same of the file or directory alone, where what lies above has been looked at. A link is none of ours. */
export function untrustedOwn(path: string): readonly Untrusted[] {
  const found = statOf(path);
  if (!found) return [];
  if (found.isSymbolicLink()) return [{path, why: 'it is a symbolic link, and stage makes none there'}];
  return judge(path, found, found.mode & (GROUP_WRITES | OTHERS_WRITE));
}

/** What others could change of the files in a directory, where they can come to them: nothing where they cannot. */
export function untrustedIn(directory: string, closed: boolean): readonly Untrusted[] {
  const found = untrustedOwn(directory);
  if (!statOf(directory)) return found;
  if (closed || isClosed(directory)) return found;
  const files = readdirSync(directory, {withFileTypes: true}).filter((entry) => !entry.isDirectory());
  return [...found, ...files.flatMap(({name}) => untrustedOwn(join(directory, name)))];
}

/**
 * What is wrong with a directory that members of a group are to write in together: each must keep others from removing
 * their files (the sticky bit), and files must go to its group (setgid). The user who owns it may change all of it.
 *
 * @returns undefined when nothing is; `repair`: the mode to give to chmod
 */
export function unfitForGroup(path: string): {readonly why: string; readonly repair?: string | undefined} | undefined {
  const found = statOf(path);
  if (!found) return {why: 'it does not exist, or cannot be reached'};
  if (found.isSymbolicLink()) return {why: 'it is a symbolic link: name what it points to'};
  if (!found.isDirectory()) return {why: 'it is no directory'};
  const octal = octalMode(found.mode);
  const wrong = (why: string, repair: string) => ({why: `its mode ${octal} ${why}`, repair});
  if ((found.mode & OTHERS_WRITE) !== 0) return wrong('lets everybody write in it', 'o-w');
  if ((found.mode & STICKY) === 0) return wrong('lets members of its group remove the files of others', '+t');
  if ((found.mode & SETGID) === 0) return wrong('does not give new files to its group', 'g+s');
  return undefined;
}

/** No other user comes through this directory to what lies below. */
export function isClosed(directory: string): boolean {
  const found = statOf(directory);
  return !found || (found.mode & OTHERS_PASS) === 0;
}

/** @returns undefined where there is nothing, or nothing to be reached: the process that opens it is told */
function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, {throwIfNoEntry: false});
  } catch (error) {
    if (OF_MODES_AND_PATHS.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** @param seen what was found of directories: none is looked at twice */
function lookAt(path: string, links: number, seen: Map<string, Place>): Place {
  const known = seen.get(path);
  if (known) return known;
  const place = lookAfresh(path, links, seen);
  seen.set(path, place);
  return place;
}

function lookAfresh(path: string, links: number, seen: Map<string, Place>): Place {
  const parent = dirname(path);
  if (parent === path) return {untrusted: asParent(path, lstatSync(path)), real: path};
  const above = lookAt(parent, links, seen);
  if (above.real === undefined) return above;
  const real = join(above.real, basename(path));
  const found = statOf(real);
  if (!found) return {untrusted: above.untrusted};
  if (!found.isSymbolicLink()) return {untrusted: [...above.untrusted, ...asParent(real, found)], real};
  if (links > MOST_LINKS) return {untrusted: above.untrusted}; // the process that opens it is told
  const target = lookAt(resolve(above.real, readlinkSync(real)), links + 1, seen);
  return {untrusted: [...above.untrusted, ...judge(real, found, 0), ...target.untrusted], real: target.real};
}

/** Who could put something else in the place of what lies in a directory. */
function asParent(path: string, found: Stats): readonly Untrusted[] {
  const {mode, gid, uid} = found;
  const writers = (mode & STICKY) !== 0 ? 0 : mode & (GROUP_WRITES | OTHERS_WRITE);
  // Members of root's group administer the system.
  const known = writers === GROUP_WRITES && ((uid === 0 && gid === 0) || isPrivateGroup(gid));
  return judge(path, found, known ? 0 : writers).map((one) => ({...one, above: true}));
}

function judge(path: string, {uid, gid, mode}: Stats, writers: number): Untrusted[] {
  const me = process.getuid?.();
  if (me === undefined) return [];
  const octal = octalMode(mode);
  if (uid !== me && uid !== 0 && !isUnmapped(uid))
    return [{path, why: `it belongs to ${nameOfUser(uid)}, mode ${octal}`}];
  if (writers === 0) return [];
  const who = (writers & OTHERS_WRITE) === 0 ? `the group ${nameOfGroup(gid)}` : 'everybody';
  const owner = uid === me ? 'you' : nameOfUser(uid);
  return [
    {
      path,
      why: `it belongs to ${owner}, mode ${octal}: ${who} may write in it`,
      repair: uid === me ? 'go-w' : undefined,
    },
  ];
}
