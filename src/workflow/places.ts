import {didYouMean, listNames, own, quote} from './problems.ts';

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** For editors; what is wrong in particular is said by {@link readPlace}. */
export const PLACE_PATTERN = '^[A-Za-z0-9][A-Za-z0-9_.-]*:(/|~(/|$))';

const ALLOWED = 'needs collection:path, with a path that starts with "/" or "~/"';

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
  // Globus refuses line ends in names; no file system has NUL.
  if (/[\r\n\0]/.test(path)) return `the path ${quote(path)} has a line end or NUL in it; ${ALLOWED}`;
  if (path === '') return `${quote(text)} has no path after the ":"; ${ALLOWED}`;
  if (path === '~') return {collection, path: '/~/'};
  if (path.startsWith('~/')) return {collection, path: `/${path}`};
  if (path.startsWith('/')) return {collection, path};
  return `the path ${quote(path)} is relative; ${ALLOWED}`;
}

/**
 * The id of a collection that is named by friendly name or by id.
 *
 * @returns the id in lower case, or one sentence on what is wrong
 */
export function resolveCollection(
  collection: string,
  known: Readonly<Record<string, string>>,
): {readonly id: string} | string {
  const id = own(known, collection) ?? (UUID.test(collection) ? collection : undefined);
  if (id !== undefined) return {id: id.toLowerCase()};
  const names = Object.keys(known).sort();
  const allowed = names.length === 0 ? 'no friendly names are defined' : `known are ${listNames(names)}`;
  return `unknown collection ${quote(collection)}; ${allowed}, and any collection's id (a UUID)${didYouMean(collection, names)}`;
}
