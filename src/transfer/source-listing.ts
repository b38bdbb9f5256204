import {type SourceTotals, sizeClasses} from '../base/source-totals.ts';
import {type Place, pathAbove, type TransferItem, type TransferOptions} from '../base/task-request.ts';
import {within} from '../base/time.ts';
import {orError, StageError} from '../errors.ts';
import {TransferRefused, TransferUnreachable} from '../globus-errors.ts';
import {readFilters} from './filter-names.ts';
import type {FileEntry, TransferService} from './transfer-service.ts';

/** How much may be asked to learn how much there is. */
export interface ListingBounds {
  readonly requests: number;
  readonly ms: number;
}

/** What one transfer is to move. */
export interface ListedTransfer {
  readonly collection: string;
  readonly localUser?: string | undefined;
  readonly items: readonly TransferItem[];
  readonly options: Pick<TransferOptions, 'filters' | 'symlinks' | 'skipSourceErrors'>;
}

export interface PlaceToLook {
  readonly place: Place;
  /** a directory is expected, of which the contents are listed anyway */
  readonly contents?: boolean | undefined;
  /** it must be there: what a listing does not show is asked for by itself, as some directories appear when they are entered */
  readonly needed?: boolean | undefined;
}

/** Looks at places of collections in few requests; each directory is listed once. */
export interface SourceListing {
  /** What lies at each place, in their order; undefined where there is nothing. */
  lookAt(places: readonly PlaceToLook[]): Promise<(FileEntry | undefined | StageError)[]>;
  /**
   * How much a transfer is to move, within the bounds. What could not be listed makes it `cut`.
   *
   * @throws {TransferUnreachable} when Globus does not answer at all
   */
  totalsOf(transfer: ListedTransfer, bounds: ListingBounds): Promise<SourceTotals>;
}

/** From so many on, the directory that holds them is listed in place of asking for each. */
const SHARED = 3;
/** Names that are read of one directory, at most. */
export const MOST_NAMES = 20_000;
/** Requests of one listing under way at a time. Globus takes 20 a second of a user. */
const AT_ONCE = 4;
/** Of names that a listing does not show, so many are asked for by themselves. */
const CONFIRMED = 5;

/** @param clock in milliseconds since the epoch */
export function createSourceListing(
  transfers: Pick<TransferService, 'list' | 'stat'>,
  clock: () => number,
): SourceListing {
  const listed = new Map<string, Promise<readonly FileEntry[]>>();

  /** @throws {StageError} also for a directory with more names than are read */
  function list(directory: Place, onRequest: () => void = () => {}): Promise<readonly FileEntry[]> {
    const key = keyOf(directory);
    let asked = listed.get(key);
    if (!asked) {
      onRequest();
      asked = transfers.list(directory, MOST_NAMES);
      asked.catch(() => {}); // told to all who wait for it
      listed.set(key, asked);
    }
    return asked;
  }

  return {lookAt, totalsOf};

  async function lookAt(places: readonly PlaceToLook[]): Promise<(FileEntry | undefined | StageError)[]> {
    const each = new Map<string, Promise<FileEntry | undefined | StageError>>();
    for (const group of groupsOf(places)) {
      const [first] = group;
      const shared = group.length >= SHARED && first ? namesIn(parentOf(first.place)) : undefined;
      shared?.catch(() => {}); // told to each of the group
      let missing = 0;
      const confirm = () => missing++ < CONFIRMED;
      for (const one of group) each.set(keyOf(one.place), orError(lookAtOne(one, shared, confirm)));
    }
    return Promise.all(places.map(({place}) => each.get(keyOf(place))));
  }

  async function lookAtOne(
    {place, contents, needed}: PlaceToLook,
    shared: Promise<Names | undefined> | undefined,
    confirm: () => boolean,
  ): Promise<FileEntry | undefined> {
    const around = await shared;
    const found = around?.get(nameOf(place.path));
    if (found || (around && !(needed && confirm()))) return found;
    if (contents && !around && (await namesIn(place))?.size)
      return {name: nameOf(place.path), type: 'dir', sizeBytes: 0};
    return transfers.stat(place);
  }

  /**
   * What lies in a directory: nothing where there is none.
   *
   * @returns undefined where it may not be listed, or has too many names to be all of them
   * @throws {TransferUnreachable} {SignInNeeded} as another question would, too
   */
  async function namesIn(directory: Place): Promise<Names | undefined> {
    try {
      const entries = await list(directory);
      return entries.length >= MOST_NAMES ? undefined : new Map(entries.map((entry) => [entry.name, entry]));
    } catch (error) {
      if (!(error instanceof TransferRefused)) throw error;
      return error.globusCode === 'ClientError.NotFound' ? new Map() : undefined;
    }
  }

  async function totalsOf(transfer: ListedTransfer, bounds: ListingBounds): Promise<SourceTotals> {
    const walk = new Walk(transfer, bounds, list, (place) => transfers.stat(place));
    if (!(await within(bounds.ms, walk.toTheEnd()))) walk.stop(`it took longer than ${Math.round(bounds.ms / 1000)} s`);
    walk.requireAnswer();
    return walk.totals(clock());
  }
}

