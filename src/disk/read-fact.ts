import {closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import type * as z from 'zod/mini';
import {NOT_COMPILED, parseJson} from '../base/json.ts';
import type {FactValue} from './facts.ts';
import {octalMode} from './trust.ts';
import {naming} from './whole-file.ts';

/** A kind of fact: what it is called, and what it must hold to be believed. */
export interface FactKind<T = FactValue> {
  /** as people read of it: "the outcome of a step" */
  readonly what: string;
  /** fields that it does not name are kept as they are */
  readonly schema: z.ZodMiniType<T>;
  /** the newest `format` that this version understands; 1 when absent. A fact that names none is of format 1 */
  readonly format?: number | undefined;
}

/** What a fact belongs to, by the fields that say so: `{run: 'climate-ens.2'}`. One that names another owner is not believed. */
export type FactOwner = Readonly<Record<string, string>>;

/** A fact that is there, and that nothing may be concluded from. */
export type UnusableFact =
  /** it is not what stage wrote. `cut`: as a loss of power may leave it, empty or in part */
  | {readonly is: 'damaged'; readonly path: string; readonly why: string; readonly cut?: true}
  /** a newer version of stage wrote it */
  | {readonly is: 'newer'; readonly path: string; readonly why: string};

/** What reading a fact can come to. There is no other way to read one. */
export type FactRead<T> = {readonly is: 'absent'} | {readonly is: 'whole'; readonly value: T} | UnusableFact;

/**
 * Read a fact. A fact is a regular file that was linked to its name when it was whole: whatever else stands there, such as
 * an empty file, a symbolic link or a directory, is damage.
 *
 * @param name without the `.json`
 * @param owner absent: any
 * @throws the system's error when the disk does not answer, which says nothing of the fact
 */
export function readFact<T>(directory: string, name: string, kind: FactKind<T>, owner?: FactOwner): FactRead<T> {
  const path = join(directory, `${name}.json`);
  let text: string;
  try {
    // A link is not followed, and a pipe in its place is not waited for.
    const flag = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    text = naming(path, () => readFileSync(path, {encoding: 'utf8', flag: flag as unknown as string})); // the type knows names of flags alone
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {is: 'absent'};
    const why = inItsPlace(path, code);
    if (why === undefined) throw error;
    return {is: 'damaged', path, why};
  }
  return readFactText(path, text, kind, owner);
}

/**
 * Read a fact of a directory in which other users write, too.
 *
 * @param mostBytes one that is larger is damaged, and is not read
 * @returns `writer`: the user whose file it is, as this file system knows users; undefined where that cannot be seen
 * @throws the system's error when the disk does not answer, which says nothing of the fact
 */
export function readSharedFact<T>(
  directory: string,
  name: string,
  kind: FactKind<T>,
  mostBytes: number,
): {readonly read: FactRead<T>; readonly writer?: number | undefined} {
  const path = join(directory, `${name}.json`);
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = fstatSync(file);
    const writer = found.uid;
    if (!found.isFile())
      return {read: {is: 'damaged', path, why: 'something that is no regular file stands in its place'}, writer};
    if (found.size > mostBytes) return {read: {is: 'damaged', path, why: 'it is far too large'}, writer};
    return {read: readFactText(path, readFileSync(file, 'utf8'), kind), writer};
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {read: {is: 'absent'}};
    const why = inItsPlace(path, code);
    if (why === undefined) throw error;
    return {read: {is: 'damaged', path, why}};
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** What has been read of a directory of facts, by name without the `.json`. */
export interface FactsRead {
  readonly whole: ReadonlyMap<string, FactValue>;
  readonly unusable: ReadonlyMap<string, UnusableFact>;
}

/**
 * All facts of a directory. Temporary files are left out, and what is no fact.
 *
 * @param kindOf the kind that a name stands for; undefined: it is no fact
 * @param known facts of this directory that were read before. None changes, so only those that are new are read
 * @param owner absent: any
 * @throws the system's error when the directory cannot be read, or does not exist: no facts would mean that nothing
 *   had been done yet
 */
export function readFacts(
  directory: string,
  kindOf: (name: string) => FactKind | undefined,
  known: ReadonlyMap<string, FactValue> = new Map(),
  owner?: FactOwner,
): FactsRead {
  const whole = new Map<string, FactValue>();
  const unusable = new Map<string, UnusableFact>();
  for (const file of readdirSync(directory)) {
    if (!file.endsWith('.json') || file.startsWith('.')) continue;
    const name = file.slice(0, -5);
    const before = known.get(name);
    if (before) {
      whole.set(name, before);
      continue;
    }
    const kind = kindOf(name);
    if (!kind) continue;
    const read = readFact(directory, name, kind, owner);
    if (read.is === 'whole') whole.set(name, read.value);
    else if (read.is !== 'absent') unusable.set(name, read);
  }
  return {whole, unusable};
}

/** The same of what the file holds. Pure. */
export function readFactText<T>(path: string, text: string, kind: FactKind<T>, owner: FactOwner = {}): FactRead<T> {
  if (text.trim() === '') return {is: 'damaged', path, why: 'it is empty', cut: true};
  const value = parseJson(text);
  if (value === undefined)
    return {is: 'damaged', path, why: 'it is cut short, or was overwritten: it is not JSON', cut: true};
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return {is: 'damaged', path, why: 'it does not hold an object'};
  const newest = kind.format ?? 1;
  const {format = 1} = value as {readonly format?: unknown};
  if (typeof format !== 'number' || format < 1)
    return {is: 'damaged', path, why: 'its "format" is not a number from 1'};
  if (format > newest)
    return {is: 'newer', path, why: `it is of format ${format}, and this version of stage reads up to ${newest}`};
  for (const [field, own] of Object.entries(owner)) {
    const named = (value as Readonly<Record<string, unknown>>)[field]; // an object, as was seen above
    if (named !== undefined && named !== own)
      return {is: 'damaged', path, why: `it belongs to another ${field}: ${JSON.stringify(named)}`};
  }
  const read = kind.schema.safeParse(value, NOT_COMPILED);
  if (read.success) return {is: 'whole', value: read.data};
  return {is: 'damaged', path, why: objection(value, read.error.issues[0])};
}

/** The first thing that does not fit, such as `it has no "state"`. */
function objection(value: object, issue: z.core.$ZodIssue | undefined): string {
  const path = issue?.path ?? [];
  if (path.length === 0) return `it does not hold what it must${issue?.message ? `: ${issue.message}` : ''}`;
  const field = `"${path.map(String).join('.')}"`;
  let found: unknown = value;
  for (const part of path) found = (found as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[part]; // undefined where there is none
  return found === undefined ? `it has no ${field}` : `its ${field} is not what it must be`;
}

/**
 * What stands in the place of a file, or directory, that was to be read and cannot be.
 *
 * @returns undefined where the disk may be at fault, which says nothing of the file
 */
export function inItsPlace(path: string, code: string | undefined): string | undefined {
  switch (code) {
    case 'ELOOP':
    case 'EMLINK':
      return 'a symbolic link stands in its place';
    case 'EISDIR':
      return 'a directory stands in its place';
    case 'ENOTDIR':
      return 'it is no directory, or lies in none';
    case 'ENXIO':
    case 'EAGAIN':
      return 'something that is no regular file stands in its place';
    case 'ERR_FS_FILE_TOO_LARGE':
    case 'ERR_STRING_TOO_LONG':
      return 'it is far too large';
    case 'EACCES':
    case 'EPERM':
      return withoutPermission(path) ?? withoutPermission(dirname(path));
    default:
      return undefined;
  }
}

/** Its mode keeps even its owner from reading it. A file system that refuses everything says nothing of this file. */
function withoutPermission(path: string): string | undefined {
  try {
    const found = lstatSync(path);
    const needed = found.isDirectory() ? 0o500 : 0o400;
    const mode = octalMode(found.mode);
    return (found.mode & needed) === needed ? undefined : `the mode ${mode} of ${path} keeps it from being read`;
  } catch {
    return undefined; // what holds it may be the one
  }
}
