import {UUID} from '../../base/ids.ts';
import type {Place, Way} from '../../base/task-request.ts';
import {didYouMean, listNames, own, quote} from '../file/problems.ts';

/** For editors; what is wrong in particular is said by {@link readPlace}. */
export const PLACE_PATTERN = '^(/|[^\\s/:~=][^:/=]*:)';

const ALLOWED = 'needs collection:path, with a path that starts with "/" or "~/"';

/** Globus refuses line ends in names; no file system has NUL. */
const LINE_END = /[\r\n\0]/;

/** A place as written: a collection by friendly name or id, and a path on it. */
export interface WrittenPlace {
  readonly collection: string;
  /** absolute; `~/x` is written `/~/x`, which Globus reads the same */
  readonly path: string;
}

/**
 * Read `collection:path`, split at the first colon as the Globus CLI does. Pure.
 *
 * @returns the place, or one sentence on what is wrong with it
 */
export function readPlace(text: string): WrittenPlace | string {
  const colon = text.indexOf(':');
  if (colon < 0) return `${quote(text)} has no ":"; ${ALLOWED}`;
  const [collection, path] = [text.slice(0, colon), text.slice(colon + 1)];
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(collection))
    return `${quote(collection)} cannot be a collection; ${ALLOWED}`;
  if (LINE_END.test(path)) return `the path ${quote(path)} has a line end or NUL in it; ${ALLOWED}`;
  if (path === '') return `${quote(text)} has no path after the ":"; ${ALLOWED}`;
  if (path === '~') return {collection, path: '/~/'};
  if (path.startsWith('~/')) return {collection, path: `/${path}`};
  if (path.startsWith('/')) return {collection, path};
  return `the path ${quote(path)} is relative; ${ALLOWED}`;
}

/** Bookmarks of the user at Globus. */
export interface BookmarkNames {
  find(name: string): Place | undefined;
  /** for messages */
  readonly names: readonly string[];
  /** why they are not known; `names` is empty then */
  readonly unasked?: string;
}

/** A directory of a collection, and where it is for a way that is not Globus. */
export interface EndOfWay {
  /** friendly name or id */
  readonly collection: string;
  readonly path: string;
  /** the same directory, by host; absent: the program is given collection and path as they are */
  readonly at?: Place | undefined;
}

/** How a profile has everything moved between two places, where a step does not say. */
export interface WayBetween {
  readonly from: EndOfWay;
  readonly to: EndOfWay;
  /** undefined: by Globus, whatever a later one says */
  readonly via: Way | undefined;
}

/** What a place may be called by. */
export interface PlaceNames {
  /** ids by friendly name */
  readonly collections: Readonly<Record<string, string>>;
  /** absent: no name is a bookmark's */
  readonly bookmarks?: BookmarkNames;
  /** Where a collection shows a path of the cluster, or one sentence on why that is not known. Absent: such paths mean nothing. */
  readonly clusterPath?: (path: string) => WrittenPlace | string;
  /** between which places the profile has data moved otherwise than by Globus; the first that fits counts */
  readonly ways?: readonly WayBetween[] | undefined;
}

export interface ResolvedPlace {
  readonly place: Place;
  /** the friendly name of its collection, if one was used */
  readonly name?: string;
  /** what was written is another name for it: a bookmark's, or a path of the cluster */
  readonly by?: {readonly bookmark: string; readonly at: Place} | 'cluster-path';
}

/**
 * The place that a text names: `collection:path` with a friendly name or an id, `bookmark:path` or a path of the
 * cluster. Friendly names win over ids, and both over bookmarks. Pure.
 *
 * @returns the place, or one sentence on what is wrong
 */