type Names = ReadonlyMap<string, FileEntry>;
type List = (directory: Place, onRequest: () => void) => Promise<readonly FileEntry[]>;
type Stat = (place: Place) => Promise<FileEntry | undefined>;

/** A part of the work: a directory with all that is in it, or files that lie in one directory. */
type Part =
  | {readonly is: 'directory'; readonly path: string}
  | {readonly is: 'files'; readonly directory: string; readonly paths: readonly string[]};

class Walk {
  readonly #transfer: ListedTransfer;
  readonly #bounds: ListingBounds;
  readonly #list: List;
  readonly #stat: Stat;
  readonly #sizes: number[] = [];
  readonly #left: Part[];
  readonly #isTaken: ReturnType<typeof readFilters>;
  #directories = 0;
  #requests = 0;
  #answers = 0;
  #why: string | undefined;
  #silence: TransferUnreachable | undefined;

  constructor(transfer: ListedTransfer, bounds: ListingBounds, list: List, stat: Stat) {
    this.#transfer = transfer;
    this.#bounds = bounds;
    this.#list = list;
    this.#stat = stat;
    this.#left = partsOf(transfer.items);
    this.#isTaken = readFilters(transfer.options.filters);
  }

  /** @returns true */
  async toTheEnd(): Promise<true> {
    const underWay = new Set<Promise<void>>();
    while (!this.#why && (this.#left.length > 0 || underWay.size > 0)) {
      while (underWay.size < AT_ONCE) {
        const part = this.#left.shift();
        if (!part) break;
        const work = (part.is === 'directory' ? this.#directory(part.path) : this.#files(part)).finally(() =>
          underWay.delete(work),
        );
        underWay.add(work);
      }
      await Promise.race(underWay);
    }
    return true;
  }