export function resolvePlace(text: string, names: PlaceNames): ResolvedPlace | string {
  if (text.startsWith('/') && names.clusterPath) {
    if (LINE_END.test(text)) return `the path ${quote(text)} has a line end or NUL in it`;
    const mapped = names.clusterPath(text);
    if (typeof mapped === 'string') return mapped;
    const resolved = resolveCollection(mapped.collection, names.collections);
    if (typeof resolved === 'string')
      return `${quote(text)} is mapped to ${mapped.collection}:${mapped.path}: ${resolved}`;
    return {...named(mapped, resolved.id, names), by: 'cluster-path'};
  }
  const [name, path] = splitAtColon(text);
  const bookmark = path === undefined ? undefined : bookmarkOf(name, names);
  if (bookmark && path !== undefined) {
    const place = belowBookmark(bookmark, path);
    return typeof place === 'string' ? place : {place, by: {bookmark: name, at: bookmark}};
  }
  if (names.bookmarks && path !== undefined && isBookmarkName(name)) {
    const unknown = resolveCollection(name, names.collections, names.bookmarks);
    if (typeof unknown === 'string') return unknown; // worth more than what may be wrong with the path
  }
  const written = readPlace(text);
  if (typeof written === 'string') return written;
  const resolved = resolveCollection(written.collection, names.collections, names.bookmarks);
  return typeof resolved === 'string' ? resolved : named(written, resolved.id, names);
}

function named({collection, path}: WrittenPlace, id: string, names: PlaceNames): ResolvedPlace {
  const friendly = own(names.collections, collection) === undefined ? {} : {name: collection};
  return {place: {collection: id, path}, ...friendly};
}

function splitAtColon(text: string): [name: string, path: string | undefined] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** Whether a bookmark of this name can be written as `name:path`. */
export function isBookmarkName(name: string): boolean {
  return /^[^\s/:~=][^:/=\r\n\0]*$/.test(name);
}

function bookmarkOf(name: string, {collections, bookmarks}: PlaceNames): Place | undefined {
  if (!isBookmarkName(name) || own(collections, name) !== undefined || UUID.test(name)) return undefined;
  return bookmarks?.find(name);
}

/** A relative path goes on from the bookmark; nothing is the bookmark itself; others are paths of its collection. */
function belowBookmark({collection, path: start}: Place, path: string): Place | string {
  if (path === '') return {collection, path: start};
  if (path.startsWith('/') || /^~(\/|$)/.test(path)) {
    const written = readPlace(`${collection}:${path}`);
    return typeof written === 'string' ? written : {collection, path: written.path};
  }
  if (LINE_END.test(path)) return `the path ${quote(path)} has a line end or NUL in it; ${ALLOWED}`;
  if (path.split('/').includes('..')) return `the path ${quote(path)} has ".." in it, and could leave the bookmark`;
  return {collection, path: `${start.replace(/\/+$/, '')}/${path}`};
}

/**
 * The id of a collection that is named by friendly name or by id.
 *
 * @returns the id in lower case, or one sentence on what is wrong
 */
export function resolveCollection(
  collection: string,
  known: Readonly<Record<string, string>>,
  bookmarks?: BookmarkNames,
): {readonly id: string} | string {
  const id = own(known, collection) ?? (UUID.test(collection) ? collection : undefined);
  if (id !== undefined) return {id: id.toLowerCase()};
  const names = Object.keys(known).sort();
  const allowed = names.length === 0 ? 'no friendly names are defined' : `known: ${listNames(names)}`;
  const unknown = `unknown collection ${quote(collection)}; ${allowed}, and any collection's id (a UUID)`;
  return `${unknown}${tellBookmarks(bookmarks)}${didYouMean(collection, [...names, ...(bookmarks?.names ?? [])])}`;
}

function tellBookmarks(bookmarks: BookmarkNames | undefined): string {
  if (!bookmarks) return '';
  if (bookmarks.unasked) return `; whether it is a bookmark is not known: ${bookmarks.unasked}`;
  return bookmarks.names.length === 0 ? '; you have no bookmarks' : `; bookmarks: ${listNames(bookmarks.names)}`;
}