  /** @throws {TransferUnreachable} when there was not one */
  requireAnswer(): void {
    if (this.#requests > 0 && this.#answers === 0)
      throw this.#silence ?? new TransferUnreachable('a listing of the source', this.#why ?? '', {timedOut: true});
  }

  stop(why: string): void {
    this.#why ??= why;
  }

  totals(listedAt: number): SourceTotals {
    const sizes = this.#sizes;
    return {
      files: sizes.length,
      directories: this.#directories,
      bytes: sizes.reduce((sum, size) => sum + size, 0),
      sizes: sizeClasses(sizes),
      cut: this.#why !== undefined,
      why: this.#why,
      listedAt,
    };
  }

  async #directory(path: string): Promise<void> {
    const entries = await this.#entries(path);
    if (!entries) return;
    this.#directories += 1;
    for (const {name, type, sizeBytes, link} of entries) {
      // Links are left out or created as links, unless they are to be followed. Source: Globus Transfer API, `recursive_symlinks`.
      if ((link && this.#transfer.options.symlinks !== 'copy') || type === 'other' || !this.#isTaken(name, type))
        continue;
      if (type === 'dir') this.#left.push({is: 'directory', path: `${withSlash(path)}${name}/`});
      else this.#sizes.push(sizeBytes);
    }
  }

  async #files({directory, paths}: Part & {is: 'files'}): Promise<void> {
    const entries = paths.length < SHARED ? undefined : await this.#entries(directory);
    if (paths.length >= SHARED && !entries) return;
    const byName = entries && new Map(entries.map((entry) => [entry.name, entry]));
    for (const path of paths) {
      const found = byName ? byName.get(nameOf(path)) : await this.#one(path);
      if (found?.type === 'file') this.#sizes.push(found.sizeBytes);
      else if (!this.#transfer.options.skipSourceErrors) this.stop(`${path} was not listed as a file`);
      if (this.#why) return;
    }
  }

  async #entries(path: string): Promise<readonly FileEntry[] | undefined> {
    const place = this.#at(withSlash(path));
    const entries = await this.#ask(path, () => this.#list(place, () => this.#count()));
    if (entries && entries.length >= MOST_NAMES) this.stop(`${path} has more than ${MOST_NAMES} names`);
    return entries;
  }

  #one(path: string): Promise<FileEntry | undefined> {
    return this.#ask(path, () => {
      this.#count();
      return this.#stat(this.#at(path));
    });
  }

  #at(path: string): Place {
    const {collection, localUser} = this.#transfer;
    return {collection, path, localUser};
  }

  #count(): void {
    this.#requests += 1;
  }

  async #ask<T>(path: string, question: () => Promise<T>): Promise<T | undefined> {
    if (this.#requests >= this.#bounds.requests) this.stop(`it took more than ${this.#bounds.requests} requests`);
    if (this.#why) return undefined;
    try {
      const answer = await question();
      this.#answers += 1;
      return answer;
    } catch (error) {
      if (!(error instanceof StageError)) throw error;
      if (error instanceof TransferUnreachable) this.#silence ??= error;
      else this.#answers += 1;
      // What the transfer passes over, too, is not among what it moves.
      if (!(this.#transfer.options.skipSourceErrors && !(error instanceof TransferUnreachable)))
        this.stop(`${path} could not be listed`);
      return undefined;
    }
  }
}

/** Directories, and files by the directory that holds them. */
function partsOf(items: readonly TransferItem[]): Part[] {
  const files = new Map<string, string[]>();
  const directories: Part[] = [];
  for (const {from, recursive} of items) {
    if (recursive) directories.push({is: 'directory', path: from});
    else {
      const above = pathAbove(from);
      const there = files.get(above) ?? [];
      files.set(above, there);
      there.push(from);
    }
  }
  return [...[...files].map(([directory, paths]): Part => ({is: 'files', directory, paths})), ...directories];
}

/** Each place once, those of one directory together. */
function groupsOf(places: readonly PlaceToLook[]): PlaceToLook[][] {
  const groups = new Map<string, Map<string, PlaceToLook>>();
  for (const one of places) {
    const above = pathAbove(one.place.path);
    const key = above === '' || above === '/~/' ? keyOf(one.place) : keyOf(parentOf(one.place));
    const group = groups.get(key) ?? new Map<string, PlaceToLook>();
    groups.set(key, group);
    const {contents, needed} = group.get(keyOf(one.place)) ?? {};
    group.set(keyOf(one.place), {...one, contents: one.contents || contents, needed: one.needed || needed});
  }
  return [...groups.values()].map((group) => [...group.values()]);
}

function parentOf({path, ...place}: Place): Place {
  return {...place, path: pathAbove(path)};
}

function keyOf({collection, path, localUser = ''}: Place): string {
  return `${collection.toLowerCase()}:${localUser}:${path.replace(/\/+$/, '')}`;
}

function nameOf(path: string): string {
  return path.replace(/\/+$/, '').replace(/^.*\//, '');
}

function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}
